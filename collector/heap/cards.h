/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card table: a byte for each 512 bytes of the heap, which the write barrier tests
 * before it stores (gcscope/barrier.h). Above it, a byte a block says whether any of the
 * block's cards is dirty, so that a minor collection looks at few blocks of a large heap.
 *
 * A card is *open* (0): stores pass, unseen; or *armed* (not 0): they take the slow path.
 *
 *	young memory			open
 *	old memory, nothing young yet	armed
 *	... a few slots logged		armed, with their number (mutator/remember.h)
 *	... more than that: dirty	open, and the block's byte says so
 *
 * Without a generational plan at work all cards are open. In old memory an open card is
 * a dirty one, so the two meanings do not meet.
 *
 * The first log on a card makes it *dirtied*; a minor collection *scans* each dirtied
 * card, finds something young behind it (*useful*) or not (*wasted*), and arms it again.
 *
 * Mutators change bytes by compare-and-swap, in mutator/remember.c. A mutator that detaches
 * makes the cards of its log dirty while others run: what they add to the number of slots in
 * between is lost, but not the card, nor their logs. Everything else here is done while the
 * world stands, or to a block that no object refers to yet.
 */
#ifndef GCSCOPE_HEAP_CARDS_H
#define GCSCOPE_HEAP_CARDS_H

#include "heap/space.h"

#define CARD_OPEN   0U
#define CARD_ARMED  0x80U
#define CARD_AGAIN  0x40U /* armed: a minor collection has scanned it before */
#define CARD_SEEN   0x20U /* while cards are scanned: counted, */
#define CARD_USEFUL 0x10U /* and as useful */
#define CARD_SLOTS  0x0fU /* armed: slots logged */

static inline uint8_t *space_card(const struct space *space, uintptr_t address)
{
	return &space->cards[(address - space->base) >> GCS_CARD_BITS];
}

/* Set the cards of a block, or of all blocks of a large object; none of them is dirty. */
void cards_set(struct space *space, const struct block *block, uint8_t value);

/* The same for all blocks in use. */
void cards_set_all(struct space *space, uint8_t value);

/* Some card of the block of this address is dirty, or about to be. Any thread. */
static inline void card_flag_block(struct space *space, uintptr_t address)
{
	__atomic_store_n(&space->dirty[(address - space->base) >> BLOCK_SHIFT], 1,
			 __ATOMIC_RELAXED);
}

/* Make the card of an address in old memory dirty, however it was. Any thread. */
static inline void card_dirty(struct space *space, uintptr_t address)
{
	card_flag_block(space, address);
	__atomic_store_n(space_card(space, address), CARD_OPEN, __ATOMIC_RELAXED);
}

#endif
