/* SPDX-License-Identifier: BSD-2-Clause */
/* A heap, its mutator and its types, or the end of the program. */
#ifndef WORKLOADS_HEAP_H
#define WORKLOADS_HEAP_H

#include <gcscope/gcscope.h>

/* The slot of a field, for the calls of the library that take one. */
#define SLOT(field) ((void **)&(field))

/* These return what they make, or end the program with a sentence and status 1. */
struct gcs_heap *heap_create(void);
struct gcs_mutator *mutator_attach(struct gcs_heap *heap);
struct gcs_type *type_register(struct gcs_heap *heap, const struct gcs_type_info *info);

/* An allocation from this heap has returned NULL. */
_Noreturn void out_of_memory(struct gcs_heap *heap);

/* Detach the only mutator and destroy the heap. */
void heap_close(struct gcs_heap *heap, struct gcs_mutator *mutator);

#endif
