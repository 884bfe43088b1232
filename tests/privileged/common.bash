# SPDX-License-Identifier: BSD-2-Clause
# What the privileged tests share: real probes in the real kernel, on programs with known numbers.

load ../lib/processes

# profile FILE COMMAND...: run it under the profiler, its report in FILE.
profile() {
	local file=$1
	shift
	timeout 120 "$GCSCOPE" run --json -o "$file" -- "$@" 3>&-
}

# holds FILE EXPRESSION: a Python expression about the report `r` and its processes `p` is true.
# Helpers: collections(process), pauses(process).
holds() {
	python3 - "$@" <<-'PYTHON'
		import json, sys
		r = json.load(open(sys.argv[1]))
		p = r["processes"]
		def collections(process):
		    return sum(c["count"] for h in process["heaps"] for c in h["collections"])
		def pauses(process):
		    return sum(q["count"] for h in process["heaps"] for q in h["pauses"])
		if not eval(sys.argv[2]):
		    seen = [(q["pid"], q["exit"], collections(q), pauses(q)) for q in p[:50]]
		    sys.exit("does not hold: %s\nin %s\nprocesses (pid, exit, collections, pauses) %s"
		             % (sys.argv[2], r["events"], seen))
	PYTHON
}

# nothing_lost FILE
nothing_lost() {
	holds "$1" 'r["events"]["lost"] == 0 and r["events"]["unmatched"] == 0'
}

# semaphores PID: the sum of the probe semaphores in its memory.
semaphores() {
	"$root/tests/privileged/semaphores.py" "$1"
}

semaphores_are() {
	local sum
	sum=$(semaphores "$2") && [ "$sum" "$1" 0 ]
}

# Whether its probes are armed, or all at rest.
listened_to() { semaphores_are -gt "$1"; }
at_rest() { semaphores_are -eq "$1"; }
