/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan marksweep: mark from the roots, then sweep each block when a mutator
 * needs memory from it. Nothing moves. McCarthy's algorithm (1960), with marks
 * aside and lazy sweeping (R. J. M. Hughes, 1982).
 */
#include <string.h>

#include "heap/plan.h"
#include "heap/sweep.h"
#include "mutator/collection.h"
#include "mutator/safepoint.h"
#include "plans/phases.h"
#include "plans/plans.h"
#include "tracing/mark.h"
#include "tracing/scan_roots.h"

/* Handing out memory. */

static struct block *pop_sweepable(struct gcs_heap *heap, unsigned class)
{
	struct block *block = NULL;

	pthread_mutex_lock(&heap->lists_lock);
	if (heap->sweepable[class] != NO_BLOCK) {
		block = &heap->space.blocks[heap->sweepable[class]];
		heap->sweepable[class] = block->next;
	}
	pthread_mutex_unlock(&heap->lists_lock);
	if (block) {
		sweep_show_marked(&heap->space, block);
		block->unswept = 0;
	}
	return block;
}

/* A block for the mutator to allocate from: one with free cells, or an empty one. */
static struct block *next_block(struct gcs_heap *heap, unsigned class)
{
	struct block *block = pop_sweepable(heap, class);

	return block ? block : space_take_small(&heap->space, class);
}

static bool take_run(struct mutator *mutator, unsigned class, struct block *block,
		     uintptr_t position)
{
	struct gcs_heap *heap = mutator->heap;
	/* Under stress a run is one cell, so that each allocation comes to the library. */
	size_t most = heap->options.stress ? block->cell : RUN_BYTES;
	uintptr_t start, end;

	if (!sweep_next_run(&heap->space, block, &position, most, &start, &end))
		return false;
	__atomic_fetch_add(&heap->charged, end - start, __ATOMIC_RELAXED);
	mutator->runs[class] =
		(struct run){ .block = block, .end = end, .counted = start, .unswept = position };
	mutator->abi.runs[class].cursor = start;
	run_publish_limit(mutator, class);
	return true;
}

static struct fit fit(size_t bytes, size_t align)
{
	unsigned class = align == 16 ? class_of_aligned(bytes) : class_of(bytes);

	return (struct fit){ class, class == CLASS_LARGE ? bytes : class_bytes(class) };
}

static unsigned refill(struct mutator *mutator, unsigned class, size_t bytes)
{
	struct run run = mutator->runs[class];

	(void)bytes; /* the class tells */
	mutator_retire_run(mutator, class);
	if (run.block && take_run(mutator, class, run.block, run.unswept))
		return class;
	for (;;) {
		run.block = next_block(mutator->heap, class);
		if (!run.block)
			return NO_RUN;
		if (take_run(mutator, class, run.block,
			     block_address(&mutator->heap->space, run.block) + BLOCK_FIRST_CELL))
			return class;
	}
}

/* Collecting, phase by phase. Each returns its work. */

static uint64_t prepare(struct gcs_heap *heap)
{
	struct space *space = &heap->space;
	uint64_t blocks = 0;
	size_t i;

	heap_make_walkable(heap);
	for (i = 0; i < space->frontier; i++) {
		struct block *block = &space->blocks[i];

		if (block->state != BLOCK_SMALL && block->state != BLOCK_LARGE)
			continue;
		memset(&space->marks[i * BLOCK_WORDS], 0, BLOCK_WORDS * 8);
		blocks++;
	}
	return blocks;
}

static void mark_ambiguous(void *object, void *tracer)
{
	mark_object(tracer, object);
}

static void mark_precise(void **slot, void *tracer)
{
	mark_object(tracer, *slot);
}

static uint64_t mark_roots(struct gcs_heap *heap, struct gcs_tracer *tracer)
{
	const struct root_visitor visitor = { mark_ambiguous, mark_precise, tracer, false };

	return scan_roots(heap, &visitor);
}

static size_t count_marks(const struct space *space, const struct block *block)
{
	const uint64_t *words = &space->marks[block_index(space, block) * BLOCK_WORDS];
	size_t marks = 0, i;

	for (i = 0; i < BLOCK_WORDS; i++)
		marks += (size_t)__builtin_popcountll(words[i]);
	return marks;
}

/* Overwrite what is dead, so that a reference to it is noticed soon. */
static void poison(const struct space *space, struct block *block)
{
	uintptr_t cell = block_address(space, block) + BLOCK_FIRST_CELL;
	size_t i, count = block_cells(block);

	for (i = 0; i < count; i++, cell += block->cell)
		if (!bit_test(space->marks, space_granule(space, cell)))
			memset((void *)cell, 0xdb, block->cell);
}

/* Free an empty block, list one with free cells; returns the live bytes in it. */
static uint64_t sort_small(struct gcs_heap *heap, struct block *block)
{
	struct space *space = &heap->space;
	size_t live = count_marks(space, block);

	block->dirty = 1;
	if (heap->options.poison)
		poison(space, block);
	if (live == 0) {
		space_free(space, block);
		return 0;
	}
	block->unswept = live < block_cells(block);
	if (block->unswept) {
		block->next = heap->sweepable[block->class];
		heap->sweepable[block->class] = (uint32_t)block_index(space, block);
	}
	return live * block->cell;
}

static uint64_t sort_large(struct gcs_heap *heap, struct block *block)
{
	struct space *space = &heap->space;
	uint64_t bytes = block->bytes;

	if (!bit_test(space->marks, space_granule(space, large_header(space, block)))) {
		space_free(space, block);
		return 0;
	}
	return bytes;
}

/* Sort all blocks, from the top down so that lists are in the order of addresses. */
static uint64_t sweep(struct gcs_heap *heap, uint64_t *ret_live)
{
	uint64_t blocks = 0;
	size_t i;

	memset(heap->sweepable, 0xff, sizeof(heap->sweepable));
	*ret_live = 0;
	for (i = heap->space.frontier; i-- > 0;) {
		struct block *block = &heap->space.blocks[i];

		if (block->state == BLOCK_SMALL)
			*ret_live += sort_small(heap, block);
		else if (block->state == BLOCK_LARGE)
			*ret_live += sort_large(heap, block);
		else
			continue;
		blocks++;
	}
	return blocks;
}

/*
 * What survived stays, and the empty blocks that the next budget will want:
 * memory that is given back and faulted in again at once costs twice.
 */
static void resize(struct gcs_heap *heap, uint64_t live)
{
	heap->budget = budget_after(&heap->options, live);
	pthread_mutex_lock(&heap->space.lock);
	space_trim(&heap->space, heap->budget);
	pthread_mutex_unlock(&heap->space.lock);
}

static uint64_t mark_all(struct gcs_tracer *tracer)
{
	mark_drain(tracer);
	return tracer->marked;
}

static uint64_t collect_marksweep(struct gcs_heap *heap, enum gcs_kind kind)
{
	struct gcs_tracer tracer;
	uint64_t live;

	(void)kind; /* there is one */
	marker_create(&tracer, heap);
	PHASE(heap, GCS_PHASE_PREPARE, prepare(heap));
	PHASE(heap, GCS_PHASE_ROOTS, mark_roots(heap, &tracer));
	PHASE(heap, GCS_PHASE_MARK, mark_all(&tracer));
	PHASE(heap, GCS_PHASE_SWEEP, sweep(heap, &live));
	resize(heap, live);
	return live;
}

static void begin(struct gcs_heap *heap)
{
	heap->budget = budget_after(&heap->options, 0);
}

static enum gcs_kind kind(struct gcs_heap *heap, enum gcs_cause cause)
{
	(void)heap, (void)cause;
	return GCS_KIND_MAJOR;
}

static uint8_t birth(const struct gcs_heap *heap)
{
	(void)heap;
	return 0;
}

const struct plan plan_marksweep = {
	.code = GCS_PLAN_MARKSWEEP,
	.begin = begin,
	.fit = fit,
	.refill = refill,
	.birth = birth,
	.kind = kind,
	.collect = collect_marksweep,
};
