#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The public headers, as programs see them.

load common

strict="-Wall -Wextra -Wshadow -Wpedantic -Werror -fsyntax-only -Iinclude"

@test "each public header stands alone in C11, with gcc and clang" {
	for header in include/gcscope/*.h; do
		echo "$header"
		# shellcheck disable=SC2086
		for cc in gcc clang; do
			echo "#include \"${header#include/}\"" | $cc -std=c11 $strict -x c -
		done
	done
}

@test "the umbrella header compiles as C++" {
	# shellcheck disable=SC2086
	echo '#include <gcscope/gcscope.h>' | clang -std=c++11 $strict -x c++ -
}

@test "the kernel's names are the only ones taken beside gcs_ and gcscope_" {
	echo '#include <gcscope/gcscope.h>' | gcc -E -dM -Iinclude - |
		awk '{ print $2 }' | sed 's/(.*//' | sort -u >"$BATS_TEST_TMPDIR/with"
	printf '#include <%s>\n' linux/types.h stdbool.h stddef.h stdint.h | gcc -E -dM - |
		awk '{ print $2 }' | sed 's/(.*//' | sort -u >"$BATS_TEST_TMPDIR/without"
	nothing "$(comm -23 "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/without" | grep -vE '^(GCS|gcs)' || true)"
}
