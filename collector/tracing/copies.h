/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies as their own queue (Cheney: A nonrecursive list compacting algorithm, CACM 1970):
 * what was copied into a target lies one behind the other, and is grey from the target's
 * `grey` up to its hole's cursor. Where the next copy does not follow upon the last one, for
 * the hole was full or the copy is aligned, what is grey there waits on the mark stack, in
 * two entries: its beginning, and its end with a bit that says so.
 *
 * What is grey elsewhere is on the stack as in trace.h.
 */
#ifndef GCSCOPE_TRACING_COPIES_H
#define GCSCOPE_TRACING_COPIES_H

#include "heap/recycle.h"
#include "tracing/trace.h"

/* A stack entry with this bit is the end of copies that begin at the entry below it. */
#define ENTRY_COPIES ((uintptr_t)2)

/* Copies in [grey, end) are to be scanned later. */
static inline void push_copies(struct gcs_tracer *tracer, uintptr_t grey, uintptr_t end)
{
	struct mark_stack *stack = tracer->stack;
	size_t cell;

	if (grey == end)
		return;
	if (mark_stack_push(stack, grey)) {
		if (mark_stack_push(stack, end | ENTRY_COPIES))
			return;
		stack->count--;
	}
	for (; grey < end; grey += cell) {
		cell = object_cell(&tracer->heap->types, (void *)(grey + HEADER_BYTES));
		set_grey(tracer, grey + HEADER_BYTES);
	}
}

/*
 * Room in a target for a copy, which is grey from now on; 0: there is none. Of those that are
 * too long for `small` each waits by itself.
 */
static inline uintptr_t take_grey(struct gcs_tracer *tracer, struct target *target, size_t cell,
				  size_t align)
{
	uintptr_t next = target->small.cursor;
	uintptr_t to = target_take(tracer->heap, target, cell, align);

	if (to && cell > MEDIUM_BYTES) {
		push_grey(tracer, to + HEADER_BYTES);
	} else if (to != next) {
		push_copies(tracer, target->grey, next);
		target->grey = to ? to : target->small.cursor;
	}
	return to;
}

TRACE_INLINE void scan_copies(struct gcs_tracer *tracer, uintptr_t *grey, const uintptr_t *end,
			      slot_visitor visit)
{
	uintptr_t object;
	uint64_t header;

	/* Scanning a copy makes more, and may go on to another hole: so it is passed first. */
	while (*grey < *end) {
		header = *(uint64_t *)*grey;
		object = *grey + HEADER_BYTES;
		*grey += cell_of(tracer, header, object);
		scan_slots(tracer, header, object, visit);
	}
}

/* What is on top of the stack. No loop around `rare`, so a call each will do. */
TRACE_INLINE void scan_entry(struct gcs_tracer *tracer, slot_visitor visit, slot_visitor rare)
{
	struct mark_stack *stack = tracer->stack;
	uintptr_t entry = stack->entries[--stack->count], grey, end;

	if (entry & ENTRY_COPIES) {
		end = entry & ~ENTRY_COPIES;
		grey = stack->entries[--stack->count];
		scan_copies(tracer, &grey, &end, visit);
	} else if (entry & ENTRY_SLICE) {
		scan_slice(tracer, entry, rare);
	} else {
		scan_object(tracer, entry, rare);
	}
}

/* Scan all that is grey in two targets and on the stack. `rare` does the same as `visit`. */
TRACE_INLINE void drain_copies(struct gcs_tracer *tracer, struct target *first,
			       struct target *second, slot_visitor visit, slot_visitor rare)
{
	for (;;) {
		if (first->grey < first->small.cursor)
			scan_copies(tracer, &first->grey, &first->small.cursor, visit);
		else if (second->grey < second->small.cursor)
			scan_copies(tracer, &second->grey, &second->small.cursor, visit);
		else if (tracer->stack->count)
			scan_entry(tracer, visit, rare);
		else
			break;
	}
}

#endif
