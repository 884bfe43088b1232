/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "gcscope/barrier.h"
#include "mutator/mutator.h"

/* An armed card: its plan looks at the store. No plan arms any, so far. */
void gcs_store_slow(struct gcs_mutator *mutator, void *object, void **slot, void *value)
{
	(void)mutator;
	(void)object;
	__atomic_store_n(slot, value, __ATOMIC_RELAXED);
}

void gcs_copy_refs(struct gcs_mutator *mutator, void *object, void **target, void *const *source,
		   size_t count)
{
	(void)object;
	mutator->stores += count;
	memmove(target, source, count * sizeof(*target));
}

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits are the good ones. */
uint64_t gcs_identity_hash(struct gcs_mutator *mutator, void *object)
{
	uint64_t hash = ((uintptr_t)object >> 3) * 0x9e3779b97f4a7c15ULL;

	(void)mutator;
	__atomic_fetch_or(gcs_header(object), 1ULL << GCS_HEADER_HASH_SHIFT, __ATOMIC_RELAXED);
	hash ^= hash >> 32;
	return hash ? hash : 1;
}
