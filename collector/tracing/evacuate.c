/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/evacuate.h"

#include <string.h>

#include "heap/cards.h"
#include "tracing/mark.h"

static inline struct evacuation *evacuation_of(struct gcs_tracer *tracer)
{
	return (struct evacuation *)tracer;
}

/* Leaving. */

static void add(struct amount *amount, size_t bytes)
{
	amount->objects++;
	amount->bytes += bytes;
}

static void count_copy(struct evacuation *evacuation, unsigned fate, bool stays_young, size_t cell)
{
	if (fate & FATE_TENURED) {
		add(&evacuation->tenured, cell);
		return;
	}
	add(fate & FATE_AGED ? &evacuation->second : &evacuation->first, cell);
	if (stays_young)
		add(&evacuation->aged, cell);
}

static inline void copy_words(uint64_t *to, const uint64_t *from, size_t bytes)
{
	const uint64_t *end = from + bytes / 8;

	if (bytes > 128) {
		memcpy(to, from, bytes);
		return;
	}
	do {
		*to++ = *from++;
		__asm__("" : "+r"(to)); /* a call of memcpy costs more than these few words */
	} while (from < end);
}

/* A hash of the address that an object leaves goes with it, behind it. */
static uint64_t keep_hash(void *object, uint64_t header, uintptr_t copy, size_t bytes)
{
	uint64_t *kept = (uint64_t *)(copy + bytes);

	*kept = header_keeps_hash(header) ? *(uint64_t *)((char *)gcs_header(object) + bytes)
					  : address_hash(object);
	return (header & ~GCS_HEADER_HASH_MASK) | 2ULL << GCS_HEADER_HASH_SHIFT;
}

/* The new place of an object; NULL: there is no room for it. */
static inline void *copy(struct evacuation *evacuation, void *object, uint64_t header,
			 unsigned fate)
{
	struct gcs_tracer *tracer = &evacuation->tracer;
	const struct type *type = &tracer->types[header_type(header)];
	size_t bytes = object_bytes(type, object), extra = 0, cell, granule;
	bool stays_young = evacuation->aging && !(fate & FATE_AGED);
	uintptr_t to;

	if (gcs_unlikely(header & GCS_HEADER_HASH_MASK))
		extra = HASH_BYTES;
	cell = region_cell(bytes + extra, type->align);
	to = target_take(tracer->heap, stays_young ? &evacuation->young : &evacuation->old, cell,
			 type->align);
	if (!to)
		return NULL;
	copy_words((uint64_t *)to, gcs_header(object), bytes);
	if (gcs_unlikely(extra))
		*(uint64_t *)to = keep_hash(object, header, to, bytes);
	granule = (to - tracer->base) >> GRANULE_SHIFT;
	bit_set(tracer->space->starts, granule);
	if (evacuation->major)
		bit_set(tracer->marks, granule);
	count_copy(evacuation, fate, stays_young, cell);
	return (void *)(to + HEADER_BYTES);
}

/* Staying. */

static void *keep(struct evacuation *evacuation, void *object, unsigned fate)
{
	struct gcs_tracer *tracer = &evacuation->tracer;
	struct block *block = space_block(tracer->space, (uintptr_t)object);

	if (!bit_claim(tracer->marks, header_granule(tracer, (uintptr_t)object)))
		return object;
	if (!(fate & FATE_LARGE)) {
		tracer->fates[block_index(tracer->space, block)] |= FATE_MARKS;
		if (!(fate & FATE_TENURED))
			add(&evacuation->kept, object_cell(&tracer->heap->types, object));
	}
	push_grey(tracer, (uintptr_t)object);
	return object;
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

static bool must_stay(struct evacuation *evacuation, void *object, uint64_t header, unsigned fate)
{
	const struct gcs_tracer *tracer = &evacuation->tracer;

	return fate & FATE_LARGE || header & GCS_HEADER_PINNED ||
	       bit_test(tracer->marks, header_granule(tracer, (uintptr_t)object)) ||
	       stress_pins(evacuation);
}

/* The place of an object of a condemned block from now on. */
static inline void *evacuate(struct evacuation *evacuation, void *object, unsigned fate)
{
	uint64_t header = *gcs_header(object);
	void *place;

	if (header & GCS_HEADER_FORWARDED)
		return (void *)(header & ~GCS_HEADER_FORWARDED);
	if (gcs_unlikely(fate & evacuation->may_stay || header & GCS_HEADER_PINNED) &&
	    must_stay(evacuation, object, header, fate))
		return keep(evacuation, object, fate);
	place = copy(evacuation, object, header, fate);
	if (!place)
		return keep(evacuation, object, fate);
	*gcs_header(object) = (uintptr_t)place | GCS_HEADER_FORWARDED;
	push_grey(&evacuation->tracer, (uintptr_t)place);
	return place;
}

/* At a reference. */

TRACE_INLINE unsigned fate_of(const struct gcs_tracer *tracer, const void *object)
{
	return tracer->fates[((uintptr_t)object - tracer->base) >> BLOCK_SHIFT];
}

TRACE_INLINE void visit_minor(struct gcs_tracer *tracer, void **slot)
{
	void *object = *slot;
	unsigned fate;

	if (!object)
		return;
	fate = fate_of(tracer, object);
	if (fate & FATE_CONDEMNED)
		*slot = evacuate(evacuation_of(tracer), object, fate);
}

/* The same, where survivors may stay young: those that refer to them are remembered. */
TRACE_INLINE void visit_aging(struct gcs_tracer *tracer, void **slot)
{
	visit_minor(tracer, slot);
	if (*slot && fate_of(tracer, *slot) & FATE_SURVIVOR &&
	    !(fate_of(tracer, slot) & FATE_SURVIVOR))
		card_dirty(tracer->space, (uintptr_t)slot);
}

TRACE_INLINE void visit_major(struct gcs_tracer *tracer, void **slot)
{
	void *object = *slot;
	unsigned fate;

	if (!object)
		return;
	fate = fate_of(tracer, object);
	if (gcs_unlikely(fate & FATE_CONDEMNED))
		*slot = evacuate(evacuation_of(tracer), object, fate);
	else
		mark_object(tracer, object);
}

static void minor_slot(struct gcs_tracer *tracer, void **slot)
{
	visit_minor(tracer, slot);
}

static void aging_slot(struct gcs_tracer *tracer, void **slot)
{
	visit_aging(tracer, slot);
}

static void major_slot(struct gcs_tracer *tracer, void **slot)
{
	visit_major(tracer, slot);
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

static void minor_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	scan_object(tracer, object, visit_minor);
	drain_directly(tracer, visit_minor);
}

static void aging_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	scan_object(tracer, object, visit_aging);
	drain_directly(tracer, visit_aging);
}

static void major_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	scan_object(tracer, object, visit_major);
	drain_prefetching(tracer, visit_major);
}

void evacuate_drain(struct evacuation *evacuation)
{
	struct gcs_tracer *tracer = &evacuation->tracer;

	if (evacuation->major)
		drain_prefetching(tracer, visit_major);
	else if (evacuation->aging)
		drain_directly(tracer, visit_aging);
	else
		drain_directly(tracer, visit_minor);
	while (tracer->overflowed)
		rescan(tracer, evacuation->major   ? major_grey
			       : evacuation->aging ? aging_grey
						   : minor_grey);
	mark_stack_trim(tracer->stack);
}

void evacuation_begin(struct evacuation *evacuation, struct gcs_heap *heap, bool major)
{
	bool aging = !major && heap->options.tenure > 1;

	*evacuation = (struct evacuation){
		.tracer = tracer_of(heap, major ? major_slot : aging ? aging_slot : minor_slot),
		.major = major,
		.aging = aging,
		.may_stay = heap->options.stress_pin ? FATE_CONDEMNED : FATE_LARGE | FATE_MARKS,
		.young = { .fate = FATE_SURVIVOR },
		.until_pinned = heap->options.stress_pin,
	};
	if (!major) /* a major collection finds the holes anew */
		evacuation->old = heap->promotion;
	evacuation->old.use_holes = !major;
	evacuation->tracer.unmarked_unless_condemned = !major;
	evacuation->tracer.count_cells = major;
}

void evacuation_end(struct evacuation *evacuation)
{
	evacuation->tracer.heap->promotion =
		evacuation->major ? (struct target){ 0 } : evacuation->old;
}
