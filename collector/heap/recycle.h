/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free room in region blocks: holes of the blocks in which a major collection has found
 * enough free memory, lowest address first, and empty blocks. A block leaves the list when
 * somebody takes holes from it, and is swept then; it is that one's until it has no more.
 *
 * The list is guarded by lists_lock; a hole belongs to who took it.
 */
#ifndef GCSCOPE_HEAP_RECYCLE_H
#define GCSCOPE_HEAP_RECYCLE_H

#include "heap/region.h"

struct gcs_heap;

/* Cells longer than this are not looked for in holes: they go into empty blocks. */
#define MEDIUM_BYTES ((size_t)512)

/* Where copies go. */
struct target {
	struct hole small, medium;
	uintptr_t grey; /* what is in `small` from here on is to be scanned (tracing/copies.h) */
	uint8_t fate;	/* of the empty blocks */
	bool use_holes; /* else empty blocks only, in which a mark counts what lives */
};

/* A header below which a payload is aligned as asked, 8 or 16, at or above the cursor. */
static inline uintptr_t align_header(uintptr_t cursor, size_t align)
{
	return align == 16 ? ((cursor + 7) & ~(uintptr_t)15) + 8 : cursor;
}

/*
 * Go on to the next hole, in the block of this one (or none) or in the next of the list.
 * False: there are no more; then the hole is none.
 */
bool recycle_next_hole(struct gcs_heap *heap, struct hole *hole);

/*
 * The first hole of the list that has so many bytes: a last resort, which looks at one block
 * after the other and leaves those that have none in the list. False: there is none.
 */
bool recycle_fitting_hole(struct gcs_heap *heap, struct hole *hole, size_t bytes);

/* A block or a large object is young from now on. */
void push_young(struct gcs_heap *heap, struct block *block);

/* An empty block with this fate as one hole. False: there is no memory. */
bool recycle_empty_block(struct gcs_heap *heap, struct hole *hole, uint8_t fate);

/* Room for a cell, at most CELL_MAX bytes: a header's address, or 0. */
uintptr_t target_grow(struct gcs_heap *heap, struct target *target, size_t cell, size_t align);

static inline uintptr_t target_take(struct gcs_heap *heap, struct target *target, size_t cell,
				    size_t align)
{
	struct hole *hole = cell > MEDIUM_BYTES ? &target->medium : &target->small;
	uintptr_t start = hole->cursor;

	if (gcs_unlikely(start + cell > hole->end || start != align_header(start, align)))
		return target_grow(heap, target, cell, align);
	hole->cursor = start + cell;
	return start;
}

/* What has been put there is what there is: for who asks for start bits. */
void target_close(const struct space *space, const struct target *target);

/* Put a block into the list; those of higher addresses first. */
void recycle_offer(struct gcs_heap *heap, struct block *block);

#endif
