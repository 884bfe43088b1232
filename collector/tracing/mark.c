/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/mark.h"

/* References of an array that are scanned at a time. */
#define SLICE 1024U

#define PREFETCH_DISTANCE 32U

/* A stack entry with this bit is an array, and the entry below it the element to go on with. */
#define ENTRY_SLICE ((uintptr_t)1)

void tracer_create(struct gcs_tracer *tracer, struct gcs_heap *heap)
{
	*tracer = (struct gcs_tracer){
		.heap = heap,
		.space = &heap->space,
		.base = heap->space.base,
		.marks = heap->space.marks,
		.stack = &heap->mark_stack,
		.types = heap->types.types,
	};
}

static size_t object_granule(const struct space *space, uintptr_t object)
{
	return space_granule(space, object - HEADER_BYTES);
}

/* The stack is full: remember in the side metadata that this object is grey. */
static void set_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	bit_set(tracer->space->marks, object_granule(tracer->space, object) + 1);
	space_block(tracer->space, object)->grey = 1;
	tracer->overflowed = true;
}

static inline void mark(struct gcs_tracer *tracer, uintptr_t object)
{
	if (!bit_claim(tracer->marks, (object - HEADER_BYTES - tracer->base) >> GRANULE_SHIFT))
		return;
	tracer->marked++;
	if (gcs_unlikely(!mark_stack_push(tracer->stack, object)))
		set_grey(tracer, object);
}

void tracer_mark(struct gcs_tracer *tracer, void *object)
{
	mark(tracer, (uintptr_t)object);
}

static inline void visit(struct gcs_tracer *tracer, void **slot)
{
	if (*slot)
		mark(tracer, (uintptr_t)*slot);
}

void gcs_trace_slot(struct gcs_tracer *tracer, void **slot)
{
	if (tracer->visit)
		tracer->visit(tracer, slot);
	else
		visit(tracer, slot);
}

/* Elements [first, first + count) of an array. */
static void scan_elements(struct gcs_tracer *tracer, const struct type *type, char *elements,
			  size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++, elements += type->element_size)
		for (j = 0; j < type->element_pointer_count; j++)
			visit(tracer, (void **)(elements + type->element_pointers[j]));
}

/* Continue an array at an element. The rest goes back onto the stack before its children come. */
static void scan_array(struct gcs_tracer *tracer, const struct type *type, uintptr_t array,
		       size_t first)
{
	size_t length = gcs_array_length((void *)array),
	       slice = SLICE / type->element_pointer_count;
	size_t count = length - first;

	if (slice == 0)
		slice = 1;
	if (count > slice) {
		count = slice;
		if (!mark_stack_push(tracer->stack, first + count)) {
			set_grey(tracer, array);
		} else if (!mark_stack_push(tracer->stack, array | ENTRY_SLICE)) {
			tracer->stack->count--;
			set_grey(tracer, array);
		}
	}
	scan_elements(tracer, type, (char *)array + type->size + first * type->element_size, count);
}

static void scan(struct gcs_tracer *tracer, uintptr_t object)
{
	const struct type *type = &tracer->types[header_type(*gcs_header((void *)object))];
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++)
		visit(tracer, (void **)(object + type->pointers[i]));
	if (type->element_pointer_count)
		scan_array(tracer, type, object, 0);
	else if (type->trace)
		type->trace((void *)object, tracer);
}

static void scan_slice(struct gcs_tracer *tracer, uintptr_t entry)
{
	uintptr_t array = entry & ~ENTRY_SLICE;
	size_t first = tracer->stack->entries[--tracer->stack->count];

	scan_array(tracer, &tracer->types[header_type(*gcs_header((void *)array))], array, first);
}

/*
 * Between the stack and the scan lies a short queue, in which an object waits for
 * its memory to come into the cache (Cher, Hosking, Vitek: Software prefetching
 * for mark-sweep garbage collection, ASPLOS 2004).
 */
static void drain_stack(struct gcs_tracer *tracer)
{
	struct mark_stack *stack = tracer->stack;
	uintptr_t queue[PREFETCH_DISTANCE] = { 0 }, entry, object;
	unsigned at = 0, waiting = 0;

	while (stack->count || waiting) {
		entry = stack->count ? stack->entries[--stack->count] : 0;
		if (gcs_unlikely(entry & ENTRY_SLICE)) {
			scan_slice(tracer, entry);
			continue;
		}
		/* Of nothing, too: it is a hint. */
		__builtin_prefetch((void *)(entry - HEADER_BYTES));
		object = queue[at];
		queue[at] = entry;
		at = (at + 1) % PREFETCH_DISTANCE;
		waiting += !!entry - !!object;
		if (object)
			scan(tracer, object);
	}
}

/* Scan the grey objects of a flagged block. */
static void rescan_small(struct gcs_tracer *tracer, struct block *block)
{
	struct space *space = tracer->space;
	uintptr_t cell = block_address(space, block) + BLOCK_FIRST_CELL;
	size_t i, count = block_cells(block), granule;

	for (i = 0; i < count; i++, cell += block->cell) {
		granule = space_granule(space, cell) + 1;
		if (!bit_test(space->marks, granule))
			continue;
		bit_clear(space->marks, granule);
		scan(tracer, cell + HEADER_BYTES);
		drain_stack(tracer);
	}
}

static void rescan_large(struct gcs_tracer *tracer, struct block *block)
{
	uintptr_t header = large_header(tracer->space, block);

	bit_clear(tracer->space->marks, space_granule(tracer->space, header) + 1);
	scan(tracer, header + HEADER_BYTES);
	drain_stack(tracer);
}

/* A block may be flagged again while it is searched, so the flag is cleared first. */
static void rescan(struct gcs_tracer *tracer)
{
	struct block *block = tracer->space->blocks, *end = block + tracer->space->frontier;

	tracer->overflowed = false;
	for (; block < end; block++) {
		if (!block->grey)
			continue;
		block->grey = 0;
		if (block->state == BLOCK_SMALL)
			rescan_small(tracer, block);
		else
			rescan_large(tracer, block);
	}
}

void tracer_drain(struct gcs_tracer *tracer)
{
	drain_stack(tracer);
	while (tracer->overflowed)
		rescan(tracer);
	mark_stack_trim(tracer->stack);
}
