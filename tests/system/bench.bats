#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The benchmarks run, at sizes that say nothing about speed, and show the pauses of the plan.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
build=$(cd "$(dirname "$GCSCOPE")/.." && pwd)

bats_require_minimum_version 1.5.0

# under PLAN FUNCTION KIND
under() {
	export GCSCOPE_OPTIONS=plan=$1,nursery=1M,budget=256K,verify=1,poison=1
	echo "$GCSCOPE_OPTIONS"
	"$2" "$3"
}

cards() {
	run -0 "$root/bench/cards-report" --references 100 10000 --stores 10 1000 --rounds 5 \
		--build "$build"
	[ "$(grep -cE "^ +100(00)? +10(00)? +5 $1 +[0-9.]+ +[0-9.]+" <<<"$output")" = 4 ]
	[ "$(grep -cE '^10000 references over 100, 10(00)? stores: [0-9.]+$' <<<"$output")" = 2 ]
}

@test "pauses with stores into an old array, and their growth" {
	under generational cards minor
	under marksweep cards major
}

old_size() {
	run -0 "$root/bench/old-size-report" --pairs 2 --large 2 --small 1 --survivors 1000 \
		--stores 100 --rounds 5 "$build"
	grep -qE "^2 interleaved pairs; median pauses \\(of 5 $1 a run\\) in us\$" <<<"$output"
	grep -qE '^ +2 / 1 +[0-9.]+ +\[[0-9.]+, [0-9.]+\] +[0-9.]+ +[0-9.]+$' <<<"$output"
}

@test "pauses beside more and fewer old objects" {
	under generational old_size minor
	under marksweep old_size major
}

@test "a pause that never comes alone is no number" {
	for options in plan=generational,nursery=64K plan=marksweep,budget=64K; do
		GCSCOPE_OPTIONS=$options run -1 "$build/bench/cards" 1000 100000 2
		[[ $output == *"only 0 of 20 pauses came alone"* ]]
	done
}
