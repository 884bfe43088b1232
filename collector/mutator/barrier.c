/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "gcscope/barrier.h"
#include "heap/cards.h"
#include "mutator/mutator.h"

/*
 * The slot lies in old memory, of which nobody knows yet that it may refer to something
 * young: it matters if it is going to.
 */
static void slow(struct mutator *mutator, void **slot, void *value)
{
	mutator->slow_stores++;
	if (value && space_fate(&mutator->heap->space, value))
		remember_slot(mutator, slot);
}

__attribute__((noinline)) void gcs_store_slow(struct gcs_mutator *abi, void *object, void **slot,
					      void *value)
{
	(void)object;
	slow(mutator_of(abi), slot, value);
	__atomic_store_n(slot, value, __ATOMIC_RELAXED);
}

void gcs_copy_refs(struct gcs_mutator *abi, void *object, void **target, void *const *source,
		   size_t count)
{
	struct mutator *mutator = mutator_of(abi);
	size_t i;

	(void)object;
	abi->stores += count;
	for (i = 0; i < count; i++)
		if (__atomic_load_n(&abi->cards[(uintptr_t)&target[i] >> GCS_CARD_BITS],
				    __ATOMIC_RELAXED))
			slow(mutator, &target[i], source[i]);
	memmove(target, source, count * sizeof(*target));
}

uint64_t gcs_identity_hash(struct gcs_mutator *abi, void *object)
{
	const struct type_table *types = &mutator_of(abi)->heap->types;
	uint64_t *header = gcs_header(object);

	if (header_keeps_hash(*header))
		return *(uint64_t *)((char *)header + object_bytes(object_type(types, object), object));
	__atomic_fetch_or(header, 1ULL << GCS_HEADER_HASH_SHIFT, __ATOMIC_RELAXED);
	return address_hash(object);
}

void gcs_pin(struct gcs_mutator *abi, void *object)
{
	(void)abi;
	__atomic_fetch_or(gcs_header(object), GCS_HEADER_PINNED, __ATOMIC_RELAXED);
}

void gcs_unpin(struct gcs_mutator *abi, void *object)
{
	(void)abi;
	__atomic_fetch_and(gcs_header(object), ~GCS_HEADER_PINNED, __ATOMIC_RELAXED);
}
