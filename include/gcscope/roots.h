/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roots beside the stacks that are scanned conservatively.
 *
 * Globals and malloc memory are not scanned: name what they hold with
 * gcs_root_add or keep it in a handle. A language implementer who knows the
 * slots of each frame attaches with GCS_ROOTS_PRECISE and pushes them.
 */
#ifndef GCSCOPE_ROOTS_H
#define GCSCOPE_ROOTS_H

#include "abi.h"
#include "heap.h"

GCS_EXTERN_BEGIN

/* One frame of a precise mutator. Caller-owned, usually on the stack; read only. */
struct gcs_frame {
	struct gcs_frame *previous;
	size_t count;
	void ***slots; /* addresses of locals that hold references; updated in place */
};

/* Push slots[0..count) until the matching gcs_frame_pop of this frame. */
static inline void gcs_frame_push(struct gcs_mutator *mutator, struct gcs_frame *frame,
				  void ***slots, size_t count)
{
	frame->previous = mutator->frames;
	frame->count = count;
	frame->slots = slots;
	mutator->frames = frame;
}

static inline void gcs_frame_pop(struct gcs_mutator *mutator, struct gcs_frame *frame)
{
	mutator->frames = frame->previous;
}

/*
 * A root of its own, for foreign code to hold. NULL: no memory. Any thread that
 * may touch objects.
 */
struct gcs_handle {
	void *object;
};
GCS_API struct gcs_handle *gcs_handle_new(struct gcs_heap *heap, void *object);
GCS_API void gcs_handle_free(struct gcs_heap *heap, struct gcs_handle *handle);

/*
 * slots[0..count) hold references (or NULL) until gcs_root_remove of the same
 * address. -ENOMEM; -ENOENT.
 */
GCS_API int gcs_root_add(struct gcs_heap *heap, void **slots, size_t count);
GCS_API int gcs_root_remove(struct gcs_heap *heap, void **slots);

/*
 * Forbid to move an object, and allow it again; whoever holds its address elsewhere
 * needs that. It says nothing about how long the object lives, and does not nest.
 */
GCS_API void gcs_pin(struct gcs_mutator *mutator, void *object);
GCS_API void gcs_unpin(struct gcs_mutator *mutator, void *object);

GCS_EXTERN_END

#endif
