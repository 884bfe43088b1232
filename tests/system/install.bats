#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# An installation is complete: what builds and runs against it needs nothing of this tree.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
build=${BUILD:-$root/build}

setup_file() {
	export STAGE=$BATS_FILE_TMPDIR/stage
	make -C "${BATS_TEST_DIRNAME%/tests/*}" --no-print-directory BUILD="${BUILD:-build}" PREFIX=/opt/gcscope \
		DESTDIR="$STAGE" install
	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "${BATS_TEST_DIRNAME%/tests/*}/README.md" \
		>"$BATS_FILE_TMPDIR/taste.c"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	export PKG_CONFIG_PATH=$STAGE/opt/gcscope/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$STAGE
	taste=$BATS_FILE_TMPDIR/taste.c
}

@test "nothing lies outside the prefix, and nothing in it names the build" {
	[ "$(ls "$STAGE")" = opt ]
	[ "$(ls "$STAGE/opt/gcscope" | tr '\n' ' ')" = "bin include lib share " ]
	! grep -rIl "$root" "$STAGE"
}

@test "a program builds against the shared library by pkg-config, and runs" {
	# shellcheck disable=SC2046
	gcc -Wall -Wextra -Werror "$taste" $(pkg-config --cflags --libs gcscope) -o taste
	# Handlers of fork and exit point into it, also after a dlclose.
	readelf -d "$STAGE/opt/gcscope/lib/libgcscope.so" | grep -q NODELETE
	readelf -d taste | grep -q 'NEEDED.*\[libgcscope\.so\.0\]'
	[ "$(LD_LIBRARY_PATH=$STAGE/opt/gcscope/lib ./taste)" = 48520 ]
	[ "$(pkg-config --modversion gcscope)" = "$(cat "$root/VERSION")" ]
}

@test "and against the static one" {
	gcc -Wall -Wextra -Werror -I"$STAGE/opt/gcscope/include" "$taste" "$STAGE/opt/gcscope/lib/libgcscope.a" \
		-pthread -o taste
	[ "$(./taste)" = 48520 ]
}

@test "the shared library exports the public interface and nothing else" {
	nm -D --defined-only "$STAGE/opt/gcscope/lib/libgcscope.so" | awk '{ print $3 }' | sort >exported
	grep -hoE 'GCS_API [^;(]*\(' "$STAGE"/opt/gcscope/include/gcscope/*.h | grep -oE 'gcs_[a-z_]+\(' | tr -d '(' | sort >declared
	[ "$(wc -l <declared)" -gt 20 ]
	diff declared exported
}

@test "the installed command profiles a program that uses the installed library" {
	# shellcheck disable=SC2046
	gcc -DGCS_COUNT_STORES "$taste" $(pkg-config --cflags --libs gcscope) -o taste
	export LD_LIBRARY_PATH=$STAGE/opt/gcscope/lib
	GCSCOPE_OPTIONS=stress=100 "$STAGE/opt/gcscope/bin/gcscope" run --json -o report -- ./taste >out 3>&-
	[ "$(cat out)" = 48520 ]
	jq -e '.processes[0].heaps[0] | .allocation.objects == 1000 and .barrier.stores == 1
		and ([.collections[].count] | add) == 10' report
}

@test "the licences are there" {
	for licence in BSD-2-Clause GPL-2.0-only; do
		cmp "$root/LICENSES/$licence.txt" "$STAGE/opt/gcscope/share/doc/gcscope/$licence.txt"
	done
}
