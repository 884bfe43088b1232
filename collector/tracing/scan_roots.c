/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/scan_roots.h"

#include "heap/find.h"
#include "mutator/mutator.h"

struct scan {
	struct gcs_heap *heap;
	const struct root_visitor *visitor;
	uint64_t found;
};

static void precise(void **slot, void *context)
{
	struct scan *scan = context;

	if (!*slot)
		return;
	scan->found++;
	scan->visitor->precise(slot, scan->visitor->context);
}

/* word - 1 lies in the heap. */
static void ambiguous(struct scan *scan, uintptr_t word)
{
	const struct space *space = &scan->heap->space;
	void *object;

	if (scan->visitor->young_only && !space_fate(space, (void *)(word - 1)))
		return;
	object = find_object(space, &scan->heap->types, word);

	/* In a forked child a cell may be taken and its header not yet written (heap/sweep.c). */
	if (!object || !*gcs_header(object))
		return;
	scan->found++;
	scan->visitor->ambiguous(object, scan->visitor->context);
}

/*
 * A parked thread may go on writing frames that hold no references: any word may
 * be read at any time.
 */
__attribute__((no_sanitize("address", "thread"))) static void
scan_words(struct scan *scan, uintptr_t low, uintptr_t high)
{
	const uintptr_t *word =
		(const uintptr_t *)((low + sizeof(*word) - 1) & ~(sizeof(*word) - 1));

	for (; (uintptr_t)(word + 1) <= high; word++)
		if (space_contains(&scan->heap->space, *word - 1))
			ambiguous(scan, *word);
}

static void scan_frames(struct scan *scan, const struct gcs_frame *frame)
{
	size_t i;

	for (; frame; frame = frame->previous)
		for (i = 0; i < frame->count; i++)
			precise(frame->slots[i], scan);
}

static void scan_stack(struct scan *scan, const struct mutator *mutator)
{
	uintptr_t spill = (uintptr_t)mutator->spill;

	if (mutator->roots == GCS_ROOTS_PRECISE)
		return;
	scan_words(scan, spill, spill + mutator->spilled * sizeof(uintptr_t));
	scan_words(scan, mutator->stack_low, mutator->stack_top);
}

uint64_t scan_roots(struct gcs_heap *heap, const struct root_visitor *visitor)
{
	struct scan scan = { heap, visitor, 0 };
	const struct mutator *mutator;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		scan_stack(&scan, mutator);
	roots_visit(&heap->roots, precise, &scan);
	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		scan_frames(&scan, mutator->abi.frames);
	return scan.found;
}
