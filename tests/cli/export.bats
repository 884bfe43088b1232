#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope export`: the file of the textfile collector, from its first moment to its last.

load common

has_pauses() { grep -q '^gcscope_gc_pause_seconds_count' prom/gcscope.prom 2>/dev/null; }

pauses() { awk '/^gcscope_gc_pause_seconds_count/ {n += $2} END {print n + 0}' prom/gcscope.prom; }

start_export() {
	mkdir -p prom
	start out "$GCSCOPE" export --textfile prom -p "$target" "$@" 2>err
}

@test "the file is there at once, for all to read, kept current, and removed at the end" {
	start_target
	start_export -i 0.1
	until_true has_pauses
	[ "$(stat -c %a prom/gcscope.prom)" = 644 ]
	before=$(pauses)
	more() { [ "$(pauses)" -gt "$before" ]; }
	until_true more
	promtool check metrics <prom/gcscope.prom
	kill -INT "$pid"
	wait "$pid"
	[ -z "$(ls -A prom)" ]
	[ ! -s out ]
	ends_well
}

@test "-d and the end of all targets end it, cleanly" {
	start_target
	mkdir prom
	status_is 0 "$GCSCOPE" export --textfile prom -p "$target" -i 0.2 -d 0.5
	[ -z "$(ls -A prom)" ]
	start_export -i 0.1
	until_true has_pauses
	ends_well
	wait "$pid"
	[ -z "$(ls -A prom)" ]
}

@test "a reader never sees half a file while it is rewritten every 100 ms" {
	start_target
	start_export -i 0.1
	until_true has_pauses
	python3 - prom/gcscope.prom <<-'EOF'
		import os, sys, time
		end, seen = time.monotonic() + 3, set()
		while time.monotonic() < end:
		    with open(sys.argv[1], "rb") as f:
		        seen.add(os.fstat(f.fileno()).st_mtime_ns)
		        text = f.read()
		    assert text.startswith(b"# HELP ") and text.endswith(b"\n"), text[-80:]
		    last = [l for l in text.splitlines() if not l.startswith(b"#")][-1]
		    float(last.split()[-1])
		    assert text.count(b"# TYPE gcscope_build_info ") == 1
		assert len(seen) > 5, seen
	EOF
	kill -INT "$pid"
	wait "$pid"
	ends_well
}

@test "a directory that cannot be written: one sentence, status 1, nothing attached" {
	start_target
	touch file
	for dir in nowhere file; do
		status_is 1 "$GCSCOPE" export --textfile $dir -p "$target"
		one_sentence
		[[ $errors == *$dir* ]]
	done
	mkdir readonly
	mount -t tmpfs -o ro none readonly
	status_is 1 "$GCSCOPE" export --textfile readonly -p "$target"
	umount readonly
	one_sentence
	[[ $errors == *"Read-only"* ]]
	ends_well
}

@test "a full disk: told once, the old file whole, and written again when there is room" {
	start_target
	mkdir prom
	mount -t tmpfs -o size=1m none prom
	start_export -i 0.1
	until_true has_pauses
	head -c 2m /dev/zero >prom/filler 2>/dev/null || true
	until_true grep -q "No space left" err
	sleep 0.5
	[ "$(grep -c "No space left" err)" = 1 ]
	tail -c 1 prom/gcscope.prom | od -c | grep -q '\\n'
	promtool check metrics <prom/gcscope.prom
	before=$(pauses)
	rm prom/filler
	more() { [ "$(pauses)" -gt "$before" ]; }
	until_true more
	grep -q "written again" err
	kill -INT "$pid"
	wait "$pid"
	[ -z "$(ls -A prom)" ]
	umount prom
	ends_well
}

@test "two writers for one directory: the second is told" {
	start_target
	start_export -i 0.1
	until_true has_pauses
	status_is 1 "$GCSCOPE" export --textfile prom -p "$target" -d 1
	one_sentence
	has_pauses
	kill -INT "$pid"
	wait "$pid"
	ends_well
}

@test "what a killed exporter has left goes when the next one starts" {
	start_target
	start_export -i 0.1
	until_true has_pauses
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	[ -e prom/gcscope.prom ]
	status_is 3 "$GCSCOPE" export --textfile prom -p 4194000
	[ -z "$(ls -A prom)" ]
	ends_well
}

@test "no such process, nothing to attach to" {
	mkdir prom
	status_is 3 "$GCSCOPE" export --textfile prom -p 4194000
	one_sentence
	start /dev/null sleep 60
	status_is 5 "$GCSCOPE" export --textfile prom -p "$pid"
	one_sentence
	[ -z "$(ls -A prom)" ]
}
