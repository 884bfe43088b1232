# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the command share. They need root: probes are really attached.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
build=$(cd "$(dirname "$GCSCOPE")/.." && pwd)
steady=$build/tests/programs/steady

setup() {
	[ -x "$GCSCOPE" ] && [ -x "$steady" ] || {
		echo "$GCSCOPE or $steady is not built"
		return 1
	}
	cd "$BATS_TEST_TMPDIR"
	started=()
}

# End what a test has started, each by its pid.
teardown() {
	for pid in "${started[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# start FILE COMMAND...: in the background, with its standard output in FILE; its pid in $pid.
start() {
	local out=$1
	shift
	# What an earlier program has written there must not be taken for this one's.
	if [ -f "$out" ]; then rm "$out"; fi
	"$@" >"$out" 3>&- &
	pid=$!
	started+=("$pid")
}

# until_true COMMAND...: wait until it holds, 10 seconds at most.
until_true() {
	for _ in {1..500}; do
		if "$@"; then return 0; fi
		sleep 0.02
	done
	echo "never came true: $*"
	return 1
}

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
