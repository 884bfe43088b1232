/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/find.h"

#include "heap/region.h"

static void *find_small(const struct space *space, const struct block *block, uintptr_t address)
{
	uintptr_t first = block_address(space, block) + BLOCK_FIRST_CELL, cell;
	size_t index;

	if (address <= first)
		return NULL;
	/* Exact, since the offset is below 2^16 and a cell at most 2^13 bytes. */
	index = (size_t)(((uint64_t)(address - 1 - first) * block->reciprocal) >> 32);
	cell = first + index * block->cell;
	if (index >= block_cells(block) || address < cell + HEADER_BYTES ||
	    !bit_test(space->starts, space_granule(space, cell)))
		return NULL;
	return (void *)(cell + HEADER_BYTES);
}

static void *find_large(const struct space *space, const struct block *block, uintptr_t address)
{
	uintptr_t header = large_header(space, block);

	if (address < header + HEADER_BYTES ||
	    address > block_address(space, block) + block->bytes ||
	    !bit_test(space->starts, space_granule(space, header)))
		return NULL;
	return (void *)(header + HEADER_BYTES);
}

static void *find_in_region(const struct space *space, const struct type_table *types,
			    struct block *block, uintptr_t address)
{
	uintptr_t header;
	void *object;

	region_record_until(space, types, block, address);
	header = region_header_before(space, block, address - HEADER_BYTES + 1);
	object = (void *)(header + HEADER_BYTES);
	if (!header)
		return NULL;
	return (uintptr_t)object == address || address <= header + object_cell(types, object)
		       ? object
		       : NULL;
}

void *find_object(const struct space *space, const struct type_table *types, uintptr_t address)
{
	struct block *block;

	if (!space_contains(space, address - 1))
		return NULL;
	block = space_block(space, address - 1);
	switch (block->state) {
	case BLOCK_SMALL:
		return find_small(space, block, address);
	case BLOCK_REGION:
		return find_in_region(space, types, block, address);
	case BLOCK_LARGE_REST:
		block -= block->head;
		/* fall through */
	case BLOCK_LARGE:
		return find_large(space, block, address);
	default:
		return NULL;
	}
}
