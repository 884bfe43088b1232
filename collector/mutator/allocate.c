/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation beyond the inline path: new runs, large objects, arrays, running out. */
#include "heap/plan.h"
#include "mutator/collection.h"
#include "mutator/safepoint.h"
#include "probes/probes.h"

/* Collections that an allocation at the limit sets off at most. */
#define LIMIT_TURNS 8

/* One request for memory, until it is met or given up. */
struct request {
	struct mutator *mutator;
	unsigned run;	    /* or NO_RUN */
	size_t bytes;	    /* of its cell */
	const void *caller; /* in the program */
	uintptr_t cell;	    /* answer: a zeroed header, or 0 */
};

/*
 * Up to the run's hard end: a stop request or a sample lowers the soft limit to bring
 * the owner here, and is answered, not by refusing memory.
 */
static uintptr_t bump(struct mutator *mutator, unsigned index, size_t bytes, const void *caller)
{
	struct gcs_run *run = &mutator->abi.runs[index];
	uintptr_t cell = run->cursor, end = cell + bytes;

	if (end > mutator->runs[index].end)
		return 0;
	run->cursor = end;
	if (gcs_unlikely(end > mutator->runs[index].sample.at))
		sample_cell(mutator, index, bytes, caller);
	return cell;
}

static uintptr_t allocate_large(struct mutator *mutator, size_t bytes, const void *caller)
{
	struct gcs_heap *heap = mutator->heap;
	uint8_t fate = heap->plan->birth(heap);
	struct block *block = NULL;

	if (bytes < heap->options.heap_max) /* nor can the sum overflow */
		block = space_take_large(&heap->space, bytes + BLOCK_FIRST_CELL, fate);
	if (!block)
		return 0;
	if (fate)
		push_young(heap, block);
	mutator->allocated_bytes += block->bytes;
	__atomic_fetch_add(&heap->charged, block->bytes, __ATOMIC_RELAXED);
	sample_large(mutator, block->bytes, caller);
	return large_header(&heap->space, block);
}

/* Without collecting. */
static bool try(struct request *request)
{
	struct mutator *mutator = request->mutator;

	unsigned run = request->run;

	if (run == NO_RUN) {
		request->cell = allocate_large(mutator, request->bytes, request->caller);
		return request->cell;
	}
	while (!(request->cell = bump(mutator, run, request->bytes, request->caller))) {
		run = mutator->heap->plan->refill(mutator, request->run, request->bytes);
		if (run == NO_RUN)
			return false;
	}
	return true;
}

static bool budget_spent(const struct gcs_heap *heap)
{
	return __atomic_load_n(&heap->charged, __ATOMIC_RELAXED) >= heap->budget ||
	       __atomic_load_n(&heap->remembered, __ATOMIC_RELAXED) >= heap->remembered_budget;
}

/* Under option stress: is this the Nth allocation? */
static bool stressed(struct mutator *mutator)
{
	if (!mutator->heap->options.stress || --mutator->until_stress > 0)
		return false;
	mutator->until_stress = mutator->heap->options.stress;
	return true;
}

/*
 * No memory within heap_max: a last full collection, and another look. What that
 * frees other threads may take first. There was some then, so it is worth another
 * turn; not for ever, since what they need is perhaps less than what this one asks.
 */
static void try_at_limit(struct request *request)
{
	struct mutator *mutator = request->mutator;
	struct gcs_heap *heap = mutator->heap;
	uint64_t stall = __atomic_add_fetch(&heap->stall, 1, __ATOMIC_RELAXED);
	unsigned turn = 0;

	gcs_emit(stall_begin, heap->id, stall, mutator->id, request->bytes,
		 (uintptr_t)request->caller);
	do {
		collect(mutator, GCS_CAUSE_LIMIT, request->caller);
	} while (!try(request) && ++turn < LIMIT_TURNS &&
		 __atomic_load_n(&heap->charged, __ATOMIC_RELAXED));
	gcs_emit(stall_end, heap->id, stall);
	if (!request->cell)
		gcs_emit(out_of_memory, heap->id, mutator->id, request->bytes, heap->space.capacity,
			 heap->options.heap_max, (uintptr_t)request->caller);
}

/* Where there is a need to look at anything but the run. */
static uintptr_t allocate_anew(struct mutator *mutator, struct fit fit, const void *caller)
{
	struct request request = { mutator, fit.run, fit.cell, caller, 0 };
	struct gcs_heap *heap = mutator->heap;
	uint64_t seen = collection_now(heap);

	if (__atomic_load_n(&mutator->abi.poll, __ATOMIC_RELAXED)) {
		thread_park(ABOVE_THIS_FRAME, caller);
		thread_unpark();
	}
	if (stressed(mutator))
		collect(mutator, GCS_CAUSE_STRESS, caller);
	else if (budget_spent(heap))
		collect_unless_done(mutator, GCS_CAUSE_ALLOCATION, seen, caller);
	if (!try(&request))
		try_at_limit(&request);
	return request.cell;
}

/*
 * Zeroed memory for an object, or 0. An allocation that only a sample has brought here
 * sets nothing off that it would not have set off in the inline path.
 */
static uintptr_t allocate(struct mutator *mutator, struct fit fit, const void *caller)
{
	uintptr_t cell = 0;

	if (fit.run != NO_RUN && !__atomic_load_n(&mutator->abi.poll, __ATOMIC_RELAXED))
		cell = bump(mutator, fit.run, fit.cell, caller);
	if (!cell)
		cell = allocate_anew(mutator, fit, caller);
	if (cell)
		mutator->abi.objects++;
	return cell;
}

__attribute__((noinline)) void *gcs_alloc_slow(struct gcs_mutator *abi, const struct gcs_type *type)
{
	struct fit fit = { type->run, type->run ? type->cell : ((const struct type *)type)->bytes };
	uintptr_t cell = allocate(mutator_of(abi), fit, __builtin_return_address(0));

	if (!cell)
		return NULL;
	*(uint64_t *)cell = type->header;
	return (void *)(cell + HEADER_BYTES);
}

/*
 * A length that does not fit the header stands in the word before it, which only
 * large objects have free.
 */
static void write_header(uintptr_t cell, const struct gcs_type *type, size_t length)
{
	uint64_t *header = (uint64_t *)cell;

	if (length >= GCS_LENGTH_LONG) {
		header[-1] = length;
		length = GCS_LENGTH_LONG;
	}
	*header = type->header | (uint64_t)length << GCS_HEADER_LENGTH_SHIFT;
}

__attribute__((noinline)) void *gcs_alloc_array(struct gcs_mutator *abi,
						const struct gcs_type *type, size_t length)
{
	const struct type *full = (const struct type *)type;
	struct mutator *mutator = mutator_of(abi);
	struct fit fit = mutator->heap->plan->fit(type_bytes(full, length), full->align);
	uintptr_t cell = allocate(mutator, fit, __builtin_return_address(0));

	if (!cell)
		return NULL;
	write_header(cell, type, length);
	return (void *)(cell + HEADER_BYTES);
}
