/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/recycle.h"

#include "heap/cards.h"
#include "heap/heap.h"

static struct block *next_block(struct gcs_heap *heap)
{
	struct block *block = NULL;

	pthread_mutex_lock(&heap->lists_lock);
	if (heap->recyclable != NO_BLOCK) {
		block = &heap->space.blocks[heap->recyclable];
		heap->recyclable = block->next;
		/* As far as anyone knows, until the next mark. */
		*block_live(&heap->space, block) = BLOCK_BYTES;
	}
	pthread_mutex_unlock(&heap->lists_lock);
	return block;
}

bool recycle_next_hole(struct gcs_heap *heap, struct hole *hole)
{
	struct space *space = &heap->space;
	uintptr_t from = hole->end;
	struct block *block;

	block = hole->block ? hole->block : next_block(heap);
	for (; block; block = next_block(heap)) {
		if (block->unswept)
			region_sweep(space, block);
		if (block != hole->block)
			from = block_address(space, block);
		if (region_next_hole(space, &heap->types, block, from, hole))
			return true;
	}
	*hole = (struct hole){ 0 };
	return false;
}

static bool find_fitting(struct gcs_heap *heap, struct block *block, size_t bytes,
			 struct hole *hole)
{
	uintptr_t from = block_address(&heap->space, block);

	if (block->unswept)
		region_sweep(&heap->space, block);
	while (region_next_hole(&heap->space, &heap->types, block, from, hole)) {
		if (hole->end - hole->cursor >= bytes)
			return true;
		from = hole->end;
	}
	return false;
}

bool recycle_fitting_hole(struct gcs_heap *heap, struct hole *hole, size_t bytes)
{
	uint32_t *link = &heap->recyclable;
	struct block *block = NULL;

	pthread_mutex_lock(&heap->lists_lock);
	for (; *link != NO_BLOCK; link = &block->next) {
		block = &heap->space.blocks[*link];
		if (find_fitting(heap, block, bytes, hole))
			break;
	}
	if (*link != NO_BLOCK) {
		*link = block->next;
		*block_live(&heap->space, block) = BLOCK_BYTES;
	} else {
		block = NULL;
	}
	pthread_mutex_unlock(&heap->lists_lock);
	return block != NULL;
}

void push_young(struct gcs_heap *heap, struct block *block)
{
	pthread_mutex_lock(&heap->lists_lock);
	block->next = heap->young;
	heap->young = (uint32_t)block_index(&heap->space, block);
	pthread_mutex_unlock(&heap->lists_lock);
}

bool recycle_empty_block(struct gcs_heap *heap, struct hole *hole, uint8_t fate)
{
	struct space *space = &heap->space;
	struct block *block = space_take_region(space, fate);
	uintptr_t start;

	if (!block)
		return false;
	*block_live(space, block) = BLOCK_BYTES;
	if (fate)
		push_young(heap, block);
	else if (heap->generational)
		cards_set(space, block, CARD_ARMED);
	start = block_address(space, block);
	*hole = (struct hole){ block, start + BLOCK_FIRST_CELL, start + BLOCK_BYTES };
	return true;
}

static bool target_block(struct gcs_heap *heap, const struct target *target, struct hole *hole)
{
	if (!recycle_empty_block(heap, hole, target->fate))
		return false;
	if (!target->use_holes)
		*block_live(&heap->space, hole->block) = 0;
	return true;
}

static void close_hole(const struct space *space, const struct hole *hole)
{
	if (hole->block)
		hole->block->top = (uint32_t)(hole->cursor - block_address(space, hole->block));
}

void target_close(const struct space *space, const struct target *target)
{
	close_hole(space, &target->small);
	close_hole(space, &target->medium);
}

uintptr_t target_grow(struct gcs_heap *heap, struct target *target, size_t cell, size_t align)
{
	bool small = cell <= MEDIUM_BYTES;
	struct hole *hole = small ? &target->small : &target->medium;
	uintptr_t start;

	close_hole(&heap->space, hole);
	while ((start = align_header(hole->cursor, align)) + cell > hole->end)
		if (!(small && target->use_holes && recycle_next_hole(heap, hole)) &&
		    !target_block(heap, target, hole))
			return 0;
	region_open(&heap->space, &heap->types, hole->block, start);
	hole->cursor = start + cell;
	return start;
}

void recycle_offer(struct gcs_heap *heap, struct block *block)
{
	block->next = heap->recyclable;
	heap->recyclable = (uint32_t)block_index(&heap->space, block);
}
