/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a plan is to the rooms: it hands out memory, and it collects. Plans
 * themselves are in plans/.
 */
#ifndef GCSCOPE_HEAP_PLAN_H
#define GCSCOPE_HEAP_PLAN_H

#include "gcscope/heap.h"

struct mutator;

struct plan {
	enum gcs_plan code;

	/*
	 * Give the mutator a run with at least one zeroed cell of this class, without
	 * collecting. False: there is no memory. Called by the owner.
	 */
	bool (*refill)(struct mutator *mutator, unsigned class);

	/*
	 * Collect, while the world stands. Sets the budget until the next collection.
	 * Returns the bytes of what lives.
	 */
	uint64_t (*collect)(struct gcs_heap *heap);
};

/* The plan of a code; NULL: there is none. */
const struct plan *plan_of(uint64_t code);

#endif
