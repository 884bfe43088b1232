/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of references.
 *
 * Every store of a reference into an object goes through gcs_store, NULL too
 * (it deletes an edge). The barrier owns the store: it looks at the slot's card
 * first, so a plan may see what was there before. A card that no plan has armed
 * costs five instructions beside the store and its count; plan marksweep arms none.
 */
#ifndef GCSCOPE_BARRIER_H
#define GCSCOPE_BARRIER_H

#include "abi.h"

GCS_EXTERN_BEGIN

GCS_API void gcs_store_slow(struct gcs_mutator *mutator, void *object, void **slot, void *value);

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GCS_THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define GCS_THREAD_SANITIZER
#endif

/*
 * Nonzero: the card of a slot is armed. Cards become so only while mutators stand, and the
 * slow path looks again, so what any time since the last safepoint told will do: a plain
 * load, which becomes part of the comparison. An atomic one, which says so, does not.
 */
static inline uint8_t gcs_card(const struct gcs_mutator *mutator, void **slot)
{
#ifdef GCS_THREAD_SANITIZER
	return __atomic_load_n(&mutator->cards[(uintptr_t)slot >> GCS_CARD_BITS], __ATOMIC_RELAXED);
#else
	return mutator->cards[(uintptr_t)slot >> GCS_CARD_BITS];
#endif
}

static inline void gcs_count_store(struct gcs_mutator *mutator)
{
#ifdef GCS_COUNT_STORES
	mutator->stores++;
#else
	(void)mutator;
#endif
}

/* *slot = value, where slot lies in object. */
static inline void gcs_store(struct gcs_mutator *mutator, void *object, void **slot, void *value)
{
	gcs_count_store(mutator);
	if (gcs_unlikely(gcs_card(mutator, slot))) {
		gcs_store_slow(mutator, object, slot, value);
		return;
	}
	__atomic_store_n(slot, value, __ATOMIC_RELAXED);
}

/*
 * *slot = value in an object that this thread has just allocated, before its
 * next allocation or safepoint: no barrier.
 */
static inline void gcs_init(void **slot, void *value)
{
	*slot = value;
}

/*
 * A reference to value is about to be stored in object at place, in a form of the program's
 * own, which the trace function of the object's type knows: what gcs_store does but to store.
 */
GCS_API void gcs_barrier(struct gcs_mutator *mutator, void *object, void *place, void *value);

/* The reference in *slot. */
static inline void *gcs_load(struct gcs_mutator *mutator, void *object, void **slot)
{
	(void)mutator;
	(void)object;
	return __atomic_load_n(slot, __ATOMIC_RELAXED);
}

/* Copy count references from source to target, both in objects and perhaps overlapping. */
GCS_API void gcs_copy_refs(struct gcs_mutator *mutator, void *object, void **target,
			   void *const *source, size_t count);

GCS_EXTERN_END

#endif
