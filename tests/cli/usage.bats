#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Options, help, and what is said to those who mistype.

load common

commands="run attach export list doctor events"

@test "without a command: the commands on standard error, status 2" {
	status_is 2 "$GCSCOPE"
	[ -z "$output" ]
	for command in $commands; do [[ $errors == *"  $command "* ]]; done
}

@test "--help and help name every command" {
	for how in --help help; do
		status_is 0 "$GCSCOPE" $how
		[ -z "$errors" ]
		for command in $commands; do [[ $output == *"  $command "* ]]; done
	done
}

@test "each command's --help stands on standard output, and help COMMAND is the same" {
	for command in $commands; do
		status_is 0 "$GCSCOPE" $command --help
		[[ $output == "Usage: gcscope $command "* ]]
		[[ $output == *"--help"* ]]
		[ -z "$errors" ]
		local long=$output
		status_is 0 "$GCSCOPE" help $command
		[ "$output" = "$long" ]
	done
}

@test "--help of those that can fail in several ways tells the exit statuses" {
	for command in run attach export doctor; do
		status_is 0 "$GCSCOPE" $command --help
		[[ $output == *"Exit status:"* ]]
	done
}

@test "-V and --version" {
	version=$(cat "$root/VERSION")
	for how in -V --version "events -V"; do
		status_is 0 "$GCSCOPE" $how
		[ "$output" = "gcscope $version" ]
	done
}

@test "an unknown command, and help for one" {
	status_is 2 "$GCSCOPE" atach
	one_sentence
	[[ $errors == *"'atach'"* ]]
	status_is 2 "$GCSCOPE" help atach
	one_sentence
}

@test "an unknown option" {
	status_is 2 "$GCSCOPE" --frobnicate
	[[ $errors == *frobnicate* ]]
	for command in $commands; do
		status_is 2 "$GCSCOPE" $command --frobnicate
		[[ $errors == *"gcscope $command: "*frobnicate* ]]
		[ -z "$output" ]
	done
}

@test "numbers that are none" {
	for seconds in abc 1s "" 0 0.000000001 -1 0x10 nan inf 1e3 " 1" 1..2 99999999999; do
		status_is 2 "$GCSCOPE" attach -p 1 -d "$seconds"
		one_sentence
		[[ $errors == *"not '$seconds'"* ]]
		status_is 2 "$GCSCOPE" export --textfile . -p 1 -i "$seconds"
		one_sentence
	done
	for pid in abc 1x "" 0 -1 +1 99999999999 1.5; do
		status_is 2 "$GCSCOPE" attach -p "$pid"
		one_sentence
		[[ $errors == *"not '$pid'"* ]]
	done
}

@test "words that are none" {
	status_is 2 "$GCSCOPE" events --format xml
	one_sentence
	[[ $errors == *"'xml'"* ]]
	status_is 2 "$GCSCOPE" events --color sometimes
	one_sentence
}

@test "stacks are asked for together with what samples them" {
	for command in "run --format folded -- true" "attach -p 1 --format folded" \
		"list --format folded" "doctor --format folded" "events --format folded"; do
		# shellcheck disable=SC2086
		status_is 2 "$GCSCOPE" $command
		one_sentence
		[[ $errors == *--sites* ]]
	done
}

@test "what is missing is named" {
	status_is 2 "$GCSCOPE" attach
	one_sentence
	[[ $errors == *"-p PID"* ]]
	status_is 2 "$GCSCOPE" export -p 1
	one_sentence
	[[ $errors == *--textfile* ]]
	status_is 2 "$GCSCOPE" export --textfile .
	one_sentence
	status_is 2 "$GCSCOPE" run
	one_sentence
	[[ $errors == *COMMAND* ]]
}

@test "arguments too many" {
	for command in "attach -p 1" "export --textfile . -p 1" list doctor events; do
		status_is 2 "$GCSCOPE" $command more
	done
}

@test "options that belong to another command are not offered" {
	status_is 2 "$GCSCOPE" events -p 1
	status_is 2 "$GCSCOPE" attach -p 1 -i 1
	status_is 2 "$GCSCOPE" run -d 1 -- true
	status_is 2 "$GCSCOPE" export --textfile . -p 1 --sites
	status_is 2 "$GCSCOPE" run --fail-if 'pause.max>0ms' -- true
}
