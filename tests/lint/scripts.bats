#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Scripts.

load common

# scripts INTERPRETER: those that begin with a call of it.
scripts() {
	files | while IFS= read -r file; do
		if head -n 1 "$file" | grep -qE "^#!.*$1"; then echo "$file"; fi
	done
}

@test "shellcheck finds nothing in shell scripts" {
	[ "$(scripts 'bash|bats' | wc -l)" -gt 5 ]
	scripts bash | xargs shellcheck --severity=warning
	scripts bats | xargs shellcheck --shell=bats --severity=error
}

@test "scripts can be executed, and end at a failure" {
	for file in $(scripts 'bash|python'); do
		[ -x "$file" ] || {
			echo "$file is not executable"
			return 1
		}
	done
	for file in $(scripts bash); do
		grep -qE '^set -[eu]*uo? ' "$file" || {
			echo "$file does not say set -euo pipefail, or set -uo pipefail"
			return 1
		}
	done
}

@test "Python scripts compile" {
	for file in $(scripts python) $(files '*.py'); do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file"
	done
}
