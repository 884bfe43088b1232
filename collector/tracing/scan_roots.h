/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the roots of a heap while its world stands. */
#ifndef GCSCOPE_TRACING_SCAN_ROOTS_H
#define GCSCOPE_TRACING_SCAN_ROOTS_H

#include "heap/heap.h"

/* What to do with a root; context is passed on. */
struct root_visitor {
	/* What an ambiguous word might mean: the object must stay where it is. */
	void (*ambiguous)(void *object, void *context);
	/* A slot that holds a reference, not NULL, and may be changed. */
	void (*precise)(void **slot, void *context);
	void *context;
	bool young_only; /* ambiguous words that mean old objects are passed over */
};

/*
 * Visit all roots: first whatever a conservative mutator's stack and registers might mean,
 * then handles, named slots, precise frames. Returns how many roots pointed at an object.
 */
uint64_t scan_roots(struct gcs_heap *heap, const struct root_visitor *visitor);

#endif
