/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a plan is to the rooms: it hands out memory, and it collects. Plans
 * themselves are in plans/.
 */
#ifndef GCSCOPE_HEAP_PLAN_H
#define GCSCOPE_HEAP_PLAN_H

#include "gcscope/heap.h"
#include "heap/size_class.h"

struct mutator;

struct plan {
	enum gcs_plan code;

	/* Fill in what the plan keeps in a new heap, and the first budget. */
	void (*begin)(struct gcs_heap *heap);

	/* Where an object of so many bytes goes, header included; aligned to 8 or 16. */
	struct fit (*fit)(size_t bytes, size_t align);

	/*
	 * Give the mutator a run with at least `bytes` of zeroed memory for cells of that run,
	 * without collecting: the run itself or, returned, one that takes its place. NO_RUN: there
	 * is no memory. Called by the owner.
	 */
	unsigned (*refill)(struct mutator *mutator, unsigned run, size_t bytes);

	/* What a collection for this reason covers. */
	enum gcs_kind (*kind)(struct gcs_heap *heap, enum gcs_cause cause);

	/* The fate of a large object that a mutator allocates now. */
	uint8_t (*birth)(const struct gcs_heap *heap);

	/*
	 * Collect, while the world stands. Sets the budget until the next collection.
	 * Returns the bytes of what lives.
	 */
	uint64_t (*collect)(struct gcs_heap *heap, enum gcs_kind kind);
};

/* A run (NO_RUN: an object of its own), and the bytes of the cell in it. */
struct fit {
	unsigned run;
	size_t cell;
};

#define NO_RUN 0U

/* The plan of a code; NULL: there is none. */
const struct plan *plan_of(uint64_t code);

#endif
