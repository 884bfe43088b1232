#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Marking at a size that recursion, or a stack that has to grow, would not survive.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
big=$(cd "$(dirname "$GCSCOPE")/.." && pwd)/tests/programs/big

@test "a list of 50 million objects is marked, and nothing is lost" {
	[ "$(timeout 300 "$big" list 50000000)" = "marked 50000000, verified, counted 50000000" ]
}

@test "an array of 10 million distinct objects is marked with a stack of 16 entries" {
	export GCSCOPE_OPTIONS=mark_stack_max=16
	[ "$(timeout 300 "$big" array 10000000)" = "marked 10000000, verified, counted 10000000" ]
}
