#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Where the dirty cards were: counted to the last one, and only when asked for.

load common

# map FILE EXPRESSION: a Python expression about the card map `m` of the first heap `h` is true.
map() {
	holds "$1" "(lambda h, m: $2)(p[0]['heaps'][0], p[0]['heaps'][0]['card_map'])"
}

# equals_counter FILE: the map tells of each card that the heap has counted as scanned.
equals_counter() {
	nothing_lost "$1"
	map "$1" 'sum(map(sum, m["cards"])) == h["cards"]["scanned"] > 0'
}

# armed OPTION...: how many probes of the target are listened to by an attach with these options.
armed() {
	rm -f messages
	"$GCSCOPE" attach -p "$target" "$@" >/dev/null 2>messages 3>&- &
	local watcher=$!
	until_true grep -q watching messages
	semaphores "$target"
	kill -INT "$watcher"
	wait "$watcher"
	until_true at_rest "$target"
}

@test "dirty cards by part and time, and those that cannot be read are counted as lost" {
	timeout 60 "$GCSCOPE" run --card-map --json -o r.json -- "$programs/wild" cards
	map r.json 'm["part_bytes"] == 8192 and sum(m["collections"]) == 13'
	map r.json 'sum(map(sum, m["cards"])) == 10 * 2016 + 3 + 2000'
	map r.json '[sum(c[row] for c in m["cards"]) for row in (0, 1, 2, 31)] == [1010, 1051, 92, 1250]'
	map r.json 'len(m["cards"]) == len(m["collections"]) and {len(c) for c in m["cards"]} == {32}'
	map r.json '0 < m["begin_seconds"] < r["duration_seconds"]'
	holds r.json 'len(p[0]["heaps"]) == 1'
	holds r.json 'r["events"]["lost_by_reason"]["unreadable_memory"] == 5 == r["events"]["lost"]'
	holds r.json 'r["events"]["received"] == 20'
}

@test "a card map that was not asked for is null, and its events are not even received" {
	timeout 60 "$GCSCOPE" run --json -o r.json -- "$programs/wild" cards
	map r.json 'm is None'
	holds r.json 'r["events"]["received"] == 1 and r["events"]["lost"] == 0'
}

@test "plan generational: the sum of the map is the heap's counter of scanned cards" {
	# A fixed nursery: else the plan may do without generations by the time that matters.
	export GCSCOPE_OPTIONS=plan=generational,nursery=1M
	for run in "gcbench 14" "lru 100000 1000000" "threads"; do
		# shellcheck disable=SC2086
		set -- $run
		timeout 60 "$GCSCOPE" run --card-map --json -o r.json -- "$build/workloads/$1" "${@:2}" >out
		equals_counter r.json
		map r.json 'sum(m["collections"]) == sum(c["count"] for c in h["collections"] if c["kind"] == "minor")'
	done
}

@test "attached in the middle of a life: the sum is the counter since then" {
	GCSCOPE_OPTIONS=plan=generational,nursery=1M start out "$build/workloads/lru" 100000 4000000
	until_true semaphores "$pid"
	sleep 0.2
	timeout 60 "$GCSCOPE" attach -p "$pid" --card-map --json -o r.json
	holds r.json 'p[0]["attached_late"] and p[0]["exit"]["code"] == 0'
	equals_counter r.json
}

@test "--card-map draws the map, and its event's site alone is attached for it" {
	timeout 60 env LC_ALL=C GCSCOPE_OPTIONS=plan=generational,nursery=1M "$GCSCOPE" run --card-map -- \
		"$build/workloads/lru" 100000 500000 >out
	grep -qE '^  card map  @ [0-9,.]+ dirty cards per collection, \. none$' out
	grep -qE '^       0 B  [ .:=+*#%@-]+$' out

	start out "$programs/steady"
	target=$pid
	until_true grep -q ready out
	[ $(($(armed --card-map) - $(armed))) = 1 ]
}
