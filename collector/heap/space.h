/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space of a heap, its side metadata, and its blocks.
 *
 * Everything about an address is arithmetic: its block, its card, its granule's
 * bits are found by a subtraction and a shift.
 *
 * Who may touch what
 * - The block map (free or not, which state) and the capacity are guarded by
 *   `lock`. A block that is in use belongs to who took it.
 * - The start and mark bits of a block and the sweep fields of its descriptor
 *   are touched by the mutator that owns the block, or by the collector while
 *   all mutators stand. Blocks share no word of the bitmaps.
 *
 * Start bits say which cells are allocated: they are set for a whole run when a
 * mutator takes it, and cleared again for the part that is unused when the
 * world stops, so that allocation itself touches no metadata. A block that has
 * not been swept since the last mark has stale start bits; its mark bits are
 * what is allocated in it. Blocks with objects of all sizes are in region.h.
 */
#ifndef GCSCOPE_HEAP_SPACE_H
#define GCSCOPE_HEAP_SPACE_H

#include <pthread.h>
#include <stdbool.h>

#include "heap/bitmap.h"
#include "heap/layout.h"

enum block_state {
	BLOCK_FREE = 0,	  /* also: never used */
	BLOCK_SMALL,	  /* cells of one size class */
	BLOCK_REGION,	  /* objects of all sizes, side by side (region.h) */
	BLOCK_LARGE,	  /* the first block of a large object */
	BLOCK_LARGE_REST, /* a further one */
};

/*
 * What the next collection does with the objects of a block, as bits. While mutators
 * run, a block with any of them is *young*, and one without is not. It is a byte for
 * each block, beside the heap: the write barrier reads that of the value it stores.
 */
enum fate {
	FATE_MOVE = 1,	    /* they leave, but for those that must stay */
	FATE_LARGE = 2,	    /* a large object, which stays where it is if it lives */
	FATE_MARKS = 4,	    /* some of a moving block stay: those that are marked */
	FATE_AGED = 8,	    /* they have survived a collection */
	FATE_SURVIVOR = 16, /* during a collection: it takes survivors that stay young */
	FATE_TENURED = 32,  /* during a major collection: old, and to be emptied */
};
#define FATE_CONDEMNED (FATE_MOVE | FATE_LARGE)

struct block {
	uint8_t state;
	uint8_t class;	 /* SMALL */
	uint8_t unswept; /* SMALL, REGION: start bits are stale */
	uint8_t dirty;	 /* FREE: its memory is held and not zero. Else: it may not be zero */
	uint8_t grey;	 /* holds grey objects that did not fit on the mark stack */
	uint32_t cell;	     /* SMALL: bytes of a cell */
	uint32_t reciprocal; /* SMALL: ceil(2^32 / cell) */
	uint32_t open;	     /* REGION: objects between these offsets have no start bits yet */
	uint32_t top;
	uint32_t head;	     /* LARGE_REST: blocks back to the first one */
	uint32_t blocks;     /* LARGE: how many in all */
	uint32_t next;	     /* in a list of its plan's; NO_BLOCK at its end */
	uint64_t bytes;	     /* LARGE: what it counts for, in whole pages */
};

#define NO_BLOCK UINT32_MAX

struct space {
	uintptr_t base;
	size_t reserved; /* bytes of address space */
	uint64_t *starts;
	uint64_t *marks;
	uint8_t *cards; /* cards.h */
	uint8_t *dirty; /* a byte a block: nonzero if some card of it is dirty */
	uint8_t *fates; /* a byte a block */
	uint32_t *live;	     /* REGION: bytes of a block's objects, at the last mark or at most */
	struct block *blocks;

	pthread_mutex_t lock;
	uint64_t *free;	     /* a bit for each block below `frontier` */
	size_t block_limit;  /* blocks in the reservation */
	size_t frontier;     /* blocks that have ever been used */
	size_t committed;    /* blocks whose memory is committed; whole chunks */
	size_t free_hint;    /* no free block below */
	size_t dirty_blocks; /* free blocks whose memory is held */
	size_t capacity;     /* bytes held: in use or dirty */
	size_t capacity_peak;
	size_t capacity_max;
};

/* Reserve address space for capacity_max bytes of blocks. False: none to be had. */
bool space_create(struct space *space, size_t capacity_max);
void space_destroy(struct space *space);

/*
 * Take a block for cells of a class: all start and mark bits clear. NULL when
 * the capacity is used up.
 */
struct block *space_take_small(struct space *space, unsigned class);

/* Take a block for objects of all sizes, with a fate, likewise. */
struct block *space_take_region(struct space *space, uint8_t fate);

/*
 * Take blocks for one large object of this many bytes, header and first granule
 * included; zeroed, its start bit set. NULL likewise.
 */
struct block *space_take_large(struct space *space, size_t bytes, uint8_t fate);

/* Give a block, or a large object's blocks, back to the space. The world stands. */
void space_free(struct space *space, struct block *block);

/* Give memory of free blocks back to the system until at most `keep` bytes of it are held. */
void space_trim(struct space *space, size_t keep);

static inline size_t block_index(const struct space *space, const struct block *block)
{
	return (size_t)(block - space->blocks);
}

static inline uint32_t *block_live(const struct space *space, const struct block *block)
{
	return &space->live[block_index(space, block)];
}

static inline uintptr_t block_address(const struct space *space, const struct block *block)
{
	return space->base + (block_index(space, block) << BLOCK_SHIFT);
}

static inline bool space_contains(const struct space *space, uintptr_t address)
{
	return address - space->base < space->frontier << BLOCK_SHIFT;
}

/* The block of an address inside the heap. */
static inline struct block *space_block(const struct space *space, uintptr_t address)
{
	return &space->blocks[(address - space->base) >> BLOCK_SHIFT];
}

/* The granule of an address inside the heap: the index of its start and mark bits. */
static inline size_t space_granule(const struct space *space, uintptr_t address)
{
	return (address - space->base) >> GRANULE_SHIFT;
}

static inline size_t block_cells(const struct block *block)
{
	return (BLOCK_BYTES - BLOCK_FIRST_CELL) / block->cell;
}

/* The header of a large object. */
static inline uintptr_t large_header(const struct space *space, const struct block *block)
{
	return block_address(space, block) + BLOCK_FIRST_CELL;
}

/* The fate of an object's block. Any thread may ask while others take blocks. */
static inline unsigned space_fate(const struct space *space, const void *object)
{
	return __atomic_load_n(&space->fates[((uintptr_t)object - space->base) >> BLOCK_SHIFT],
			       __ATOMIC_RELAXED);
}

/* Set the fate of a block, or of all blocks of a large object. */
void space_set_fate(struct space *space, const struct block *block, uint8_t fate);

#endif
