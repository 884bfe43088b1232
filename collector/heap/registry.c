/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/registry.h"

#include <errno.h>

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
static int install_error;

/*
 * Fork: take each heap's locks, so that the child finds each heap between two
 * operations. Worlds first, as heap/heap.h says.
 */

static void before_fork(void)
{
	struct gcs_heap *heap;

	thread_park(ABOVE_THIS_FRAME, NULL);
	pthread_mutex_lock(&lock);
	for (heap = heaps; heap; heap = heap->next)
		pthread_mutex_lock(&heap->world);
	for (heap = heaps; heap; heap = heap->next) {
		pthread_mutex_lock(&heap->types.lock);
		pthread_mutex_lock(&heap->lists_lock);
		pthread_mutex_lock(&heap->roots.lock);
		pthread_mutex_lock(&heap->space.lock);
		pthread_mutex_lock(&heap->stats_lock);
	}
}

/* In both, parent and child. */
static void after_fork(void)
{
	struct gcs_heap *heap;

	for (heap = heaps; heap; heap = heap->next) {
		pthread_mutex_unlock(&heap->stats_lock);
		pthread_mutex_unlock(&heap->space.lock);
		pthread_mutex_unlock(&heap->roots.lock);
		pthread_mutex_unlock(&heap->lists_lock);
		pthread_mutex_unlock(&heap->types.lock);
	}
	for (heap = heaps; heap; heap = heap->next)
		heap_check_fork(heap);
	/*
	 * While the worlds are still held, so that it waits for nothing and nobody scans this
	 * stack: frames of the C library that were there in before_fork are gone.
	 */
	thread_unpark();
	for (heap = heaps; heap; heap = heap->next)
		pthread_mutex_unlock(&heap->world);
	pthread_mutex_unlock(&lock);
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
		.size_fragmented_bytes = stats->size_fragmented_bytes,
		.size_nursery_bytes = stats->size_nursery_bytes,
		.size_limit_bytes = heap->options.heap_max,
	};
	heap->slow_stores = 0;
}

/* Tell of a heap that is new to its process. */
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

static void tell_end(struct gcs_heap *heap, enum gcs_end end)
{
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.end = end;
	gcs_emit(heap_destroyed, heap->id, end, (uintptr_t)&heap->stats);
	stats_file_add(&heap->stats);
	pthread_mutex_unlock(&heap->stats_lock);
}

/* True: all mutators stood. Else some run, or another thread waits for them with world held. */
static bool snapshot(struct gcs_heap *heap)
{
	uint64_t deadline = platform_now_ns() + heap->options.exit_wait * 1000000U;
	bool stopped;

	if (!world_lock_until(heap, deadline)) {
		tell_end(heap, GCS_END_EXIT_TIMEOUT);
		return false;
	}
	heap_check_fork(heap);
	stopped = world_stop_quietly(heap, deadline);
	stats_fold(heap);
	tell_end(heap, stopped ? GCS_END_EXIT : GCS_END_EXIT_TIMEOUT);
	world_resume_quietly(heap);
	pthread_mutex_unlock(&heap->world);
	return stopped;
}

/* Runs behind all atexit handlers, which may still use their heaps. */
__attribute__((destructor)) static void at_exit(void)
{
	struct gcs_heap *heap;
	bool stopped = true;

	thread_park(ABOVE_THIS_FRAME, NULL);
	pthread_mutex_lock(&lock);
	for (heap = heaps; heap; heap = heap->next)
		stopped &= snapshot(heap);
	stats_file_write();
	pthread_mutex_unlock(&lock);
	if (stopped) /* else it might wait for ever: another thread's stop may never end */
		thread_unpark();
}

static void install(void)
{
	install_error = pthread_atfork(before_fork, after_fork, after_fork);
}

int registry_add(struct gcs_heap *heap)
{
	pthread_once(&once, install);
	if (install_error)
		return fail(-ENOMEM, "no memory for a handler of fork");
	thread_park(ABOVE_THIS_FRAME, NULL);
	pthread_mutex_lock(&lock);
	heap->id = ++heaps_ever;
	heap->pid = platform_pid();
	heap->next = heaps;
	heaps = heap;
	announce(heap);
	pthread_mutex_unlock(&lock);
	thread_unpark();
	return 0;
}

void registry_remove(struct gcs_heap *heap)
{
	struct gcs_heap **link = &heaps;

	thread_park(ABOVE_THIS_FRAME, NULL);
	pthread_mutex_lock(&lock);
	while (*link != heap)
		link = &(*link)->next;
	*link = heap->next;
	stats_fold(heap);
	tell_end(heap, GCS_END_DESTROYED);
	pthread_mutex_unlock(&lock);
	thread_unpark();
}
