/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer: from object to object through all references, depth first, with an
 * explicit stack and never by recursion. What is done at a reference is not said here:
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
#define SLOTS_AHEAD	  16U

/* A stack entry with this bit is an array, and the entry below it the element to go on with. */
#define ENTRY_SLICE ((uintptr_t)1)

/* Among slots, an entry with this bit is an object whose trace function is to be called. */
#define ENTRY_TRACED ((uintptr_t)2)

struct gcs_tracer {
	struct gcs_heap *heap;
	struct space *space;
	uintptr_t base;		  /* of the space, its mark bits and fates: at hand where each */
	uint64_t *starts, *marks; /* reference needs them */
	uint8_t *fates;
	struct mark_stack *stack;
	const struct type *types;
	uint64_t marked; /* objects found */
	uint32_t *live;	 /* the space's, if what is scanned is to be counted there, or NULL */
	bool overflowed; /* some block is flagged */
	/* What is found in blocks that are not condemned has no mark, unless it is grey there. */
	bool unmarked_unless_condemned;
	uintptr_t owner;  /* of the slots that are pushed (drain_slots) */
	uintptr_t traced; /* whose trace function runs; 0: none */
	/* What a trace function's gcs_trace_slot calls. */
	void (*visit)(struct gcs_tracer *tracer, void **slot);
};

typedef void (*slot_visitor)(struct gcs_tracer *tracer, void **slot);

#define TRACE_INLINE static inline __attribute__((always_inline))

static inline struct gcs_tracer tracer_of(struct gcs_heap *heap, slot_visitor visit)
{
	return (struct gcs_tracer){
		.heap = heap,
		.space = &heap->space,
		.base = heap->space.base,
		.starts = heap->space.starts,
		.marks = heap->space.marks,
		.fates = heap->space.fates,
		.stack = &heap->mark_stack,
		.types = heap->types.types,
		.visit = visit,
	};
}

static inline size_t header_granule(const struct gcs_tracer *tracer, uintptr_t object)
{
	return (object - HEADER_BYTES - tracer->base) >> GRANULE_SHIFT;
}

/* The stack is full: remember in the side metadata that this object is grey. */
static inline void set_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	size_t granule = header_granule(tracer, object);

	bit_set(tracer->marks, granule);
	bit_set(tracer->marks, granule + 1);
	space_block(tracer->space, object)->grey = 1;
	tracer->overflowed = true;
}

/* An object was found: it is to be scanned. */
TRACE_INLINE void push_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	tracer->marked++;
	if (gcs_unlikely(!mark_stack_push(tracer->stack, object)))
		set_grey(tracer, object);
}

/* The first block of a large object counts, too, and nobody looks at that. */
static inline void count_cell(struct gcs_tracer *tracer, uintptr_t object, int times)
{
	size_t cell = object_cell(&tracer->heap->types, (void *)object);

	tracer->live[(object - tracer->base) >> BLOCK_SHIFT] += (uint32_t)(times * (int64_t)cell);
}

/* An array will be scanned from its beginning again. */
static inline void set_grey_again(struct gcs_tracer *tracer, uintptr_t array)
{
	set_grey(tracer, array);
	if (tracer->live)
		count_cell(tracer, array, -1);
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

TRACE_INLINE void scan_fields(struct gcs_tracer *tracer, const struct type *type, uintptr_t object,
			      slot_visitor visit)
{
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++)
		visit(tracer, (void **)(object + type->pointers[i]));
	if (type->element_pointer_count)
		scan_array(tracer, type, object, 0, visit);
	else if (type->trace)
		call_trace(tracer, type, object);
}

TRACE_INLINE void scan_object(struct gcs_tracer *tracer, uintptr_t object, slot_visitor visit)
{
	if (tracer->live)
		count_cell(tracer, object, 1);
	scan_fields(tracer, &tracer->types[header_type(*gcs_header((void *)object))], object,
		    visit);
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
	unsigned at = 0, waiting = 0;

	while (stack->count || waiting) {
		entry = stack->count ? stack->entries[--stack->count] : 0;
		if (gcs_unlikely(entry & ENTRY_SLICE)) {
			scan_slice(tracer, entry, visit);
			continue;
		}
		/* Of nothing, too: it is a hint. */
		__builtin_prefetch((void *)(entry - HEADER_BYTES));
		object = queue[at];
		queue[at] = entry;
		at = (at + 1) % PREFETCH_DISTANCE;
		waiting += !!entry - !!object;
		if (object)
			scan_object(tracer, object, visit);
	}
}

/*
 * The same with slots on the stack in place of grey objects, for a user that scans an object
 * when it finds it (push is how): what waits in the queue is what a slot refers to.
 */
TRACE_INLINE void drain_slots(struct gcs_tracer *tracer, slot_visitor push, slot_visitor visit)
{
	struct mark_stack *stack = tracer->stack;
	void **queue[SLOTS_AHEAD] = { 0 }, **slot;
	unsigned at = 0, waiting;
	uintptr_t entry;

	do {
		while (stack->count) {
			entry = stack->entries[--stack->count];
			if (gcs_unlikely(entry & ENTRY_SLICE)) {
				tracer->owner = entry & ~ENTRY_SLICE;
				scan_slice(tracer, entry, push);
				continue;
			}
			if (gcs_unlikely(entry & ENTRY_TRACED)) {
				scan_object(tracer, entry & ~ENTRY_TRACED, push);
				continue;
			}
			__builtin_prefetch((char *)*(void **)entry - HEADER_BYTES);
			slot = queue[at];
			queue[at] = (void **)entry;
			at = (at + 1) % SLOTS_AHEAD;
			if (gcs_likely(slot != NULL))
				visit(tracer, slot);
		}
		/* The stack is empty: what still waits may fill it again. */
		for (waiting = 0; waiting < SLOTS_AHEAD && !stack->count; waiting++) {
			slot = queue[at];
			queue[at] = NULL;
			at = (at + 1) % SLOTS_AHEAD;
			if (slot)
				visit(tracer, slot);
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
	size_t first = block_index(tracer->space, block) * BLOCK_GRANULES, granule = first;
	size_t end = first + BLOCK_GRANULES;
	bool unmark = tracer->unmarked_unless_condemned &&
		      !(tracer->fates[block_index(tracer->space, block)] & FATE_CONDEMNED);

	while ((granule = bit_find(tracer->marks, granule, end)) < end) {
		bool grey = granule + 1 < end && bit_test(tracer->marks, granule + 1);

		if (grey) {
			bit_clear(tracer->marks, granule + 1);
			if (unmark)
				bit_clear(tracer->marks, granule);
			scan(tracer, tracer->base + (granule << GRANULE_SHIFT) + HEADER_BYTES);
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
