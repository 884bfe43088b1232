#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope attach`: processes in mid-life, and what cannot be attached to.

load common

@test "-d: what happened since, and the program undisturbed" {
	start_target
	sleep 0.3
	status_is 0 "$GCSCOPE" attach -p "$target" -d 0.5 --json
	cp stdout report
	json 'len(d["processes"]) == 1 and d["processes"][0]["attached_late"] is True' report
	json 'd["processes"][0]["exit"] is None and 0.4 < d["duration_seconds"] < 5' report
	json 'd["events"]["lost"] == 0 and d["events"]["unmatched"] == 0' report
	json '10 <= sum(c["count"] for c in d["processes"][0]["heaps"][0]["collections"]) <= 110' report
	ends_well
}

@test "Ctrl-C, SIGTERM: the report" {
	start_target
	for signal in INT TERM HUP; do
		start out "$GCSCOPE" attach -p "$target" --json -o report 2>err
		until_true grep -q watching err
		sleep 0.2
		kill -$signal "$pid"
		wait "$pid"
		json 'd["processes"][0]["heaps"][0]["collections"][0]["count"] > 0' report
		rm report err
	done
	ends_well
}

@test "when all targets have ended: the report, status 0" {
	start target.out "$steady" 100
	until_true grep -q ready target.out
	status_is 0 "$GCSCOPE" attach -p "$pid" --json
	json 'd["processes"][0]["exit"]["code"] == 0' stdout
}

@test "several processes, given twice or by name, are watched once each" {
	start_target
	first=$target
	start second.out "$steady"
	until_true grep -q ready second.out
	status_is 0 "$GCSCOPE" attach -p "$first" -p "$pid" -p "$first" -d 0.3 --json
	json "sorted(p['pid'] for p in d['processes']) == sorted([$first, $pid])" stdout
	status_is 0 "$GCSCOPE" attach --comm steady -p "$first" -d 0.3 --json
	json "{$first, $pid} <= {p['pid'] for p in d['processes']}" stdout
	ends_well
}

@test "no such process" {
	status_is 3 "$GCSCOPE" attach -p 4194000 -d 1
	one_sentence
	[[ $errors == *4194000* ]]
	[ -z "$output" ]
	status_is 3 "$GCSCOPE" attach --comm no-such-name -d 1
	one_sentence
	[[ $errors == *no-such-name* ]]
	sleep 0 &
	ended=$!
	wait "$ended"
	status_is 3 "$GCSCOPE" attach -p "$ended" -d 1
}

@test "a zombie, and a thread" {
	start out python3 -c 'import os, time
pid = os.fork()
if not pid: os._exit(0)
print(pid, flush=True); time.sleep(60)'
	until_true test -s out
	status_is 3 "$GCSCOPE" attach -p "$(cat out)" -d 1
	one_sentence
	start out2 python3 -c 'import threading, time
t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start()
print(t.native_id, flush=True); time.sleep(60)'
	until_true test -s out2
	status_is 3 "$GCSCOPE" attach -p "$(cat out2)" -d 1
	one_sentence
	[[ $errors == *"-p $pid"* ]]
}

@test "nothing to attach to" {
	start /dev/null sleep 60
	status_is 5 "$GCSCOPE" attach -p "$pid" -d 1
	one_sentence
	[[ $errors == *"$pid (sleep)"* ]]
	status_is 5 "$GCSCOPE" attach --comm sleep -d 1
	status_is 5 "$GCSCOPE" attach -p 2 -d 1 # a kernel thread
}

@test "one bad process among good ones: an error before anything is attached" {
	start_target
	start /dev/null sleep 60
	status_is 3 "$GCSCOPE" attach -p "$target" -p 4194000 --json -o report
	status_is 5 "$GCSCOPE" attach -p "$target" -p "$pid" --json -o report
	[ ! -e report ]
	ends_well
}

@test "no permission: the capabilities that are missing, and the fix" {
	start_target
	# A copy that anybody may execute.
	chmod 755 "$BATS_TEST_TMPDIR"
	dir=$(mktemp -d /tmp/gcscope-cli.XXXXXX)
	chmod 755 "$dir"
	cp "$GCSCOPE" "$dir/gcscope"
	status_is 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gcscope" attach -p "$target" -d 1
	rm -r "$dir"
	one_sentence
	[[ $errors == *CAP_BPF*CAP_PERFMON*CAP_SYS_PTRACE* ]]
	[[ $errors == *"setcap"* ]]
	ends_well
}

@test "one's own process without any capability" {
	dir=$(mktemp -d /tmp/gcscope-cli.XXXXXX)
	chmod 755 "$dir"
	cp "$GCSCOPE" "$steady" "$dir"
	anyone="setpriv --reuid 65534 --regid 65534 --clear-groups"
	start own.out $anyone "$dir/steady"
	until_true grep -q ready own.out
	status_is 4 $anyone "$dir/gcscope" attach -p "$pid" -d 1
	one_sentence
	[[ $errors == *CAP_BPF*CAP_PERFMON*setcap* ]]
	status_is 4 $anyone "$dir/gcscope" run -- true
	one_sentence
	rm -r "$dir"
}

@test "an output that cannot be written is told before anything is attached" {
	start_target
	status_is 1 "$GCSCOPE" attach -p "$target" -o /nowhere/report
	one_sentence
	ends_well
}

@test "no capability is left while it watches" {
	start_target
	start out "$GCSCOPE" attach -p "$target" 2>err
	until_true grep -q watching err
	grep -q '^CapEff:.0*$' "/proc/$pid/status"
	grep -q '^CapPrm:.0*$' "/proc/$pid/status"
	kill -INT "$pid"
	wait "$pid"
	ends_well
}

@test "kill -9 of gcscope: the target runs on, and can be attached to again" {
	start_target
	start out "$GCSCOPE" attach -p "$target" 2>err
	until_true grep -q watching err
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	status_is 0 "$GCSCOPE" attach -p "$target" -d 0.3 --json
	json 'd["processes"][0]["heaps"][0]["collections"][0]["count"] > 0' stdout
	ends_well
}
