#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Attaching in the middle of a program's life, and leaving it as it was.

bats_require_minimum_version 1.5.0
load common

# attach FILE OPTION...: the report in FILE.
attach() {
	local file=$1
	shift
	timeout 60 "$GCSCOPE" attach -q --json -o "$file" "$@" 3>&-
}

# A busy program that checks its own data, in $target; its counters go to stats.json at its end.
start_intact() {
	GCSCOPE_STATS_FILE=stats.json start out "$programs/intact" "$@"
	target=$pid
	until_true grep -q ready out
	sleep 0.2
}

# It ends, by itself, with nothing broken.
ends_intact() {
	kill -TERM "$target"
	wait "$target"
	grep -Eq '^checks [1-9][0-9]* broken 0$' out
}

# reports_add_up METHOD: the reports r*.json lost nothing, and together hold no more than the
# program counted in its whole life: each only what happened since its attachment.
reports_add_up() {
	python3 - "$1" <<-'PYTHON'
		import glob, json, sys
		stats = json.load(open("stats.json"))["heaps"][0]
		seen = {"collections": 0, "bytes": 0, "objects": 0, "stores": 0}
		empty = 0
		for name in glob.glob("r*.json"):
		    r = json.load(open(name))
		    assert r["events"]["lost"] == r["events"]["unmatched"] == 0, (name, r["events"])
		    assert r["profiler"]["attach_method"] == sys.argv[1]
		    empty += not r["processes"]
		    for p in r["processes"]:
		        assert p["attached_late"] and len(p["heaps"]) == 1, name
		        for h in p["heaps"]:
		            seen["collections"] += sum(c["count"] for c in h["collections"])
		            # null: attached too briefly to see a statistics block
		            seen["bytes"] += h["allocation"]["bytes"] or 0
		            seen["objects"] += h["allocation"]["objects"] or 0
		            seen["stores"] += h["barrier"]["stores"] or 0
		total = {
		    "collections": sum(c["count"] for c in stats["collections"]),
		    "bytes": stats["allocation"]["bytes"],
		    "objects": stats["allocation"]["objects"],
		    "stores": stats["barrier"]["stores"],
		}
		print(seen, "of", total, "in", len(glob.glob("r*.json")), "reports,", empty, "empty")
		for key in seen:
		    assert 0 < seen[key] <= total[key], key
	PYTHON
}

@test "200 times in a row under load, and the program notices nothing" {
	start_intact 2
	local i begin took
	begin=$(date +%s%N)
	for i in {1..200}; do
		attach "r$i.json" -p "$target" -d 0.02
	done
	took=$((($(date +%s%N) - begin) / 1000000))
	echo "# 200 times in $took ms" >&3
	at_rest "$target"
	ends_intact
	reports_add_up uprobe_multi
}

@test "the same by perf events, five times" {
	start_intact 2
	local i
	for i in {1..5}; do
		attach "r$i.json" -p "$target" -d 0.2 --perf-events
	done
	at_rest "$target"
	ends_intact
	reports_add_up perf_event
}

@test "a program profiled by perf events from start to end" {
	timeout 60 "$GCSCOPE" run --perf-events --json -o r.json -- "$programs/lives" exec 3 4 3>&-
	nothing_lost r.json
	holds r.json '[collections(q) for q in p] == [3, 4]'
	holds r.json 'r["profiler"]["attach_method"] == "perf_event"'
}

@test "a process that was not asked for is not touched" {
	start other "$programs/steady"
	local other=$pid
	start_intact
	start /dev/null "$GCSCOPE" attach -q -p "$target" -d 2 -o /dev/null
	until_true listened_to "$target"
	at_rest "$other"
	wait "$pid"
	at_rest "$target"
}

# The number of BPF links that a process holds.
links() { find "/proc/$1/fd" -lname '*bpf*link*' | wc -l; }
links_are() { [ "$(links "$1")" = "$2" ]; }

@test "a process that ends without an event leaves nothing attached" {
	mkfifo line
	start /dev/null sh -c 'exec "$0" heaps 1 <line' "$programs/wild"
	local silent=$pid
	exec 9>line
	until_true grep -qx wild "/proc/$silent/comm"
	start out "$programs/steady"
	until_true grep -q ready out
	start /dev/null "$GCSCOPE" attach -p "$silent" -p "$pid" -o /dev/null 2>messages
	until_true grep -q watching messages
	local both
	both=$(links "$pid")
	kill -9 "$silent"
	until_true links_are "$pid" $((both - 1))
	exec 9>&-
}

@test "several processes at once, and one given twice" {
	start one "$programs/steady"
	local one=$pid
	start two "$programs/steady"
	until_true grep -q ready one
	until_true grep -q ready two
	attach r.json -p "$one" -p "$pid" -p "$one" -d 0.5
	nothing_lost r.json
	holds r.json "sorted(q['pid'] for q in p) == sorted([$one, $pid])"
	holds r.json 'all(20 < collections(q) < 200 for q in p)'
}

@test "a program whose file was deleted, and one whose file was replaced" {
	local way
	for way in deleted replaced; do
		cp "$programs/steady" program
		start "$way" ./program
		until_true grep -q ready "$way"
		rm program
		[ "$way" = deleted ] || cp "$(type -P true)" program
		attach r.json -p "$pid" -d 0.3
		nothing_lost r.json
		holds r.json 'collections(p[0]) > 10'
	done
}

@test "a program in another root" {
	mkdir -p place/bin
	cp "$programs/steady" place/bin/
	ldd "$programs/steady" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "place$(dirname "$library")"
		cp "$library" "place$library"
	done
	start out chroot place /bin/steady
	until_true grep -q ready out
	attach r.json -p "$pid" -d 0.3
	nothing_lost r.json
	holds r.json 'collections(p[0]) > 10'
}

# An ordinary user; capabilities follow: --inh-caps X --ambient-caps X.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# with CAPABILITIES COMMAND...: as that user, who holds these alone ("-all": none).
with() {
	local capabilities=$1
	shift
	timeout 30 "${nobody[@]}" --inh-caps "$capabilities" --ambient-caps "$capabilities" "$@" 3>&-
}

@test "with CAP_BPF and CAP_PERFMON alone, a user profiles a process of their own" {
	# Where that user can open it, wherever this tree lies.
	mkdir "$BATS_RUN_TMPDIR/open"
	cp "$programs/steady" "$BATS_RUN_TMPDIR/open"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/open"
	start out "${nobody[@]}" --inh-caps -all "$BATS_RUN_TMPDIR/open/steady"
	until_true grep -q ready out
	with -all,+bpf,+perfmon "$GCSCOPE" attach -q -p "$pid" -d 0.3 --json >r.json
	nothing_lost r.json
	holds r.json 'collections(p[0]) > 10'
	holds r.json 'r["profiler"]["attach_method"] == "uprobe_multi"'
}

@test "what is not permitted is named, with the fix" {
	# Where no other user can open it, wherever this tree lies.
	mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
	cp "$programs/steady" "$BATS_TEST_TMPDIR/closed"
	start out "$BATS_TEST_TMPDIR/closed/steady"
	until_true grep -q ready out
	run -4 with -all "$GCSCOPE" attach -p "$pid" -d 0.1
	echo "$output"
	[[ $output == *"CAP_BPF, CAP_PERFMON"*missing*setcap* ]]
	run -4 with -all,+bpf,+perfmon "$GCSCOPE" attach -p "$pid" -d 0.1
	echo "$output"
	[[ $output == *CAP_SYS_PTRACE*missing* ]]
	run -4 with -all,+bpf,+perfmon,+sys_ptrace,+dac_read_search \
		"$GCSCOPE" attach --perf-events -p "$pid" -d 0.1
	echo "$output"
	[[ $output == *CAP_SYS_ADMIN*missing* ]]
	kill -0 "$pid"
}
