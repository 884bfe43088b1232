#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What is lost is counted, and what is wrong is told apart; and at a high rate nothing is lost.

bats_require_minimum_version 1.5.0
load common

# The number of pauses is fixed, and the time they took is printed: a timing decides nothing.
@test "100,000 pauses a second for ten seconds: nothing is lost" {
	profile r.json "$programs/pauses" 50000 10 2 >out
	cat out
	nothing_lost r.json
	holds r.json 'sum(map(pauses, p)) == sum(map(collections, p)) == 1000000'
	holds r.json 'sum(q["count"] for h in p[0]["heaps"] for q in h["phases"]) == 4000000'
	python3 -c 'import json
r = json.load(open("r.json"))
print("# gcscope: %.3f s of CPU; %d events in %.2f s" % (
    r["profiler"]["cpu_seconds"], r["events"]["received"], r["duration_seconds"]))' >&3
}

@test "records that found no room are counted, and what is added up in the kernel stays exact" {
	mkfifo line
	start out "$programs/steady"
	local other=$pid
	until_true grep -q ready out
	start out "$programs/steady"
	local more=$pid
	until_true grep -q ready out
	start /dev/null sh -c 'exec "$0" heaps 4000 <line' "$programs/wild"
	local target=$pid
	exec 9>line
	until_true grep -qx wild "/proc/$target/comm"
	start /dev/null "$GCSCOPE" attach -p "$other" -p "$more" -p "$target" --json -o r.json 2>messages
	until_true grep -q watching messages
	# It sleeps through the rest of its targets' lives. The ends of two may find room that was too
	# small for another pause, that of the third finds none.
	sleep 0.3
	kill -STOP "$pid"
	echo go >&9
	wait "$target"
	kill -9 "$more"
	wait "$more" || true
	kill -9 "$other"
	wait "$other" || true
	kill -CONT "$pid"
	wait "$pid"
	exec 9>&-
	holds r.json 'r["events"]["received"] > 8000 and r["events"]["unmatched"] == 0'
	holds r.json 'r["events"]["lost_by_reason"]["ring_buffer_full"] == r["events"]["lost"] > 1000'
	holds r.json '[q["comm"] for q in p] == ["steady", "steady", "wild"]'
	holds r.json 'len(p[2]["heaps"]) == pauses(p[2]) == 4000'
	holds r.json 'p[0]["exit"] == {"code": None, "signal": None}'
}

@test "blocks that cannot be read and ends without begins are counted" {
	profile r.json "$programs/wild" >out
	grep -qx 'collections 6 bytes 500 unreadable 7 unmatched 3 pauses 7' out
	holds r.json 'r["events"]["unmatched"] == 3 and r["events"]["lost"] == 7'
	holds r.json 'r["events"]["lost_by_reason"]["unreadable_memory"] == 7'
	holds r.json 'collections(p[0]) == 6 and pauses(p[0]) == 7'
	holds r.json 'p[0]["heaps"][0]["allocation"]["bytes"] == 500'
}

@test "a full map loses what has no room, and counts it" {
	echo go | profile r.json "$programs/wild" heaps 4100
	holds r.json 'r["events"]["lost_by_reason"]["map_full"] == 2 * 4 == r["events"]["lost"]'
	holds r.json 'len(p[0]["heaps"]) == 4096 == pauses(p[0])'
}

@test "a process that has ended makes room" {
	profile r.json sh -c 'echo | "$0" heaps 4000; sleep 1; echo | "$0" heaps 4000' "$programs/wild"
	nothing_lost r.json
	holds r.json '[pauses(q) for q in p] == [4000, 4000]'
}
