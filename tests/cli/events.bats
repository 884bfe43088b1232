#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope events` against the table itself, which the preprocessor lists here a second way.

load common

# The table as one line an event or argument, made by the C preprocessor alone.
table() {
	cat >table.c <<-'EOF'
		#include "gcscope/events.def"
		#define EVENT(name, number, rate, prose, arguments) @E name number rate prose arguments
		#define ARGUMENT(name, unit, prose) @A name unit prose
		GCS_EVENT_TABLE(EVENT, ARGUMENT)
	EOF
	cpp -P -I"$root/include" table.c | tr '\n' ' ' | sed 's/@/\n/g' | sed -n '/^[EA] /p' |
		tr -d '"' | tr -s ' ' | sed 's/ *$//; $a\'
}

@test "the text holds each event and argument of the table, and no other" {
	status_is 0 "$GCSCOPE" events
	[ -z "$errors" ]
	table | sed 's/^E \([^ ]*\) \([^ ]*\) /\2 \1 /; s/^A //' >wanted
	[ "$(wc -l <wanted)" -gt 50 ]
	sed '1,2d; /^codes, by unit/,$d' stdout | sed '/^$/d' | tr -s ' ' | sed 's/^ //' >got
	diff wanted got
}

@test "so does the JSON" {
	status_is 0 "$GCSCOPE" events --json
	json 'd["schema"] == "gcscope.events/1" and d["provider"] == "gcscope"' stdout
	python3 - stdout >got <<-'EOF'
		import json, sys
		for e in json.load(open(sys.argv[1]))["events"]:
		    print("E", e["name"], e["number"], e["rate"], e["prose"])
		    for a in e["arguments"]:
		        print("A", a["name"], a["unit"], a["prose"])
	EOF
	table >wanted
	[ "$(wc -l <wanted)" -gt 50 ]
	diff wanted got
}

@test "every code has its name in both" {
	status_is 0 "$GCSCOPE" events --json -o codes.json
	[ -z "$output" ]
	status_is 0 "$GCSCOPE" events
	sed '1,/^codes, by unit/d' stdout | sed '/^$/d' | awk '{print $1, $2, $3}' >got
	python3 - codes.json >wanted <<-'EOF'
		import json, sys
		for c in json.load(open(sys.argv[1]))["codes"]:
		    print(c["unit"], c["number"], c["name"])
	EOF
	diff wanted got
	[ "$(grep -c 'X([A-Z_]*, [0-9]*, "' "$root/include/gcscope/codes.def")" = "$(wc -l <got)" ]
}
