#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Who is who: processes that begin, become another, multiply and end, in all ways.

bats_require_minimum_version 1.5.0
load common

@test "a process ends with its last thread, not with its leader" {
	run -3 profile r.json "$programs/lives" leader 7
	nothing_lost r.json
	holds r.json 'len(p) == 1 and collections(p[0]) == 7 and pauses(p[0]) == 7'
	holds r.json 'p[0]["exit"] == {"code": 3, "signal": None}'
	profile r.json "$programs/lives" last 8
	nothing_lost r.json
	holds r.json 'len(p) == 1 and collections(p[0]) == 8 and p[0]["exit"]["code"] == 0'
}

@test "a process whose leader has ended can be attached to" {
	start out "$programs/lives" last 1000000000
	until_true grep -q 'Z (zombie)' "/proc/$pid/status"
	sleep 0.3
	timeout 30 "$GCSCOPE" attach -q -p "$pid" -d 0.5 --json -o r.json 3>&-
	nothing_lost r.json
	holds r.json 'collections(p[0]) > 0'
}

@test "exec ends one process and begins another, under the same pid" {
	profile r.json "$programs/lives" exec 3 4 5
	nothing_lost r.json
	holds r.json '[collections(q) for q in p] == [3, 4, 5]'
	holds r.json 'len({q["pid"] for q in p}) == 1'
	holds r.json 'p[2]["exit"]["code"] == 0'
}

# Runs pauses twice under one pid, N times and M times.
two_under_one_pid() {
	cat >twice <<-'EOF'
		#!/bin/bash
		"$1" exec 21 & wait $!
		first=$!
		for _ in {1..1000}; do
			echo $((first - 1)) >/proc/sys/kernel/ns_last_pid
			"$1" exec 34 &
			wait $!
			[ $! = $first ] && exit 0
		done
		exit 9
	EOF
	chmod +x twice
}

@test "two processes in sequence under one pid never mix" {
	two_under_one_pid
	profile r.json ./twice "$programs/lives"
	nothing_lost r.json
	holds r.json '[collections(q) for q in p if q["pid"] == p[0]["pid"]] == [21, 34]'
}

@test "inside a pid namespace, pids are those that are seen there" {
	two_under_one_pid
	timeout 60 unshare --pid --fork --mount-proc \
		"$GCSCOPE" run --json -o r.json -- ./twice "$programs/lives" 3>&-
	nothing_lost r.json
	holds r.json '[collections(q) for q in p] == [21, 34]'
	holds r.json 'p[0]["pid"] == p[1]["pid"] == p[0]["ns_pid"] < 100'
}

@test "a process in another pid namespace has both its numbers" {
	profile r.json unshare --pid --fork --mount-proc "$programs/lives" exec 11
	nothing_lost r.json
	holds r.json 'len(p) == 1 and collections(p[0]) == 11'
	holds r.json 'p[0]["ns_pid"] == 1 and p[0]["pid"] > 1'
}

@test "inside a time namespace, pauses are when they were" {
	timeout 60 unshare --time --monotonic 5000 --boottime 7000 --fork \
		"$GCSCOPE" run --json -o r.json -- "$programs/pauses" 100 0.5 3>&-
	nothing_lost r.json
	holds r.json 'all(0 < w["at_seconds"] < r["duration_seconds"] for w in p[0]["worst_pauses"])'
	holds r.json 'len(p[0]["worst_pauses"]) == 10 and p[0]["cgroup"]'
}

# family PLAN MINOR: 40 children by fork and by raw clone, who collect 5 times each and their
# parent as often for each, with so many minor collections before each.
family() {
	local counts='[{c["kind"]: c["count"] for c in q["heaps"][0]["collections"] if c["count"]} for q in p]'
	GCSCOPE_OPTIONS=plan=$1,verify=1 profile r.json "$programs/forks" 40 5 >out
	grep -qx 'died 0' out
	nothing_lost r.json
	holds r.json 'len(p) == 41 and all(len(q["heaps"]) == 1 for q in p)'
	holds r.json "[c.get('major') for c in $counts] == [201] + 40 * [5]"
	holds r.json "[c.get('minor', 0) for c in $counts] == [200 * $2] + 40 * [5 * $2]"
	holds r.json 'all(pauses(q) == collections(q) for q in p)'
	holds r.json 'all(q["exit"] == {"code": 0, "signal": None} for q in p)'
	# 1000 nodes before the first child, and 6144 before each collection; a child starts at none.
	holds r.json 'p[0]["heaps"][0]["allocation"]["objects"] == 1000 + 200 * 6144'
	holds r.json 'p[0]["heaps"][0]["barrier"]["stores"] == 200 * 768'
}

# after_clone OBJECTS STORES: of the children, one half counted all of theirs, and the other, by
# raw clone, what came after its first collection, so not these.
after_clone() {
	holds r.json "sorted((q['heaps'][0]['allocation']['objects'], q['heaps'][0]['barrier']['stores'])
		for q in p[1:]) == 20 * [(30720 - $1, 3840 - $2)] + 20 * [(30720, 3840)]"
}

@test "parents and children collect, by fork and by raw clone, and none tells the other's totals" {
	family generational,nursery=64K 2
	after_clone 2048 256
	holds r.json 'all(q["heaps"][0]["cards"]["scanned"] > 0 for q in p)'
	family marksweep 0
	after_clone 6144 768
}

@test "children of an attached process live, and only the parent is reported" {
	GCSCOPE_OPTIONS=plan=generational,nursery=64K,verify=1 start out "$programs/forks" 400 5
	until_true grep -q '^child' out
	timeout 30 "$GCSCOPE" attach -q -p "$pid" -d 1 --json -o r.json 3>&-
	until_true grep -q '^died' out
	grep -qx 'died 0' out
	nothing_lost r.json
	holds r.json "[q['pid'] for q in p] == [$pid] and collections(p[0]) > 0"
}

@test "kill -9 of the target ends the report with what was seen" {
	run -137 profile r.json "$programs/lives" kill 9
	nothing_lost r.json
	holds r.json 'collections(p[0]) == 9 and p[0]["exit"] == {"code": None, "signal": 9}'
	holds r.json 'p[0]["heaps"][0]["end"] is None and p[0]["heaps"][0]["complete"] is False'
	start out "$programs/steady"
	target=$pid
	until_true grep -q ready out
	start /dev/null "$GCSCOPE" attach -q -p "$target" --json -o r.json
	until_true listened_to "$target"
	sleep 0.2
	kill -9 "$target"
	wait "$pid"
	nothing_lost r.json
	holds r.json 'collections(p[0]) > 5 and p[0]["exit"]["signal"] == 9'
}

@test "kill -9 of gcscope leaves an attached target as it was" {
	start out "$programs/steady"
	target=$pid
	until_true grep -q ready out
	for _ in 1 2 3; do
		start /dev/null "$GCSCOPE" attach -q -p "$target"
		until_true listened_to "$target"
		kill -9 "$pid"
		until_true at_rest "$target"
	done
	kill -TERM "$target"
	wait "$target"
	grep -q '^collections [1-9]' out
}

@test "kill -9 of gcscope leaves the program that it started running" {
	start out "$GCSCOPE" run -q -o r.txt -- "$programs/steady"
	until_true grep -q ready out
	target=$(pgrep -P "$pid" steady)
	started+=("$target")
	until_true listened_to "$target"
	kill -9 "$pid"
	until_true at_rest "$target"
	kill -TERM "$target"
	until_true grep -q '^collections [1-9]' out
}

@test "thousands of short processes leave nothing behind in the kernel" {
	profile r.json sh -c "for i in \$(seq 1500); do '$programs/lives' exec 1; done"
	nothing_lost r.json
	holds r.json 'len(p) == 1500 and all(collections(q) == 1 for q in p)'
	holds r.json 'r["profiler"]["map_bytes"] < 2 << 20'
}
