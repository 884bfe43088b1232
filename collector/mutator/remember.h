/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The remembered set: where old objects may refer to young ones.
 *
 * A mutator logs the slot of each store of a young reference into an armed card; a card
 * on which CARD_SLOTS_MAX were logged becomes dirty and is scanned whole instead, and so
 * does one for which the log has no room. Slots are exact and cheap where stores are
 * scattered, as in a cache; cards take over where they are dense. So nothing is ever
 * allocated here, and nothing can fail.
 *
 * Who may touch what: a log belongs to its mutator while that runs, and to the collector
 * while the world stands. Card bytes are shared, and change by compare-and-swap: so each
 * first log of a card is counted once, whoever races.
 *
 * A forked child inherits logs of threads that it does not have. An entry is written
 * before the count, and the reference after both, so a copy taken in between lacks none
 * of the references that are there.
 */
#ifndef GCSCOPE_MUTATOR_REMEMBER_H
#define GCSCOPE_MUTATOR_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_SLOTS_MAX 4U
#define LOG_ROOM       4096U /* 32 KiB, which are touched as they are used */

struct mutator;
struct gcs_heap;

struct slot_log {
	size_t count;
	void **slots[LOG_ROOM];
};

/*
 * A young reference is about to be stored into this slot of old memory. True: that makes its
 * card dirtied. Owner.
 */
bool remember_slot(struct mutator *mutator, void **slot);

/* The same for a reference in another form than a slot has: its card becomes dirty as a whole. */
bool remember_card(struct mutator *mutator, uintptr_t place);

/* Make all cards dirty that a mutator has logged slots of: it is about to go, or has gone. */
void remember_as_cards(struct gcs_heap *heap, struct slot_log *log);

#endif
