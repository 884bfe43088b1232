/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/evacuate.h"

#include <string.h>

#include "heap/cards.h"
#include "tracing/copies.h"
#include "tracing/mark.h"

static inline struct evacuation *evacuation_of(struct gcs_tracer *tracer)
{
	return (struct evacuation *)tracer;
}

/* Memory that copies will be written to so many bytes later is asked for now. */
#define AHEAD 1024

TRACE_INLINE void add(struct amount *amount, size_t bytes)
{
	amount->objects++;
	amount->bytes += bytes;
}

/* Staying. */

/* Objects that are in a block with this fate when all is done are young then, too. */
static bool stays_young(const struct evacuation *evacuation, unsigned fate)
{
	return fate & FATE_SURVIVOR ||
	       (fate & FATE_MOVE && !(fate & FATE_AGED) && !evacuation->last);
}

/* The first object of a block stays. What becomes old has its cards armed before it matters. */
static void keep_block(struct evacuation *evacuation, void *object, unsigned fate)
{
	struct space *space = evacuation->tracer.space;
	struct block *block = space_block(space, (uintptr_t)object);

	space->fates[block_index(space, block)] |= FATE_MARKS;
	if (!evacuation->major && !stays_young(evacuation, fate))
		cards_set(space, block, CARD_ARMED);
}

static void keep(struct evacuation *evacuation, void *object, unsigned fate)
{
	struct gcs_tracer *tracer = &evacuation->tracer;
	const struct type_table *types = &tracer->heap->types;

	if (!bit_claim(tracer->marks, header_granule((uintptr_t)object)))
		return;
	if (!(fate & FATE_MARKS))
		keep_block(evacuation, object, fate);
	if (!(fate & FATE_LARGE))
		add(&evacuation->kept[origin_of(fate)], object_cell(types, object));
	tracer->marked++;
	push_grey(tracer, (uintptr_t)object);
}

/*
 * A slot refers to something that stays young. If it is in old memory, or belongs to an
 * object there, that has to be remembered. Of an object that its trace function scans it is
 * the header's card: a later one may be scanned yet, and would be armed again.
 */
static void remember_young(struct evacuation *evacuation, void **slot)
{
	const struct gcs_tracer *tracer = &evacuation->tracer;
	uintptr_t place = tracer->traced ? tracer->traced - HEADER_BYTES : (uintptr_t)slot;

	if (space_contains(tracer->space, place) &&
	    !stays_young(evacuation, tracer_fate(tracer, place)))
		card_dirty(tracer->space, place);
}

static void keep_from(struct evacuation *evacuation, void **slot, unsigned fate)
{
	keep(evacuation, *slot, fate);
	if (stays_young(evacuation, fate))
		remember_young(evacuation, slot);
}

/* Option stress_pin: every Nth object that would move stays. */
static bool stress_pins(struct evacuation *evacuation)
{
	uint64_t every = evacuation->tracer.heap->options.stress_pin;

	if (!every || --evacuation->until_pinned)
		return false;
	evacuation->until_pinned = every;
	return true;
}

static inline bool must_stay(struct evacuation *evacuation, void *object, uint64_t header,
			     unsigned fate)
{
	const struct gcs_tracer *tracer = &evacuation->tracer;

	return fate & FATE_LARGE || header & GCS_HEADER_PINNED ||
	       bit_test(tracer->marks, header_granule((uintptr_t)object)) ||
	       stress_pins(evacuation);
}

/* Leaving. */

/* Of a few words a copy by two loads, which may overlap, costs less than a call. */
TRACE_INLINE void copy_cell(char *to, const char *from, size_t bytes)
{
	if (bytes > 32) {
		memcpy(to, from, bytes);
		return;
	}
	struct {
		uint64_t words[2];
	} first, last;

	memcpy(&first, from, 16);
	memcpy(&last, from + bytes - 16, 16);
	memcpy(to, &first, 16);
	memcpy(to + bytes - 16, &last, 16);
}

/* What a slot refers to has been copied: the old place says where to. */
TRACE_INLINE void leave(struct evacuation *evacuation, void **slot, unsigned fate, uintptr_t to,
			size_t cell, bool major)
{
	uintptr_t object = to + HEADER_BYTES;

	*gcs_header(*slot) = object | GCS_HEADER_FORWARDED;
	*slot = (void *)object;
	evacuation->copied_objects++;
	evacuation->copied_bytes += cell;
	if (gcs_unlikely(fate & (FATE_AGED | FATE_TENURED)))
		add(&evacuation->moved[origin_of(fate)], cell);
	if (major) {
		bit_set(evacuation->tracer.marks, header_granule(object));
		push_grey(&evacuation->tracer, object);
	}
}

/* A hash of the address that an object leaves goes with it, behind it. */
static void take_hash_along(void *object, uintptr_t to, size_t bytes)
{
	uint64_t header = *gcs_header(object);

	*(uint64_t *)(to + bytes) = header_keeps_hash(header)
					    ? *(uint64_t *)((char *)gcs_header(object) + bytes)
					    : address_hash(object);
	*(uint64_t *)to = (header & ~GCS_HEADER_HASH_MASK) | 2ULL << GCS_HEADER_HASH_SHIFT;
}

static struct target *target_of(struct evacuation *evacuation, unsigned fate)
{
	return evacuation->aging && !(fate & FATE_AGED) ? &evacuation->young : &evacuation->old;
}

/* Long ones, aligned ones, those with a hash; and where the hole ends. */
static __attribute__((noinline)) void evacuate_slowly(struct evacuation *evacuation, void **slot,
						      unsigned fate)
{
	struct gcs_tracer *tracer = &evacuation->tracer;
	const struct type *type = object_type(&tracer->heap->types, *slot);
	bool hashed = *gcs_header(*slot) & GCS_HEADER_HASH_MASK;
	size_t bytes = object_bytes(type, *slot), cell;
	struct target *target = target_of(evacuation, fate);
	uintptr_t to;

	cell = region_cell(bytes + (hashed ? HASH_BYTES : 0), type->align);
	to = evacuation->major ? target_take(tracer->heap, target, cell, type->align)
			       : take_grey(tracer, target, cell, type->align);
	if (!to) {
		keep_from(evacuation, slot, fate);
		return;
	}
	memcpy((void *)to, gcs_header(*slot), bytes);
	if (hashed)
		take_hash_along(*slot, to, bytes);
	leave(evacuation, slot, fate, to, cell, evacuation->major);
}

/* A slot refers to an object of a condemned block: see that both are right from now on. */
TRACE_INLINE void evacuate(struct evacuation *evacuation, void **slot, unsigned fate, bool aging,
			   bool major)
{
	struct target *target = aging ? target_of(evacuation, fate) : &evacuation->old;
	uint64_t header = *gcs_header(*slot);
	uintptr_t to = target->small.cursor;
	size_t cell;

	if (header & GCS_HEADER_FORWARDED) {
		*slot = (void *)(header & ~GCS_HEADER_FORWARDED);
		return;
	}
	if (gcs_unlikely(fate & evacuation->may_stay || header & GCS_HEADER_PINNED) &&
	    must_stay(evacuation, *slot, header, fate)) {
		keep_from(evacuation, slot, fate);
		return;
	}
	cell = plain_cell(header);
	if (gcs_unlikely(!(header & GCS_HEADER_PLAIN) || to + cell > target->small.end)) {
		evacuate_slowly(evacuation, slot, fate);
		return;
	}
	target->small.cursor = to + cell;
	__builtin_prefetch((char *)to + AHEAD, 1);
	copy_cell((char *)to, (char *)gcs_header(*slot), cell);
	leave(evacuation, slot, fate, to, cell, major);
}

/* Where it is the exception. */
static __attribute__((noinline)) void evacuate_in_major(struct gcs_tracer *tracer, void **slot,
							unsigned fate)
{
	evacuate(evacuation_of(tracer), slot, fate, false, true);
}

/* At a reference. */

TRACE_INLINE void visit_condemned(struct gcs_tracer *tracer, void **slot, bool aging)
{
	unsigned fate = *slot ? tracer_fate(tracer, (uintptr_t)*slot) : 0;

	if (fate & FATE_CONDEMNED)
		evacuate(evacuation_of(tracer), slot, fate, aging, false);
}

TRACE_INLINE void visit_minor(struct gcs_tracer *tracer, void **slot)
{
	visit_condemned(tracer, slot, false);
}

/* The same, where survivors may stay young: those that refer to them are remembered. */
TRACE_INLINE void visit_aging(struct gcs_tracer *tracer, void **slot)
{
	visit_condemned(tracer, slot, true);
	if (*slot && tracer_fate(tracer, (uintptr_t)*slot) & FATE_SURVIVOR)
		remember_young(evacuation_of(tracer), slot);
}

TRACE_INLINE void visit_major(struct gcs_tracer *tracer, void **slot)
{
	void *object = *slot;
	unsigned fate;

	if (!object)
		return;
	fate = tracer_fate(tracer, (uintptr_t)object);
	if (gcs_unlikely(fate & FATE_CONDEMNED))
		evacuate_in_major(tracer, slot, fate);
	else
		mark_object(tracer, object);
}

static void visit_any_slot(struct gcs_tracer *tracer, void **slot)
{
	if (evacuation_of(tracer)->major)
		visit_major(tracer, slot);
	else
		evacuate_old_slot(slot, evacuation_of(tracer));
}

void evacuate_slot(void **slot, void *context)
{
	struct evacuation *evacuation = context;

	if (evacuation->major)
		visit_major(&evacuation->tracer, slot);
	else
		visit_condemned(&evacuation->tracer, slot, evacuation->aging);
}

void evacuate_old_slot(void **slot, struct evacuation *evacuation)
{
	if (evacuation->aging)
		visit_aging(&evacuation->tracer, slot);
	else
		visit_minor(&evacuation->tracer, slot);
}

void evacuate_pinned(void *object, void *context)
{
	struct evacuation *evacuation = context;
	unsigned fate = tracer_fate(&evacuation->tracer, (uintptr_t)object);

	if (fate & FATE_CONDEMNED)
		keep(evacuation, object, fate);
	else if (evacuation->major)
		mark_object(&evacuation->tracer, object);
}

/* The whole. */

static void drain(struct evacuation *evacuation)
{
	struct gcs_tracer *tracer = &evacuation->tracer;

	if (evacuation->major)
		drain_prefetching(tracer, visit_major);
	else if (evacuation->aging)
		drain_copies(tracer, &evacuation->old, &evacuation->young, visit_aging,
			     visit_any_slot);
	else
		drain_copies(tracer, &evacuation->old, &evacuation->young, visit_minor,
			     visit_any_slot);
}

static void scan_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	struct evacuation *evacuation = evacuation_of(tracer);

	scan_object(tracer, object, visit_any_slot);
	drain(evacuation);
}

uint64_t evacuate_drain(struct evacuation *evacuation)
{
	drain(evacuation);
	while (evacuation->tracer.overflowed)
		rescan(&evacuation->tracer, scan_grey);
	mark_stack_trim(evacuation->tracer.stack);
	return evacuation->copied_objects + evacuation->tracer.marked;
}

void evacuation_begin(struct evacuation *evacuation, struct gcs_heap *heap, bool major, bool last)
{
	*evacuation = (struct evacuation){
		.tracer = tracer_of(heap, visit_any_slot),
		.major = major,
		.aging = !last && heap->options.tenure > 1,
		.last = last,
		.may_stay = heap->options.stress_pin ? FATE_CONDEMNED : FATE_LARGE | FATE_MARKS,
		.young = { .fate = FATE_SURVIVOR },
		.until_pinned = heap->options.stress_pin,
	};
	if (!major) /* a major collection finds the holes anew */
		evacuation->old = heap->promotion;
	evacuation->old.grey = evacuation->old.small.cursor;
	evacuation->old.use_holes = !major;
	evacuation->tracer.unmarked_unless_condemned = !major;
	if (major)
		tracer_count_live(&evacuation->tracer);
}

void evacuation_end(struct evacuation *evacuation)
{
	struct space *space = evacuation->tracer.space;
	struct amount *moved = evacuation->moved;

	moved[ORIGIN_NEW].objects =
		evacuation->copied_objects - moved[ORIGIN_AGED].objects - moved[ORIGIN_OLD].objects;
	moved[ORIGIN_NEW].bytes =
		evacuation->copied_bytes - moved[ORIGIN_AGED].bytes - moved[ORIGIN_OLD].bytes;
	if (!evacuation->major) {
		target_close(space, &evacuation->old);
		target_close(space, &evacuation->young);
	}
	evacuation->tracer.heap->promotion = evacuation->major ? (struct target){ 0 }
							       : evacuation->old;
}
