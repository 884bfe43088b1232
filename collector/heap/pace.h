/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to collect, and whether by generations: arithmetic on what collections have cost,
 * and nothing else, so that it can be tested without a heap.
 *
 * Three questions
 * - How large the nursery is: so that what survives of it can be copied within the pause
 *   goal, as far as the last minor collections tell.
 * - How much may be promoted until the next major collection. A budget of E bytes and a
 *   collection of M ns make a cost of M/E for each byte promoted, and E bytes of memory; at
 *   a rate of g bytes a ns the sum of both is least where E is proportional to sqrt(g * M)
 *   (Kirisame, Shenoy, Panchekha: Optimal heap limits for reducing browser memory use,
 *   OOPSLA 2022).
 * - Whether minor collections pay. By generations, a byte allocated costs its share of a
 *   minor collection and, if it is promoted, its share of a major one; without, all of the
 *   latter. Where the second is cheaper, generations are given up, and tried again after
 *   some major collections: 1, then 2, 4 and so on while that goes on.
 */
#ifndef GCSCOPE_HEAP_PACE_H
#define GCSCOPE_HEAP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gcscope/heap.h"

#define NURSERY_LEAST (256 * 1024)

struct pace {
	/* Set once. */
	double goal_ns;	       /* for a minor collection */
	uint64_t nursery_most; /* bytes */
	uint64_t growth;       /* per cent */
	uint64_t heap_min;     /* bytes */

	uint64_t nursery; /* bytes */
	double copy_cost; /* ns of a minor collection for each byte that survives it */
	double survival;  /* share of a nursery that survives: rises at once, falls slowly */

	uint64_t budget; /* bytes that may be promoted until the next major collection */
	double major_ns; /* the last one's, and when it ended */
	uint64_t major_end_ns;

	double allocated, promoted, minor_ns; /* of minor collections that are to be judged */
	bool generational;
	unsigned patience; /* major collections until generations are tried again */
	unsigned patience_next;
};

/* What one collection was like. */
struct minor_facts {
	uint64_t ns;
	uint64_t allocated; /* bytes in the nursery */
	uint64_t survived;
	uint64_t slow_stores;
};

struct major_facts {
	uint64_t ns, end_ns;
	uint64_t promoted; /* bytes since the last one; without generations, allocated */
	uint64_t live;	   /* bytes */
};

/* Bytes that may be added to so many live ones, as the options have it. */
uint64_t budget_after(const struct gcs_options *options, uint64_t live);

void pace_begin(struct pace *pace, const struct gcs_options *options);
void pace_minor(struct pace *pace, const struct minor_facts *facts);
void pace_major(struct pace *pace, const struct major_facts *facts);

#endif
