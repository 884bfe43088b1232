/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/region.h"

#include <string.h>

#include "heap/size_class.h"

void region_record_until(const struct space *space, const struct type_table *types,
			 struct block *block, uintptr_t last)
{
	uintptr_t base = block_address(space, block), top = base + block->top;
	uintptr_t cell = base + block->open;
	size_t count = types_count(types);
	uint64_t header;

	while (cell < top && cell <= last && (header = *(uint64_t *)cell)) {
		bit_set(space->starts, space_granule(space, cell));
		if (header_type(header) >= count) /* overwritten: the verifier will tell */
			break;
		cell += object_cell(types, (void *)(cell + HEADER_BYTES));
	}
	if (cell <= last)
		cell = top;
	block->open = (uint32_t)(cell - base);
}

void region_open(const struct space *space, const struct type_table *types, struct block *block,
		 uintptr_t start)
{
	/* A block has one part without start bits: an earlier hole of it gets them now. */
	region_record(space, types, block);
	/* In this order: a child that is forked between the two has nothing to record. */
	block->open = (uint32_t)(start - block_address(space, block));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	block->top = block->open;
}

void region_sweep(struct space *space, struct block *block)
{
	size_t word = block_index(space, block) * BLOCK_WORDS;

	memcpy(&space->starts[word], &space->marks[word], BLOCK_WORDS * 8);
	memset(&space->marks[word], 0, BLOCK_WORDS * 8);
	block->unswept = 0;
}

uintptr_t region_header_before(const struct space *space, const struct block *block,
			       uintptr_t address)
{
	const uint64_t *words = region_objects(space, block);
	uintptr_t base = block_address(space, block);
	size_t granule = (address - base + GCS_GRANULE - 1) >> GRANULE_SHIFT, word = granule / 64;
	size_t reach = CELL_MAX / CARD_BYTES + 1, lowest = word > reach ? word - reach : 0;
	uint64_t bits = granule % 64 ? words[word] & ((1ULL << granule % 64) - 1) : 0;

	while (!bits) {
		if (word == lowest)
			return 0;
		bits = words[--word];
	}
	return base + ((word * 64 + 63 - (size_t)__builtin_clzll(bits)) << GRANULE_SHIFT);
}

bool region_next_hole(const struct space *space, const struct type_table *types,
		      struct block *block, uintptr_t from, struct hole *ret_hole)
{
	const uint64_t *words = region_objects(space, block);
	uintptr_t base = block_address(space, block), start = from, next;

	if (from == base)
		start += BLOCK_FIRST_CELL;
	for (;;) {
		next = base + (bit_find(words, (start - base) >> GRANULE_SHIFT, BLOCK_GRANULES)
			       << GRANULE_SHIFT);
		if (next >= start + HOLE_LEAST) {
			*ret_hole = (struct hole){ block, start, next };
			return true;
		}
		if (next == base + BLOCK_BYTES)
			return false;
		start = next + object_cell(types, (void *)(next + HEADER_BYTES));
	}
}
