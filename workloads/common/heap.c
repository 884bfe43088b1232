/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/heap.h"

#include <inttypes.h>

#include "common/program.h"

void out_of_memory(struct gcs_heap *heap)
{
	struct gcscope_stats stats;

	gcs_stats_read(heap, &stats);
	fail("out of memory: the heap is at its limit of %" PRIu64 " bytes",
	     (uint64_t)stats.size_limit_bytes);
}

struct gcs_heap *heap_create(void)
{
	struct gcs_heap *heap;

	if (gcs_heap_create(&heap, NULL) < 0)
		fail("cannot create a heap: %s", gcs_error_message());
	return heap;
}

struct gcs_mutator *mutator_attach(struct gcs_heap *heap)
{
	struct gcs_mutator *mutator;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE) < 0)
		fail("cannot attach to the heap: %s", gcs_error_message());
	return mutator;
}

struct gcs_type *type_register(struct gcs_heap *heap, const struct gcs_type_info *info)
{
	struct gcs_type *type;

	if (gcs_type_register(&type, heap, info) < 0)
		fail("cannot register type %s: %s", info->name, gcs_error_message());
	return type;
}

void heap_close(struct gcs_heap *heap, struct gcs_mutator *mutator)
{
	if (gcs_mutator_detach(mutator) < 0 || gcs_heap_destroy(heap) < 0)
		fail("cannot close the heap: %s", gcs_error_message());
}
