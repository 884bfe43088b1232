/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/evacuate.h"

#include <string.h>

#include "heap/cards.h"
#include "tracing/mark.h"

static inline struct evacuation *evacuation_of(struct gcs_tracer *tracer)
{
	return (struct evacuation *)tracer;
}

TRACE_INLINE void add(struct amount *amount, size_t bytes)
{
	amount->objects++;
	amount->bytes += bytes;
}

TRACE_INLINE unsigned fate_of(const struct gcs_tracer *tracer, const void *object)
{
	return tracer->fates[((uintptr_t)object - tracer->base) >> BLOCK_SHIFT];
}

/*
 * What was found is to be scanned. In a major collection it becomes grey; in a minor one,
 * where it was just copied and is in the cache, its slots are looked at here and now, and
 * those that matter wait on the stack.
 */

TRACE_INLINE void push_slot(struct gcs_tracer *tracer, void **slot)
{
	if (!*slot || !(fate_of(tracer, *slot) & FATE_CONDEMNED))
		return;
	if (gcs_unlikely(!mark_stack_push(tracer->stack, (uintptr_t)slot)))
		set_grey(tracer, tracer->owner);
}

/* A trace function moves what it visits at once, so it has to wait for its turn. */
static void push_traced(struct gcs_tracer *tracer, uintptr_t object)
{
	if (!mark_stack_push(tracer->stack, object | ENTRY_TRACED))
		set_grey(tracer, object);
}

TRACE_INLINE void push_slots(struct gcs_tracer *tracer, const struct type *type, uintptr_t object)
{
	if (gcs_unlikely(type->trace != NULL)) {
		push_traced(tracer, object);
		return;
	}
	tracer->owner = object;
	scan_fields(tracer, type, object, push_slot);
}

TRACE_INLINE void found(struct evacuation *evacuation, const struct type *type, void *object)
{
	if (evacuation->major) {
		push_grey(&evacuation->tracer, (uintptr_t)object);
	} else {
		evacuation->tracer.marked++;
		push_slots(&evacuation->tracer, type, (uintptr_t)object);
	}
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

	if (!bit_claim(tracer->marks, header_granule(tracer, (uintptr_t)object)))
		return;
	if (!(fate & FATE_MARKS))
		keep_block(evacuation, object, fate);
	if (!(fate & FATE_LARGE))
		add(&evacuation->kept[origin_of(fate)], object_cell(types, object));
	found(evacuation, object_type(types, object), object);
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
	    !stays_young(evacuation, fate_of(tracer, (void *)place)))
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
	       bit_test(tracer->marks, header_granule(tracer, (uintptr_t)object)) ||
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
TRACE_INLINE void leave(struct evacuation *evacuation, const struct type *type, void **slot,
			unsigned fate, uintptr_t to, size_t cell)
{
	struct gcs_tracer *tracer = &evacuation->tracer;
	size_t granule = (to - tracer->base) >> GRANULE_SHIFT;
	void *place = (void *)(to + HEADER_BYTES);

	bit_set(tracer->starts, granule);
	if (evacuation->major)
		bit_set(tracer->marks, granule);
	add(&evacuation->moved[origin_of(fate)], cell);
	*gcs_header(*slot) = (uintptr_t)place | GCS_HEADER_FORWARDED;
	*slot = place;
	found(evacuation, type, place);
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
	uintptr_t to;

	cell = region_cell(bytes + (hashed ? HASH_BYTES : 0), type->align);
	to = target_take(tracer->heap, target_of(evacuation, fate), cell, type->align);
	if (!to) {
		keep_from(evacuation, slot, fate);
		return;
	}
	memcpy((void *)to, gcs_header(*slot), bytes);
	if (hashed)
		take_hash_along(*slot, to, bytes);
	leave(evacuation, type, slot, fate, to, cell);
}

/* A slot refers to an object of a condemned block: see that both are right from now on. */
TRACE_INLINE void evacuate(struct evacuation *evacuation, void **slot, unsigned fate)
{
	struct hole *hole = &target_of(evacuation, fate)->small;
	uint64_t header = *gcs_header(*slot);
	const struct type *type;
	uintptr_t to = hole->cursor;

	if (header & GCS_HEADER_FORWARDED) {
		*slot = (void *)(header & ~GCS_HEADER_FORWARDED);
		return;
	}
	if (gcs_unlikely(fate & evacuation->may_stay || header & GCS_HEADER_PINNED) &&
	    must_stay(evacuation, *slot, header, fate)) {
		keep_from(evacuation, slot, fate);
		return;
	}
	type = &evacuation->tracer.types[header_type(header)];
	if (gcs_unlikely(header & GCS_HEADER_HASH_MASK || !type->moves_easily ||
			 to + type->abi.cell > hole->end)) {
		evacuate_slowly(evacuation, slot, fate);
		return;
	}
	hole->cursor = to + type->abi.cell;
	copy_cell((char *)to, (char *)gcs_header(*slot), type->abi.cell);
	leave(evacuation, type, slot, fate, to, type->abi.cell);
}

/* At a reference. */

TRACE_INLINE void visit_minor(struct gcs_tracer *tracer, void **slot)
{
	unsigned fate = *slot ? fate_of(tracer, *slot) : 0;

	if (fate & FATE_CONDEMNED)
		evacuate(evacuation_of(tracer), slot, fate);
}

/* The same, where survivors may stay young: those that refer to them are remembered. */
TRACE_INLINE void visit_aging(struct gcs_tracer *tracer, void **slot)
{
	visit_minor(tracer, slot);
	if (*slot && fate_of(tracer, *slot) & FATE_SURVIVOR)
		remember_young(evacuation_of(tracer), slot);
}

TRACE_INLINE void visit_major(struct gcs_tracer *tracer, void **slot)
{
	void *object = *slot;
	unsigned fate;

	if (!object)
		return;
	fate = fate_of(tracer, object);
	if (gcs_unlikely(fate & FATE_CONDEMNED))
		evacuate(evacuation_of(tracer), slot, fate);
	else
		mark_object(tracer, object);
}

static void visit_traced_slot(struct gcs_tracer *tracer, void **slot)
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
		visit_minor(&evacuation->tracer, slot);
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
	unsigned fate = fate_of(&evacuation->tracer, object);

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
		drain_slots(tracer, push_slot, visit_aging);
	else
		drain_slots(tracer, push_slot, visit_minor);
}

static void scan_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	struct evacuation *evacuation = evacuation_of(tracer);

	tracer->owner = object;
	if (evacuation->major)
		scan_object(tracer, object, visit_major);
	else
		scan_object(tracer, object, push_slot);
	drain(evacuation);
}

void evacuate_drain(struct evacuation *evacuation)
{
	drain(evacuation);
	while (evacuation->tracer.overflowed)
		rescan(&evacuation->tracer, scan_grey);
	mark_stack_trim(evacuation->tracer.stack);
}

void evacuation_begin(struct evacuation *evacuation, struct gcs_heap *heap, bool major, bool last)
{
	*evacuation = (struct evacuation){
		.tracer = tracer_of(heap, visit_traced_slot),
		.major = major,
		.aging = !last && heap->options.tenure > 1,
		.last = last,
		.may_stay = heap->options.stress_pin ? FATE_CONDEMNED : FATE_LARGE | FATE_MARKS,
		.young = { .fate = FATE_SURVIVOR },
		.until_pinned = heap->options.stress_pin,
	};
	if (!major) /* a major collection finds the holes anew */
		evacuation->old = heap->promotion;
	evacuation->old.use_holes = !major;
	evacuation->tracer.unmarked_unless_condemned = !major;
	evacuation->tracer.live = major ? heap->space.live : NULL;
}

void evacuation_end(struct evacuation *evacuation)
{
	evacuation->tracer.heap->promotion = evacuation->major ? (struct target){ 0 }
							       : evacuation->old;
}
