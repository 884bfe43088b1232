/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registered types. A type's address never changes, so that the tracer finds it
 * by its id with one addition while others register more.
 */
#ifndef GCSCOPE_HEAP_TYPE_H
#define GCSCOPE_HEAP_TYPE_H

#include "gcscope/mutator.h"
#include "gcscope/type.h"
#include "heap/layout.h"

struct type {
	struct gcs_type abi; /* first: what inline code reads */
	const char *name;
	size_t size;
	size_t element_size;
	size_t bytes; /* of an object without elements, header included */
	uint32_t pointer_count;
	uint32_t element_pointer_count;
	const uint32_t *pointers;
	const uint32_t *element_pointers;
	void (*trace)(void *object, struct gcs_tracer *tracer);
	size_t align;
};

/* What a type points at: its name and offsets, in one piece of memory. */
struct type_data {
	struct type_data *next;
	uint32_t offsets[];
};

struct type_table {
	pthread_mutex_t lock; /* guards registration */
	struct type *types;   /* address space for all; [id], from 1 */
	size_t count;	      /* atomic: ids below are valid */
	size_t committed;     /* bytes */
	struct type_data *data;
};

bool types_create(struct type_table *table);
void types_destroy(struct type_table *table);

/* Ids from 1 and below this are registered; others may register more meanwhile. */
static inline size_t types_count(const struct type_table *table)
{
	return __atomic_load_n(&table->count, __ATOMIC_ACQUIRE);
}

static inline uint32_t header_type(uint64_t header)
{
	return (uint32_t)((header & GCS_HEADER_TYPE_MASK) >> GCS_HEADER_TYPE_SHIFT);
}

static inline const struct type *object_type(const struct type_table *table, const void *object)
{
	return &table->types[header_type(*gcs_header(object))];
}

/*
 * Bytes of an object of a type with this many elements, header included. SIZE_MAX: too
 * many, as any are for a type that has none.
 */
static inline size_t type_bytes(const struct type *type, size_t length)
{
	size_t bytes;

	if (type->element_size == 0 && length)
		return SIZE_MAX;
	if (__builtin_mul_overflow(type->element_size, length, &bytes) ||
	    __builtin_add_overflow(bytes, type->size + 2 * sizeof(uint64_t), &bytes))
		return SIZE_MAX;
	return (bytes - sizeof(uint64_t) + GCS_GRANULE - 1) & ~(size_t)(GCS_GRANULE - 1);
}

/* An identity hash that has moved with its object is kept behind it, in so many bytes. */
#define HASH_BYTES sizeof(uint64_t)

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits are the good ones. */
static inline uint64_t address_hash(const void *object)
{
	uint64_t hash = ((uintptr_t)object >> 3) * 0x9e3779b97f4a7c15ULL;

	hash ^= hash >> 32;
	return hash ? hash : 1;
}

static inline bool header_keeps_hash(uint64_t header)
{
	return (header & GCS_HEADER_HASH_MASK) == 2ULL << GCS_HEADER_HASH_SHIFT;
}

/* Bytes of an object, header included and a kept hash not; in whole granules. */
static inline size_t object_bytes(const struct type *type, const void *object)
{
	return type->element_size ? type_bytes(type, gcs_array_length(object)) : type->bytes;
}

/* What an object of so many bytes takes in a region block. */
static inline size_t region_cell(size_t bytes, size_t align)
{
	if (bytes < 2 * GCS_GRANULE) /* for the second granule's mark: see tracing/trace.h */
		bytes = 2 * GCS_GRANULE;
	return (bytes + align - 1) & ~(align - 1);
}

/* The cell of an object whose header says plain. */
static inline size_t plain_cell(uint64_t header)
{
	return (header >> GCS_HEADER_CELL_SHIFT & 0xff) << GRANULE_SHIFT;
}

static inline size_t cell_by_type(const struct type *type, const void *object)
{
	size_t bytes = object_bytes(type, object);

	if (header_keeps_hash(*gcs_header(object)))
		bytes += HASH_BYTES;
	return region_cell(bytes, type->align);
}

/* What an object in a region takes. */
static inline size_t object_cell(const struct type_table *table, const void *object)
{
	uint64_t header = *gcs_header(object);

	return gcs_likely(header & GCS_HEADER_PLAIN)
		       ? plain_cell(header)
		       : cell_by_type(&table->types[header_type(header)], object);
}

#endif
