#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Where the library writes its last counters, and what it leaves alone.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
known=$(cd "$(dirname "$GCSCOPE")/.." && pwd)/tests/programs/known

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

is_whole() {
	jq -e '.schema == "gcscope.stats/1" and (.heaps | length) == 1' "$1"
}

@test "a file, whole, with the pid for %p, and nothing beside it" {
	GCSCOPE_STATS_FILE=stats-%p-%p.json "$known" &
	local pid=$!
	wait "$pid"
	is_whole "stats-$pid-$pid.json"
	[ "$(ls)" = "stats-$pid-$pid.json" ]
}

@test "a link stays a link, to a file or to none yet" {
	ln -s target link
	GCSCOPE_STATS_FILE=./link "$known"
	is_whole target
	GCSCOPE_STATS_FILE=./link "$known"
	is_whole target
	[ -L link ]
}

@test "a device and a pipe stay what they are" {
	mknod null c 1 3
	GCSCOPE_STATS_FILE=./null "$known"
	[ -c null ]
	mkfifo pipe
	cat pipe >read &
	GCSCOPE_STATS_FILE=./pipe "$known"
	wait "$!"
	is_whole read
	[ -p pipe ]
}

@test "what cannot be written is told, changes no exit status, and leaves nothing" {
	mkdir empty
	for limit in 'GCSCOPE_STATS_FILE=empty/none/stats' 'GCSCOPE_STATS_FILE=empty/stats; ulimit -f 0'; do
		(eval "export $limit"; "$known") 2>&1 | cat >said
		[ "${PIPESTATUS[0]}" = 0 ]
		grep -c 'libgcscope: cannot write GCSCOPE_STATS_FILE' said
		grep -qx done said
		[ -z "$(ls empty)" ]
	done
}
