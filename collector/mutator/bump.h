/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocation in region blocks: one run for objects of all sizes. By generations a run is
 * an empty block, which is young; without, it is a hole of an old block, or an empty one.
 */
#ifndef GCSCOPE_MUTATOR_BUMP_H
#define GCSCOPE_MUTATOR_BUMP_H

#include "heap/plan.h"

/* For struct plan. */
struct fit bump_fit(size_t bytes, size_t align);
unsigned bump_refill(struct mutator *mutator, unsigned run, size_t bytes);

#endif
