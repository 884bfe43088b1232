/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/reclaim.h"

#include <string.h>

#include "heap/cards.h"
#include "heap/heap.h"

/* A block that is fuller is not worth sweeping. */
#define RECYCLE_BELOW (BLOCK_BYTES * 15 / 16)

static void add_large(struct amount *amount, const struct block *block)
{
	amount->objects++;
	amount->bytes += block->bytes;
}

/* Dead memory that somebody still refers to should be noticed soon. */
static void poison(struct gcs_heap *heap, uintptr_t start, uintptr_t end)
{
	if (heap->options.poison)
		memset((void *)start, 0xdb, end - start);
}

static void poison_holes(struct gcs_heap *heap, struct block *block)
{
	uintptr_t from = block_address(&heap->space, block);
	struct hole hole = { block, from, from };

	while (heap->options.poison &&
	       region_next_hole(&heap->space, &heap->types, block, hole.end, &hole))
		poison(heap, hole.cursor, hole.end);
}

/*
 * A young block that has lost all its objects, or some: then it stays young, or is old now,
 * with holes, if it has been through this before.
 */
static void release_region(struct gcs_heap *heap, struct block *block, bool last)
{
	struct space *space = &heap->space;
	unsigned fate = space->fates[block_index(space, block)];
	uintptr_t start = block_address(space, block);

	if (!(fate & FATE_MARKS)) {
		poison(heap, start, start + block->top);
		space_free(space, block);
		return;
	}
	region_sweep(space, block);
	block->open = block->top;
	block->dirty = 1;
	poison_holes(heap, block);
	if (last || fate & FATE_AGED) {
		space_set_fate(space, block, 0);
		recycle_offer(heap, block);
	} else {
		space_set_fate(space, block, FATE_MOVE | FATE_AGED);
		push_young(heap, block);
	}
}

static void release_large(struct gcs_heap *heap, struct block *block, struct amount *survived)
{
	struct space *space = &heap->space;
	size_t header = space_granule(space, large_header(space, block));

	if (!bit_test(space->marks, header)) {
		space_free(space, block);
		return;
	}
	bit_clear(space->marks, header);
	space_set_fate(space, block, 0);
	add_large(survived, block);
}

uint64_t reclaim_young(struct gcs_heap *heap, uint32_t list, bool last, struct amount *large,
			      uint64_t *ret_emptied)
{
	uint64_t blocks = 0;

	for (*ret_emptied = 0; list != NO_BLOCK; blocks++) {
		struct block *block = &heap->space.blocks[list];

		list = block->next;
		if (block->state == BLOCK_LARGE) {
			*ret_emptied += block->bytes;
			release_large(heap, block, large);
		} else {
			if (!(heap->space.fates[block_index(&heap->space, block)] & FATE_AGED))
				*ret_emptied += block->top - BLOCK_FIRST_CELL;
			release_region(heap, block, last);
		}
	}
	return blocks;
}

void reclaim_survivors(struct gcs_heap *heap)
{
	uint32_t list;

	for (list = heap->young; list != NO_BLOCK; list = heap->space.blocks[list].next)
		space_set_fate(&heap->space, &heap->space.blocks[list], FATE_MOVE | FATE_AGED);
}

static uint8_t old_card(const struct gcs_heap *heap)
{
	return heap->generational ? CARD_ARMED : CARD_OPEN;
}

/* Returns the live bytes in it. */
static uint64_t sort_region(struct gcs_heap *heap, struct block *block)
{
	struct space *space = &heap->space;
	uint32_t live = *block_live(space, block);

	block->dirty = 1;
	if (!live) {
		poison(heap, block_address(space, block),
		       block_address(space, block) + BLOCK_BYTES);
		space_free(space, block);
		return 0;
	}
	block->unswept = 1;
	block->open = block->top;
	poison_holes(heap, block);
	space_set_fate(space, block, 0);
	cards_set(space, block, old_card(heap));
	if (live < RECYCLE_BELOW)
		recycle_offer(heap, block);
	return live;
}

static uint64_t sort_large(struct gcs_heap *heap, struct block *block, struct amount *young)
{
	struct space *space = &heap->space;
	size_t header = space_granule(space, large_header(space, block));
	uint64_t bytes = block->bytes;

	if (!bit_test(space->marks, header)) {
		space_free(space, block);
		return 0;
	}
	if (space->fates[block_index(space, block)])
		add_large(young, block);
	bit_clear(space->marks, header);
	space_set_fate(space, block, 0);
	cards_set(space, block, old_card(heap));
	return bytes;
}

uint64_t reclaim_all(struct gcs_heap *heap, struct amount *young, uint64_t *ret_live)
{
	uint64_t blocks = 0, live, fragmented = 0;
	size_t i;

	*ret_live = 0;
	for (i = heap->space.frontier; i-- > 0;) {
		struct block *block = &heap->space.blocks[i];

		if (block->state == BLOCK_REGION) {
			live = sort_region(heap, block);
			fragmented += live ? BLOCK_BYTES - live : 0;
		} else if (block->state == BLOCK_LARGE) {
			live = sort_large(heap, block, young);
		} else {
			continue;
		}
		*ret_live += live;
		blocks++;
	}
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.size_fragmented_bytes = fragmented;
	pthread_mutex_unlock(&heap->stats_lock);
	return blocks;
}
