#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What holds for every file.

load common

# Texts of others, and files whose format has no comments.
plain=(':!LICENSES/*' ':!LICENSE' ':!VERSION' ':!.gitignore' ':!tests/data/*' ':!*.expected' ':!*.json'
	':!*.svg' ':!*.png')

@test "there are files to look at" {
	[ "$(files | wc -l)" -gt 100 ]
	[ "$(files "${plain[@]}" | wc -l)" -gt 100 ]
}

@test "each file names its licence in its first lines" {
	findings=
	while IFS= read -r file; do
		want='BSD-2-Clause'
		[[ $file != bpf/* ]] || want='GPL-2.0-only OR BSD-2-Clause'
		head -n 3 "$file" | grep -qE "SPDX-License-Identifier: $want( |\$)" || findings+="$file: not $want"$'\n'
	done < <(files "${plain[@]}")
	nothing "$findings"
}

@test "licences that are named have their text" {
	for licence in BSD-2-Clause GPL-2.0-only; do [ -s "LICENSES/$licence.txt" ]; done
}

@test "text is UTF-8, without control characters, and its last line ends" {
	findings=
	while IFS= read -r file; do
		iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || findings+="$file: not UTF-8"$'\n'
		! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$file" || findings+="$file: control characters"$'\n'
		[ -z "$(tail -c 1 "$file")" ] || findings+="$file: no newline at its end"$'\n'
	done < <(files "${plain[@]}")
	nothing "$findings"
}

@test "invisible characters that change how text reads are nowhere" {
	nothing "$(files "${plain[@]}" | xargs grep -nP '\x{200B}|\x{200E}|\x{200F}|[\x{202A}-\x{202E}]|[\x{2066}-\x{2069}]|\x{FEFF}' || true)"
}

@test "no blanks at the end of a line, none before a tab" {
	nothing "$(files "${plain[@]}" ':!*.md' | xargs grep -nP '[ \t]$| \t' | grep -v '^[^:]*:[0-9]*:[ *]*X\?(.*\t' || true)"
}

@test "C is indented by tabs" {
	nothing "$(files '*.c' '*.h' | xargs grep -nP '^ {8}' || true)"
}

@test "lines of code have 100 columns at most" {
	nothing "$(files '*.c' '*.h' '*.def' '*.java' | xargs python3 -c '
import sys
for name in sys.argv[1:]:
    for number, line in enumerate(open(name, encoding="utf-8"), 1):
        columns = len(line.rstrip("\n").expandtabs(8))
        if columns > 100:
            print(f"{name}:{number}: {columns} columns")')"
}
