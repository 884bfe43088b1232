/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutators: a thread's state towards one heap.
 *
 * A mutator is RUNNING, or *parked*: standing at a safepoint, inside a blocking
 * bracket, or its thread waits for something in the library. While it is parked its
 * stack from `stack_low` up and its spilled registers hold all its references, and
 * the collector may scan them, retire its runs and read its counters. It leaves only
 * while no stop is under way (safepoint.h has the protocol).
 */
#ifndef GCSCOPE_MUTATOR_MUTATOR_H
#define GCSCOPE_MUTATOR_MUTATOR_H

#include <pthread.h>

#include "gcscope/mutator.h"
#include "heap/heap.h"
#include "mutator/remember.h"
#include "mutator/sample.h"

enum mutator_state { MUTATOR_RUNNING = 0, MUTATOR_PARKED = 1 };

/* A run as its owner knows it; abi.runs has the cursor and the soft limit. */
struct run {
	struct block *block; /* it lies in; NULL: none */
	uintptr_t end;	     /* the limit, were nobody to lower it */
	uintptr_t room;	     /* region blocks: how far it may grow */
	uintptr_t counted;   /* up to here the cells are in allocated_bytes */
	uintptr_t unswept;   /* in block: where to look for the next run */
	struct sample_point sample;
};

/* Up to where its owner allocates without a look at anything: what the soft limit should be. */
static inline uintptr_t run_limit(const struct run *run)
{
	return run->sample.at < run->end ? run->sample.at : run->end;
}

/* Words of the frames that a parked mutator leaves behind; see thread_park. */
#define SPILL_WORDS 256

struct mutator {
	struct gcs_mutator abi; /* first: what inline code uses */
	struct gcs_heap *heap;
	uint64_t id;
	uint32_t tid;
	enum gcs_roots roots;
	struct mutator *next;		/* in the heap's list; guarded by world */
	struct mutator *next_of_thread; /* other heaps' */

	uint32_t state;	     /* atomic, enum mutator_state; a futex word while it is awaited */
	uint32_t awaited;    /* atomic: the stopping thread sleeps on state */
	bool blocking;	     /* the owner's: in a blocking bracket */
	uint64_t parked_ns;  /* when it came to the last stop that had to wait for it */
	uint64_t waited_for; /* id of that pause */

	uintptr_t stack_top, stack_low;
	uintptr_t spill[SPILL_WORDS];
	size_t spilled;

	struct run runs[GCS_RUNS];
	struct slot_log *log;
	uint64_t remembered; /* slots, ever */
	/* Since the last fold: */
	uint64_t allocated_bytes; /* in retired runs and large objects */
	uint64_t slow_stores;
	uint64_t cards_dirtied;
	uint64_t cards_redirtied;

	uint64_t until_stress;	  /* allocations until the next collection under option stress */
	struct sampling sampling;
};

static inline struct mutator *mutator_of(struct gcs_mutator *abi)
{
	return (struct mutator *)abi;
}

/* The calling thread's mutators, linked by next_of_thread; NULL: it has none. */
struct mutator *mutators_of_thread(void);

/* Its mutator of this heap, or NULL. */
struct mutator *mutator_current(const struct gcs_heap *heap);

/*
 * Count what the run holds so far and forget it, giving back its unused cells.
 * Owner, or the world stands.
 */
void mutator_retire_run(struct mutator *mutator, unsigned class);
void mutator_retire_runs(struct mutator *mutator);

/* The same for all mutators of a heap. The world stands. */
void mutators_retire_runs(struct gcs_heap *heap);

/*
 * Add the mutator's counts to the heap's block and start them anew. The mutator is
 * parked; world is held.
 */
void mutator_fold(struct mutator *mutator);

/*
 * After fork, in the child: only the caller's mutator is left, and the counters
 * start anew. The caller's mutator is parked; nobody else exists.
 */
void mutators_after_fork(struct gcs_heap *heap);

/*
 * The mutator has stored to a slot on an armed card; dirtied: which made it dirty. Listened to or
 * not, it is counted down to the next one that is looked at, so that listening costs nothing here.
 */
static inline void sample_store(struct mutator *mutator, void **slot, bool dirtied,
				const void *caller)
{
	if (PROBES_BUILT && gcs_unlikely(--mutator->sampling.stores[dirtied].left == 0))
		sample_due_store(mutator, slot, dirtied, caller);
}

#endif
