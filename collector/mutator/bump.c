/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/bump.h"

#include <string.h>

#include "heap/region.h"
#include "mutator/mutator.h"
#include "mutator/safepoint.h"

#define PIECE_BYTES ((size_t)16384)

/* Runs of a mutator. Without generations, cells longer than MEDIUM_BYTES have runs of their own. */
enum { RUN_SMALL = 1, RUN_ALIGNED, RUN_MEDIUM, RUN_MEDIUM_ALIGNED };

struct fit bump_fit(size_t bytes, size_t align)
{
	size_t cell = region_cell(bytes, align);

	if (bytes > CELL_MAX)
		return (struct fit){ NO_RUN, bytes };
	return (struct fit){ align == 16 ? RUN_ALIGNED : RUN_SMALL, cell };
}

/*
 * How much to zero at once: so that it stays in the nearest cache until it is used, and that
 * the budget is spent to the byte where one thread allocates alone.
 */
static uint64_t next_piece(const struct gcs_heap *heap)
{
	uint64_t charged = __atomic_load_n(&heap->charged, __ATOMIC_RELAXED);

	if (heap->options.stress) /* each allocation comes to the library */
		return 0;
	return charged < heap->budget && heap->budget - charged < PIECE_BYTES
		       ? heap->budget - charged
		       : PIECE_BYTES;
}

/* Have `bytes` more in a run, zeroed, if its hole has them. */
static bool extend(struct mutator *mutator, unsigned index, size_t bytes)
{
	struct gcs_heap *heap = mutator->heap;
	struct run *run = &mutator->runs[index];
	uintptr_t need = mutator->abi.runs[index].cursor + bytes, end;

	if (!run->block || need > run->room)
		return false;
	end = run->end + (next_piece(heap) & ~(uint64_t)(GCS_GRANULE - 1));
	end = end < need ? need : end > run->room ? run->room : end;
	if (run->block->dirty)
		memset((void *)run->end, 0, end - run->end);
	/* A child forked between the two finds a header of zero, never a stale one. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	run->block->top = (uint32_t)(end - block_address(&heap->space, run->block));
	__atomic_fetch_add(&heap->charged, end - run->end, __ATOMIC_RELAXED);
	run->end = end;
	run_publish_limit(mutator, index);
	return true;
}

static void start_run(struct mutator *mutator, unsigned index, const struct hole *hole)
{
	bool aligned = index == RUN_ALIGNED || index == RUN_MEDIUM_ALIGNED;
	uintptr_t start = align_header(hole->cursor, aligned ? 16 : GCS_GRANULE);
	struct block *block = hole->block;

	region_open(&mutator->heap->space, &mutator->heap->types, block, start);
	mutator->runs[index] =
		(struct run){ .block = block, .end = start, .room = hole->end, .counted = start };
	mutator->abi.runs[index].cursor = start;
}

/*
 * The next hole for a run without generations: holes for small cells, else empty blocks; and
 * when there are no more, any hole with room, and a granule to spare for alignment.
 */
static bool next_hole(struct gcs_heap *heap, unsigned index, size_t bytes, struct hole *hole)
{
	bool small = index == RUN_SMALL || index == RUN_ALIGNED;

	return (small && recycle_next_hole(heap, hole)) || recycle_empty_block(heap, hole, 0) ||
	       recycle_fitting_hole(heap, hole, bytes + GCS_GRANULE);
}

unsigned bump_refill(struct mutator *mutator, unsigned index, size_t bytes)
{
	struct gcs_heap *heap = mutator->heap;
	struct hole hole;

	if (!heap->generational && bytes > MEDIUM_BYTES && index <= RUN_ALIGNED)
		index += RUN_MEDIUM - RUN_SMALL;
	while (!extend(mutator, index, bytes)) {
		hole = (struct hole){ mutator->runs[index].block, 0, mutator->runs[index].room };
		mutator_retire_run(mutator, index);
		if (!(heap->generational ? recycle_empty_block(heap, &hole, FATE_MOVE)
					 : next_hole(heap, index, bytes, &hole)))
			return NO_RUN;
		start_run(mutator, index, &hole);
	}
	return index;
}
