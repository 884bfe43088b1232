/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program may ask of one object. */
#include "mutator/mutator.h"

uint64_t gcs_identity_hash(struct gcs_mutator *abi, void *object)
{
	const struct type_table *types = &mutator_of(abi)->heap->types;
	uint64_t *header = gcs_header(object);

	if (header_keeps_hash(*header))
		return *(uint64_t *)((char *)header +
				     object_bytes(object_type(types, object), object));
	/* Its header no longer says all. */
	__atomic_fetch_and(header, ~GCS_HEADER_PLAIN, __ATOMIC_RELAXED);
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
