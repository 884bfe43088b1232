/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report model: what one session saw, as plain data. A session fills it,
 * every renderer reads it, and neither knows the other.
 *
 * Who owns what: the report owns everything it points at, and report_free
 * frees it. What is not known has known == false and is never 0.
 */
#ifndef GCSCOPE_MODEL_REPORT_H
#define GCSCOPE_MODEL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gcscope/profile.h"
#include "model/card_map.h"

/* A number that may be unknown. */
struct number {
	bool known;
	uint64_t value;
};

struct seconds {
	bool known;
	double value;
};

struct collection_count {
	uint32_t kind;	/* enum gcs_kind */
	uint32_t cause; /* enum gcs_cause */
	uint64_t count;
};

/* A histogram with what tells it apart in its heap. */
struct distribution {
	uint32_t kind;	/* enum gcs_kind, 0 where it does not apply */
	uint32_t phase; /* enum gcs_phase, 0 where it does not apply */
	/* Of pauses of one kind: the part of their sum that went by until all mutators stood. */
	struct number time_to_safepoint_ns;
	struct gcscope_histogram histogram;
	struct gcscope_ledger ledger; /* of what follows that; of pauses and times to safepoint */
	/* Pauses, each less what it has waited for a CPU; those that have a ledger. */
	struct gcscope_histogram undisturbed;
};

/* Each of the pauses is in the ledger. */
static inline bool has_ledger(const struct distribution *distribution)
{
	/* It may be read a moment later. */
	return distribution->histogram.count &&
	       distribution->ledger.count >= distribution->histogram.count;
}

/*
 * A line of a program, or an address where its line is not known, with what was sampled
 * there and what that stands for.
 */
struct site_report {
	uint32_t sort;	 /* enum gcscope_sort */
	char *module;	 /* path of the file that the code is from; NULL unknown */
	uint64_t offset; /* a return address there, as the file counts; without one, in memory */
	char *function;	 /* NULL unknown */
	char *file;	 /* of the source, as it was compiled; NULL unknown */
	unsigned line;	 /* 0 unknown */
	uint64_t samples;
	uint64_t weight;  /* allocated bytes, stores on armed cards, or ns that others waited */
	uint64_t dirtied; /* cards that these stores made dirty */
};

/* How the program came there. */
struct stack_report {
	uint32_t sort;
	uint64_t weight;
	char *path; /* functions, the outermost first, with ';' between them */
};

/* A command that had the CPU for which a pause waited. */
struct rival {
	char comm[GCSCOPE_COMM + 1]; /* any bytes */
	uint64_t ns;
};

struct heap_report {
	uint64_t heap;
	const char *plan; /* static string; NULL unknown */
	uint32_t end;	  /* enum gcs_end, how its last event came about; 0 it had none */
	/* Its process has ended without that event: counters are those of its last collection. */
	bool cut_short;
	struct collection_count *collections;
	size_t collection_count;
	struct distribution *pauses; /* by kind */
	size_t pause_count;
	struct distribution time_to_safepoint; /* count 0: none seen */
	bool has_time_to_safepoint;	       /* the runtime can tell it */
	struct distribution *phases;	       /* by kind and phase */
	size_t phase_count;
	struct rival *rivals; /* the longest first */
	size_t rival_count;
	struct distribution stalls;
	uint64_t out_of_memory;
	bool has_stalls; /* the runtime can tell stalls and out_of_memory */
	bool has_sites;	 /* they were asked for, and the runtime can tell them */
	struct site_report *sites; /* by sort; most cards dirtied first, then most weight */
	size_t site_count;
	struct stack_report *stacks; /* by sort, heaviest first */
	size_t stack_count;
#define REPORT_NUMBER(group, key) struct number group##_##key;
	GCSCOPE_STATS_COUNTERS(REPORT_NUMBER)
	GCSCOPE_STATS_GAUGES(REPORT_NUMBER)
#undef REPORT_NUMBER
	struct card_map *card_map; /* begins with the session; NULL: not asked for, or none came */
};

/* One of the longest pauses. */
struct worst_pause {
	uint64_t heap;
	uint64_t collection;
	uint32_t kind;
	uint32_t cause;
	double at_seconds; /* since the session began */
	uint64_t duration_ns;
	struct number time_to_safepoint_ns;
	struct number latest_mutator;
	bool has_ledger;
	__u64 to_safepoint_ns[GCSCOPE_PARTS]; /* these add up to time_to_safepoint_ns, */
	__u64 stopped_ns[GCSCOPE_PARTS];      /* and with these to duration_ns */
};
#define WORST_PAUSES 10

struct process_report {
	uint64_t process; /* its number in the session */
	pid_t pid;	  /* as gcscope sees it */
	pid_t ns_pid;
	char comm[GCSCOPE_COMM + 1]; /* as the kernel has it: any bytes */
	char *cgroup;		     /* its path, "/system.slice/a.service"; NULL unknown */
	bool attached_late;
	const char *runtime; /* static string, "gcscope", "hotspot" */
	const char *tier;    /* static string, "usdt", "symbol", "surrogate" */
	bool ended;
	bool exec; /* it ended by becoming another program */
	struct number exit_code; /* both unknown while it runs */
	struct number exit_signal;
	struct heap_report *heaps;
	size_t heap_count;
	struct worst_pause worst[WORST_PAUSES]; /* longest first */
	size_t worst_count;
};

struct report {
	double duration_seconds;
	struct {
		uint64_t received, unmatched;
		uint64_t lost[GCSCOPE_LOST_REASONS];
	} events;
	struct {
		double cpu_seconds;
		uint64_t max_rss_bytes;
		struct number steady_rss_bytes;
		struct number map_bytes;
		double attach_seconds;
		struct seconds bpf_run_seconds;
		const char *attach_method; /* static: "uprobe_multi" or "perf_event" */
	} profiler;
	struct process_report *processes; /* only those with a heap seen, by process number */
	size_t process_count;
};

void report_free(struct report *report);

/* Lost events, all reasons together. */
uint64_t report_lost(const struct report *report);

#endif
