/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/space.h"

#include <string.h>

#include "heap/cards.h"
#include "heap/size_class.h"
#include "platform/platform.h"

/* An array beside the heap with `per_block` bytes for each block. */
struct side {
	void **array;
	size_t per_block;
};

#define SIDES 8

/*
 * Where a heap outgrows what the address translation caches reach, references into it cost
 * a walk through page tables that are as cold as the memory. Large pages mend that, and
 * would cost a small heap more than they bring: each is cleared as a whole.
 */
#define LARGE_PAGES_FROM ((size_t)256 << 20)

static void sides_of(struct space *space, struct side sides[SIDES])
{
	sides[0] = (struct side){ (void **)&space->starts, BLOCK_GRANULES / 8 };
	sides[1] = (struct side){ (void **)&space->marks, BLOCK_GRANULES / 8 };
	sides[2] = (struct side){ (void **)&space->cards, BLOCK_BYTES / CARD_BYTES };
	sides[3] = (struct side){ (void **)&space->blocks, sizeof(struct block) };
	sides[4] = (struct side){ (void **)&space->free, 1 }; /* an eighth of it is used */
	sides[5] = (struct side){ (void **)&space->dirty, 1 };
	sides[6] = (struct side){ (void **)&space->fates, 1 };
	sides[7] = (struct side){ (void **)&space->live, sizeof(uint32_t) };
}

static size_t page_round(size_t bytes)
{
	return (bytes + platform_page_size() - 1) & ~(platform_page_size() - 1);
}

bool space_create(struct space *space, size_t capacity_max)
{
	struct side sides[SIDES];
	size_t i, bytes;

	memset(space, 0, sizeof(*space));
	/*
	 * A large object counts for its pages, at least 12 KiB, and takes whole blocks of
	 * addresses.
	 */
	bytes = 6 * capacity_max + CHUNK_BYTES;
	bytes = (bytes + CHUNK_BYTES - 1) & ~(CHUNK_BYTES - 1);
	space->reserved = bytes;
	space->block_limit = bytes / BLOCK_BYTES;
	space->capacity_max = capacity_max;
	space->base = (uintptr_t)platform_reserve(bytes, CHUNK_BYTES);
	if (!space->base)
		return false;
	sides_of(space, sides);
	for (i = 0; i < SIDES; i++) {
		*sides[i].array = platform_reserve(
			page_round(space->block_limit * sides[i].per_block), platform_page_size());
		if (!*sides[i].array) {
			space_destroy(space);
			return false;
		}
	}
	pthread_mutex_init(&space->lock, NULL);
	return true;
}

void space_destroy(struct space *space)
{
	struct side sides[SIDES];
	size_t i;

	sides_of(space, sides);
	for (i = 0; i < SIDES; i++)
		platform_unreserve(*sides[i].array,
				   page_round(space->block_limit * sides[i].per_block));
	platform_unreserve((void *)space->base, space->reserved);
	pthread_mutex_destroy(&space->lock);
}

/* Commit memory and metadata for the next chunk. */
static bool space_commit(struct space *space)
{
	size_t first = space->committed, i, low, high;
	struct side sides[SIDES];

	if (first + CHUNK_BLOCKS > space->block_limit ||
	    !platform_commit((void *)(space->base + first * BLOCK_BYTES), CHUNK_BYTES))
		return false;
	if (first * BLOCK_BYTES >= LARGE_PAGES_FROM)
		platform_prefer_large_pages((void *)(space->base + first * BLOCK_BYTES),
					    CHUNK_BYTES);
	sides_of(space, sides);
	for (i = 0; i < SIDES; i++) {
		low = page_round(first * sides[i].per_block);
		high = page_round((first + CHUNK_BLOCKS) * sides[i].per_block);
		if (high > low && !platform_commit((char *)*sides[i].array + low, high - low))
			return false;
	}
	space->committed += CHUNK_BLOCKS;
	return true;
}

/* Where `count` neighbours are free below the frontier, or the frontier. */
static size_t find_free(struct space *space, size_t count)
{
	size_t first = bit_find(space->free, space->free_hint, space->frontier), end;

	space->free_hint = first;
	while (first < space->frontier) {
		for (end = first; end < space->frontier && end < first + count; end++)
			if (!bit_test(space->free, end))
				break;
		if (end == first + count || end == space->frontier)
			return first;
		first = bit_find(space->free, end, space->frontier);
	}
	return space->frontier;
}

/* Account for more memory held. False when that would be too much. */
static bool charge(struct space *space, size_t bytes)
{
	if (space->capacity + bytes > space->capacity_max)
		return false;
	space->capacity += bytes;
	if (space->capacity > space->capacity_peak)
		space->capacity_peak = space->capacity;
	return true;
}

/* Let go of the memory of a free block. */
static void release_block(struct space *space, struct block *block)
{
	platform_release((void *)block_address(space, block), BLOCK_BYTES);
	block->dirty = 0;
	space->dirty_blocks--;
	space->capacity -= BLOCK_BYTES;
}

void space_trim(struct space *space, size_t keep)
{
	size_t i;

	/* From the top down, so that the heap stays compact. */
	for (i = space->frontier; i-- > 0 && space->dirty_blocks * BLOCK_BYTES > keep;)
		if (space->blocks[i].state == BLOCK_FREE && space->blocks[i].dirty)
			release_block(space, &space->blocks[i]);
}

/* Take `count` neighbouring blocks out of the free ones. */
static struct block *take(struct space *space, size_t count)
{
	size_t first = find_free(space, count), i;

	while (first + count > space->committed)
		if (!space_commit(space))
			return NULL;
	for (i = first; i < first + count && i < space->frontier; i++)
		bit_clear(space->free, i);
	if (first + count > space->frontier)
		space->frontier = first + count;
	return &space->blocks[first];
}

void space_set_fate(struct space *space, const struct block *block, uint8_t fate)
{
	size_t first = block_index(space, block), i;
	size_t count = block->state == BLOCK_LARGE ? block->blocks : 1;

	for (i = first; i < first + count; i++)
		__atomic_store_n(&space->fates[i], fate, __ATOMIC_RELAXED);
}

/* One block, for objects of all sizes until the caller says otherwise. */
static struct block *take_one(struct space *space)
{
	struct block *block;
	uint8_t dirty;

	/* A dirty block is paid for; a clean one needs room. */
	if (space->dirty_blocks == 0 && space->capacity + BLOCK_BYTES > space->capacity_max)
		return NULL;
	block = take(space, 1);
	if (!block)
		return NULL;
	dirty = block->dirty;
	if (dirty)
		space->dirty_blocks--;
	else if (!charge(space, BLOCK_BYTES)) {
		/* Room is held by other free blocks: let one go for this one. */
		space_trim(space, (space->dirty_blocks - 1) * BLOCK_BYTES);
		charge(space, BLOCK_BYTES);
	}
	*block = (struct block){
		.state = BLOCK_REGION,
		.open = BLOCK_FIRST_CELL,
		.top = BLOCK_FIRST_CELL,
		.dirty = dirty,
		.next = NO_BLOCK,
	};
	return block;
}

static void cut_into_cells(struct block *block, unsigned class)
{
	block->state = BLOCK_SMALL;
	block->class = (uint8_t) class;
	block->cell = (uint32_t)class_bytes(class);
	block->reciprocal = (uint32_t)(((1ULL << 32) + block->cell - 1) / block->cell);
}

struct block *space_take_small(struct space *space, unsigned class)
{
	struct block *block;

	pthread_mutex_lock(&space->lock);
	block = take_one(space);
	if (block)
		cut_into_cells(block, class);
	pthread_mutex_unlock(&space->lock);
	return block;
}

struct block *space_take_region(struct space *space, uint8_t fate)
{
	struct block *block;

	pthread_mutex_lock(&space->lock);
	block = take_one(space);
	if (block)
		space_set_fate(space, block, fate);
	pthread_mutex_unlock(&space->lock);
	return block;
}

static struct block *take_large(struct space *space, size_t bytes)
{
	size_t count = (bytes + BLOCK_BYTES - 1) >> BLOCK_SHIFT, held = page_round(bytes), i, room;
	struct block *block;

	if (held > space->capacity_max)
		return NULL;
	room = space->capacity_max - held;
	if (space->capacity > room) {
		size_t excess = space->capacity - room, dirty = space->dirty_blocks * BLOCK_BYTES;

		if (excess > dirty)
			return NULL;
		space_trim(space, dirty - excess);
		if (space->capacity > room)
			return NULL;
	}
	block = take(space, count);
	if (!block)
		return NULL;
	for (i = 0; i < count; i++) {
		if (block[i].dirty)
			release_block(space, &block[i]);
		block[i] = (struct block){ .state = BLOCK_LARGE_REST, .head = (uint32_t)i };
	}
	block->state = BLOCK_LARGE;
	block->blocks = (uint32_t)count;
	block->bytes = held;
	block->next = NO_BLOCK;
	charge(space, held);
	bit_set(space->starts, space_granule(space, large_header(space, block)));
	return block;
}

struct block *space_take_large(struct space *space, size_t bytes, uint8_t fate)
{
	struct block *block;

	pthread_mutex_lock(&space->lock);
	block = take_large(space, bytes);
	if (block)
		space_set_fate(space, block, fate);
	pthread_mutex_unlock(&space->lock);
	return block;
}

/* No object of a free block has a start or a mark bit. */
static void clear_bits(struct space *space, struct block *block)
{
	size_t word = block_index(space, block) * BLOCK_WORDS;

	memset(&space->starts[word], 0, BLOCK_WORDS * 8);
	memset(&space->marks[word], 0, BLOCK_WORDS * 8);
}

void space_free(struct space *space, struct block *block)
{
	size_t index = block_index(space, block), i, count = 1;
	bool large = block->state == BLOCK_LARGE;

	pthread_mutex_lock(&space->lock);
	clear_bits(space, block);
	space_set_fate(space, block, 0);
	cards_set(space, block, CARD_OPEN);
	if (!large) {
		space->dirty_blocks++;
	} else {
		count = block->blocks;
		space->capacity -= block->bytes;
		platform_release((void *)block_address(space, block), block->bytes);
	}
	for (i = 0; i < count; i++) {
		block[i] = (struct block){ .state = BLOCK_FREE, .dirty = !large };
		bit_set(space->free, index + i);
	}
	if (index < space->free_hint)
		space->free_hint = index;
	pthread_mutex_unlock(&space->lock);
}
