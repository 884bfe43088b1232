/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer: from object to object through all references, with an explicit stack
 * and never by recursion. What is done at a reference is not said here:
 * each user (mark.c, evacuate.c) has a visit function of its own, and the compiler makes
 * a copy of the loops around it.
 *
 * An object is white (not found), grey (found, to be scanned) or black. Grey objects are
 * on the mark stack. When that is full and may not grow, the *second* granule's mark bit
 * of the object is set, which no header owns since a cell has at least two granules, and
 * its header's: that says grey, and its block is flagged. When the stack has drained, the
 * flagged blocks are searched for such bits and tracing resumes there. Each object is
 * found once, so this ends; when it does, no second granule's bit is left.
 *
 * An array is scanned in slices, so that it takes two stack entries and not one
 * for each element.
 */
#ifndef GCSCOPE_TRACING_TRACE_H
#define GCSCOPE_TRACING_TRACE_H

#include "heap/heap.h"
#include "heap/region.h"

/* References of an array that are scanned at a time. */
#define SLICE 1024U

#define PREFETCH_DISTANCE 32U

/* A stack entry with this bit is an array, and the entry below it the element to go on with. */
#define ENTRY_SLICE ((uintptr_t)1)

/*
 * What each reference needs is at hand here. Mark bits, fates and live bytes are indexed by
 * addresses, of granules or of blocks: the pointers are those of the space, less its base.
 */
struct gcs_tracer {
	struct gcs_heap *heap;
	struct space *space;
	uint64_t *marks;
	uint8_t *fates;
	uint32_t *live; /* what is scanned is counted here, unless NULL */
	struct mark_stack *stack;
	const struct type *types;
	uint64_t marked; /* objects that were found, and stay where they are */
	bool overflowed; /* some block is flagged */
	/* What is found in blocks that are not condemned has no mark, unless it is grey there. */
	bool unmarked_unless_condemned;
	uintptr_t traced; /* whose trace function runs; 0: none */
	/* What a trace function's gcs_trace_slot calls. */
	void (*visit)(struct gcs_tracer *tracer, void **slot);
};

typedef void (*slot_visitor)(struct gcs_tracer *tracer, void **slot);

#define TRACE_INLINE static inline __attribute__((always_inline))

static inline void *less_base(void *table, uintptr_t bytes)
{
	return (void *)((uintptr_t)table - bytes);
}

static inline struct gcs_tracer tracer_of(struct gcs_heap *heap, slot_visitor visit)
{
	struct space *space = &heap->space;

	return (struct gcs_tracer){
		.heap = heap,
		.space = space,
		.marks = less_base(space->marks, (space->base >> GRANULE_SHIFT) / 8),
		.fates = less_base(space->fates, space->base >> BLOCK_SHIFT),
		.stack = &heap->mark_stack,
		.types = heap->types.types,
		.visit = visit,
	};
}

static inline void tracer_count_live(struct gcs_tracer *tracer)
{
	struct space *space = tracer->space;

	tracer->live = less_base(space->live, (space->base >> BLOCK_SHIFT) * sizeof(*space->live));
}

/* The granule of an object's header, in mark bits. */
static inline size_t header_granule(uintptr_t object)
{
	return (object - HEADER_BYTES) >> GRANULE_SHIFT;
}

static inline unsigned tracer_fate(const struct gcs_tracer *tracer, uintptr_t address)
{
	return tracer->fates[address >> BLOCK_SHIFT];
}

/* The stack is full: remember in the side metadata that this object is grey. */
static inline void set_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	size_t granule = header_granule(object);

	bit_set(tracer->marks, granule);
	bit_set(tracer->marks, granule + 1);
	space_block(tracer->space, object)->grey = 1;
	tracer->overflowed = true;
}

/* An object is to be scanned. */
TRACE_INLINE void push_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	if (gcs_unlikely(!mark_stack_push(tracer->stack, object)))
		set_grey(tracer, object);
}

/* The first block of a large object counts, too, and nobody looks at that. */
TRACE_INLINE void count_live(struct gcs_tracer *tracer, uintptr_t object, size_t bytes)
{
	tracer->live[object >> BLOCK_SHIFT] += (uint32_t)bytes;
}

/* An array will be scanned from its beginning again. */
static inline void set_grey_again(struct gcs_tracer *tracer, uintptr_t array)
{
	set_grey(tracer, array);
	if (tracer->live)
		count_live(tracer, array, -object_cell(&tracer->heap->types, (void *)array));
}

/* Elements [first, first + count) of an array. */
TRACE_INLINE void scan_elements(struct gcs_tracer *tracer, const struct type *type, uintptr_t array,
				size_t first, size_t count, slot_visitor visit)
{
	char *element = (char *)array + type->size + first * type->element_size;
	size_t i, j;

	for (i = 0; i < count; i++, element += type->element_size)
		for (j = 0; j < type->element_pointer_count; j++)
			visit(tracer, (void **)(element + type->element_pointers[j]));
}

/* Continue an array at an element. The rest goes back onto the stack before its children come. */
TRACE_INLINE void scan_array(struct gcs_tracer *tracer, const struct type *type, uintptr_t array,
			     size_t first, slot_visitor visit)
{
	size_t count = gcs_array_length((void *)array) - first,
	       slice = SLICE / type->element_pointer_count;

	if (slice == 0)
		slice = 1;
	if (count > slice) {
		count = slice;
		if (!mark_stack_push(tracer->stack, first + count)) {
			set_grey_again(tracer, array);
		} else if (!mark_stack_push(tracer->stack, array | ENTRY_SLICE)) {
			tracer->stack->count--;
			set_grey_again(tracer, array);
		}
	}
	scan_elements(tracer, type, array, first, count, visit);
}

/*
 * What the function passes to gcs_trace_slot may be a variable of its own, from which it makes
 * what it stores: so that has to be right when gcs_trace_slot returns.
 */
static inline void call_trace(struct gcs_tracer *tracer, const struct type *type, uintptr_t object)
{
	tracer->traced = object;
	type->trace((void *)object, tracer);
	tracer->traced = 0;
}

static inline const struct type *header_types(const struct gcs_tracer *tracer, uint64_t header)
{
	return &tracer->types[header_type(header)];
}

TRACE_INLINE void scan_by_type(struct gcs_tracer *tracer, const struct type *type,
			       uintptr_t object, slot_visitor visit)
{
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++)
		visit(tracer, (void **)(object + type->pointers[i]));
	if (type->element_pointer_count)
		scan_array(tracer, type, object, 0, visit);
	else if (type->trace)
		call_trace(tracer, type, object);
}

/* The slots of an object with this header. */
TRACE_INLINE void scan_slots(struct gcs_tracer *tracer, uint64_t header, uintptr_t object,
			     slot_visitor visit)
{
	uint64_t map = header >> GCS_HEADER_MAP_SHIFT;

	if (gcs_likely(header & GCS_HEADER_PLAIN))
		for (; map; map &= map - 1)
			visit(tracer, (void **)object + __builtin_ctzll(map));
	else
		scan_by_type(tracer, header_types(tracer, header), object, visit);
}

TRACE_INLINE size_t cell_of(const struct gcs_tracer *tracer, uint64_t header, uintptr_t object)
{
	return gcs_likely(header & GCS_HEADER_PLAIN)
		       ? plain_cell(header)
		       : cell_by_type(header_types(tracer, header), (void *)object);
}

TRACE_INLINE void scan_object(struct gcs_tracer *tracer, uintptr_t object, slot_visitor visit)
{
	uint64_t header = *gcs_header((void *)object);

	if (tracer->live)
		count_live(tracer, object, cell_of(tracer, header, object));
	scan_slots(tracer, header, object, visit);
}

TRACE_INLINE void scan_slice(struct gcs_tracer *tracer, uintptr_t entry, slot_visitor visit)
{
	uintptr_t array = entry & ~ENTRY_SLICE;
	size_t first = tracer->stack->entries[--tracer->stack->count];

	scan_array(tracer, &tracer->types[header_type(*gcs_header((void *)array))], array, first,
		   visit);
}

/*
 * Between the stack and the scan lies a short queue, in which an object waits for
 * its memory to come into the cache (Cher, Hosking, Vitek: Software prefetching
 * for mark-sweep garbage collection, ASPLOS 2004).
 */
TRACE_INLINE void drain_prefetching(struct gcs_tracer *tracer, slot_visitor visit)
{
	struct mark_stack *stack = tracer->stack;
	uintptr_t queue[PREFETCH_DISTANCE] = { 0 }, entry, object;
	unsigned at = 0, passed;

	do {
		while (stack->count) {
			entry = stack->entries[--stack->count];
			if (gcs_unlikely(entry & ENTRY_SLICE)) {
				scan_slice(tracer, entry, visit);
				continue;
			}
			__builtin_prefetch((void *)(entry - HEADER_BYTES));
			object = queue[at];
			queue[at] = entry;
			at = (at + 1) % PREFETCH_DISTANCE;
			if (gcs_likely(object != 0))
				scan_object(tracer, object, visit);
		}
		/* The stack is empty: what still waits may fill it again. */
		for (passed = 0; passed < PREFETCH_DISTANCE && !stack->count; passed++) {
			object = queue[at];
			queue[at] = 0;
			at = (at + 1) % PREFETCH_DISTANCE;
			if (object)
				scan_object(tracer, object, visit);
		}
	} while (stack->count);
}

/*
 * Find the grey objects of a flagged block and clear their bits. Headers are at least two
 * granules apart, so a bit right behind a header's says grey. Calls scan(tracer, object)
 * for each.
 */
static inline void rescan_block(struct gcs_tracer *tracer, struct block *block,
				void (*scan)(struct gcs_tracer *tracer, uintptr_t object))
{
	size_t granule = block_address(tracer->space, block) >> GRANULE_SHIFT;
	size_t end = granule + BLOCK_GRANULES;
	bool unmark = tracer->unmarked_unless_condemned &&
		      !(tracer->space->fates[block_index(tracer->space, block)] & FATE_CONDEMNED);

	while ((granule = bit_find(tracer->marks, granule, end)) < end) {
		bool grey = granule + 1 < end && bit_test(tracer->marks, granule + 1);

		if (grey) {
			bit_clear(tracer->marks, granule + 1);
			if (unmark)
				bit_clear(tracer->marks, granule);
			scan(tracer, (granule << GRANULE_SHIFT) + HEADER_BYTES);
		}
		granule += 2;
	}
}

/* Search all flagged blocks. One may be flagged again meanwhile, so its flag goes first. */
static inline void rescan(struct gcs_tracer *tracer,
			  void (*scan)(struct gcs_tracer *tracer, uintptr_t object))
{
	struct block *block = tracer->space->blocks, *end = block + tracer->space->frontier;

	tracer->overflowed = false;
	for (; block < end; block++) {
		if (!block->grey)
			continue;
		block->grey = 0;
		rescan_block(tracer, block, scan);
	}
}

#endif
