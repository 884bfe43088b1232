/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/collection.h"

#include <stdio.h>
#include <stdlib.h>

#include "heap/plan.h"
#include "heap/registry.h"
#include "heap/sweep.h"
#include "mutator/safepoint.h"
#include "probes/probes.h"
#include "tracing/verify.h"

uint64_t collection_now(const struct gcs_heap *heap)
{
	return __atomic_load_n(&heap->collection, __ATOMIC_RELAXED);
}

static void fold_gauges(struct gcs_heap *heap)
{
	pthread_mutex_lock(&heap->space.lock);
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.size_capacity_bytes = heap->space.capacity;
	heap->stats.size_peak_capacity_bytes = heap->space.capacity_peak;
	pthread_mutex_unlock(&heap->stats_lock);
	pthread_mutex_unlock(&heap->space.lock);
}

void stats_fold(struct gcs_heap *heap)
{
	struct mutator *mutator;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		if (__atomic_load_n(&mutator->state, __ATOMIC_SEQ_CST) == MUTATOR_PARKED)
			mutator_fold(mutator);
	fold_gauges(heap);
}

void heap_make_walkable(struct gcs_heap *heap)
{
	struct space *space = &heap->space;
	size_t i;

	mutators_retire_runs(heap);
	for (i = 0; i < space->frontier; i++) {
		struct block *block = &space->blocks[i];

		if (block->state == BLOCK_SMALL && block->unswept)
			sweep_show_marked(space, block);
		else if (block->state == BLOCK_REGION && block->unswept)
			region_sweep(space, block);
	}
}

/* A heap that is broken must not run on: it would lose objects, and the reason. */
static void verify_or_die(struct gcs_heap *heap, const char *when)
{
	if (!heap->options.verify || !verify_heap(heap))
		return;
	fprintf(stderr, "libgcscope: heap %llu is broken %s collection %llu: %s\n",
		(unsigned long long)heap->id, when, (unsigned long long)heap->collection,
		gcs_error_message());
	abort();
}

/* The world stands. */
static void collect_stopped(struct gcs_heap *heap, enum gcs_kind kind, enum gcs_cause cause)
{
	stats_fold(heap);
	verify_or_die(heap, "before");
	gcs_emit(collection_begin, heap->id, heap->collection, kind, cause, heap->used,
		 (uintptr_t)&heap->stats);
	heap->used = heap->plan->collect(heap, kind);
	__atomic_store_n(&heap->charged, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&heap->remembered, 0, __ATOMIC_RELAXED);
	verify_or_die(heap, "after");
	pthread_mutex_lock(&heap->stats_lock);
	if (kind == GCS_KIND_MAJOR)
		heap->stats.size_live_bytes = heap->used;
	heap->stats.collections[kind][cause]++;
	pthread_mutex_unlock(&heap->stats_lock);
	fold_gauges(heap);
	gcs_emit(collection_end, heap->id, heap->collection, kind, cause, heap->used,
		 (uintptr_t)&heap->stats);
}

/* world is held. */
static void collect_locked(struct gcs_heap *heap, enum gcs_cause cause)
{
	enum gcs_kind kind;

	heap_check_fork(heap);
	kind = heap->plan->kind(heap, cause);
	__atomic_store_n(&heap->collection, heap->collection + 1, __ATOMIC_RELAXED);
	world_stop(heap, heap->collection, kind, cause);
	collect_stopped(heap, kind, cause);
	world_resume(heap);
}

void collect(struct mutator *mutator, enum gcs_cause cause, const void *caller)
{
	struct gcs_heap *heap = mutator->heap;

	world_lock(heap, caller);
	collect_locked(heap, cause);
	world_unlock(heap);
}

void collect_unless_done(struct mutator *mutator, enum gcs_cause cause, uint64_t seen,
			 const void *caller)
{
	struct gcs_heap *heap = mutator->heap;

	world_lock(heap, caller);
	if (collection_now(heap) == seen)
		collect_locked(heap, cause);
	world_unlock(heap);
}

__attribute__((noinline)) void gcs_collect(struct gcs_mutator *abi)
{
	collect(mutator_of(abi), GCS_CAUSE_EXPLICIT, __builtin_return_address(0));
}
