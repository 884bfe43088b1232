/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much to allocate until the next collection: arithmetic on what was measured, and
 * nothing else, so that it can be tested without a heap.
 */
#ifndef GCSCOPE_HEAP_PACE_H
#define GCSCOPE_HEAP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gcscope/heap.h"

/* What a nursery has at most while it adapts. */
#define NURSERY_MOST ((uint64_t)4 << 20)

/* Bytes that may be added to so many live ones until the whole heap is collected. */
uint64_t budget_after(const struct gcs_options *options, uint64_t live);

struct pace {
	double goal_ns;	       /* for a minor collection */
	double ns_per_byte;    /* a minor collection's time by the bytes that survive it */
	double survival;       /* share of a nursery that survives: rises at once, falls slowly */
	uint64_t nursery_most; /* bytes */
	uint64_t nursery;
};

/* What one minor collection was like. */
struct minor_facts {
	uint64_t ns;
	uint64_t emptied; /* bytes that were allocated in the nursery */
	uint64_t survived;
};

void pace_begin(struct pace *pace, uint64_t goal_us, uint64_t nursery_most);
void pace_minor(struct pace *pace, const struct minor_facts *facts);

#endif
