#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope run`: what the program and its caller notice of the profiler, which is nothing.

load common

@test "the program's exit status is passed on" {
	for status in 0 1 2 7 42 255; do
		status_is $status "$GCSCOPE" run -o /dev/null -- sh -c "exit $status"
	done
	status_is 0 "$GCSCOPE" run -o /dev/null -- "$steady" 3
	status_is 1 "$GCSCOPE" run -o /dev/null -- env GCSCOPE_OPTIONS=nonsense=1 "$steady" 3
}

@test "a program that a signal ends: 128 and its number, as a shell says it" {
	for signal in TERM KILL SEGV INT PIPE; do
		status_is $((128 + $(kill -l $signal))) \
			"$GCSCOPE" run -o /dev/null -- sh -c "ulimit -c 0; kill -$signal \$\$"
	done
}

@test "a program that is not there, or cannot be executed" {
	status_is 127 "$GCSCOPE" run -- ./nowhere
	one_sentence
	[[ $errors == *"'./nowhere'"*"No such file"* ]]
	status_is 127 "$GCSCOPE" run -- no-such-command-anywhere
	one_sentence
	echo hello >text
	status_is 126 "$GCSCOPE" run -- ./text
	one_sentence
	[[ $errors == *"Permission denied"* ]]
	status_is 126 "$GCSCOPE" run -- .
	[ -z "$output" ]
}

@test "standard input, output and error are the program's own" {
	head -c 300000 /dev/urandom >in
	"$GCSCOPE" run -q -o report -- sh -c 'cat; echo to-stderr >&2' <in >out 2>err
	cmp in out
	[ "$(cat err)" = to-stderr ]
	[ -s report ]
}

@test "data come on standard output only when the program has ended" {
	status_is 0 "$GCSCOPE" run --json -- sh -c 'echo first; exec "$0" 3' "$steady"
	[ "$(head -n 1 stdout)" = first ]
	sed '1,/^collections 3$/d' stdout >report
	json 'd["schema"] == "gcscope.report/1"' report
	json 'len(d["processes"]) == 1 and d["processes"][0]["comm"] == "steady"' report
}

@test "a closed standard input, output and error stay closed" {
	"$GCSCOPE" run -q -o /dev/null -- sh -c 'ls /proc/self/fd >fds' <&- >&- 2>&-
	sh -c 'ls /proc/self/fd >plain' <&- >&- 2>&-
	cmp plain fds
}

@test "no file, signal mask, ignored signal, limit or capability of ours reaches the program" {
	cat >show <<-'EOF'
		ls /proc/self/fd | wc -l
		grep -E '^(Sig(Blk|Ign|Cgt)|Cap|Seccomp|NoNewPrivs|Threads)' /proc/self/status
		ulimit -a
		nice
		pwd
		umask
		env | sort
	EOF
	env -i PATH="$PATH" sh show >plain
	env -i PATH="$PATH" "$GCSCOPE" run -q -o /dev/null -- sh show >run
	diff plain run
	(trap '' INT HUP CHLD; exec env -i PATH="$PATH" sh show) >plain
	(trap '' INT HUP CHLD; exec env -i PATH="$PATH" "$GCSCOPE" run -q -o /dev/null -- sh show) >run
	diff plain run
}

@test "a program in which nothing is to be seen: told, unless -q; the report stands all the same" {
	status_is 7 "$GCSCOPE" run --json -o report -- sh -c 'exit 7'
	one_sentence
	[[ $errors == *"nothing to see"*"'sh'"* ]]
	json 'd["processes"] == []' report
	status_is 7 "$GCSCOPE" run -q -o report -- sh -c 'exit 7'
	[ -z "$errors" ]
}

@test "every collection is seen, from the first to the last, and nothing is said" {
	status_is 0 "$GCSCOPE" run --json -o report -- "$steady" 17
	[ -z "$errors" ]
	json 'd["events"]["lost"] == 0 and d["events"]["unmatched"] == 0' report
	json 'sum(c["count"] for p in d["processes"] for h in p["heaps"] for c in h["collections"] if c["cause"] == "explicit") == 17' report
	json 'd["processes"][0]["attached_late"] is False' report
	json 'd["processes"][0]["exit"] == {"code": 0, "signal": None} or d["processes"][0]["exit"]["code"] == 0' report
}

@test "scripts, and children by fork, vfork and exec, are followed" {
	printf '#!/bin/sh\n"%s" 3\n("%s" 4)\nexec "%s" 5\n' "$steady" "$steady" "$steady" >script
	chmod +x script
	status_is 0 "$GCSCOPE" run --json -o report -- ./script
	[ "$(grep -c ready stdout)" = 3 ]
	json 'sorted(sum(c["count"] for h in p["heaps"] for c in h["collections"] if c["cause"] == "explicit") for p in d["processes"]) == [3, 4, 5]' report
	status_is 0 "$GCSCOPE" run --json -o report -- python3 -c "
import subprocess
subprocess.run(['$steady', '6'], check=True)
subprocess.run(['$steady', '7'], check=True, close_fds=False, preexec_fn=lambda: None)"
	json 'sorted(sum(c["count"] for h in p["heaps"] for c in h["collections"] if c["cause"] == "explicit") for p in d["processes"]) == [6, 7]' report
}

@test "an exec by a thread that is not the leader, and by a child that one has forked" {
	status_is 0 "$GCSCOPE" run --json -o report -- python3 -c "
import os, threading, time
threading.Thread(target=os.execv, args=('$steady', ['$steady', '40'])).start()
time.sleep(60)"
	grep -q '^collections 40' stdout
	json 'len(d["processes"]) == 1 and d["processes"][0]["comm"] == "steady"' report
	json '20 < sum(c["count"] for c in d["processes"][0]["heaps"][0]["collections"]) < 50' report
	status_is 0 "$GCSCOPE" run --json -o report -- python3 -c "
import subprocess, threading
t = threading.Thread(target=subprocess.run, args=(['$steady', '40'],)); t.start(); t.join()"
	json 'len(d["processes"]) == 1 and d["processes"][0]["comm"] == "steady"' report
}

@test "a library that is opened later: at once, by another thread, after thousands of calls" {
	opens=$build/tests/programs/opens
	counted='sum(c["count"] for c in d["processes"][0]["heaps"][0]["collections"])'
	status_is 0 "$GCSCOPE" run --json -o report -- "$opens" "$build/lib/libgcscope.so" at-once 9
	json "$counted == 9" report
	json 'd["processes"][0]["attached_late"] is False' report
	for when in by-thread after-calls; do
		status_is 0 "$GCSCOPE" run --json -o report -- \
			"$opens" "$build/lib/libgcscope.so" $when 400
		json "100 <= $counted <= 400" report
		json 'd["processes"][0]["attached_late"] is True' report
		json 'd["events"]["lost"] == 0 and d["events"]["unmatched"] == 0' report
	done
}

@test "a program with a runtime is traced no more: debuggers and leak checkers can" {
	start out "$GCSCOPE" run -q -o /dev/null -- sh -c 'echo $$ >pid; exec "$0"' "$steady"
	until_true grep -q ready out
	grep -q '^TracerPid:.0$' "/proc/$(cat pid)/status"
	kill -TERM "$(cat pid)"
	wait "$pid"
	grep -q '^collections [1-9]' out
}

@test "a program with a runtime that becomes another one: two processes, and where we were late we say so" {
	status_is 0 "$GCSCOPE" run --json -o report -- "$steady" 3 "$steady" 30
	json '[sum(c["count"] for h in p["heaps"] for c in h["collections"]) for p in d["processes"]] == [3, 30]' report
	json 'd["processes"][0]["attached_late"] is False and d["processes"][1]["attached_late"] is False' report
	cp "$steady" other
	status_is 0 "$GCSCOPE" run --json -o report -- "$steady" 3 ./other 30
	json '[p["comm"] for p in d["processes"]] == ["steady", "other"]' report
	json 'd["processes"][1]["attached_late"] is True' report
	json '20 <= sum(c["count"] for c in d["processes"][1]["heaps"][0]["collections"]) <= 30' report
	json 'd["events"]["lost"] == 0 and d["events"]["unmatched"] == 0' report
}

@test "an output that cannot be written is told before the program starts" {
	mkdir folder
	for file in /nowhere/report folder ""; do
		status_is 1 "$GCSCOPE" run -o "$file" -- touch started
		one_sentence
		[ ! -e started ]
	done
}

@test "-o replaces a file at the end, whole, and keeps it when the disk is full" {
	echo old >report
	status_is 0 "$GCSCOPE" run -q -o report -- sh -c 'cp report before'
	[ "$(cat before)" = old ]
	[ "$(cat report)" != old ]
	[ "$(ls -A | grep -c tmp)" = 0 ]
	mkdir small
	mount -t tmpfs -o size=4k none small
	echo old >small/report
	status_is 1 "$GCSCOPE" run --json -o small/report -- "$steady" 3
	[ "$(cat small/report)" = old ]
	[ "$(ls -A small)" = report ]
	umount small
	[[ $errors == *"No space left"* ]]
}

@test "a full standard output is told" {
	got=0
	"$GCSCOPE" run -- true >/dev/full 2>err || got=$?
	[ "$got" = 1 ]
	grep -q "No space left" err
}

@test "a report that does not fit, in the middle of its text: the reason stays the reason" {
	got=0
	"$GCSCOPE" run -- "$programs/wild" heaps 50 <<<go >/dev/full 2>err || got=$?
	[ "$got" = 1 ]
	grep -q "No space left" err
}

@test "a limit on file sizes ends neither gcscope nor the program, and leaves nothing" {
	mkdir limited
	(
		ulimit -f 0
		"$GCSCOPE" run -q -o limited/report -- "$steady" 3 || echo "status $?"
	) 2>&1 | cat >said
	grep -q 'File too large' said
	grep -qx 'status 1' said
	grep -q '^collections [1-9]' said
	[ -z "$(ls -A limited)" ]
}

@test "a reader that goes away: the end by SIGPIPE, and not a word" {
	{ "$GCSCOPE" run -q -- "$steady" 3 2>err || echo $? >status; } | true
	[ "$(cat status)" = 141 ]
	[ ! -s err ]
}

@test "SIGINT and SIGTERM to gcscope reach the program, and the report comes" {
	for signal in INT TERM; do
		start out "$GCSCOPE" run --json -o report -- "$steady"
		until_true grep -q ready out
		kill -$signal "$pid"
		wait "$pid"
		grep -q '^collections [1-9]' out
		json 'd["events"]["lost"] == 0 and len(d["processes"]) == 1' report
		rm report
	done
}

@test "Ctrl-C at a terminal reaches the program once" {
	cat >count.py <<-'EOF'
		import signal, time
		hits = []
		signal.signal(signal.SIGINT, lambda *_: hits.append(1))
		print("ready", flush=True)
		end = time.monotonic() + 1
		while time.monotonic() < end: time.sleep(0.05)
		print("hits", len(hits), flush=True)
	EOF
	python3 - "$GCSCOPE" >terminal <<-'EOF'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0: os.execvp(sys.argv[1], [sys.argv[1], "run", "-q", "-o", "report", "--", "python3", "count.py"])
		text = b""
		sent = False
		while True:
		    try: chunk = os.read(fd, 1000)
		    except OSError: break
		    if not chunk: break
		    text += chunk
		    if b"ready" in text and not sent: os.write(fd, b"\x03"); sent = True
		print(text.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	EOF
	grep -q "hits 1" terminal
	[ -s report ]
}

@test "job control: a program that is stopped stays stopped, and goes on with SIGCONT" {
	cat >plain.py <<-'EOF'
		import signal, sys, time
		signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("collections 1")))
		print("ready", flush=True)
		while True: time.sleep(0.01)
	EOF
	switches() { grep ctxt_switches "/proc/$program/status"; }
	stands() {
		local before=$(switches)
		sleep 0.2
		[ "$before" = "$(switches)" ]
	}
	runs() { ! stands; }
	# One without a runtime, which stays traced, and one with.
	for command in "python3 plain.py" "$steady"; do
		start out "$GCSCOPE" run -q --json -o report -- sh -c "echo \$\$ >pid; exec $command"
		until_true grep -q ready out
		program=$(cat pid)
		for signal in STOP TSTP; do
			kill -$signal "$program"
			until_true stands
			stands
			kill -CONT "$program"
			until_true runs
		done
		kill -TERM "$program"
		wait "$pid"
		grep -q '^collections [1-9]' out
		[ -s report ]
		rm report
	done
}

@test "kill -9 of gcscope at any time leaves the program running to its own end" {
	cat >calls.py <<-'EOF'
		import os, sys, time
		end = time.monotonic() + 0.4
		while time.monotonic() < end:
		    for _ in range(20): os.getppid()
		    time.sleep(0.001)
		open(sys.argv[1], "w").write("whole")
	EOF
	# Rounds in which it was killed in time are what counts; on a busy machine not each is one.
	survived=0
	for round in {1..200}; do
		[ "$survived" -lt 12 ] || break
		# For its first tenth of a second it is stepped, and stands at a call every third time.
		start out "$GCSCOPE" run -q -o /dev/null -- python3 -S -E calls.py "end.$round"
		until_true pgrep -P "$pid" -x python3 >/dev/null || true
		child=$(pgrep -P "$pid" -x python3 || true)
		sleep "0.0$((RANDOM % 10))"
		kill -9 "$pid" || continue
		wait "$pid" 2>/dev/null || true
		[ -n "$child" ] || continue
		until_true grep -qs whole "end.$round"
		survived=$((survived + 1))
	done
	[ "$survived" = 12 ]
}

@test "kill -9 of gcscope while probes are on: the program goes on, and its children" {
	start out "$GCSCOPE" run -q -o /dev/null -- sh -c 'echo $$ >pid; "$0" & exec "$0"' "$steady"
	until_true sh -c '[ "$(grep -c ready out)" = 2 ]'
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	sleep 0.3
	program=$(cat pid)
	child=$(pgrep -P "$program")
	started+=("$program" "$child")
	kill -TERM "$child" "$program"
	until_true sh -c '[ "$(grep -c "^collections [1-9]" out)" = 2 ]'
}

@test "kill -9 of the program ends the report cleanly" {
	start out "$GCSCOPE" run --json -o report -- sh -c 'echo $$ >pid; exec "$0"' "$steady"
	until_true grep -q ready out
	sleep 0.2
	kill -9 "$(cat pid)"
	got=0
	wait "$pid" || got=$?
	[ "$got" = 137 ]
	json 'd["processes"][0]["exit"]["signal"] == 9' report
	json 'sum(c["count"] for c in d["processes"][0]["heaps"][0]["collections"]) >= 5' report
}

@test "what the program has started and left behind runs on, and is told of" {
	status_is 0 "$GCSCOPE" run --json -o report -- \
		sh -c '"$0" >child.out & until grep -q ready child.out; do sleep 0.05; done; echo $! >pid' "$steady"
	started+=("$(cat pid)")
	[[ $errors == *"1 process"*"still runs"* ]]
	kill -TERM "$(cat pid)"
	until_true grep -q '^collections [1-9]' child.out
}
