#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The workloads from outside: their results against answers worked out another way, and all that
# can be wrong with what they are given.

load common

workloads=$build/workloads
oracle=$root/tests/workloads/oracle.py
depgraph=$workloads/depgraph

# The one line on standard error that is no time matches.
one_complaint() {
	grep -v ' s$' stderr | grep -v 'packages replaced$' >complaints || true
	[ "$(wc -l <complaints)" = 1 ] && grep -qE -- "$1" complaints || {
		echo "not one line like '$1': $errors"
		return 1
	}
}

# Eight packages: with alternatives, virtual packages, a cycle, one through Recommends, a
# dependency that nothing satisfies, and every condition that a relation may have.
small_index() {
	cat <<-'EOF'
		Package: app
		Version: 1.0
		Pre-Depends: base (>= 1)
		Depends: lib-a:any, missing-tool | lib-b (<< 3) [amd64 !i386] <!nocheck> <a b>,
		 mail-agent
		Description: a line with a colon: and more
		 .
		 Depends: nothing
		Recommends: viewer

		package: base
		Version: 1
		depends: lib-c

		Package: lib-c
		Depends:base

		Package: lib-a
		Version: 1
		Depends: nowhere

		Package: lib-b
		Version: 2:1

		Package: zmail
		Version: 1
		Provides: mail-agent (= 1), mail-reader

		Package: amail
		Version: 1
		Provides: mail-agent
		Depends: lib-b


		Package: viewer
		Version: 1
		Depends: app

	EOF
}

@test "binary-trees, gcbench, lru and threads print what can be worked out without a heap" {
	for run in "binary-trees 6" "binary-trees 14" "gcbench 4 1" "gcbench 13 1000" "lru 1 100" \
		"lru 10 0" "lru 1000 100000" "threads 1 1 0" "threads 2 3000 100" "threads 7 2000 10"; do
		# shellcheck disable=SC2086
		set -- $run
		"$oracle" "$@" >wanted
		status_is 0 "$workloads/$1" "${@:2}"
		diff wanted stdout
	done
}

@test "a number that does not fit, or too many: one sentence, 2; --help: 0" {
	for run in "binary-trees x" "binary-trees 5" "binary-trees 31" "binary-trees 8 8" \
		"gcbench 8 0" "lru 0" "lru -1" "lru 1e6" "lru ''" "lru 99999999999999999999999" \
		"lru 0x10" "threads 0" "threads 4 10 x" "depgraph --visits=x" "depgraph --churn" \
		"depgraph --nonsense"; do
		eval "set -- $run"
		status_is 2 "$workloads/$1" "${@:2}"
		one_complaint "$1: "
		[ -z "$output" ]
	done
	for workload in binary-trees gcbench lru threads depgraph; do
		status_is 0 "$workloads/$workload" --help
		grep -q "^Usage: $workload" stdout
		[ -z "$errors" ]
	done
}

@test "out of memory at any limit: one sentence, 1, or the right result" {
	cp "$BATS_TEST_DIRNAME/../data/Packages" index
	"$depgraph" --visits 50000 index >depgraph.wanted
	"$oracle" binary-trees 10 >binary-trees.wanted
	"$oracle" gcbench 9 1000 >gcbench.wanted
	"$oracle" lru 2000 20000 >lru.wanted
	"$oracle" threads 3 1000 10 >threads.wanted
	declare -A ended
	for run in "binary-trees 10" "gcbench 9 1000" "lru 2000 20000" "threads 3 1000 10" \
		"depgraph --visits 50000 index"; do
		# shellcheck disable=SC2086
		set -- $run
		for limit in 64K 192K 384K 512K 768K 1M 2M 64M; do
			status=0
			GCSCOPE_OPTIONS=heap_max=$limit timeout 60 "$workloads/$1" "${@:2}" \
				>stdout 2>stderr || status=$?
			ended[$1.$status]=1
			errors=$(cat stderr)
			case $status in
			0) diff "$1.wanted" stdout ;;
			1) one_complaint "^$1: out of memory: the heap is at its limit of [0-9]+ bytes$" ;;
			*)
				echo "$run at $limit: $status"
				return 1
				;;
			esac
		done
		[ "${ended[$1.0]-}${ended[$1.1]-}" = 11 ]
	done
}

@test "depgraph: a graph that is known" {
	small_index >index
	status_is 0 "$depgraph" --visits 5000 index
	for line in 'packages 8' 'names 12' 'unsatisfied dependencies 1' 'cycles 2' 'largest cycle 2' \
		'largest closure 6 of viewer' 'longest shortest chain 3: viewer -> app -> base -> lib-c'; do
		grep -qx "$line" stdout
	done
	grep -q '^most dependents 3 of ' stdout
	"$depgraph" --visits 5000 /dev/stdin <index | diff stdout -
}

@test "depgraph: this machine's own index" {
	status_is 0 "$depgraph" --visits 100000 /var/lib/dpkg/status
	[ "$(sed -n 's/^packages \([0-9]*\)$/\1/p' stdout)" = \
		"$(sed -n 's/^Package: //p' /var/lib/dpkg/status | sort -u | wc -l)" ]
}

@test "depgraph: churn changes no answer, a seed does" {
	"$depgraph" --visits 30000 --churn 0 /var/lib/dpkg/status >wanted 2>stderr
	grep -q ' 0 packages replaced$' stderr
	"$depgraph" --visits 30000 --churn 1000 /var/lib/dpkg/status >got 2>stderr
	grep -qE ' 30[0-9]{3} packages replaced$' stderr
	diff wanted got
	"$depgraph" --visits 30000 --seed 2 /var/lib/dpkg/status >got
	if cmp -s wanted got; then return 1; fi
}

@test "depgraph: of two versions of a package the newer one, by dpkg's rules" {
	for pair in "1.0 1.0" "1.0 1.0-1" "1.0 1.0-0" "1.0~rc1 1.0" "1.0 1.0~rc1" "1:0.5 2.0" "2.0 1:0.5" \
		"1.9 1.10" "1.10 1.9" "1.0 1.0a" "1.0a 1.0+b" "1.0-1 1.0-1~bpo12+1" "007 7" "0:1 1" \
		"1.2.3 1.2.03" "1.2-3-4 1.2-3-5" "1~~ 1~" "1~ 1" "9 9.0" "1.0-1+b1 1.0-1"; do
		read -r first second <<<"$pair"
		printf 'Package: %s\nVersion: %s\nDepends: %s\n\n' p "$first" x p "$second" x,y \
			x 1 z y 1 '' z 1 x >index
		wanted=2
		if dpkg --compare-versions "$second" gt "$first"; then wanted=3; fi
		"$depgraph" --visits 1000 index >stdout
		grep -qx "largest closure $wanted of p" stdout || {
			echo "$pair"
			return 1
		}
	done
}

@test "depgraph: an index that is cut off anywhere" {
	small_index >index
	size=$(stat -c %s index)
	ends=$(grep -b '^$' index | cut -d: -f1 | awk '{ print $1 + 1 }')
	for ((cut = 0; cut <= size; cut++)); do
		head -c "$cut" index >part
		if grep -qx "$cut" <<<"$ends"; then
			status_is 0 "$depgraph" --visits 10 part
			continue
		fi
		status_is 1 "$depgraph" --visits 10 part
		one_complaint '^depgraph: part:[0-9]+: .*: [0-8]$'
		kept=$(sed 's/.*: //' complaints)
		[ "$(sed -n 's/^packages \([0-9]*\)$/\1/p' stdout)" = "${kept/#0/}" ]
	done
}

@test "depgraph: what is no index" {
	small_index >index
	good=$(wc -l <index)
	complains() { # TEXT BEHIND THE GOOD ONE, COMPLAINT
		{ cat index && printf '%b' "$1"; } >bad
		status_is 1 "$depgraph" --visits 10 bad
		one_complaint "^depgraph: bad:$2; packages kept from before it: 8\$"
		grep -qx 'packages 8' stdout
	}
	complains 'Package: a\0b\n\n' "$((good + 1)): a NUL byte: not a package index"
	complains 'Package\n\n' "$((good + 1)): no .Field:. at its start.*"
	complains ' Package: x\n\n' "$((good + 1)): no .Field:.*"
	complains ': x\n\n' "$((good + 1)): no .Field:.*"
	complains '\x80\xff\x01\n' "$((good + 1)): no .Field:.*"
	complains 'Version: 1\n\n' "$((good + 2)): the stanza that ends here has no Package field"
	complains 'Package: a b\n\n' "$((good + 1)): not a package's name"
	complains 'Package: \x1b[31m\n\n' "$((good + 1)): not a package's name"
	complains 'Package:\n\n' "$((good + 1)): not a package's name"
	complains 'Package: x\nVersion:\n\n' "$((good + 2)): an empty version"
	complains 'Package: x\nPackage: y\n\n' "$((good + 2)): a second field of this name.*"
	for list in 'a (>= 1' 'a,,b' 'a |' '| a' 'a b' ', a' 'a [x' 'a <x' '(a)' 'a)'; do
		complains "Package: x\nDepends: $list\n\n" "$((good + 2)): not a list of packages"
	done
	{ cat index && head -c 2000000 /dev/zero | tr '\0' x; } >bad
	status_is 1 "$depgraph" --visits 10 bad
	one_complaint "^depgraph: bad:$((good + 1)): a field over 1 MiB: not a package index; "
	cp "$depgraph" bad
	status_is 1 "$depgraph" bad
	one_complaint '^depgraph: bad:1: .*: 0$'
	[ -z "$output" ]
	: >bad
	status_is 1 "$depgraph" bad
	one_complaint '^depgraph: bad:1: the file holds no package'
	for path in missing .; do
		status_is 1 "$depgraph" "$path"
		one_complaint "^depgraph: $path:"
		[ -z "$output" ]
	done
	status_is 1 "$depgraph" --visits 10 missing index
	one_complaint '^depgraph: missing: No such file'
	grep -qx 'packages 8' stdout
}
