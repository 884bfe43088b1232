/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and unmaking a heap: a plan, and the rooms that it composes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "heap/options.h"
#include "heap/registry.h"
#include "mutator/mutator.h"
#include "mutator/safepoint.h"
#include "plans/plans.h"

const struct plan *plan_of(uint64_t code)
{
	switch (code) {
	case GCS_PLAN_MARKSWEEP:
		return &plan_marksweep;
	case GCS_PLAN_GENERATIONAL:
		return &plan_generational;
	default:
		return NULL;
	}
}

static size_t mark_stack_entries(const struct gcs_heap *heap)
{
	/* No more objects can be grey than fit into the heap. */
	size_t most = heap->space.reserved / CELL_MIN;

	return heap->options.mark_stack_max && heap->options.mark_stack_max < most
		       ? heap->options.mark_stack_max
		       : most;
}

static int reserve(struct gcs_heap *heap)
{
	if (!space_create(&heap->space, heap->options.heap_max))
		goto no_space;
	if (!types_create(&heap->types))
		goto no_types;
	if (!mark_stack_create(&heap->mark_stack, mark_stack_entries(heap)))
		goto no_stack;
	return 0;

no_stack:
	types_destroy(&heap->types);
no_types:
	space_destroy(&heap->space);
no_space:
	return fail(-ENOMEM, "no address space for a heap of heap_max=%llu bytes",
		    (unsigned long long)heap->options.heap_max);
}

static void init(struct gcs_heap *heap)
{
	pthread_mutex_init(&heap->world, NULL);
	pthread_mutex_init(&heap->lists_lock, NULL);
	pthread_mutex_init(&heap->stats_lock, NULL);
	roots_create(&heap->roots);
	memset(heap->sweepable, 0xff, sizeof(heap->sweepable));
	heap->recyclable = heap->young = NO_BLOCK;
	heap->stats.size_live_bytes = heap->stats.size_fragmented_bytes =
		heap->stats.size_nursery_bytes = GCSCOPE_STATS_UNKNOWN;
	heap->remembered_budget = heap->options.card_budget;
	heap->plan->begin(heap);
}

static void release(struct gcs_heap *heap)
{
	roots_destroy(&heap->roots);
	mark_stack_destroy(&heap->mark_stack);
	types_destroy(&heap->types);
	space_destroy(&heap->space);
	pthread_mutex_destroy(&heap->world);
	pthread_mutex_destroy(&heap->lists_lock);
	pthread_mutex_destroy(&heap->stats_lock);
	free(heap);
}

int gcs_heap_create_abi(struct gcs_heap **ret_heap, const struct gcs_options *options,
			uint32_t abi_version, size_t options_size)
{
	bool counts_stores = abi_version >> 31;
	struct gcs_heap *heap;
	int error;

	abi_version &= ~(1U << 31);
	if (abi_version != GCS_ABI_VERSION || options_size != sizeof(*options))
		return fail(-EINVAL,
			    "the program was built for version %u of gcscope's inline interface, "
			    "the library has version %u: build the program again",
			    abi_version, GCS_ABI_VERSION);
	heap = calloc(1, sizeof(*heap));
	if (!heap)
		return fail(-ENOMEM, "no memory for a heap");
	error = options_resolve(&heap->options, options, getenv("GCSCOPE_OPTIONS"));
	if (!error)
		error = reserve(heap);
	if (error) {
		free(heap);
		return error;
	}
	heap->counts_stores = counts_stores;
	heap->plan = plan_of(heap->options.plan);
	init(heap);
	error = registry_add(heap);
	if (error) {
		release(heap);
		return error;
	}
	*ret_heap = heap;
	return 0;
}

int gcs_heap_destroy(struct gcs_heap *heap)
{
	bool busy;

	world_lock(heap, __builtin_return_address(0));
	heap_check_fork(heap);
	busy = heap->mutators != NULL;
	world_unlock(heap);
	if (busy)
		return fail(-EBUSY, "heap %llu still has mutators attached",
			    (unsigned long long)heap->id);
	registry_remove(heap);
	release(heap);
	return 0;
}

void gcs_stats_read(struct gcs_heap *heap, struct gcscope_stats *ret_stats)
{
	pthread_mutex_lock(&heap->stats_lock);
	*ret_stats = heap->stats;
	pthread_mutex_unlock(&heap->stats_lock);
}
