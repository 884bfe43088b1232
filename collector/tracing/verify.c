/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/verify.h"

#include <errno.h>

#include "heap/cards.h"
#include "heap/find.h"
#include "heap/registry.h"
#include "mutator/collection.h"
#include "mutator/mutator.h"
#include "mutator/safepoint.h"
#include "platform/platform.h"
#include "tracing/scan_roots.h"
#include "tracing/trace.h"

/*
 * A tracer of its own, with a bitmap and a stack of its own, that leaves the
 * heap's metadata alone. Objects are checked when they are found, so that the
 * sentence can name who refers to them.
 */
struct verifier {
	struct gcs_tracer tracer; /* first: what trace functions are given */
	uint64_t *seen;
	size_t seen_bytes;
	struct mark_stack stack;
	void *owner; /* the object whose slots are visited; NULL: a root */
	int error;
};

static const char *type_name(const struct verifier *verifier, const void *object)
{
	return object ? object_type(&verifier->tracer.heap->types, object)->name : "a root";
}

/* The field of the owner that a slot is; 0, where only its trace function knows. */
static size_t field(const struct verifier *verifier, void **slot)
{
	return space_contains(verifier->tracer.space, (uintptr_t)slot)
		       ? (size_t)((char *)slot - (char *)verifier->owner)
		       : 0;
}

static int complain(struct verifier *verifier, void **slot, const char *what)
{
	return fail(-EUCLEAN, "%s at %p, field at byte %zu: it refers to %p, %s",
		    type_name(verifier, verifier->owner), verifier->owner, field(verifier, slot),
		    *slot, what);
}

/* Is this the payload of an allocated object? NULL, or what is wrong. */
static const char *check_place(struct gcs_heap *heap, void *object)
{
	uintptr_t address = (uintptr_t)object;

	if (address % GCS_GRANULE)
		return "which is not aligned";
	if (!space_contains(&heap->space, address))
		return "which is not in this heap";
	if (find_object(&heap->space, &heap->types, address) != object)
		return "which is no allocated object";
	return NULL;
}

/* The bytes that the object there may have, its header included. */
static size_t room_at(struct gcs_heap *heap, void *object)
{
	const struct space *space = &heap->space;
	const struct block *block = space_block(space, (uintptr_t)object);
	size_t granule = space_granule(space, (uintptr_t)object), end;

	switch (block->state) {
	case BLOCK_SMALL:
		return block->cell;
	case BLOCK_LARGE:
		return block->bytes - BLOCK_FIRST_CELL;
	default: /* up to the next object, or the block's end */
		end = (block_index(space, block) + 1) * BLOCK_GRANULES;
		return (bit_find(space->starts, granule, end) - granule + 1) << GRANULE_SHIFT;
	}
}

static const char *check_header(struct gcs_heap *heap, void *object)
{
	uint64_t header = *gcs_header(object);
	const struct type *type;

	if (header & GCS_HEADER_FORWARDED)
		return "which is forwarded";
	if (header_type(header) == 0 || header_type(header) >= types_count(&heap->types))
		return "which has no registered type";
	type = object_type(&heap->types, object);
	if (header & GCS_HEADER_PLAIN && (header ^ type->abi.header) >> GCS_HEADER_CELL_SHIFT)
		return "which is not as its type says";
	if (object_bytes(type, object) > room_at(heap, object))
		return "which is longer than its cell";
	if ((uintptr_t)object % type->align)
		return "which is not aligned as its type asks";
	return NULL;
}

/* Is a card dirty on which an object has a part? */
static bool is_card_dirty(struct gcs_heap *heap, void *object)
{
	const struct type *type = object_type(&heap->types, object);
	uintptr_t at = (uintptr_t)gcs_header(object), end = at + object_bytes(type, object);

	for (; at < end; at += CARD_BYTES)
		if (*space_card(&heap->space, at) == CARD_OPEN)
			return true;
	return *space_card(&heap->space, end - 1) == CARD_OPEN;
}

static bool is_logged(const struct gcs_heap *heap, void **slot)
{
	const struct mutator *mutator;
	size_t i;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		for (i = 0; i < mutator->log->count; i++)
			if (mutator->log->slots[i] == slot)
				return true;
	return false;
}

/* Does an old object refer to a young one and nobody remembers? The barrier was left out. */
static const char *check_remembered(const struct verifier *verifier, void **slot)
{
	struct gcs_heap *heap = verifier->tracer.heap;
	const struct space *space = &heap->space;
	void *owner = verifier->owner;

	if (!owner || space_fate(space, owner) || !space_fate(space, *slot))
		return NULL;
	/* A trace function is called for any of the cards, and may visit variables of its own. */
	if (object_type(&heap->types, owner)->trace && is_card_dirty(heap, owner))
		return NULL;
	if (space_contains(space, (uintptr_t)slot) &&
	    (*space_card(space, (uintptr_t)slot) == CARD_OPEN || is_logged(heap, slot)))
		return NULL;
	return "which is young, and was stored there without gcs_store";
}

static void visit_slot(struct gcs_tracer *tracer, void **slot)
{
	struct verifier *verifier = (struct verifier *)tracer;
	struct gcs_heap *heap = tracer->heap;
	const char *wrong;

	if (!*slot || verifier->error)
		return;
	wrong = check_place(heap, *slot);
	if (!wrong)
		wrong = check_header(heap, *slot);
	if (!wrong)
		wrong = check_remembered(verifier, slot);
	if (wrong)
		verifier->error = complain(verifier, slot, wrong);
	else if (bit_claim(verifier->seen, space_granule(&heap->space, (uintptr_t)*slot)) &&
		 !mark_stack_push(&verifier->stack, (uintptr_t)*slot))
		verifier->error = fail(-ENOMEM, "no memory to verify the heap");
}

static void visit_ambiguous(void *object, void *verifier)
{
	visit_slot(verifier, &object);
}

static void visit_precise(void **slot, void *verifier)
{
	visit_slot(verifier, slot);
}

static void visit_object(struct verifier *verifier, char *object)
{
	const struct type *type = object_type(&verifier->tracer.heap->types, object);
	size_t length = type->element_pointer_count ? gcs_array_length(object) : 0, i, j;

	verifier->owner = object;
	for (i = 0; i < type->pointer_count; i++)
		visit_slot(&verifier->tracer, (void **)(object + type->pointers[i]));
	for (i = 0; i < length; i++)
		for (j = 0; j < type->element_pointer_count; j++)
			visit_slot(&verifier->tracer,
				   (void **)(object + type->size + i * type->element_size +
					     type->element_pointers[j]));
	if (type->trace)
		type->trace(object, &verifier->tracer);
}

static bool create(struct verifier *verifier, struct gcs_heap *heap)
{
	size_t page = platform_page_size(),
	       granules = (heap->space.frontier << BLOCK_SHIFT) >> GRANULE_SHIFT;

	*verifier = (struct verifier){ 0 };
	verifier->tracer = tracer_of(heap, visit_slot);
	verifier->seen_bytes = (granules / 8 + page) / page * page;
	verifier->seen = platform_reserve(verifier->seen_bytes, page);
	if (verifier->seen && platform_commit(verifier->seen, verifier->seen_bytes) &&
	    mark_stack_create(&verifier->stack, granules / 2 + 1))
		return true;
	platform_unreserve(verifier->seen, verifier->seen_bytes);
	return false;
}

int verify_heap(struct gcs_heap *heap)
{
	struct verifier verifier;
	const struct root_visitor roots = { visit_ambiguous, visit_precise, &verifier, false };

	heap_make_walkable(heap);
	if (!create(&verifier, heap))
		return fail(-ENOMEM, "no memory to verify the heap");
	scan_roots(heap, &roots);
	while (verifier.stack.count && !verifier.error)
		visit_object(&verifier, (char *)verifier.stack.entries[--verifier.stack.count]);
	mark_stack_destroy(&verifier.stack);
	platform_unreserve(verifier.seen, verifier.seen_bytes);
	return verifier.error;
}

__attribute__((noinline)) int gcs_verify(struct gcs_heap *heap, struct gcs_mutator *abi)
{
	int error;

	(void)abi; /* the thread is known */
	world_lock(heap, __builtin_return_address(0));
	heap_check_fork(heap);
	world_stop(heap, 0, GCS_KIND_HANDSHAKE, GCS_CAUSE_EXPLICIT);
	error = verify_heap(heap);
	world_resume(heap);
	world_unlock(heap);
	return error;
}
