# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the command share.

load ../lib/processes

steady=$programs/steady

# A program that collects until it is told to end, in $target.
start_target() {
	start target.out "$steady"
	target=$pid
	until_true grep -q ready target.out
}

# ends_well: the target goes on and comes to its own end, undisturbed.
ends_well() {
	kill -TERM "$target"
	wait "$target"
	grep -q '^collections [1-9]' target.out
}

# status_is N COMMAND...: its exit status is N; its output is in $output and $errors.
status_is() {
	local want=$1 got=0
	shift
	timeout 30 "$@" >stdout 2>stderr 3>&- || got=$?
	output=$(tr -d '\0' <stdout)
	errors=$(cat stderr)
	[ "$got" = "$want" ] || {
		echo "$* exits $got, not $want"
		echo "$output"
		echo "$errors"
		return 1
	}
}

# one_sentence: standard error holds one line of gcscope's own and no more.
one_sentence() {
	[ "$(wc -l <stderr)" = 1 ] && grep -q '^gcscope' stderr || {
		echo "not one sentence: $errors"
		return 1
	}
}

# json EXPRESSION FILE: a Python expression about the document `d` is true.
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[2]))
if not eval(sys.argv[1]): sys.exit("does not hold: %s in %s" % (sys.argv[1], json.dumps(d)[:2000]))' "$1" "$2"
}

# absent PATTERN FILE: no line matches. (bats does not notice a failed `! grep`.)
absent() {
	if grep -E -- "$1" "$2"; then return 1; fi
}
