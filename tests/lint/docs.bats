#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What is written about the code is true of it.

load common

@test "the pages that are made from tables are current" {
	mkdir "$BATS_TEST_TMPDIR/docs"
	scripts/reference "$BATS_TEST_TMPDIR/docs"
	for page in options events; do diff "docs/$page.md" "$BATS_TEST_TMPDIR/docs/$page.md"; done
}

@test "the program in README.md compiles without a warning and does what it says" {
	cd "$BATS_TEST_TMPDIR"
	awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$OLDPWD/README.md" >taste.c
	[ "$(wc -l <taste.c)" -ge 15 ]
	gcc -std=gnu11 -Wall -Wextra -Werror -I"$OLDPWD/include" taste.c "$BUILD/lib/libgcscope.a" \
		-pthread -o taste
	GCSCOPE_OPTIONS=stress=1,verify=1,poison=1 ./taste >out
	[ "$(cat out)" = "$(awk '/^```c$/ { on = 1 } on && /prints/ { sub(/.*prints /, ""); sub(/ \*\/.*/, ""); print }' \
		"$OLDPWD/README.md")" ]
}

@test "links between pages lead somewhere" {
	findings=
	while IFS=: read -r page link; do
		link=${link%%#*}
		[ -z "$link" ] || [ -e "$(dirname "$page")/$link" ] || findings+="$page: $link"$'\n'
	done < <(files '*.md' | xargs grep -HoP '\]\(\K(?!https?:)[^)]+(?=\))')
	nothing "$findings"
}

@test "paths that pages name exist" {
	findings=
	while IFS=: read -r page path; do
		[ -e "$path" ] || findings+="$page: $path"$'\n'
	done < <(files '*.md' | xargs grep -HoP '`\K(?![^`]*NAME)(include|collector|bpf|userspace|workloads|bench|tests|scripts|docs)/[A-Za-z0-9_./-]+(?=`)')
	nothing "$findings"
}

@test "make help knows every target that pages name" {
	make help >"$BATS_TEST_TMPDIR/help"
	findings=
	while IFS=: read -r page target; do
		grep -q "^  make $target " "$BATS_TEST_TMPDIR/help" || findings+="$page: make $target"$'\n'
	done < <(files '*.md' | xargs grep -HoP '`make \K[a-z-]+' | sort -u)
	nothing "$findings"
}

@test "ARCHITECTURE.md tells of every room" {
	findings=
	for room in collector/*/ userspace/*/ bpf/ workloads/ bench/; do
		grep -qF "$room" ARCHITECTURE.md || findings+="$room"$'\n'
	done
	nothing "$findings"
}
