#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The workloads, tiny, under stress: a collection at every allocation, the heap verified before and
# after each, and what is freed overwritten.

load common

setup() { export GCSCOPE_OPTIONS=stress=1,verify=1,poison=1; }

@test "binary-trees" { prints binary-trees-8 5000 binary-trees 8; }
@test "gcbench" { prints gcbench-6 1000 gcbench 6 100; }
@test "lru" { prints lru-100 1000 lru 100 5000; }
@test "threads" { prints threads-3-100 1000 threads 3 100 100; }
@test "depgraph" { prints depgraph-2000 1000 depgraph --visits 2000 "$index"; }
@test "depgraph, with a mark stack that overflows" {
	export GCSCOPE_OPTIONS=$GCSCOPE_OPTIONS,mark_stack_max=16
	prints depgraph-2000 1000 depgraph --visits 2000 "$index"
}
