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

# From either file: each heap's counters and gauges, of all groups that the library writes, for
# diff. Times are not among them.
counters() {
	jq -S --slurpfile own stats.json '
		($own[0].heaps[0] | keys - ["collections", "complete", "end", "pauses"]) as $groups
		| [(if .processes then .processes | map(select(.heaps | length > 0)) | .[0] else . end)
		.heaps[] | with_entries(select(.key | IN($groups[]))) + {
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

# The report agrees with the library, and the output is what it is without a profiler: by
# generations, with objects that survive twice until they are old, and without.
agrees() { # LEAST COLLECTIONS, WORKLOAD, ARGUMENT...
	local least=$1 plan
	shift
	"$@" 2>/dev/null >alone
	for GCSCOPE_OPTIONS in generational generational,tenure=2,nursery=256K marksweep; do
		plan=${GCSCOPE_OPTIONS%%,*}
		export GCSCOPE_OPTIONS=plan=$GCSCOPE_OPTIONS
		echo "$GCSCOPE_OPTIONS"
		profiled "$@"
		[ "$status" = 0 ]
		same_counters
		jq -e --arg plan "$plan" --argjson least "$least" 'map(.plan) == [$plan] and (.[0]
			| .pauses >= $least
			and .cards.useful + .cards.wasted == .cards.scanned
			and .barrier.stores == null
			and .size.fragmented_bytes + .size.live_bytes <= .size.capacity_bytes
			and if $plan == "marksweep"
				then [.barrier.slow, .cards.dirtied, .nursery.collected_bytes] == [0, 0, 0]
				else .nursery.collected_bytes > 0 and .promotion.bytes > 0 end)' stats
		diff alone out
	done
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

# It counts exactly what is wanted, in the library's file and in the report.
exactly() { # PROGRAM ARGUMENT...; what is wanted on standard input
	local file
	jq -S . >wanted
	profiled "$@"
	[ "$status" = 0 ]
	[ "$(cat out)" = done ]
	for file in stats.json report.json; do
		counters "$file" | jq -S 'map(. + (.size | {live_bytes, limit_bytes, nursery_bytes})
			| del(.size))' | diff wanted -
	done
	same_counters
}

@test "known: exactly these counters, and where the way to the safepoint went" {
	exactly "$programs/known" <<-'EOF'
		[
		  {
		    "allocation": { "bytes": 28013056, "objects": 23427 },
		    "barrier": { "slow": 0, "stores": 22520 },
		    "cards": { "dirtied": 0, "redirtied": 0, "scanned": 0, "useful": 0, "wasted": 0 },
		    "collections": [
		      { "cause": "allocation", "count": 3, "kind": "major" },
		      { "cause": "explicit", "count": 20, "kind": "major" }
		    ],
		    "heap": 1,
		    "live_bytes": 16864,
		    "limit_bytes": 67108864,
		    "nursery": {
		      "aged_bytes": 0, "aged_objects": 0, "collected_bytes": 0,
		      "survived_bytes": 0, "survived_objects": 0
		    },
		    "nursery_bytes": null,
		    "pauses": 23,
		    "plan": "marksweep",
		    "promotion": { "bytes": 0, "objects": 0, "pinned_bytes": 0, "pinned_objects": 0 }
		  }
		]
	EOF
	jq -e '.processes[0].heaps[0] | .time_to_safepoint as $way | $way.count == 23 and
		[.pauses[].ledger_seconds.time_to_safepoint] == [$way.sum_seconds]' report.json
}

@test "known-cards: exactly these counters, where what survives is old" {
	exactly "$programs/known-cards" 1 <<-'EOF'
		[
		  {
		    "allocation": { "bytes": 741440, "objects": 19801 },
		    "barrier": { "slow": 364, "stores": 2372 },
		    "cards": {
		      "dirtied": 321, "redirtied": 4, "scanned": 320, "useful": 317, "wasted": 3
		    },
		    "collections": [
		      { "cause": "allocation", "count": 1, "kind": "major" },
		      { "cause": "explicit", "count": 2, "kind": "major" },
		      { "cause": "allocation", "count": 7, "kind": "minor" }
		    ],
		    "heap": 1,
		    "limit_bytes": 67108864,
		    "live_bytes": 267032,
		    "nursery": {
		      "aged_bytes": 24, "aged_objects": 1, "collected_bytes": 409632,
		      "survived_bytes": 331952, "survived_objects": 2739
		    },
		    "nursery_bytes": 65536,
		    "pauses": 10,
		    "plan": "generational",
		    "promotion": {
		      "bytes": 331952, "objects": 2739, "pinned_bytes": 48, "pinned_objects": 2
		    }
		  }
		]
	EOF
}

@test "known-cards: exactly these counters, where it is young once more" {
	exactly "$programs/known-cards" 2 <<-'EOF'
		[
		  {
		    "allocation": { "bytes": 741440, "objects": 19801 },
		    "barrier": { "slow": 359, "stores": 2372 },
		    "cards": {
		      "dirtied": 316, "redirtied": 2, "scanned": 631, "useful": 628, "wasted": 3
		    },
		    "collections": [
		      { "cause": "allocation", "count": 1, "kind": "major" },
		      { "cause": "explicit", "count": 2, "kind": "major" },
		      { "cause": "allocation", "count": 7, "kind": "minor" }
		    ],
		    "heap": 1,
		    "limit_bytes": 67108864,
		    "live_bytes": 267032,
		    "nursery": {
		      "aged_bytes": 65568, "aged_objects": 2732, "collected_bytes": 409632,
		      "survived_bytes": 331952, "survived_objects": 2739
		    },
		    "nursery_bytes": 65536,
		    "pauses": 10,
		    "plan": "generational",
		    "promotion": {
		      "bytes": 331856, "objects": 2735, "pinned_bytes": 48, "pinned_objects": 2
		    }
		  }
		]
	EOF
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
