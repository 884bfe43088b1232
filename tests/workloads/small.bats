#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The workloads, small, with many collections: what sanitizers run.

load common

# everywhere EXPECTED LEAST WORKLOAD ARGUMENTS...: under each plan, and with all that may move moved.
everywhere() {
	under marksweep,budget=64K "$@"
	under generational,nursery=64K,budget=64K "$@"
	under generational,nursery=64K,budget=256K,tenure=2,evacuate=1,verify=1,poison=1 "$@"
}

@test "binary-trees" { everywhere binary-trees-12 50 binary-trees 12; }
@test "gcbench" { everywhere gcbench-12 50 gcbench 12 10000; }
@test "lru" { everywhere lru-10000 50 lru 10000 100000; }
@test "threads" { everywhere threads-3-5000 50 threads 3 5000 100; }
@test "depgraph" { everywhere depgraph-50000 50 depgraph --visits 50000 "$index"; }
