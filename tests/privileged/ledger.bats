#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The ledger of pauses: that it adds up, and that each part is what it says, by what the program
# and the kernel say of the same time.

load common

# ledger FILE EXPRESSION: true of `h`, the heap; its pauses `p`, with `l` their ledger and `f`
# their faults, of the one kind there is; `s`, the ledger of the time to safepoint; and the
# numbers that program "delays" has printed: took, run_delay (seconds), minor_faults.
ledger() {
	python3 - "$1" out "$2" <<-'PYTHON'
		import json, sys
		h = json.load(open(sys.argv[1]))["processes"][0]["heaps"][0]
		(p,) = [q for q in h["pauses"] if q["kind"] == "major"]
		l, f, s = p["ledger_seconds"], p["faults"], h["time_to_safepoint"]["ledger_seconds"]
		words = open(sys.argv[2]).read().split()
		took, run_delay = int(words[1]) / 1e9, int(words[3]) / 1e9
		minor_faults = int(words[5])
		if not eval(sys.argv[3]):
		    sys.exit("does not hold: %s\n%s\n%s\n%s\n%s" % (sys.argv[3], words, p, s, h["size"]))
	PYTHON
}

# delays WAY MILLISECONDS COLLECTIONS
delays() {
	timeout 60 "$GCSCOPE" run --json -o r.json -- "$programs/delays" "$@" >out 3>&-
}

adds_up() {
	python3 - "$1" <<-'PYTHON'
		import json, sys
		within = lambda a, b, n: abs(a - b) <= max(0.01 * b, 2e-6 * n)
		total = lambda ledger: sum(v for v in ledger.values() if v is not None)
		for process in json.load(open(sys.argv[1]))["processes"]:
		    for heap in process["heaps"]:
		        for p in heap["pauses"] + [heap["time_to_safepoint"]]:
		            assert p["ledger_seconds"]["cpu"] is not None, p
		            assert within(total(p["ledger_seconds"]), p["sum_seconds"], p["count"]), p
		    for w in process["worst_pauses"]:
		        assert within(total(w["ledger_seconds"]), w["seconds"], 1), w
		        assert within(total(w["time_to_safepoint_ledger_seconds"]),
		                      w["time_to_safepoint_seconds"], 1), w
	PYTHON
}

@test "it adds up to the pauses of every workload" {
	local workload
	for workload in "binary-trees 16" "gcbench 14" "lru 100000 1000000" "threads 8 200000 0"; do
		# shellcheck disable=SC2086
		profile r.json "$build"/workloads/$workload >out
		adds_up r.json
	done
}

@test "asleep in the collector: a futex, a pipe, and a plain sleep" {
	# What it was woken from, and then it waited for its CPU.
	delays futex 20 5
	ledger r.json 'l["futex"] <= took <= 1.03 * (l["futex"] + l["runqueue"])'
	ledger r.json 'l["other"] + l["io"] < 0.01 * took'
	delays sleep 20 5
	ledger r.json 'l["other"] <= took <= 1.03 * (l["other"] + l["runqueue"])'
	ledger r.json 'l["futex"] + l["io"] < 0.01 * took'
	delays pipe 20 5
	ledger r.json 'l["other"] <= took <= 1.03 * (l["other"] + l["runqueue"])'
	ledger r.json 'l["futex"] + l["io"] < 0.01 * took'
}

@test "running, alone" {
	delays spin 50 5
	ledger r.json 'l["cpu"] + l["runqueue"] >= took and l["futex"] + l["io"] + l["other"] < 0.01 * took'
}

@test "fresh memory: as many faults as getrusage counts" {
	delays fault 20 5
	# Those behind the collector's own few pages.
	ledger r.json 'minor_faults >= 100000 and minor_faults <= f["minor"] <= minor_faults + 50 * p["count"]'
}

@test "three others on the collector's only CPU: the run queue, as schedstat has it" {
	local i
	for i in 1 2 3; do start /dev/null taskset -c 1 sh -c 'while :; do :; done'; done
	timeout 60 "$GCSCOPE" run --json -o r.json -- taskset -c 1 "$programs/delays" spin 60 5 >out 3>&-
	ledger r.json 'l["runqueue"] + s["runqueue"] >= 0.5 * p["sum_seconds"]'
	ledger r.json 'abs(l["runqueue"] - run_delay) <= 0.02 * run_delay'
	ledger r.json 'l["throttled"] == 0'
	# Without them it would have been as long as it ran.
	ledger r.json 'abs(p["undisturbed"]["sum_seconds"] - l["cpu"] - s["cpu"]) < 0.02 * l["cpu"]'
	# They had it, but for what else may run here.
	ledger r.json 'abs(sum(x["seconds"] for x in h["runqueue_rivals"]) - l["runqueue"]) < 2e-6 * p["count"]'
	ledger r.json 'h["runqueue_rivals"][0]["comm"] == "sh"'
	ledger r.json 'h["runqueue_rivals"][0]["seconds"] >= 0.5 * l["runqueue"]'
	adds_up r.json
}

@test "a quota: throttled, apart from the run queue, as cpu.stat has it" {
	local group=/sys/fs/cgroup/cpu/gcscope-test-$$ throttled
	mkdir "$group"
	echo 100000 >"$group/cpu.cfs_period_us"
	echo 20000 >"$group/cpu.cfs_quota_us"
	timeout 60 "$GCSCOPE" run --json -o r.json -- \
		sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" \
		taskset -c 1 "$programs/delays" spin 100 5 >out 3>&-
	throttled=$(awk '$1 == "throttled_time" { print $2 / 1e9 }' "$group/cpu.stat")
	rmdir "$group"
	echo "throttled $throttled"
	ledger r.json "0.9 * $throttled <= l['throttled'] <= 1.02 * $throttled"
	ledger r.json 'p["undisturbed"]["max_seconds"] < 0.5 * p["max_seconds"]'
	ledger r.json 'l["throttled"] >= 0.5 * p["sum_seconds"] and l["runqueue"] < 0.2 * l["throttled"]'
	adds_up r.json
}

@test "a mutator that sleeps outside a bracket: the time to safepoint, and who it was" {
	delays late 20 5
	# The stop is requested when it sleeps already, on a busy machine a while later.
	ledger r.json 'took * 0.5 <= l["time_to_safepoint"] <= 1.05 * took'
	ledger r.json 's["other"] + s["runqueue"] >= 0.97 * l["time_to_safepoint"]'
	ledger r.json 's["other"] >= 0.5 * took and l["cpu"] < 0.1 * took'
	holds r.json 'p[0]["worst_pauses"][0]["latest_mutator"] == 2'
	adds_up r.json
	# Its next safepoint is in that function; how long, by that line.
	timeout 60 "$GCSCOPE" run --sites --json -o r.json -- "$programs/delays" late 20 5 >out 3>&-
	ledger r.json 'h["sites"]["stop"][0]["function"] == "come_late"'
	ledger r.json 'h["sites"]["stop"][0]["file"].endswith("delays.c")'
	ledger r.json '0.97 * l["time_to_safepoint"] <= h["sites"]["stop"][0]["weight"] / 1e9 <= took'
}
