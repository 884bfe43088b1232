# SPDX-License-Identifier: BSD-2-Clause
# What tests of the built command share. They need root: probes are really attached.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
build=$(cd "$(dirname "$GCSCOPE")/.." && pwd)
programs=$build/tests/programs

setup() {
	[ -x "$GCSCOPE" ] && [ -x "$programs/steady" ] || {
		echo "$GCSCOPE or its test programs are not built"
		return 1
	}
	cd "$BATS_TEST_TMPDIR"
	started=()
}

# End what a test has started, each by its pid.
teardown() {
	local pid
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
	local i
	for i in {1..500}; do
		if "$@"; then return 0; fi
		sleep 0.02
	done
	echo "never came true: $*"
	return 1
}
