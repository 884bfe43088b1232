#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# OpenJDK: the report against what the VM itself logs.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	build=${BUILD:-build}
}

# A Java program from start to end; its report in report.json, its log in vm.log.
run_java() {
	timeout 120 "$build/bin/gcscope" run --json -o "$BATS_TEST_TMPDIR/report.json" -- \
		java -Xms96m -Xmx96m -Xmn24m -XX:MetaspaceSize=8m "$@" \
		-Xlog:gc,safepoint:file="$BATS_TEST_TMPDIR/vm.log:tags" \
		-cp "$build/tests/programs" EveryCollection "$BATS_TEST_TMPDIR"
}

equals_log() {
	run run_java "$2"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = done ]
	python3 tests/privileged/hotspot_oracle.py "$BATS_TEST_TMPDIR/report.json" \
		"$BATS_TEST_TMPDIR/vm.log" "$1"
}

# What the report says, in a line.
report() {
	python3 - "$BATS_TEST_TMPDIR/report.json" <<-'PYTHON'
		import json, sys
		report = json.load(open(sys.argv[1]))
		events = report["events"]
		print("lost", events["lost"], "unmatched", events["unmatched"], end="")
		for process in report["processes"]:
		    for heap in process["heaps"]:
		        print(";", heap["plan"], *heap["collections"], end="")
		        print(";", *{pause["kind"] for pause in heap["pauses"]}, end="")
		print()
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

@test "ZGC, which the adapter does not understand: its pauses, of unknown kind, and nothing made up" {
	run_java -XX:+UseZGC -Xmx256m
	logged=$(grep -cE '^\[safepoint\] Safepoint "Z(MarkStart|MarkEnd|RelocateStart)"' \
		"$BATS_TEST_TMPDIR/vm.log")
	[ "$logged" -gt 0 ]
	run report
	echo "$output"
	[ "$output" = "lost 0 unmatched 0; None; None" ]
}

@test "Without the VM's performance data causes are unknown, kinds are not" {
	run_java -XX:+UseSerialGC -XX:-UsePerfData
	run report
	echo "$output"
	[[ $output == "lost 0 unmatched 0; serial"* ]]
	[[ $output == *"'minor', 'generation': None, 'cause': 'unknown'"* ]]
	[[ $output == *"'major', 'generation': None, 'cause': 'unknown'"* ]]
	[[ $output != *explicit* && $output != *allocation* ]]
}

@test "Attached in mid-life, a VM's report holds what came since" {
	java -Xmx96m -Xmn24m -XX:+UseSerialGC -Xlog:gc:file="$BATS_TEST_TMPDIR/vm.log:tags" \
		-cp "$build/tests/programs" EveryCollection "$BATS_TEST_TMPDIR" >/dev/null &
	java=$!
	until grep -q Pause "$BATS_TEST_TMPDIR/vm.log"; do sleep 0.1; done
	timeout 60 "$build/bin/gcscope" attach --json -p $java -o "$BATS_TEST_TMPDIR/report.json"
	wait $java
	python3 - "$BATS_TEST_TMPDIR" <<-'PYTHON'
		import json, sys
		report = json.load(open(sys.argv[1] + "/report.json"))
		process, = report["processes"]
		logged = sum(" Pause " in line for line in open(sys.argv[1] + "/vm.log"))
		seen = sum(entry["count"] for entry in process["heaps"][0]["collections"])
		print(report["events"], "seen", seen, "logged", logged)
		assert report["events"]["lost"] == 0 and report["events"]["unmatched"] == 0
		assert process["attached_late"] and 0 < seen < logged
	PYTHON
}
