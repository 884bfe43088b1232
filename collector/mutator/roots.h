/* SPDX-License-Identifier: BSD-2-Clause */
/* Roots that belong to the heap: handles, and ranges of slots that the program named. */
#ifndef GCSCOPE_MUTATOR_ROOTS_H
#define GCSCOPE_MUTATOR_ROOTS_H

#include "gcscope/roots.h"

#define HANDLES_PER_SLAB 255

/* A free handle's object is the next free handle's address with bit 0 set. */
struct handle_slab {
	struct handle_slab *next;
	struct gcs_handle handles[HANDLES_PER_SLAB];
};

struct root_range {
	void **slots;
	size_t count;
};

/* Guarded by lock. */
struct roots {
	pthread_mutex_t lock;
	struct handle_slab *slabs;
	struct gcs_handle *free_handle;
	struct root_range *ranges;
	size_t range_count, range_room;
};

void roots_create(struct roots *roots);
void roots_destroy(struct roots *roots);

/* Call visit for each slot, with the world standing. */
void roots_visit(struct roots *roots, void (*visit)(void **slot, void *context), void *context);

#endif
