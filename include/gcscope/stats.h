/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The statistics block: what a heap has counted, as fixed-width words.
 *
 * Each heap owns one block for its whole life. It is written only while the
 * heap's mutators stand, so that it is one consistent snapshot at every event
 * that carries its address. Kernel programs copy it; the library copies it
 * for gcs_stats_read and writes it to GCSCOPE_STATS_FILE.
 *
 * Counters only grow. A forked child starts a block of its own at zero.
 */
#ifndef GCSCOPE_STATS_H
#define GCSCOPE_STATS_H

#include <linux/types.h>

#include "codes.h"

#define GCSCOPE_STATS_MAGIC   0x53544353U /* "SCTS" in memory */
#define GCSCOPE_STATS_VERSION 2U

/*
 * X(group, key): the field is group_key, and in JSON it stands as "key" in the
 * object "group", in the library's own file as in the profiler's report.
 */
#define GCSCOPE_STATS_COUNTERS(X)                                              \
	X(allocation, bytes)   /* cells handed out, rounding and headers included */ \
	X(allocation, objects)                                                 \
	X(nursery, collected_bytes)  /* allocated in what minor ones emptied */ \
	X(nursery, survived_bytes)   /* a first collection, of any kind */     \
	X(nursery, survived_objects)                                           \
	X(nursery, aged_bytes)       /* survived another, while young */       \
	X(nursery, aged_objects)                                               \
	X(promotion, bytes)          /* of both, what is old since */          \
	X(promotion, objects)                                                  \
	X(promotion, pinned_bytes)   /* of both, what could not move */        \
	X(promotion, pinned_objects)                                           \
	X(barrier, stores)     /* through the barrier; unknown unless GCS_COUNT_STORES */ \
	X(barrier, slow)       /* of the stores, those on an armed card */     \
	X(cards, dirtied)      /* got a reference to something young */        \
	X(cards, redirtied)    /* of these, scanned before since the last major collection */ \
	X(cards, scanned)      /* = useful + wasted */                         \
	X(cards, useful)       /* something young was behind it */             \
	X(cards, wasted)

/* The value of a gauge that nobody knows yet, or of a counter that is not kept; null in JSON. */
#define GCSCOPE_STATS_UNKNOWN (~0ULL)

#define GCSCOPE_STATS_GAUGES(X)                                                \
	X(size, capacity_bytes)      /* blocks held */                         \
	X(size, live_bytes)          /* after the last major collection; unknown before */     \
	X(size, peak_capacity_bytes)                                           \
	X(size, fragmented_bytes)    /* free in blocks with live objects, after the same */ \
	X(size, nursery_bytes)       /* to be allocated until the next minor collection */ \
	X(size, limit_bytes)         /* heap_max */

struct gcscope_stats {
	__u32 magic;
	__u32 version;
	__u32 size;  /* of this struct */
	__u32 pid;   /* the owner, in its own pid namespace */
	__u32 plan;  /* enum gcs_plan */
	__u32 end;   /* enum gcs_end; 0 while the heap lives */
	__u64 heap;  /* id, unique in the process, from 1 */

	__u64 collections[GCS_KINDS][GCS_CAUSES]; /* ended, by kind and cause */
	__u64 pauses;
	__u64 pause_ns;     /* from request to end, summed */
	__u64 pause_max_ns;

#define GCSCOPE_STATS_FIELD(group, key) __u64 group##_##key;
	GCSCOPE_STATS_COUNTERS(GCSCOPE_STATS_FIELD)
	GCSCOPE_STATS_GAUGES(GCSCOPE_STATS_FIELD)
#undef GCSCOPE_STATS_FIELD
};

#endif
