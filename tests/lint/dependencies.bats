#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Who may know whom. Headers are held to the same rules as sources, so what every file keeps
# directly is kept by all that it includes.

load common

# includes PATHSPEC...: a line "FILE HEADER" for each header of the project that is included.
includes() {
	files "$@" | xargs grep -HoP '^\s*#\s*include\s+("|<(?=gcscope/))\K[^">]+' | tr ':' ' '
}

# only PATTERN PATHSPEC...: these files include nothing of the project but what matches.
only() {
	local pattern=$1 all
	shift
	all=$(includes "$@")
	[ -n "$all" ] || {
		echo "nothing is included by $*: does the rule still look at the right place?"
		return 1
	}
	nothing "$(grep -vP "^[^ ]+ ($pattern)" <<<"$all" || true)"
}

@test "public headers include one another alone" {
	only '[a-z]+\.(h|def)$' 'include/*'
}

@test "the collector knows its own rooms and the public headers" {
	only '(gcscope|platform|heap|mutator|tracing|plans|probes)/' 'collector/*'
}

@test "no room of the collector knows a plan" {
	only '(gcscope|platform|heap|mutator|tracing|probes)/' 'collector/*' ':!collector/plans/*'
}

@test "platform knows nobody" {
	only 'platform/' 'collector/platform/*'
}

@test "only platform calls the operating system" {
	local system='#include <(sys/|linux/|asm/|unistd|fcntl|sched\.|time\.|signal\.|poll\.)'
	nothing "$(files 'collector/*' ':!collector/platform/*' | xargs grep -nE "$system" || true)"
	grep -qE "$system" collector/platform/*.c
}

@test "the command never knows the collector" {
	only '((gcscope|session|model|render|commands)/|(clock|exit_status|gcscope\.skel)\.h$)' 'userspace/*'
}

@test "renderers know the model alone" {
	only '(gcscope|model|render)/' 'userspace/render/*'
}

@test "the model knows nobody" {
	only '(gcscope|model)/' 'userspace/model/*'
}

@test "a session knows neither commands nor renderers" {
	only '((gcscope|model|session)/|(clock|exit_status|gcscope\.skel)\.h$)' 'userspace/session/*'
}

@test "kernel programs know the public headers and one another" {
	only '(gcscope/|adapters/|(\.\./)?[a-z]+\.h$)' 'bpf/*'
}

@test "workloads and test programs know the public headers" {
	only '(gcscope|common|depgraph)/' 'workloads/*'
	only 'gcscope/' 'tests/programs/*.c'
}
