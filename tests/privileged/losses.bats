#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What is lost is counted, and what is wrong is told apart; and at a high rate nothing is lost.

bats_require_minimum_version 1.5.0
load common

@test "100,000 pauses a second for ten seconds: nothing is lost" {
	profile r.json "$programs/pauses" 50000 10 2 >out
	cat out
	nothing_lost r.json
	holds r.json 'sum(map(pauses, p)) >= 999000'
	holds r.json "sum(map(pauses, p)) == $(sed -n 's/^pauses \([0-9]*\) .*/\1/p' out)"
	python3 -c 'import json
r = json.load(open("r.json"))
print("# gcscope: %.3f s of CPU in %.1f s; %d events" % (
    r["profiler"]["cpu_seconds"], r["duration_seconds"], r["events"]["received"]))' >&3
}

@test "records that found no room are counted, and what is added up in the kernel stays exact" {
	start out "$programs/pauses" 0 2
	start /dev/null timeout 60 "$GCSCOPE" run -q --json -o r.json -- "$programs/pauses" 20000 2
	local gcscope=$pid
	until_true pgrep -P "$(pgrep -P "$gcscope" gcscope || echo "$gcscope")" pauses
	kill -STOP "$(pgrep -P "$gcscope" gcscope)"
	sleep 2.5
	kill -CONT "$(pgrep -P "$gcscope" gcscope)"
	wait "$gcscope"
	holds r.json 'r["events"]["lost_by_reason"]["ring_buffer_full"] > 1000'
	holds r.json 'r["events"]["unmatched"] == 0'
	holds r.json 'collections(p[0]) == pauses(p[0]) > 10000'
}

@test "blocks that cannot be read and ends without begins are counted" {
	profile r.json "$programs/wild" >out
	grep -qx 'collections 6 bytes 500 unreadable 6 unmatched 3 pauses 1' out
	holds r.json 'r["events"]["unmatched"] == 3 and r["events"]["lost"] == 6'
	holds r.json 'r["events"]["lost_by_reason"]["unreadable_memory"] == 6'
	holds r.json 'collections(p[0]) == 6 and pauses(p[0]) == 1'
	holds r.json 'p[0]["heaps"][0]["allocation"]["bytes"] == 500'
}

@test "a full map loses what has no room, and counts it" {
	profile r.json "$programs/wild" heaps 4100
	holds r.json 'r["events"]["lost_by_reason"]["map_full"] == 2 * 4 == r["events"]["lost"]'
	holds r.json 'len(p[0]["heaps"]) == 4096 == pauses(p[0])'
}

@test "a process that has ended makes room" {
	profile r.json sh -c '"$0" heaps 4000; sleep 1; "$0" heaps 4000' "$programs/wild"
	nothing_lost r.json
	holds r.json '[pauses(q) for q in p] == [4000, 4000]'
}
