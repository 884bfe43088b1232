/* SPDX-License-Identifier: BSD-2-Clause */
/* A collection from its request to its end, whatever the plan. */
#ifndef GCSCOPE_MUTATOR_COLLECTION_H
#define GCSCOPE_MUTATOR_COLLECTION_H

#include "mutator/mutator.h"

/* The id of the last collection, for collect_unless_done. */
uint64_t collection_now(const struct gcs_heap *heap);

/* Collect for this reason. The caller is a running mutator; this is a safepoint. */
void collect(struct mutator *mutator, enum gcs_cause cause, const void *caller);

/* The same, unless somebody has collected since collection_now was `seen`. */
void collect_unless_done(struct mutator *mutator, enum gcs_cause cause, uint64_t seen,
			 const void *caller);

/* Bring the block up to date: counts of parked mutators, gauges. world is held. */
void stats_fold(struct gcs_heap *heap);

/*
 * Make start bits say exactly which cells are allocated: retire all runs, and
 * let blocks that wait to be swept show what was marked. What a region block lacks
 * it gets when somebody asks (heap/find.h). The world stands.
 */
void heap_make_walkable(struct gcs_heap *heap);

#endif
