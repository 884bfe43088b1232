/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of gcscope's interface that the benchmarks use, on libgc. Found
 * before the real header, it makes a peer of an unchanged workload: the same
 * source, the same objects, another collector.
 *
 * libgc is taken as it comes: default settings, objects without references
 * through GC_MALLOC_ATOMIC (which does not clear them: the workloads write
 * every word of such objects, but for the last element of a text), stores
 * without a barrier. An array of references has its length in front, as the
 * header of gcscope has it; others, which nobody asks, have none.
 *
 * LIBGC_TIGHT: libgc is told that no reference points into the middle or past
 * the end of an object, neither on the stack, where gcscope allows both, nor in
 * the heap. It then needs no spare byte, and a node of two words takes 16 bytes
 * instead of 32. C compilers do not promise that; it is libgc at its best.
 */
#ifndef BENCH_LIBGC_GCSCOPE_H
#define BENCH_LIBGC_GCSCOPE_H

#define GC_THREADS
#include <gc/gc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct gcs_heap;
struct gcs_mutator;
enum gcs_roots { GCS_ROOTS_CONSERVATIVE };

struct gcs_type_info {
	const char *name;
	size_t size;
	const uint32_t *pointers;
	size_t pointer_count;
	size_t element_size;
	const uint32_t *element_pointers;
	size_t element_pointer_count;
};

struct gcs_type {
	size_t size, element_size;
	bool atomic;
};

struct gcscope_stats {
	uint64_t size_limit_bytes;
};

static inline const char *gcs_error_message(void)
{
	return "libgc has failed";
}

static inline int gcs_heap_create(struct gcs_heap **ret_heap, const void *options)
{
	(void)options;
#ifdef LIBGC_TIGHT
	GC_set_all_interior_pointers(0);
#endif
	GC_INIT();
	GC_register_displacement(sizeof(uint64_t)); /* an array lies behind its length */
	*ret_heap = NULL;
	return 0;
}

static inline int gcs_heap_destroy(struct gcs_heap *heap)
{
	(void)heap;
	return 0;
}

static inline int gcs_mutator_attach(struct gcs_mutator **ret_mutator, struct gcs_heap *heap,
				     enum gcs_roots roots)
{
	(void)heap, (void)roots;
	*ret_mutator = NULL;
	return 0;
}

static inline int gcs_mutator_detach(struct gcs_mutator *mutator)
{
	(void)mutator;
	return 0;
}

static inline void gcs_stats_read(struct gcs_heap *heap, struct gcscope_stats *ret_stats)
{
	(void)heap;
	ret_stats->size_limit_bytes = GC_get_heap_size();
}

static inline int gcs_type_register(struct gcs_type **ret_type, struct gcs_heap *heap,
				    const struct gcs_type_info *info)
{
	struct gcs_type *type = malloc(sizeof(*type));

	(void)heap;
	if (!type)
		return -1;
	type->size = info->size;
	type->element_size = info->element_size;
	type->atomic = !info->pointer_count && !info->element_pointer_count;
	*ret_type = type;
	return 0;
}

static inline void *gcs_alloc(struct gcs_mutator *mutator, const struct gcs_type *type)
{
	(void)mutator;
	return type->atomic ? GC_MALLOC_ATOMIC(type->size) : GC_MALLOC(type->size);
}

static inline void *clear_last(void *array, size_t size, size_t element_size)
{
	memset((char *)array + size - element_size, 0, element_size);
	return array;
}

static inline void *gcs_alloc_array(struct gcs_mutator *mutator, const struct gcs_type *type,
				    size_t length)
{
	size_t size = type->size + length * type->element_size;
	uint64_t *array = type->atomic ? GC_MALLOC_ATOMIC(size) : GC_MALLOC(sizeof(*array) + size);

	(void)mutator;
	if (!array)
		return NULL;
	if (type->atomic)
		return clear_last(array, size, type->element_size);
	*array = length;
	return array + 1;
}

static inline size_t gcs_array_length(const void *array)
{
	return ((const uint64_t *)array)[-1];
}

static inline void gcs_init(void **slot, void *value)
{
	*slot = value;
}

static inline void gcs_store(struct gcs_mutator *mutator, void *object, void **slot, void *value)
{
	(void)mutator, (void)object;
	*slot = value;
}

static inline void gcs_copy_refs(struct gcs_mutator *mutator, void *object, void **target,
				 void *const *source, size_t count)
{
	(void)mutator, (void)object;
	memmove(target, source, count * sizeof(*target));
}

/* Roots that workloads name are on their stacks or global, where libgc looks anyhow. */
static inline int gcs_root_add(struct gcs_heap *heap, void **slots, size_t count)
{
	(void)heap, (void)slots, (void)count;
	return 0;
}

static inline int gcs_root_remove(struct gcs_heap *heap, void **slots)
{
	(void)heap, (void)slots;
	return 0;
}

#endif
