# SPDX-License-Identifier: BSD-2-Clause
# What the checks of the tree share. The tree is what git knows of it.

cd "$BATS_TEST_DIRNAME/../.." || exit 1

# files [PATHSPEC...]: tracked files that exist.
files() {
	git ls-files -- "$@" | while IFS= read -r file; do
		if [ -f "$file" ]; then echo "$file"; fi
	done
}

# nothing FINDINGS: fails and shows them, unless there are none.
nothing() {
	[ -z "$1" ] || {
		echo "$1"
		return 1
	}
}
