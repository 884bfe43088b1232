/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Region blocks: objects of all sizes side by side, allocated by moving a cursor through
 * holes, as in a mark-region collector (Blackburn and McKinley: Immix, PLDI 2008). A hole
 * is all that lies between two objects, to the granule: whole lines of some fixed length
 * are hardly ever free where small objects die at random.
 *
 * Invariants
 * - Start bits say where the objects are, with two exceptions. In an unswept block mark
 *   bits do. And in [open, top) objects lie one behind the other from `open` on, up to
 *   `top` or a header of zero: so mutators allocate, and their objects get start bits
 *   only when somebody asks for them. So do collections that move objects.
 * - Outside collections, mark bits are clear in all blocks but the unswept.
 * - No object is longer than CELL_MAX.
 *
 * A block is touched by the mutator that allocates from it, or while the world stands.
 */
#ifndef GCSCOPE_HEAP_REGION_H
#define GCSCOPE_HEAP_REGION_H

#include "heap/space.h"
#include "heap/type.h"

/* Nothing shorter is a hole. */
#define HOLE_LEAST ((size_t)32)

/* Free memory in a block, from the cursor to the end. */
struct hole {
	struct block *block; /* NULL: none */
	uintptr_t cursor, end;
};

/* Give the objects in [open, top) that start at or below `last` their start bits. */
void region_record_until(const struct space *space, const struct type_table *types,
			 struct block *block, uintptr_t last);

/* The same for all of them. */
static inline void region_record(const struct space *space, const struct type_table *types,
				 struct block *block)
{
	region_record_until(space, types, block, UINTPTR_MAX);
}

/* Allocation goes on at `start`: what is allocated in a block by now has start bits. */
void region_open(const struct space *space, const struct type_table *types, struct block *block,
		 uintptr_t start);

/* What was marked is what is there: make start bits true, and clear mark bits. */
void region_sweep(struct space *space, struct block *block);

/* The words that say where the objects of a recorded block are, swept or not. */
static inline const uint64_t *region_objects(const struct space *space, const struct block *block)
{
	const uint64_t *bits = block->unswept ? space->marks : space->starts;

	return &bits[block_index(space, block) * BLOCK_WORDS];
}

/* The header of the last object that starts below `address` and may reach up to it; 0: none. */
uintptr_t region_header_before(const struct space *space, const struct block *block,
			       uintptr_t address);

/*
 * The next hole of a recorded block above `from`: the block's start, or the end of another
 * hole, where an object begins or the block ends. False: there is none.
 */
bool region_next_hole(const struct space *space, const struct type_table *types,
		      struct block *block, uintptr_t from, struct hole *ret_hole);

#endif
