/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/remember.h"

#include "heap/cards.h"
#include "mutator/mutator.h"

/* Mutators tell the heap of so many remembered slots at a time. */
#define TELL_EVERY 64U

/* Counted towards the next minor collection. */
static void tell(struct mutator *mutator)
{
	if (++mutator->remembered % TELL_EVERY == 0)
		__atomic_fetch_add(&mutator->heap->remembered, TELL_EVERY, __ATOMIC_RELAXED);
}

static void log_slot(struct slot_log *log, void **slot)
{
	log->slots[log->count] = slot;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	log->count++;
}

static bool count_dirtied(struct mutator *mutator, uint8_t before)
{
	if (before & CARD_SLOTS)
		return false;
	mutator->cards_dirtied++;
	mutator->cards_redirtied += (before & CARD_AGAIN) != 0;
	return true;
}

/*
 * Change the card of an address, which has room for so many slots. Returns what it was; CARD_OPEN:
 * another thread has made it dirty meanwhile. *ret_log: a slot is to be logged.
 */
static uint8_t advance_card(struct space *space, uintptr_t place, unsigned slots, bool *ret_log)
{
	uint8_t *card = space_card(space, place);
	uint8_t before = __atomic_load_n(card, __ATOMIC_RELAXED), after;

	do {
		*ret_log = (before & CARD_SLOTS) < slots;
		after = *ret_log ? (uint8_t)(before + 1) : (uint8_t)CARD_OPEN;
		if (before == CARD_OPEN)
			break;
		if (after == CARD_OPEN)
			card_flag_block(space, place);
	} while (!__atomic_compare_exchange_n(card, &before, after, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return before;
}

bool remember_slot(struct mutator *mutator, void **slot)
{
	struct slot_log *log = mutator->log;
	unsigned most = log->count < LOG_ROOM ? CARD_SLOTS_MAX : 0;
	bool logs;
	uint8_t before = advance_card(&mutator->heap->space, (uintptr_t)slot, most, &logs);

	if (before == CARD_OPEN)
		return false;
	if (logs)
		log_slot(log, slot);
	tell(mutator);
	return count_dirtied(mutator, before);
}

bool remember_card(struct mutator *mutator, uintptr_t place)
{
	bool logs;
	uint8_t before = advance_card(&mutator->heap->space, place, 0, &logs);

	if (before == CARD_OPEN)
		return false;
	tell(mutator);
	return count_dirtied(mutator, before);
}

void remember_as_cards(struct gcs_heap *heap, struct slot_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++)
		card_dirty(&heap->space, (uintptr_t)log->slots[i]);
	log->count = 0;
}
