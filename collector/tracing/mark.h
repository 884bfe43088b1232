/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marking: from the roots through all references, depth first, with an explicit
 * stack and never by recursion.
 *
 * An object is white (unmarked), grey (marked, to be scanned) or black. Grey
 * objects are on the mark stack. When it is full and may not grow, an object is
 * marked and its *second* granule's mark bit is set, which no header owns since
 * a cell has at least two granules: that says grey, and its block is flagged.
 * When the stack has drained, the flagged blocks are searched for such bits and
 * marking resumes there. Each object is marked once, so this ends; when it
 * does, no second-granule bit is left.
 *
 * An array is scanned in slices, so that it takes two stack entries and not one
 * for each element.
 */
#ifndef GCSCOPE_TRACING_MARK_H
#define GCSCOPE_TRACING_MARK_H

#include "heap/heap.h"

struct gcs_tracer {
	struct gcs_heap *heap;
	struct space *space;
	uintptr_t base;	 /* of the space, and its mark bits: at hand where each reference */
	uint64_t *marks; /* needs them */
	struct mark_stack *stack;
	const struct type *types;
	uint64_t marked; /* objects */
	bool overflowed; /* some block is flagged */
	/* For the verifier, which visits slots for another purpose; NULL while marking. */
	void (*visit)(struct gcs_tracer *tracer, void **slot);
};

void tracer_create(struct gcs_tracer *tracer, struct gcs_heap *heap);

/* Mark an object (not NULL) and make it grey, unless it is marked already. */
void tracer_mark(struct gcs_tracer *tracer, void *object);

/* Scan until nothing is grey. */
void tracer_drain(struct gcs_tracer *tracer);

#endif
