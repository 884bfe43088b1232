#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# OpenJDK: the report against what the VM itself logs.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	build=${BUILD:-build}
	java=${JAVA_HOME:-/usr}/bin/java
}

# A Java program from start to end; its report in report.json, its log in vm.log.
run_java() {
	timeout 120 "$build/bin/gcscope" run --json -o "$BATS_TEST_TMPDIR/report.json" -- \
		"$java" -Xms96m -Xmx96m -Xmn24m -XX:MetaspaceSize=8m "$@" \
		-Xlog:gc,safepoint:file="$BATS_TEST_TMPDIR/vm.log:tags" \
		-cp "$build/tests/programs" EveryCollection "$BATS_TEST_TMPDIR"
}

equals_log() {
	# shellcheck disable=SC2086
	run run_java $2
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "done" ]
	python3 tests/privileged/hotspot_oracle.py "$BATS_TEST_TMPDIR/report.json" \
		"$BATS_TEST_TMPDIR/vm.log" "$1"
}

# The report in lines: what was lost, each collection counted, each kind of pause.
report() {
	python3 - "$BATS_TEST_TMPDIR/report.json" <<-'PYTHON'
		import json, sys
		report = json.load(open(sys.argv[1]))
		print("lost", report["events"]["lost"], "unmatched", report["events"]["unmatched"])
		process, = report["processes"]
		heap, = process["heaps"]
		print("late" if process["attached_late"] else "whole", heap["plan"])
		for entry in heap["collections"]:
		    print("collections", entry["kind"] or "unknown", entry["cause"] or "unknown", entry["count"])
		for entry in heap["pauses"]:
		    print("pauses", entry["kind"] or "unknown", entry["count"])
	PYTHON
}

@test "Serial: collections by kind and cause, pauses and time to safepoint are the log's" {
	equals_log serial -XX:+UseSerialGC
}

@test "Parallel: collections by kind and cause, pauses and time to safepoint are the log's" {
	equals_log parallel -XX:+UseParallelGC
}

@test "G1: collections by kind and cause, pauses and time to safepoint are the log's" {
	equals_log g1 -XX:+UseG1GC
}

@test "G1 whose own threads are at work all the time, which each pause waits for" {
	equals_log g1 "-XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=0"
}

@test "ZGC, which the adapter does not understand: its pauses, of unknown kind, and nothing made up" {
	run_java -XX:+UseZGC -Xmx256m
	grep -qE '^\[safepoint\] Safepoint "ZMarkEnd"' "$BATS_TEST_TMPDIR/vm.log"
	run report
	echo "$output"
	[ "${lines[0]}" = "lost 0 unmatched 0" ]
	[ "${lines[1]}" = "whole None" ]
	[[ ${lines[2]} == "pauses unknown "* ]]
	[ ${#lines[@]} -eq 3 ]
}

@test "Without the VM's performance data causes are unknown, kinds are not" {
	run_java -XX:+UseSerialGC -XX:-UsePerfData
	run report
	echo "$output"
	[ "${lines[0]}" = "lost 0 unmatched 0" ]
	[[ ${lines[2]} == "collections minor unknown "* ]]
	[[ ${lines[3]} == "collections major unknown "* ]]
	[[ ${lines[4]} == pauses* ]]
}

@test "A VM watched for a second in its midst: whole collections with their causes, and fewer than it made" {
	"$java" -Xmx96m -Xmn24m -XX:+UseG1GC -Xlog:gc:file="$BATS_TEST_TMPDIR/vm.log:tags" \
		-cp "$build/tests/programs" EveryCollection "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/out" &
	vm=$!
	until grep -qs Pause "$BATS_TEST_TMPDIR/vm.log"; do sleep 0.1; done
	timeout 60 "$build/bin/gcscope" attach --json -p $vm -d 1 -o "$BATS_TEST_TMPDIR/report.json"
	wait $vm
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = "done" ]
	run report
	echo "$output"
	[ "${lines[0]}" = "lost 0 unmatched 0" ]
	[ "${lines[1]}" = "late g1" ]
	[[ $output == *"collections minor allocation "* && $output != *unknown* ]]
	seen=$(awk '/^collections/ { n += $4 } END { print n }' <<<"$output")
	[ "$seen" -lt "$(grep -c ' Pause ' "$BATS_TEST_TMPDIR/vm.log")" ]
}
