/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/sweep.h"

#include <string.h>

void sweep_show_marked(struct space *space, struct block *block)
{
	size_t word = block_index(space, block) * BLOCK_WORDS;

	memcpy(&space->starts[word], &space->marks[word], BLOCK_WORDS * 8);
}

/* Behind the live cells that start at `cell`. */
static uintptr_t skip_live(const struct space *space, const struct block *block, uintptr_t cell,
			   uintptr_t end)
{
	while (cell < end && bit_test(space->marks, space_granule(space, cell)))
		cell += block->cell;
	return cell;
}

bool sweep_next_run(struct space *space, struct block *block, uintptr_t *position, size_t most,
		    uintptr_t *ret_start, uintptr_t *ret_end)
{
	uintptr_t first = block_address(space, block) + BLOCK_FIRST_CELL;
	uintptr_t end = first + block_cells(block) * block->cell, start, stop;
	size_t granule, next;

	start = skip_live(space, block, *position, end);
	if (start >= end)
		return false;
	stop = start + (most < block->cell ? block->cell : most / block->cell * block->cell);
	if (stop > end)
		stop = end;
	granule = space_granule(space, start);
	next = bit_find(space->marks, granule, space_granule(space, stop));
	stop = start + ((next - granule) << GRANULE_SHIFT);
	if (block->dirty)
		memset((void *)start, 0, stop - start);
	/*
	 * A child forked between the two may find a zero header behind a start bit, never
	 * a stale one.
	 */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	bit_fill(space->starts, granule, next, block->cell >> GRANULE_SHIFT, true);
	*position = stop;
	*ret_start = start;
	*ret_end = stop;
	return true;
}
