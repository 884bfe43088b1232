/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap as the rooms of the collector see it: what they share, and who may
 * touch it.
 *
 * Locks, in the order in which they are taken:
 *	registry (heap/registry.c)	the list of heaps
 *	heap->world	who holds it may stop the mutators; the list of mutators
 *	types.lock, lists_lock, roots.lock, space.lock, stats_lock
 *			short sections, nothing is waited for inside
 *
 * A thread that waits for one of the first two is parked in all its heaps
 * (mutator/safepoint.h), so that nobody who holds them waits for it in turn. Only
 * fork takes several heaps' locks: all worlds first, and then, when no stop can be
 * under way, the short ones, for which a running thread may wait.
 */
#ifndef GCSCOPE_HEAP_HEAP_H
#define GCSCOPE_HEAP_HEAP_H

#include <pthread.h>

#include "gcscope/gcscope.h"
#include "heap/pace.h"
#include "heap/recycle.h"
#include "heap/size_class.h"
#include "heap/space.h"
#include "heap/type.h"
#include "mutator/roots.h"
#include "tracing/mark_stack.h"

struct mutator;
struct plan;

struct gcs_heap {
	uint64_t id;
	uint32_t pid; /* of the process that this copy belongs to; another one after fork */
	struct gcs_options options; /* resolved: defaults and environment are in */
	const struct plan *plan;
	bool counts_stores; /* the program does: GCS_COUNT_STORES */
	struct gcs_heap *next; /* in the registry */

	struct space space;
	struct type_table types;

	/* Lists of blocks, linked by their `next`; guarded by lists_lock. */
	pthread_mutex_t lists_lock;
	uint32_t sweepable[CLASS_COUNT]; /* of cells, with free ones; by class */
	uint32_t recyclable;		 /* region blocks with free lines */
	uint32_t young;			 /* blocks taken since the last collection */

	/*
	 * Plan generational. While it works by generations, new objects are young and old
	 * cards are armed; else there are neither. Changes while the world stands.
	 */
	bool generational;
	struct target promotion; /* where the next survivors go */
	struct pace pace;
	uint64_t live;	      /* bytes, at the last major collection */
	uint64_t promoted;    /* since */
	uint64_t slow_stores; /* since the last minor collection */
	uint64_t survivors;   /* that stayed young at the last collection */

	/*
	 * Allocation since the last collection, in bytes taken by mutators, against the
	 * budget. Atomic.
	 */
	uint64_t charged;
	uint64_t budget; /* written while the world stands */
	/* The same for slots in the remembered set. Atomic. */
	uint64_t remembered;
	uint64_t remembered_budget;

	/* The handshake (mutator/safepoint.h). */
	pthread_mutex_t world;
	struct mutator *mutators;
	uint64_t mutators_ever;
	uint32_t stop;		    /* atomic: enum stop */
	uint64_t stop_requested_ns; /* written before `stop` is set */
	bool quiet;		    /* likewise: this stop is not told as a pause */
	uint64_t pause;		    /* id of the pause under way, or of the last one */

	struct roots roots;
	struct mark_stack mark_stack;

	uint64_t collection; /* id of the collection under way, or of the last one */
	uint64_t stall;	     /* id of the last stall. Atomic */
	uint64_t used;	     /* bytes in objects, as of the last time the world stood */

	pthread_mutex_t stats_lock;
	struct gcscope_stats stats;
};

/* Keep a sentence for gcs_error_message, and return `error`. */
int fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
