/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All heaps of the process: for fork, which must leave each one whole in the
 * child, and for exit, which takes a last snapshot of each.
 */
#ifndef GCSCOPE_HEAP_REGISTRY_H
#define GCSCOPE_HEAP_REGISTRY_H

#include "heap/heap.h"

/* 0, or -ENOMEM. */
int registry_add(struct gcs_heap *heap);

/* Forget a heap that is being destroyed; its last counters go into the stats file. */
void registry_remove(struct gcs_heap *heap);

/*
 * Is this still the process that the heap belongs to? A child of fork has been
 * told; a child of a raw clone finds out here, before it stops or destroys the heap.
 * world is held, so the calling thread is parked.
 */
void heap_check_fork(struct gcs_heap *heap);

#endif
