#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope run --textfile`: what a run leaves for Prometheus.

load common

# metric PATTERN: the sum of the samples whose line matches.
metric() { awk -v pattern="^$1" '$0 ~ pattern { sum += $NF } END { print sum + 0 }' prom/gcscope.prom; }

@test "the metrics of the whole run stay, and equal its report" {
	mkdir prom
	status_is 0 "$GCSCOPE" run --textfile prom --json -o report -- "$steady" 20
	[ "$(stat -c %a prom/gcscope.prom)" = 644 ]
	promtool check metrics <prom/gcscope.prom
	"$build/tests/tools/exposition_check" prom/gcscope.prom
	[ "$(metric gcscope_gc_collections_total)" = 20 ]
	[ "$(metric 'gcscope_gc_pause_seconds_bucket.*le="\+Inf"')" = 20 ]
	allocated=$(metric gcscope_gc_allocated_bytes_total)
	json "d['processes'][0]['heaps'][0]['allocation']['bytes'] == $allocated" report
	json "d['processes'][0]['heaps'][0]['collections'][0]['count'] == 20" report
}

@test "a second run replaces the file, and a program's failure does not keep it from being written" {
	mkdir prom
	echo old >prom/gcscope.prom
	status_is 3 "$GCSCOPE" run --textfile prom -o report -- sh -c "'$steady' 7; exit 3"
	[ "$(metric gcscope_gc_collections_total)" = 7 ]
	[ "$(ls -A prom)" = gcscope.prom ]
}

@test "a directory that cannot be written: one sentence, status 1, and the program is not started" {
	touch file
	for directory in nowhere file; do
		status_is 1 "$GCSCOPE" run --textfile $directory -- touch started
		one_sentence
		[[ $errors == *$directory* ]]
		[ ! -e started ]
	done
}

@test "a full disk: the report comes, the old file stays whole, one sentence, status 1" {
	mkdir prom
	mount -t tmpfs -o size=64k none prom
	echo old >prom/gcscope.prom
	head -c 1M /dev/zero >prom/filler 2>/dev/null || true
	status=0
	"$GCSCOPE" run --textfile prom -o report -- "$steady" 3 >stdout 2>stderr 3>&- || status=$?
	old=$(cat prom/gcscope.prom)
	umount prom
	[ "$status" = 1 ]
	[ "$old" = old ]
	errors=$(cat stderr)
	one_sentence
	[[ $errors == *"No space left"* ]]
	grep -q '^steady' report
}

@test "not beside an export to the same directory" {
	start_target
	mkdir prom
	start out "$GCSCOPE" export --textfile prom -p "$target" -i 0.1
	until_true test -s prom/gcscope.prom
	status_is 1 "$GCSCOPE" run --textfile prom -- true
	one_sentence
	kill -INT "$pid"
	wait "$pid"
	ends_well
}
