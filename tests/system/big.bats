#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Marking and copying at a size that recursion, or a stack that has to grow, would not survive.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
big=$(cd "$(dirname "$GCSCOPE")/.." && pwd)/tests/programs/big

# finds SHAPE OBJECTS OPTIONS
finds() {
	local said
	said=$(GCSCOPE_OPTIONS=$3 timeout 250 "$big" "$1" "$2")
	[ "$said" = "marked $2, verified, counted $2" ]
}

@test "marksweep: a list of 50 million objects is marked, and nothing is lost" {
	finds list 50000000 plan=marksweep
}

@test "generational: a list of 50 million objects is marked, and nothing is lost" {
	finds list 50000000 plan=generational
}

@test "marksweep: an array of 10 million distinct objects is marked with a stack of 16 entries" {
	finds array 10000000 plan=marksweep,mark_stack_max=16
}

@test "generational: an array of 10 million distinct objects is copied with a stack of 16 entries" {
	finds array 10000000 plan=generational,mark_stack_max=16,nursery=16M
}
