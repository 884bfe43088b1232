/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/scan_remembered.h"

#include <string.h>

#include "heap/cards.h"
#include "mutator/mutator.h"
#include "probes/probes.h"

#define PARTS 64U
#define AHEAD 8U

struct scan {
	struct evacuation *evacuation;
	struct remembered result;
	/* Scanned cards by where they are, for event cards_scanned. */
	uint32_t parts[PARTS];
	unsigned part_shift;
};

/* Does a slot hold something young that has yet to move or to be marked? */
static bool holds_young(const struct evacuation *evacuation, void *const *slot)
{
	return *slot && space_fate(evacuation->tracer.space, *slot) & FATE_CONDEMNED;
}

static void visit_slot_of_card(struct evacuation *evacuation, void **slot)
{
	if (!holds_young(evacuation, slot))
		return;
	evacuation->found++;
	evacuate_old_slot(slot, evacuation);
}

/* What a trace function visits, while the object with its card is scanned. */
static void visit_traced(struct gcs_tracer *tracer, void **slot)
{
	visit_slot_of_card((struct evacuation *)tracer, slot);
}

/* Of the elements of an array, those with a byte in [low, high). */
static void scan_elements_within(struct evacuation *evacuation, const struct type *type,
				 uintptr_t array, uintptr_t low, uintptr_t high)
{
	uintptr_t elements = array + type->size, slot;
	size_t i = low > elements ? (low - elements) / type->element_size : 0, j;
	size_t length = gcs_array_length((void *)array);

	for (; i < length && elements + i * type->element_size < high; i++) {
		for (j = 0; j < type->element_pointer_count; j++) {
			slot = elements + i * type->element_size + type->element_pointers[j];
			if (slot >= low && slot < high)
				visit_slot_of_card(evacuation, (void **)slot);
		}
	}
}

/* The slots of an object that lie in [low, high); all, if only its trace function knows them. */
static void scan_within(struct evacuation *evacuation, uintptr_t object, uintptr_t low,
			uintptr_t high)
{
	const struct type *type = object_type(&evacuation->tracer.heap->types, (void *)object);
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++) {
		uintptr_t slot = object + type->pointers[i];

		if (slot >= low && slot < high)
			visit_slot_of_card(evacuation, (void **)slot);
	}
	if (type->element_pointer_count)
		scan_elements_within(evacuation, type, object, low, high);
	else if (type->trace)
		call_trace(&evacuation->tracer, type, object);
}

/*
 * Objects with a part in a card. What has died before the last mark is not among them: its
 * stale slots would bring garbage to life.
 */
static void scan_region_card(struct evacuation *evacuation, const struct block *block,
			     uintptr_t low)
{
	const struct space *space = evacuation->tracer.space;
	uintptr_t high = low + CARD_BYTES, before = region_header_before(space, block, low);
	uint64_t starts =
		region_objects(space, block)[(low - block_address(space, block)) / CARD_BYTES];

	if (before)
		scan_within(evacuation, before + HEADER_BYTES, low, high);
	for (; starts; starts &= starts - 1)
		scan_within(evacuation,
			    low + ((uintptr_t)__builtin_ctzll(starts) << GRANULE_SHIFT) +
				    HEADER_BYTES,
			    low, high);
}

static void count_scanned(struct scan *scan, uintptr_t card)
{
	scan->result.scanned++;
	scan->parts[(card - scan->evacuation->tracer.space->base) >> scan->part_shift]++;
}

static void scan_dirty_card(struct scan *scan, struct block *block, uintptr_t low)
{
	struct evacuation *evacuation = scan->evacuation;
	struct space *space = evacuation->tracer.space;
	uint64_t found = evacuation->found;

	count_scanned(scan, low);
	*space_card(space, low) = CARD_ARMED | CARD_AGAIN;
	if (block->state == BLOCK_REGION)
		scan_region_card(evacuation, block, low);
	else
		scan_within(evacuation, large_header(space, block - block->head) + HEADER_BYTES,
			    low, low + CARD_BYTES);
	scan->result.useful += evacuation->found != found;
}

static void scan_dirty_block(struct scan *scan, size_t index)
{
	struct space *space = scan->evacuation->tracer.space;
	const uint8_t *cards = &space->cards[index * BLOCK_CARDS], *end = cards + BLOCK_CARDS,
		      *card;
	struct block *block = &space->blocks[index];
	uintptr_t base = space->base + (index << BLOCK_SHIFT);

	space->dirty[index] = 0;
	if (block->state == BLOCK_REGION)
		region_record(space, &scan->evacuation->tracer.heap->types, block);
	for (card = cards; (card = memchr(card, CARD_OPEN, (size_t)(end - card))); card++)
		scan_dirty_card(scan, block, base + (uintptr_t)(card - cards) * CARD_BYTES);
}

/* The table's upper level, eight blocks at a time. */
static void scan_dirty_cards(struct scan *scan)
{
	struct space *space = scan->evacuation->tracer.space;
	size_t first, index;
	uint64_t eight;

	for (first = 0; first < space->frontier; first += sizeof(eight)) {
		memcpy(&eight, &space->dirty[first], sizeof(eight));
		if (!eight)
			continue;
		for (index = first; index < first + sizeof(eight); index++)
			if (space->dirty[index])
				scan_dirty_block(scan, index);
	}
}

/* Slots are far apart: ask early for a slot and its card, and then for what it refers to. */
static void prefetch_ahead(const struct space *space, const struct slot_log *log, size_t i)
{
	if (i + 2 * AHEAD < log->count) {
		__builtin_prefetch(log->slots[i + 2 * AHEAD]);
		__builtin_prefetch(space_card(space, (uintptr_t)log->slots[i + 2 * AHEAD]));
	}
	if (i + AHEAD < log->count)
		__builtin_prefetch((void *)((uintptr_t)*log->slots[i + AHEAD] - HEADER_BYTES));
}

/*
 * Counted once a card: not if it became dirty later and was scanned as a whole, or if it is
 * dirty again since a slot of it refers to something that stays young.
 */
static void count_logged(struct scan *scan, uint8_t *card, uintptr_t slot, bool useful)
{
	if (!(*card & CARD_SLOTS))
		return;
	if (!(*card & CARD_SEEN))
		count_scanned(scan, slot);
	*card |= CARD_SEEN;
	if (!useful)
		return;
	scan->result.useful += !(*card & CARD_USEFUL);
	*card |= CARD_USEFUL;
}

static void scan_logged_slot(struct scan *scan, void **slot)
{
	struct evacuation *evacuation = scan->evacuation;
	bool young = holds_young(evacuation, slot);

	count_logged(scan, space_card(evacuation->tracer.space, (uintptr_t)slot), (uintptr_t)slot,
		     young);
	if (young)
		evacuate_old_slot(slot, evacuation);
}

static void scan_log(struct scan *scan, const struct slot_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++) {
		prefetch_ahead(scan->evacuation->tracer.space, log, i);
		scan_logged_slot(scan, log->slots[i]);
	}
}

static void clear_log(struct space *space, struct slot_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++) {
		uint8_t *card = space_card(space, (uintptr_t)log->slots[i]);

		if (*card & CARD_SLOTS)
			*card = CARD_ARMED | CARD_AGAIN;
	}
	log->count = 0;
}

static void scan_logs(struct scan *scan)
{
	struct gcs_heap *heap = scan->evacuation->tracer.heap;
	struct mutator *mutator;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		scan_log(scan, mutator->log);
	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		clear_log(&heap->space, mutator->log);
}

struct remembered scan_remembered(struct evacuation *evacuation)
{
	struct gcs_heap *heap = evacuation->tracer.heap;
	size_t bytes = heap->space.frontier << BLOCK_SHIFT;
	struct scan scan = { .evacuation = evacuation, .part_shift = BLOCK_SHIFT };
	slot_visitor visit = evacuation->tracer.visit;

	while (bytes >> scan.part_shift >= PARTS)
		scan.part_shift++;
	evacuation->tracer.visit = visit_traced;
	scan_dirty_cards(&scan);
	evacuation->tracer.visit = visit;
	scan_logs(&scan);
	gcs_emit(cards_scanned, heap->id, heap->collection, heap->space.base,
		 1ULL << scan.part_shift, (bytes >> scan.part_shift) + 1, (uintptr_t)scan.parts);
	return scan.result;
}
