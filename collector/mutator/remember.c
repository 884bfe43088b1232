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

bool remember_slot(struct mutator *mutator, void **slot)
{
	struct space *space = &mutator->heap->space;
	uint8_t *card = space_card(space, (uintptr_t)slot);
	uint8_t before = __atomic_load_n(card, __ATOMIC_RELAXED), after;
	struct slot_log *log = mutator->log;

	do {
		if (before == CARD_OPEN) /* another thread has made it dirty meanwhile */
			return false;
		after = (before & CARD_SLOTS) < CARD_SLOTS_MAX && log->count < LOG_ROOM
				? (uint8_t)(before + 1)
				: (uint8_t)CARD_OPEN;
		if (after == CARD_OPEN)
			card_flag_block(space, (uintptr_t)slot);
	} while (!__atomic_compare_exchange_n(card, &before, after, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	if (after != CARD_OPEN)
		log_slot(log, slot);
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
