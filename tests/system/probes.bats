#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The probe sites of the built library, as other tools see them, and what they cost.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
build=$(cd "$(dirname "$GCSCOPE")/.." && pwd)
library=$build/lib/libgcscope.so

# notes FILE: a line for each probe: name, address of the site, of the semaphore, arguments.
notes() {
	readelf -n -W "$1" 2>/dev/null | awk '
		/Provider:/ { provider = $NF }
		/Name:/ { name = $2 }
		/Location:/ { gsub(",", ""); site = $2; semaphore = $6 }
		/Arguments:/ { sub(/^ *Arguments: */, ""); print provider, name, site, semaphore, $0 }'
}

@test "the ELF notes of the library equal the event table" {
	"$GCSCOPE" events --json >"$BATS_TEST_TMPDIR/events.json"
	jq -r '["%rdi", "%rsi", "%rdx", "%rcx", "%r8", "%r9"] as $registers | .events[]
		| "gcscope \(.name) \([range(.arguments | length) | "8@\($registers[.])"] | join(" "))"' \
		"$BATS_TEST_TMPDIR/events.json" | sort >"$BATS_TEST_TMPDIR/table"
	notes "$library" | awk '{ $3 = $4 = ""; print }' | tr -s ' ' | sort >"$BATS_TEST_TMPDIR/notes"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -ge 15 ]
	diff "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/notes"
}

@test "each event has one site, a 1-byte nop, and a semaphore of its own" {
	notes "$library" >"$BATS_TEST_TMPDIR/notes"
	[ "$(awk '{ print $3 }' "$BATS_TEST_TMPDIR/notes" | sort -u | wc -l)" = "$(wc -l <"$BATS_TEST_TMPDIR/notes")" ]
	[ "$(awk '{ print $4 }' "$BATS_TEST_TMPDIR/notes" | sort -u | wc -l)" = "$(wc -l <"$BATS_TEST_TMPDIR/notes")" ]
	objdump -d --no-show-raw-insn "$library" >"$BATS_TEST_TMPDIR/code"
	while read -r _ name site _; do
		grep -qE "^ *$(printf %x "$((site))"):[[:space:]]+nop$" "$BATS_TEST_TMPDIR/code" ||
			{ echo "$name at $site is no nop of one byte"; return 1; }
	done <"$BATS_TEST_TMPDIR/notes"
}

@test "user code has no sites: a program linked statically has the library's, and its object none" {
	local program=$build/workloads/binary-trees object=$build/obj/workloads/binary-trees.o
	[ "$(notes "$program" | wc -l)" = "$(notes "$library" | wc -l)" ]
	[ "$(notes "$object" | wc -l)" = 0 ]
	nm "$object" >"$BATS_TEST_TMPDIR/symbols"
	grep -q ' U gcs_alloc_slow' "$BATS_TEST_TMPDIR/symbols"
	[ "$(grep -c semaphore "$BATS_TEST_TMPDIR/symbols")" = 0 ]
}

# instructions PROGRAM ARGUMENTS...: as callgrind counts them.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file="$BATS_TEST_TMPDIR/callgrind" "$@" \
		>/dev/null 2>"$BATS_TEST_TMPDIR/valgrind" || { cat "$BATS_TEST_TMPDIR/valgrind"; return 1; }
	awk '/^summary:/ { print $2 }' "$BATS_TEST_TMPDIR/callgrind"
}

@test "with nobody attached the probes cost at most 0.1 % of the instructions of binary-trees 16" {
	env -u MAKEFLAGS -u MAKELEVEL CPPFLAGS=-DGCSCOPE_NO_PROBES make -C "$root" -s BUILD="$build/no-probes" \
		"$build/no-probes/workloads/binary-trees"
	# Fixed sizes: what adapts follows the clock, and no two runs are the same.
	export GCSCOPE_OPTIONS=heap_max=1G,nursery=4M,budget=16M
	local with without
	with=$(instructions "$build/workloads/binary-trees" 16)
	without=$(instructions "$build/no-probes/workloads/binary-trees" 16)
	echo "with probes $with, without $without"
	[ "$without" -gt 100000000 ]
	[ "$with" -ge "$without" ]
	[ $(((with - without) * 1000)) -le "$with" ]
	# The allocation path is the same code in both, to the instruction.
	for variant in "$build" "$build/no-probes"; do
		objdump -d --no-show-raw-insn --no-addresses "$variant/obj/workloads/binary-trees.o" |
			grep -v 'file format' >"$BATS_TEST_TMPDIR/code.$(basename "$variant")"
	done
	diff "$BATS_TEST_TMPDIR/code.$(basename "$build")" "$BATS_TEST_TMPDIR/code.no-probes"
}
