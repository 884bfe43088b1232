#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The workloads, small, with many collections: what sanitizers run.

load common

setup() { export GCSCOPE_OPTIONS=budget=64K; }

@test "binary-trees" { prints binary-trees-12 50 binary-trees 12; }
@test "gcbench" { prints gcbench-12 50 gcbench 12 10000; }
@test "lru" { prints lru-10000 50 lru 10000 100000; }
@test "threads" { prints threads-3-5000 50 threads 3 5000 100; }
@test "depgraph" { prints depgraph-50000 50 depgraph --visits 50000 "$index"; }
