/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/mutator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mutator/safepoint.h"
#include "platform/platform.h"
#include "probes/probes.h"

/* The calling thread's mutators, one a heap. */
static __thread struct mutator *mine;

/* Its destructor detaches a thread that ends. */
static pthread_key_t thread_end;
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;
static int thread_end_error;

struct mutator *mutators_of_thread(void)
{
	return mine;
}

struct mutator *mutator_current(const struct gcs_heap *heap)
{
	struct mutator *mutator = mine;

	while (mutator && mutator->heap != heap)
		mutator = mutator->next_of_thread;
	return mutator;
}

void mutator_retire_run(struct mutator *mutator, unsigned class)
{
	struct gcs_run *abi = &mutator->abi.runs[class];
	struct run *run = &mutator->runs[class];
	struct space *space = &mutator->heap->space;

	if (!run->block)
		return;
	mutator->allocated_bytes += abi->cursor - run->counted;
	if (run->block->state == BLOCK_REGION)
		run->block->top = (uint32_t)(abi->cursor - block_address(space, run->block));
	else
		bit_fill(space->starts, space_granule(space, abi->cursor),
			 space_granule(space, run->end), run->block->cell >> GRANULE_SHIFT, false);
	sample_leave(&mutator->sampling, &run->sample, abi->cursor);
	abi->cursor = 0;
	__atomic_store_n(&abi->limit, 0, __ATOMIC_RELAXED);
	*run = (struct run){ 0 };
}

void mutator_retire_runs(struct mutator *mutator)
{
	unsigned class;

	for (class = 0; class < GCS_RUNS; class ++)
		mutator_retire_run(mutator, class);
}

void mutators_retire_runs(struct gcs_heap *heap)
{
	struct mutator *mutator;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		mutator_retire_runs(mutator);
}

/* Cells that were allocated from runs and not yet counted. */
static void count_runs(struct mutator *mutator)
{
	unsigned class;

	for (class = 0; class < GCS_RUNS; class ++) {
		struct run *run = &mutator->runs[class];

		if (!run->block)
			continue;
		mutator->allocated_bytes += mutator->abi.runs[class].cursor - run->counted;
		run->counted = mutator->abi.runs[class].cursor;
	}
}

void mutator_fold(struct mutator *mutator)
{
	struct gcs_heap *heap = mutator->heap;

	count_runs(mutator);
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.allocation_bytes += mutator->allocated_bytes;
	heap->stats.allocation_objects += mutator->abi.objects;
	if (heap->counts_stores)
		heap->stats.barrier_stores += mutator->abi.stores;
	heap->stats.barrier_slow += mutator->slow_stores;
	heap->stats.cards_dirtied += mutator->cards_dirtied;
	heap->stats.cards_redirtied += mutator->cards_redirtied;
	pthread_mutex_unlock(&heap->stats_lock);
	heap->used += mutator->allocated_bytes;
	heap->slow_stores += mutator->slow_stores;
	mutator->allocated_bytes = 0;
	mutator->slow_stores = 0;
	mutator->cards_dirtied = 0;
	mutator->cards_redirtied = 0;
	mutator->abi.objects = 0;
	mutator->abi.stores = 0;
}

static void mutator_free(struct mutator *mutator)
{
	free(mutator->log);
	free(mutator);
}

static void unlink_of_thread(struct mutator *mutator)
{
	struct mutator **link = &mine;

	while (*link != mutator)
		link = &(*link)->next_of_thread;
	*link = mutator->next_of_thread;
}

static void unlink_of_heap(struct mutator *mutator)
{
	struct mutator **link = &mutator->heap->mutators;

	while (*link != mutator)
		link = &(*link)->next;
	*link = mutator->next;
}

static void detach(struct mutator *mutator)
{
	struct gcs_heap *heap = mutator->heap;

	/* Parked while it waits for world; what it counted is then added once and for all. */
	world_lock(heap, NULL);
	mutator_fold(mutator);
	mutator_retire_runs(mutator);
	remember_as_cards(heap, mutator->log);
	unlink_of_heap(mutator);
	unlink_of_thread(mutator);
	gcs_emit(mutator_detached, heap->id, mutator->id, mutator->tid);
	world_unlock(heap);
	mutator_free(mutator);
}

static void detach_all(void *unused)
{
	(void)unused;
	while (mine)
		detach(mine);
}

static void make_key(void)
{
	thread_end_error = pthread_key_create(&thread_end, detach_all);
}

/* Have this thread's mutators detached when it ends. */
static int watch_end(void)
{
	int error;

	pthread_once(&thread_end_once, make_key);
	error = thread_end_error ? thread_end_error : pthread_setspecific(thread_end, &mine);
	return error ? fail(-ENOMEM, "no thread-specific key to detach a thread that ends: %s",
			    strerror(error))
		     : 0;
}

static struct mutator *new_mutator(struct gcs_heap *heap, enum gcs_roots roots, uintptr_t stack_top)
{
	struct mutator *mutator = aligned_alloc(64, (sizeof(*mutator) + 63) / 64 * 64);
	struct slot_log *log = malloc(sizeof(*log));

	if (!mutator || !log) {
		free(mutator);
		free(log);
		return NULL;
	}
	log->count = 0;
	*mutator = (struct mutator){
		.abi.cards = (uint8_t *)((uintptr_t)heap->space.cards -
					 (heap->space.base >> GCS_CARD_BITS)),
		.heap = heap,
		.log = log,
		.tid = platform_tid(),
		.roots = roots,
		.stack_top = stack_top,
		.stack_low = stack_top, /* it has no references yet */
		.state = MUTATOR_PARKED,
		.until_stress = heap->options.stress,
	};
	sampling_start(&mutator->sampling, (uintptr_t)mutator ^ platform_now_ns());
	return mutator;
}

/* Enter the lists. The mutator is parked, and runs with the thread's others. */
static void link(struct mutator *mutator, const void *caller)
{
	struct gcs_heap *heap = mutator->heap;

	world_lock(heap, caller);
	mutator->id = ++heap->mutators_ever;
	mutator->next = heap->mutators;
	heap->mutators = mutator;
	mutator->next_of_thread = mine;
	mine = mutator;
	gcs_emit(mutator_attached, heap->id, mutator->id, mutator->tid);
	world_unlock(heap);
}

int gcs_mutator_attach(struct gcs_mutator **ret_mutator, struct gcs_heap *heap,
		       enum gcs_roots roots)
{
	struct mutator *mutator = mutator_current(heap);
	uintptr_t stack_top = 0;
	int error;

	if (mutator) {
		*ret_mutator = &mutator->abi;
		return 0;
	}
	error = roots == GCS_ROOTS_PRECISE ? 0 : platform_stack_top(&stack_top);
	if (error)
		return fail(error, "where this thread's stack lies cannot be told: %s",
			    strerror(-error));
	error = watch_end();
	if (error)
		return error;
	mutator = new_mutator(heap, roots, stack_top);
	if (!mutator)
		return fail(-ENOMEM, "no memory for a mutator");
	link(mutator, __builtin_return_address(0));
	*ret_mutator = &mutator->abi;
	return 0;
}

int gcs_mutator_detach(struct gcs_mutator *abi)
{
	struct mutator *mutator = mutator_of(abi);

	if (abi->frames)
		return fail(-EBUSY,
			    "mutator %llu still has frames pushed: pop them before it detaches",
			    (unsigned long long)mutator->id);
	detach(mutator);
	return 0;
}

void mutators_after_fork(struct gcs_heap *heap)
{
	struct mutator *mutator, *next, *self = mutator_current(heap);

	/*
	 * The others may have been copied at any point of their work, so their runs are
	 * not looked at: what is unused there has no header, and is free after the next
	 * mark. What their logs remember is remembered still.
	 */
	for (mutator = heap->mutators; mutator; mutator = next) {
		next = mutator->next;
		if (mutator == self)
			continue;
		remember_as_cards(heap, mutator->log);
		mutator_free(mutator);
	}
	heap->mutators = self;
	if (!self)
		return;
	self->next = NULL;
	self->tid = platform_tid();
	mutator_fold(self);
}
