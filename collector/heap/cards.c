/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/cards.h"

#include <string.h>

void cards_set(struct space *space, const struct block *block, uint8_t value)
{
	size_t first = block_index(space, block);
	size_t count = block->state == BLOCK_LARGE ? block->blocks : 1;

	memset(&space->cards[first * BLOCK_CARDS], value, count * BLOCK_CARDS);
	memset(&space->dirty[first], 0, count);
}

void cards_set_all(struct space *space, uint8_t value)
{
	size_t i;

	for (i = 0; i < space->frontier; i++) {
		const struct block *block = &space->blocks[i];

		if (block->state == BLOCK_REGION || block->state == BLOCK_LARGE)
			cards_set(space, block, value);
	}
}
