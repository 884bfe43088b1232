#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Counters, from the program's words to the report: equal to the library's own for every workload,
# and, for a program whose counters are known by arithmetic, equal to those.

load common

workloads=$build/workloads

# profiled COMMAND...: run it under the profiler; its output in out, the report in report.json, the
# library's own statistics in stats.json, its exit status in $status.
profiled() {
	rm -f report.json stats.json
	status=0
	GCSCOPE_STATS_FILE=stats.json profile report.json "$@" >out || status=$?
	nothing_lost report.json
}

# From either file: each heap's counters and gauges, for diff. Times are not among them.
counters() {
	jq -S '[(if .processes then .processes | map(select(.heaps | length > 0)) | .[0] else . end)
		.heaps[] | {
			heap, plan, allocation, promotion, barrier, cards, size,
			collections: [.collections[] | select(.count > 0) | {kind, cause, count}]
				| sort_by([.kind, .cause]),
			pauses: ([.pauses] | flatten | map(.count) | add)
		}]' "$1"
}

same_counters() {
	counters stats.json >stats
	counters report.json >report
	diff stats report
	[ "$(jq length stats)" -gt 0 ]
}

# The report agrees with the library, and the output is what it is without a profiler.
agrees() { # LEAST COLLECTIONS, WORKLOAD, ARGUMENT...
	local least=$1
	shift
	profiled "$@"
	[ "$status" = 0 ]
	same_counters
	[ "$(jq 'map(.pauses) | add' stats)" -ge "$least" ]
	"$@" 2>/dev/null | diff - out
}

@test "binary-trees: counters and output" { agrees 50 "$workloads/binary-trees" 16; }
@test "gcbench: counters and output" { agrees 20 "$workloads/gcbench" 16; }
@test "lru: counters and output" { agrees 5 "$workloads/lru" 100000 1000000; }
@test "threads: counters and output" { agrees 50 "$workloads/threads"; }
@test "depgraph: counters and output" {
	agrees 20 "$workloads/depgraph" --visits 1000000 /var/lib/dpkg/status
}

@test "a workload that runs out of memory: counters, and its exit status" {
	for run in "lru 50000 200000" "threads 4 100000 0"; do
		# shellcheck disable=SC2086
		set -- $run
		GCSCOPE_OPTIONS=heap_max=1M profiled "$workloads/$1" "${@:2}"
		[ "$status" = 1 ]
		same_counters
		holds report.json 'p[0]["exit"]["code"] == 1 and p[0]["heaps"][0]["out_of_memory"] >= 1'
	done
}

@test "known: exactly these counters, in the library's file and in the report" {
	profiled "$programs/known"
	[ "$status" = 0 ]
	[ "$(cat out)" = done ]
	cat >wanted <<-'EOF'
		[
		  {
		    "allocation": {
		      "bytes": 28013056,
		      "objects": 23427
		    },
		    "barrier": {
		      "slow": 0,
		      "stores": 22520
		    },
		    "cards": {
		      "dirtied": 0,
		      "scanned": 0,
		      "useful": 0,
		      "wasted": 0
		    },
		    "collections": [
		      {
		        "cause": "allocation",
		        "count": 3,
		        "kind": "major"
		      },
		      {
		        "cause": "explicit",
		        "count": 20,
		        "kind": "major"
		      }
		    ],
		    "heap": 1,
		    "live_bytes": 16864,
		    "limit_bytes": 67108864,
		    "pauses": 23,
		    "plan": "marksweep",
		    "promotion": {
		      "bytes": 0,
		      "objects": 0
		    }
		  }
		]
	EOF
	for file in stats.json report.json; do
		counters "$file" | jq -S 'map(. + (.size | {live_bytes, limit_bytes}) | del(.size))' |
			diff <(jq -S . wanted) -
	done
	same_counters
	jq -e '.processes[0].heaps[0] | .time_to_safepoint as $way | $way.count == 23 and
		[.pauses[].ledger_seconds.time_to_safepoint] == [$way.sum_seconds]' report.json
}

@test "the time in kernel programs is told where the kernel takes it, and is null elsewhere" {
	local switch=/proc/sys/kernel/bpf_stats_enabled was
	was=$(cat $switch)
	echo 0 >$switch
	profile without.json "$programs/lives" exec 20 || true
	echo 1 >$switch
	profile with.json "$programs/lives" exec 20 || true
	echo "$was" >$switch
	holds without.json 'r["profiler"]["bpf_run_seconds"] is None'
	holds with.json '0 < r["profiler"]["bpf_run_seconds"] < r["duration_seconds"]'
}

@test "a mutator that never stops: at exit both say that the counters are not complete" {
	GCSCOPE_OPTIONS=exit_wait=100 profiled "$programs/deaf"
	[ "$status" = 0 ]
	same_counters
	jq -e '.heaps[0] | .end == "exit_timeout" and .complete == false and .allocation.objects == 1000' stats.json
	holds report.json '[(h["end"], h["complete"]) for h in p[0]["heaps"]] == [("exit_timeout", False)]'
	"$GCSCOPE" run -- "$programs/deaf" >text
	grep 'A mutator did not stop at exit' text
}
