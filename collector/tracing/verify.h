/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap verifier: walks all that is reachable and believes nothing. */
#ifndef GCSCOPE_TRACING_VERIFY_H
#define GCSCOPE_TRACING_VERIFY_H

#include "heap/heap.h"

/*
 * Check every reachable object while the world stands, and make the heap walkable for it.
 * 0, or -EUCLEAN with a sentence that names object, type and field; -ENOMEM.
 */
int verify_heap(struct gcs_heap *heap);

#endif
