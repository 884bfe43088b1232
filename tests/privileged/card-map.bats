#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Where the dirty cards were: counted to the last one, and only when asked for.

load common

# map FILE EXPRESSION: a Python expression about the card map `m` of the first heap `h` is true.
map() {
	holds "$1" "(lambda h, m: $2)(p[0]['heaps'][0], p[0]['heaps'][0]['card_map'])"
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
