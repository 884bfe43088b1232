/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/registry.h"

#include <stdlib.h>

#include "heap/plan.h"
#include "mutator/collection.h"
#include "mutator/safepoint.h"
#include "platform/platform.h"
#include "probes/probes.h"
#include "probes/stats_file.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gcs_heap *heaps;
static uint64_t heaps_ever;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Fork: take each heap's locks, so that the child finds each heap between two operations. */

static void before_fork(void)
{
	struct gcs_heap *heap;

	pthread_mutex_lock(&lock);
	for (heap = heaps; heap; heap = heap->next) {
		world_lock(heap, mutator_current(heap), NULL);
		pthread_mutex_lock(&heap->types.lock);
		pthread_mutex_lock(&heap->classes_lock);
		pthread_mutex_lock(&heap->roots.lock);
		pthread_mutex_lock(&heap->space.lock);
		pthread_mutex_lock(&heap->stats_lock);
	}
}

static void unlock_all(void (*first)(struct gcs_heap *heap))
{
	struct gcs_heap *heap;

	for (heap = heaps; heap; heap = heap->next) {
		pthread_mutex_unlock(&heap->stats_lock);
		pthread_mutex_unlock(&heap->space.lock);
		pthread_mutex_unlock(&heap->roots.lock);
		pthread_mutex_unlock(&heap->classes_lock);
		pthread_mutex_unlock(&heap->types.lock);
		first(heap);
		world_unlock(heap, mutator_current(heap));
	}
	pthread_mutex_unlock(&lock);
}

static void nothing(struct gcs_heap *heap)
{
	(void)heap;
}

static void after_fork_in_parent(void)
{
	unlock_all(nothing);
}

static void after_fork_in_child(void)
{
	unlock_all(heap_check_fork);
}

/* The counters of a heap at its start; what it holds already stays. */
static void reset_stats(struct gcs_heap *heap)
{
	struct gcscope_stats *stats = &heap->stats;

	*stats = (struct gcscope_stats){
		.magic = GCSCOPE_STATS_MAGIC,
		.version = GCSCOPE_STATS_VERSION,
		.size = sizeof(*stats),
		.pid = heap->pid,
		.plan = heap->plan->code,
		.heap = heap->id,
		.size_capacity_bytes = stats->size_capacity_bytes,
		.size_live_bytes = stats->size_live_bytes,
		.size_peak_capacity_bytes = stats->size_peak_capacity_bytes,
		.size_limit_bytes = heap->options.heap_max,
	};
}

static void announce(struct gcs_heap *heap)
{
	reset_stats(heap);
	gcs_emit(heap_created, heap->id, heap->plan->code, heap->options.heap_max,
		 (uintptr_t)&heap->stats);
}

void heap_check_fork(struct gcs_heap *heap)
{
	uint32_t pid = platform_pid();

	if (pid == heap->pid)
		return;
	heap->pid = pid;
	mutators_after_fork(heap);
	announce(heap);
}

/* Exit: one snapshot of each heap, told and written. */

static void snapshot(struct gcs_heap *heap)
{
	uint64_t deadline = platform_now_ns() + heap->options.exit_wait * 1000000U;
	struct mutator *self = mutator_current(heap);
	bool stopped;

	world_lock(heap, self, NULL);
	heap_check_fork(heap);
	stopped = world_stop_quietly(heap, deadline);
	stats_fold(heap);
	heap->stats.end = stopped ? GCS_END_EXIT : GCS_END_EXIT_TIMEOUT;
	gcs_emit(heap_destroyed, heap->id, heap->stats.end, (uintptr_t)&heap->stats);
	stats_file_add(&heap->stats);
	world_resume_quietly(heap);
	world_unlock(heap, self);
}

/* Runs behind all atexit handlers, which may still use their heaps. */
__attribute__((destructor)) static void at_exit(void)
{
	struct gcs_heap *heap;

	pthread_mutex_lock(&lock);
	for (heap = heaps; heap; heap = heap->next)
		snapshot(heap);
	pthread_mutex_unlock(&lock);
	stats_file_write();
}

static void install(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void registry_add(struct gcs_heap *heap)
{
	pthread_once(&once, install);
	pthread_mutex_lock(&lock);
	heap->id = ++heaps_ever;
	heap->pid = platform_pid();
	heap->next = heaps;
	heaps = heap;
	announce(heap);
	pthread_mutex_unlock(&lock);
}

void registry_remove(struct gcs_heap *heap)
{
	struct gcs_heap **link = &heaps;

	pthread_mutex_lock(&lock);
	while (*link != heap)
		link = &(*link)->next;
	*link = heap->next;
	stats_fold(heap);
	heap->stats.end = GCS_END_DESTROYED;
	gcs_emit(heap_destroyed, heap->id, heap->stats.end, (uintptr_t)&heap->stats);
	stats_file_add(&heap->stats);
	pthread_mutex_unlock(&lock);
}
