/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutators: threads that allocate and change objects.
 *
 * A thread attaches before its first use of a heap, and comes to a safepoint
 * often: each allocation is one, a loop without any calls gcs_safepoint. Around
 * a call that may block it says so, and nobody waits for it meanwhile.
 */
#ifndef GCSCOPE_MUTATOR_H
#define GCSCOPE_MUTATOR_H

#include "abi.h"
#include "heap.h"
#include "type.h"

GCS_EXTERN_BEGIN

enum gcs_roots {
	/* Its registers and stack are scanned: the thread's own, not one that it switches to. */
	GCS_ROOTS_CONSERVATIVE = 0,
	GCS_ROOTS_PRECISE = 1, /* only its frames (roots.h) are */
};

/*
 * Attach the calling thread, or return what it has attached already.
 * A thread that ends detaches by itself. -ENOMEM; another error if the system does not
 * tell where the stack lies.
 */
GCS_API int gcs_mutator_attach(struct gcs_mutator **ret_mutator, struct gcs_heap *heap,
			       enum gcs_roots roots);

/* Detach the calling thread. -EBUSY, and nothing happens, while frames are pushed. */
GCS_API int gcs_mutator_detach(struct gcs_mutator *mutator);

/*
 * Between the two the thread touches no object of the heap, and its collections do not
 * wait for it. gcs_blocking_end waits for a pause that is under way. Not nested; a
 * mutator of several heaps brackets each. References that are needed behind the
 * bracket are best held by the callers of the function that has it: its own locals a
 * compiler may move between stack and registers meanwhile.
 */
GCS_API void gcs_blocking_begin(struct gcs_mutator *mutator);
GCS_API void gcs_blocking_end(struct gcs_mutator *mutator);

/* Collect the whole heap now. */
GCS_API void gcs_collect(struct gcs_mutator *mutator);

GCS_API void gcs_safepoint_slow(struct gcs_mutator *mutator);
GCS_API void *gcs_alloc_slow(struct gcs_mutator *mutator, const struct gcs_type *type);

/* Let others stop this thread here. One load and a branch while nobody wants to. */
static inline void gcs_safepoint(struct gcs_mutator *mutator)
{
	if (gcs_unlikely(__atomic_load_n(&mutator->poll, __ATOMIC_RELAXED)))
		gcs_safepoint_slow(mutator);
}

/*
 * A new object of fixed size, zeroed; or NULL at heap_max, after a full
 * collection has not helped. May collect: this is a safepoint.
 */
static inline void *gcs_alloc(struct gcs_mutator *mutator, const struct gcs_type *type)
{
	struct gcs_run *run = &mutator->runs[type->run];
	uintptr_t cell = run->cursor, end = cell + type->cell;

	if (gcs_unlikely(end > __atomic_load_n(&run->limit, __ATOMIC_RELAXED)))
		return gcs_alloc_slow(mutator, type);
	run->cursor = end;
	mutator->objects++;
	*(uint64_t *)cell = type->header;
	return (void *)(cell + sizeof(uint64_t));
}

/* The same for an array type with this many elements; NULL for others but with none. */
GCS_API void *gcs_alloc_array(struct gcs_mutator *mutator, const struct gcs_type *type,
			      size_t length);

/* How many elements an array has. */
static inline size_t gcs_array_length(const void *array)
{
	uint64_t length = *gcs_header(array) >> GCS_HEADER_LENGTH_SHIFT;

	return gcs_likely(length != GCS_LENGTH_LONG) ? length : gcs_header(array)[-1];
}

/* A number that stays with an object for its life, wherever it moves. Nearly unique; not zero. */
GCS_API uint64_t gcs_identity_hash(struct gcs_mutator *mutator, void *object);

GCS_EXTERN_END

#endif
