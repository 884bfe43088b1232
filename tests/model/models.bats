#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The models of the protocols hold, and would notice if they did not.

model=$BATS_TEST_DIRNAME/safepoint.pml

# check MODEL: Spin's verdict, as "errors: N".
check() {
	cd "$BATS_TEST_TMPDIR" || return 1
	spin -a "$1" >spin.out && cc -O2 -o pan pan.c && ./pan -a -f -m100000 >pan.out || {
		cat spin.out pan.out
		return 1
	}
	grep -q 'depth reached' pan.out && grep -o 'errors: [0-9]*' pan.out
}

@test "the safepoint protocol stops everybody and loses no request" {
	[ "$(check "$model")" = "errors: 0" ]
	[ "$(grep -c 'search not completed\|max search depth too small' "$BATS_TEST_TMPDIR/pan.out")" = 0 ]
}

@test "without the look at stop after a limit is written, a request is lost" {
	sed -e '/^inline refill/,/^}/ s/:: stop -> limit\[me\] = 0/:: stop -> skip/' \
		-e 's/:: true -> to_the_library(me) .*$//' "$model" >"$BATS_TEST_TMPDIR/broken.pml"
	[ "$(check "$BATS_TEST_TMPDIR/broken.pml")" != "errors: 0" ]
}

@test "without the look at stop after becoming running, the heap is touched in a pause" {
	sed -e '/^inline unpark/,/^}/ s/:: stop == 0 ->/:: true ->/' "$model" >"$BATS_TEST_TMPDIR/broken.pml"
	[ "$(check "$BATS_TEST_TMPDIR/broken.pml")" != "errors: 0" ]
}

@test "threads that collect several heaps never wait for each other" {
	[ "$(check "$BATS_TEST_DIRNAME/heaps.pml")" = "errors: 0" ]
}

@test "if a thread parked in the heap alone that it collects, they would" {
	sed -e '/^inline collect/,/^}/ s/^\tpark(me);/\tstate[AT(me, h)] = PARKED;/' \
		"$BATS_TEST_DIRNAME/heaps.pml" >"$BATS_TEST_TMPDIR/broken.pml"
	[ "$(check "$BATS_TEST_TMPDIR/broken.pml")" != "errors: 0" ]
	grep -q 'invalid end state' "$BATS_TEST_TMPDIR/pan.out"
}
