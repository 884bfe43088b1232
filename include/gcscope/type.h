/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types: how the collector finds the references in an object.
 *
 * The heap is precise. A type has offsets of references in its fixed part,
 * offsets in each element if it is an array, or a trace function that visits
 * them; a reference is NULL or the payload of an object of the same heap.
 */
#ifndef GCSCOPE_TYPE_H
#define GCSCOPE_TYPE_H

#include "abi.h"
#include "heap.h"

GCS_EXTERN_BEGIN

struct gcs_tracer;

/*
 * Visit one slot that holds a reference (or NULL), and that holds another one afterwards if
 * the object has moved. Only for trace functions: one whose objects keep references in
 * another form visits a variable, and then writes what it holds back in that form.
 */
GCS_API void gcs_trace_slot(struct gcs_tracer *tracer, void **slot);

struct gcs_type_info {
	const char *name;
	size_t size;		    /* bytes of the fixed part of the payload; 0 for plain arrays */
	const uint32_t *pointers;   /* byte offsets of the references in it */
	size_t pointer_count;
	size_t element_size;	    /* arrays: bytes of an element, behind the fixed part; else 0 */
	const uint32_t *element_pointers;
	size_t element_pointer_count;
	size_t align;		    /* of the payload: 0 or 8, or 16 */
	/*
	 * Instead of offsets: called while mutators stand, perhaps on another
	 * thread, perhaps more than once a collection. It must not allocate.
	 */
	void (*trace)(void *object, struct gcs_tracer *tracer);
};

/*
 * Register a type; it lives as long as the heap. info is copied.
 * -EINVAL: an offset that is not inside its part or not a multiple of 8, offsets
 * beside a trace function, a size of 4 GiB or more, an alignment not 0, 8 or 16;
 * -ENOSPC: over a million types; -ENOMEM.
 */
GCS_API int gcs_type_register(struct gcs_type **ret_type, struct gcs_heap *heap,
			      const struct gcs_type_info *info);

GCS_EXTERN_END

#endif
