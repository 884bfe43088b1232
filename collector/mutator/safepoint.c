/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/safepoint.h"

#include <stdlib.h>

#include "platform/platform.h"
#include "probes/probes.h"

/* Long enough for a mutator on another CPU to come to its next allocation. */
#define SPINS 2000

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

void run_publish_limit(struct mutator *mutator, unsigned class)
{
	struct gcs_run *abi = &mutator->abi.runs[class];
	struct run *run = &mutator->runs[class];
	uintptr_t *soft = &abi->limit;

	sample_aim(&mutator->sampling, &run->sample, abi->cursor);
	__atomic_store_n(soft, run_limit(run), __ATOMIC_SEQ_CST);
	if (load(&mutator->heap->stop))
		__atomic_store_n(soft, 0, __ATOMIC_RELAXED);
}

/* Parking */

/* Below everything in its caller's frame. */
__attribute__((noinline)) static uintptr_t stack_here(void)
{
	return (uintptr_t)__builtin_frame_address(0);
}

__attribute__((no_sanitize("address", "thread"))) static void spill(struct mutator *mutator,
								    uintptr_t low, uintptr_t high)
{
	const uintptr_t *word = (const uintptr_t *)low;

	if (high - low > sizeof(mutator->spill))
		abort(); /* two or three frames of this library's own, of a small size */
	while ((uintptr_t)word < high)
		mutator->spill[mutator->spilled++] = *word++;
}

/*
 * A stop waits for this mutator: say when it came, and where from. It has been
 * running since before the stop was requested, so the stop cannot end meanwhile.
 */
static void note_stop(struct mutator *mutator, const void *caller)
{
	struct gcs_heap *heap = mutator->heap;

	if (heap->quiet)
		return;
	mutator->parked_ns = platform_now_ns();
	mutator->waited_for = heap->pause;
	gcs_emit(mutator_stopped, heap->id, heap->pause, mutator->id,
		 mutator->parked_ns - heap->stop_requested_ns, (uintptr_t)caller);
}

static void become_parked(struct mutator *mutator)
{
	store(&mutator->state, MUTATOR_PARKED);
	if (load(&mutator->awaited))
		platform_wake(&mutator->state);
}

static void park(struct mutator *mutator, uintptr_t low, uintptr_t leaving, const void *caller)
{
	mutator->spilled = 0;
	spill(mutator, low, leaving);
	mutator->stack_low = leaving;
	if (load(&mutator->heap->stop))
		note_stop(mutator, caller);
	become_parked(mutator);
}

/*
 * The callee-saved registers may hold references of the program. The prologue
 * saves all of them, which is what __builtin_unwind_init asks for, so they lie
 * in this function's frame, or in those between it and `leaving` that saved them
 * before; a frame that is still in use, hence no tail call.
 */
#define NO_TAIL_CALL __asm__ volatile("" ::: "memory")

__attribute__((noinline)) static void park_one(struct mutator *mutator, uintptr_t leaving,
					       const void *caller)
{
	__builtin_unwind_init();
	park(mutator, stack_here(), leaving, caller);
	NO_TAIL_CALL;
}

__attribute__((noinline)) void thread_park(uintptr_t leaving, const void *caller)
{
	struct mutator *mutator;

	__builtin_unwind_init();
	for (mutator = mutators_of_thread(); mutator; mutator = mutator->next_of_thread)
		if (!mutator->blocking)
			park(mutator, stack_here(), leaving, caller);
	NO_TAIL_CALL;
}

/* The owner's: undo what a stop request has lowered. The poll word last, as a full barrier. */
static void restore_limits(struct mutator *mutator)
{
	unsigned class;

	if (!load(&mutator->abi.poll))
		return;
	for (class = 0; class < GCS_RUNS; class ++)
		__atomic_store_n(&mutator->abi.runs[class].limit, run_limit(&mutator->runs[class]),
				 __ATOMIC_RELAXED);
	store(&mutator->abi.poll, 0);
}

/*
 * Let a mutator run; false: a stop of its heap is under way. Between the two last
 * looks at heap->stop the runs and limits are the owner's only: a stop requested
 * before the first finds it parked, and one requested while limits are being
 * restored, whose lowering may be overwritten, is seen by the second.
 */
static bool run(struct mutator *mutator)
{
	const uint32_t *stop = &mutator->heap->stop;

	if (load(stop))
		return false;
	store(&mutator->state, MUTATOR_RUNNING);
	if (!load(stop)) {
		restore_limits(mutator);
		if (!load(stop))
			return true;
	}
	/* It has run nothing of the program: a stop that saw it RUNNING need not know. */
	become_parked(mutator);
	return false;
}

void thread_unpark(void)
{
	struct mutator *first = mutators_of_thread(), *mutator = first, *other;

	while (mutator) {
		if (mutator->blocking || run(mutator)) {
			mutator = mutator->next_of_thread;
			continue;
		}
		/* Wait for this one's heap with all others parked again. */
		for (other = first; other != mutator; other = other->next_of_thread)
			if (!other->blocking)
				become_parked(other);
		while (load(&mutator->heap->stop))
			platform_wait(&mutator->heap->stop, STOP_REQUESTED, 0);
		mutator = first;
	}
}

__attribute__((noinline)) void gcs_safepoint_slow(struct gcs_mutator *abi)
{
	(void)abi; /* a thread stops as a whole */
	thread_park(ABOVE_THIS_FRAME, __builtin_return_address(0));
	thread_unpark();
}

__attribute__((noinline)) void gcs_blocking_begin(struct gcs_mutator *abi)
{
	struct mutator *mutator = mutator_of(abi);

	park_one(mutator, ABOVE_THIS_FRAME, __builtin_return_address(0));
	mutator->blocking = true;
}

__attribute__((noinline)) void gcs_blocking_end(struct gcs_mutator *abi)
{
	/* The thread's other mutators, while this one waits for a pause of its heap. */
	thread_park(ABOVE_THIS_FRAME, __builtin_return_address(0));
	mutator_of(abi)->blocking = false;
	thread_unpark();
}

/* Stopping */

__attribute__((noinline)) void world_lock(struct gcs_heap *heap, const void *caller)
{
	thread_park(ABOVE_THIS_FRAME, caller);
	pthread_mutex_lock(&heap->world);
}

void world_unlock(struct gcs_heap *heap)
{
	pthread_mutex_unlock(&heap->world);
	thread_unpark();
}

bool world_lock_until(struct gcs_heap *heap, uint64_t deadline_ns)
{
	while (pthread_mutex_trylock(&heap->world) != 0) {
		if (platform_now_ns() >= deadline_ns)
			return false;
		/* Who holds it for long is stopping mutators. */
		platform_wait(&heap->stop, STOP_REQUESTED, deadline_ns);
	}
	return true;
}

static uint64_t count_running(const struct gcs_heap *heap)
{
	const struct mutator *mutator;
	uint64_t running = 0;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		running += load(&mutator->state) == MUTATOR_RUNNING;
	return running;
}

/* Bring a mutator into the library at its next poll or allocation. */
static void ask(struct mutator *mutator)
{
	unsigned class;

	__atomic_store_n(&mutator->abi.poll, 1, __ATOMIC_RELAXED);
	for (class = 0; class < GCS_RUNS; class ++)
		__atomic_store_n(&mutator->abi.runs[class].limit, 0, __ATOMIC_RELAXED);
}

static bool await(struct mutator *mutator, uint64_t deadline_ns)
{
	unsigned spins;

	for (spins = 0; spins < SPINS; spins++) {
		if (load(&mutator->state) == MUTATOR_PARKED)
			return true;
		platform_pause();
	}
	store(&mutator->awaited, 1);
	while (load(&mutator->state) == MUTATOR_RUNNING) {
		if (deadline_ns && platform_now_ns() >= deadline_ns)
			break;
		platform_wait(&mutator->state, MUTATOR_RUNNING, deadline_ns);
	}
	store(&mutator->awaited, 0);
	return load(&mutator->state) == MUTATOR_PARKED;
}

/* The mutator that came to this stop last; 0: nobody had to be waited for. */
static uint64_t latest(const struct gcs_heap *heap)
{
	const struct mutator *mutator;
	uint64_t id = 0, at = 0;

	for (mutator = heap->mutators; mutator; mutator = mutator->next) {
		if (load(&mutator->state) == MUTATOR_PARKED && mutator->waited_for == heap->pause &&
		    mutator->parked_ns >= at) {
			at = mutator->parked_ns;
			id = mutator->id;
		}
	}
	return id;
}

static bool stop_all(struct gcs_heap *heap, uint64_t deadline_ns)
{
	struct mutator *mutator;
	bool all = true;

	store(&heap->stop, STOP_REQUESTED);
	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		if (load(&mutator->state) == MUTATOR_RUNNING)
			ask(mutator);
	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		all &= await(mutator, deadline_ns);
	return all;
}

static void release_all(struct gcs_heap *heap)
{
	store(&heap->stop, STOP_NONE);
	platform_wake(&heap->stop);
}

void world_stop(struct gcs_heap *heap, uint64_t collection, enum gcs_kind kind,
		enum gcs_cause cause)
{
	heap->pause++;
	heap->stop_requested_ns = platform_now_ns();
	gcs_emit(pause_requested, heap->id, heap->pause, collection, kind, cause,
		 count_running(heap));
	stop_all(heap, 0);
	gcs_emit(pause_stopped, heap->id, heap->pause, latest(heap));
}

void world_resume(struct gcs_heap *heap)
{
	uint64_t duration = platform_now_ns() - heap->stop_requested_ns;

	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.pauses++;
	heap->stats.pause_ns += duration;
	if (duration > heap->stats.pause_max_ns)
		heap->stats.pause_max_ns = duration;
	pthread_mutex_unlock(&heap->stats_lock);
	gcs_emit(pause_ended, heap->id, heap->pause);
	release_all(heap);
}

bool world_stop_quietly(struct gcs_heap *heap, uint64_t deadline_ns)
{
	heap->quiet = true;
	return stop_all(heap, deadline_ns);
}

void world_resume_quietly(struct gcs_heap *heap)
{
	release_all(heap);
	heap->quiet = false;
}
