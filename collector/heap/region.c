/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/region.h"

#include <string.h>

#include "heap/size_class.h"

void region_record_until(const struct space *space, const struct type_table *types,
			 struct block *block, uintptr_t last)
{
	uintptr_t base = block_address(space, block), top = base + block->top;
	uintptr_t cell = base + block->open;

	while (cell < top && cell <= last) {
		if (!*(uint64_t *)cell) {
			cell = top;
			break;
		}
		bit_set(space->starts, space_granule(space, cell));
		cell += object_cell(types, (void *)(cell + HEADER_BYTES));
	}
	block->open = (uint32_t)(cell - base);
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
	size_t lowest = word > CELL_MAX / LINE_BYTES ? word - CELL_MAX / LINE_BYTES - 1 : 0;
	uint64_t bits = granule % 64 ? words[word] & ((1ULL << granule % 64) - 1) : 0;

	while (!bits) {
		if (word == lowest)
			return 0;
		bits = words[--word];
	}
	return base + ((word * 64 + 63 - (size_t)__builtin_clzll(bits)) << GRANULE_SHIFT);
}

/* Where the last object that starts below `address` ends, or the first cell of the block. */
static uintptr_t end_before(const struct space *space, const struct type_table *types,
			    const struct block *block, uintptr_t address)
{
	uintptr_t header = region_header_before(space, block, address);

	return header ? header + object_cell(types, (void *)(header + HEADER_BYTES))
		      : block_address(space, block) + BLOCK_FIRST_CELL;
}

bool region_next_hole(const struct space *space, const struct type_table *types,
		      struct block *block, uintptr_t from, struct hole *ret_hole)
{
	const uint64_t *words = region_objects(space, block);
	uintptr_t base = block_address(space, block), start, end;
	size_t line = (from - base + LINE_BYTES - 1) / LINE_BYTES;

	for (; line < BLOCK_LINES; line = (end - base) / LINE_BYTES) {
		end = base + line * LINE_BYTES + LINE_BYTES;
		if (words[line])
			continue;
		start = end_before(space, types, block, base + line * LINE_BYTES);
		if (start < from)
			start = from;
		end = base + (bit_find(words, line * 64, BLOCK_GRANULES) << GRANULE_SHIFT);
		if (end >= start + LINE_BYTES) {
			*ret_hole = (struct hole){ block, start, end };
			return true;
		}
	}
	return false;
}

uint32_t region_count_free_lines(const struct space *space, const struct block *block)
{
	const uint64_t *words = &space->marks[block_index(space, block) * BLOCK_WORDS];
	uint32_t lines = 0;
	size_t i;

	for (i = 0; i < BLOCK_WORDS; i++)
		lines += words[i] == 0;
	return lines;
}
