/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernel programs and userspace share: the keys and values of the maps,
 * and the records of the ring buffer. Plain data, no pointers.
 *
 * A process is named by a number of ours, given at its first sight, never by
 * its pid alone: a pid that is used again, or an exec, gets a new number.
 */
#ifndef GCSCOPE_PROFILE_H
#define GCSCOPE_PROFILE_H

#include <linux/types.h>

#include "histogram.h"
#include "stats.h"

#define GCSCOPE_COMM	   16
#define GCSCOPE_CARD_PARTS 64 /* into which a heap is cut at most, when it tells its dirty cards */

enum gcscope_runtime {
	GCSCOPE_RUNTIME_GCSCOPE = 1,
	GCSCOPE_RUNTIME_HOTSPOT = 2,
};

/*
 * Value of the map `processes`, which holds those that are watched and run,
 * keyed by the process id in the profiler's own pid namespace.
 */
struct gcscope_process {
	__u64 process;	     /* its number, from 1 */
	__u64 start_time;    /* of the leader, ns of the boot clock; from its first event on */
	__u32 ns_pid;	     /* in its innermost pid namespace; from its first event on */
	__u32 seen;	     /* it has had an event */
	__u32 follow;	     /* its children are wanted too */
	__u32 late;	     /* it ran before it was watched */
};

struct gcscope_heap_key {
	__u64 process;
	__u64 heap;
};

/* Value of the map `heaps`: all that is counted for one heap. */
struct gcscope_heap_state {
	__u32 runtime;	      /* enum gcscope_runtime */
	__u32 plan;	      /* enum gcs_plan, or the runtime's own code; 0 unknown */
	__u32 end;	      /* enum gcs_end once its last event was seen */
	__u32 unused;
	__u64 first_collection; /* the first ids whose begin was seen: an end with a */
	__u64 first_pause;	/* smaller id began before we came, and is not unmatched */
	__u64 first_stall;
	__u64 collections[GCS_KINDS][GCS_CAUSES]; /* ends seen */
	__u64 out_of_memory;
	/* Of a runtime that has no statistics block; bytes, 0 unknown. */
	__u64 capacity;
	__u64 peak_capacity;
	__u64 live; /* after the last major collection */
	/*
	 * Copies of the heap's statistics block. The current one is
	 * copies[snapshots & 1]; the other is being written, so that a failed read
	 * spoils nothing and a reader can tell when it was overtaken.
	 */
	__u64 snapshots;	   /* how many were taken; 0: none, first is empty too */
	struct gcscope_stats first; /* the baseline: the block at first sight */
	struct gcscope_stats copies[2];
};

/* What a thread does, or why it does nothing: what a pause is made of. */
enum gcscope_part {
	GCSCOPE_PART_CPU,
	GCSCOPE_PART_RUNQUEUE,	/* it could run, and others had the CPU */
	GCSCOPE_PART_THROTTLED, /* it could run, but for a quota of its cgroup */
	GCSCOPE_PART_IO,
	GCSCOPE_PART_FUTEX,
	GCSCOPE_PART_OTHER,
	GCSCOPE_PARTS,
};

/*
 * Key of the map `rivals`, whose value is a time in ns: how long the thread that had stopped the
 * world waited for a CPU, by the command that had it when it got it.
 */
struct gcscope_rival_key {
	__u64 process;
	__u64 heap;
	char comm[GCSCOPE_COMM];
};

/* Value of the map `ledgers`, whose key is that of `histograms`. */
struct gcscope_ledger {
	__u64 count; /* pauses in it */
	__u64 ns[GCSCOPE_PARTS];
	__u64 minor_faults; /* of the thread that has brought them to their end */
	__u64 major_faults;
};

enum gcscope_metric {
	GCSCOPE_METRIC_PAUSE = 1,
	GCSCOPE_METRIC_TIME_TO_SAFEPOINT = 2,
	GCSCOPE_METRIC_PHASE = 3,
	GCSCOPE_METRIC_STALL = 4,
	/* And, in the map `ledgers`, the ledgers of the first two. */
	GCSCOPE_METRIC_PAUSE_LEDGER = 5,
	GCSCOPE_METRIC_TIME_TO_SAFEPOINT_LEDGER = 6,
	/* Pauses as they would have been had a CPU been there at once. */
	GCSCOPE_METRIC_UNDISTURBED = 7,
};

/* Key of the map `histograms`, whose value is struct gcscope_histogram. */
struct gcscope_histogram_key {
	__u64 process;
	__u64 heap;
	__u16 metric; /* enum gcscope_metric */
	__u16 kind;   /* enum gcs_kind, 0 for GCSCOPE_METRIC_STALL */
	__u32 phase;  /* enum gcs_phase for GCSCOPE_METRIC_PHASE, else 0 */
};

/* What has begun and not ended. Key of the map `open`. */
enum gcscope_open_what {
	GCSCOPE_OPEN_COLLECTION = 1,
	GCSCOPE_OPEN_PAUSE = 2,
	GCSCOPE_OPEN_PHASE = 3, /* the phase's code stands above: what | phase << 8 */
	GCSCOPE_OPEN_STALL = 4,
};

struct gcscope_open_key {
	__u64 process;
	__u64 heap;
	__u64 id;
	__u64 what;
};

struct gcscope_open {
	__u64 begin_ns;
	__u64 stopped_ns; /* 0 not yet */
	__u64 collection;
	__u64 used;
	__u64 latest_mutator;
	__u64 latest_wait_ns;
	__u32 kind;
	__u32 cause;
	__u32 mutators;
	__u32 mark; /* of its ledger (bpf/ledger.h), from 1; 0: it has none */
};

/* What is sampled to tell where it happens. */
enum gcscope_sort {
	GCSCOPE_SORT_ALLOCATION = 1,
	GCSCOPE_SORT_STORE = 2, /* on an armed card */
	GCSCOPE_SORT_STOP = 3,	/* of a mutator later than those before */
	GCSCOPE_SORTS,
};

#define GCSCOPE_STACK_DEPTH 127 /* frames; deeper stacks lose those at their root */
#define GCSCOPE_NO_STACK    (-1)

/* Key of the map `sites`. */
struct gcscope_site_key {
	__u64 process;
	__u64 heap;
	__u64 caller; /* where in the program: a return address */
	__s32 stack;  /* key of the map `stacks`: return addresses, innermost first; 0 ends them */
	__u32 sort;   /* enum gcscope_sort */
};

/* Samples there, and what they stand for. */
struct gcscope_site {
	__u64 samples;
	__u64 weight;  /* allocated bytes, stores, or ns by which it came later */
	__u64 dirtied; /* cards that these stores made dirty */
};

/* Why something is missing. Index of gcscope_totals.lost. */
enum gcscope_lost {
	GCSCOPE_LOST_RECORD = 0, /* no room in the ring buffer */
	GCSCOPE_LOST_MAP,	 /* a map is full */
	GCSCOPE_LOST_READ,	 /* the program's memory could not be read */
	GCSCOPE_LOST_PROBE,	 /* the kernel skipped a probe; filled by userspace */
	GCSCOPE_LOST_REASONS,
};

struct gcscope_totals {
	__u64 received; /* events of watched processes that reached a program */
	__u64 unmatched;
	__u64 lost[GCSCOPE_LOST_REASONS];
};

enum gcscope_record_type {
	GCSCOPE_RECORD_PROCESS = 1, /* first event of a watched process */
	GCSCOPE_RECORD_EXEC = 2,    /* it became another program; its number ends here */
	GCSCOPE_RECORD_EXIT = 3,    /* its last thread ended */
	GCSCOPE_RECORD_COLLECTION = 4,
	GCSCOPE_RECORD_PAUSE = 5,
	GCSCOPE_RECORD_CARDS = 6, /* only where a card map was asked for */
};

struct gcscope_record {
	__u16 type;
	__u16 size;
	__u32 tgid;
	__u64 process;
	__u64 time_ns; /* monotonic clock, when it was written */
};

struct gcscope_process_record {
	struct gcscope_record head;
	__u64 start_time;
	__u32 ns_pid;	/* in its innermost pid namespace; 0 it never had an event */
	__s32 code;	/* EXIT: wait status of the leader; else 0 */
	__u32 late;
	__u32 unused;
	char comm[GCSCOPE_COMM];
};

struct gcscope_collection_record {
	struct gcscope_record head;
	__u64 heap;
	__u64 collection;
	__u64 begin_ns;
	__u64 end_ns;
	__u64 used_before;
	__u64 used_after;
	__u32 kind;
	__u32 cause;
};

struct gcscope_pause_record {
	struct gcscope_record head;
	__u64 heap;
	__u64 pause;
	__u64 collection;
	__u64 requested_ns;
	__u64 stopped_ns; /* 0 unknown */
	__u64 ended_ns;
	__u64 latest_mutator; /* the one that came last, 0 none or unknown */
	__u32 kind;
	__u32 cause;
	__u32 mutators;
	__u32 tid; /* that ended it, initial pid namespace */
	__u32 has_ledger;
	__u32 unused;
	__u64 safepoint_ns[GCSCOPE_PARTS]; /* from the request until all stood */
	__u64 stopped_parts_ns[GCSCOPE_PARTS]; /* from then to its end */
};

/* Where the dirty cards of one minor collection were. */
struct gcscope_cards_record {
	struct gcscope_record head;
	__u64 heap;
	__u64 collection;
	__u64 base; /* where the first part begins; it tells one grid from another, no more */
	__u64 part; /* bytes, a power of two */
	__u32 parts;
	__u32 unused;
	__u32 counts[GCSCOPE_CARD_PARTS]; /* dirty cards in each part; 0 behind the last */
};

#endif
