#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The workloads, tiny, under stress: a collection at every allocation, the heap verified before and
# after each, and what is freed overwritten.

load common

stress=stress=1,verify=1,poison=1

# everywhere EXPECTED LEAST WORKLOAD ARGUMENTS...: under each plan; with a mark stack that overflows,
# with objects that survive twice until they are old, with some that must not move, and with all
# others moved.
everywhere() {
	under "marksweep,$stress" "$@"
	under "marksweep,$stress,mark_stack_max=16" "$@"
	under "generational,$stress" "$@"
	under "generational,$stress,mark_stack_max=16" "$@"
	under "generational,$stress,tenure=2" "$@"
	under "generational,$stress,stress_pin=3" "$@"
	under "generational,$stress,evacuate=1,tenure=2,stress_pin=5" "$@"
}

@test "binary-trees" { everywhere binary-trees-8 5000 binary-trees 8; }
@test "gcbench" { everywhere gcbench-6 1000 gcbench 6 100; }
@test "lru" { everywhere lru-100 1000 lru 100 5000; }
@test "threads" { everywhere threads-3-100 1000 threads 3 100 100; }
@test "eight threads" { under "generational,$stress" threads-8-100 5000 threads 8 100 100; }
@test "depgraph" { everywhere depgraph-2000 1000 depgraph --visits 2000 "$index"; }
