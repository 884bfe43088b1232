# SPDX-License-Identifier: BSD-2-Clause
# The workloads at sizes that a test can afford, and what they have to print there: it depends on
# their arguments alone, never on what the collector does.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
build=${BUILD:-$root/build}
index=$root/tests/data/Packages

# prints EXPECTED LEAST WORKLOAD ARGUMENTS...: it prints what is expected, and nothing fails while it
# collects at least so many times.
prints() {
	local expected=$BATS_TEST_DIRNAME/expected/$1.expected least=$2 program=$build/workloads/$3
	shift 3
	cd "$BATS_TEST_TMPDIR"
	GCSCOPE_STATS_FILE=stats.json timeout 300 "$program" "$@" >out 2>errors || {
		echo "exit status $?"
		tail -n 60 errors
		return 1
	}
	diff "$expected" out
	collections=$(jq '[.heaps[].collections[].count] | add' stats.json)
	[ "$collections" -ge "$least" ] || {
		echo "only $collections collections"
		return 1
	}
}

# under PLAN[,OPTION...] EXPECTED LEAST WORKLOAD ARGUMENTS...: the same by this plan, with the
# collections that it has.
under() {
	local kinds=major
	export GCSCOPE_OPTIONS=plan=$1
	[[ $1 == marksweep* ]] || kinds=major,minor
	shift
	echo "$GCSCOPE_OPTIONS"
	prints "$@"
	[ "$(jq -r '[.heaps[].collections[].kind] | unique | join(",")' stats.json)" = "$kinds" ]
}
