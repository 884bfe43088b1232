/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the roots of a heap while its world stands. */
#ifndef GCSCOPE_TRACING_SCAN_ROOTS_H
#define GCSCOPE_TRACING_SCAN_ROOTS_H

#include "heap/heap.h"

/*
 * Call visit for each object that a root refers to: handles, named slots, precise
 * frames, and whatever a conservative mutator's stack and registers might mean.
 * Returns how many roots pointed at an object.
 */
uint64_t scan_roots(struct gcs_heap *heap, void (*visit)(void *object, void *context),
		    void *context);

#endif
