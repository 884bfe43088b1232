/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the inline paths of a program compile in: the object header, and the
 * first words of a heap's types and mutators. Everything else is opaque.
 *
 * A program carries GCS_ABI_VERSION into gcs_heap_create, which refuses
 * another one: a change here means that every user recompiles.
 */
#ifndef GCSCOPE_ABI_H
#define GCSCOPE_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GCS_ABI_VERSION 1U

/*
 * Exact counting of stores costs several per cent where most of a program is stores, so it is
 * a choice: a program that is compiled with GCS_COUNT_STORES, in all its parts, has
 * barrier.stores in its statistics. Of others they are unknown.
 */
#ifdef GCS_COUNT_STORES
#define GCS_ABI_COUNTS_STORES (1U << 31)
#else
#define GCS_ABI_COUNTS_STORES 0U
#endif

#define GCS_GRANULE   8U   /* bytes; the smallest unit, and the alignment of every object */
#define GCS_CARD_BITS 9U   /* a card is 512 bytes */
#define GCS_RUNS      64U

/*
 * The object header, the word before the payload. A reference is the address
 * of the payload.
 *
 *   bit  0      forwarded: the rest is the new address
 *   bit  1      pinned
 *   bits 2-3    identity hash: 0 none, 1 of the address, 2 kept behind the object
 *   bits 4-7    age, in collections survived
 *   bit  8      plain: all that a collection has to know of the object is here
 *   bits 9-11   unused, zero
 *   bits 12-31  type id
 *   bits 32-63  array length; GCS_LENGTH_LONG: the word before the header has it
 *     or, of a plain object,
 *   bits 32-39  its cell, in granules
 *   bits 40-63  which of the first words of its payload are references
 */
#define GCS_HEADER_FORWARDED	 (1ULL << 0)
#define GCS_HEADER_PINNED	 (1ULL << 1)
#define GCS_HEADER_HASH_SHIFT	 2
#define GCS_HEADER_HASH_MASK	 (3ULL << GCS_HEADER_HASH_SHIFT)
#define GCS_HEADER_PLAIN	 (1ULL << 8)
#define GCS_HEADER_TYPE_SHIFT	 12
#define GCS_HEADER_TYPE_MASK	 (((1ULL << 20) - 1) << GCS_HEADER_TYPE_SHIFT)
#define GCS_HEADER_LENGTH_SHIFT	 32
#define GCS_LENGTH_LONG		 0xffffffffULL
#define GCS_HEADER_CELL_SHIFT	 32
#define GCS_HEADER_MAP_SHIFT	 40

/*
 * Free memory of one mutator, from which it allocates by moving the cursor.
 * A plan with one bump region uses a single run for all types; one with size
 * classes has a run each; a run whose limit is 0 sends every allocation to
 * the library.
 *
 * Only the owner moves the cursor. The limit is *soft*: any thread may lower
 * it to 0 to bring the owner into the library; only the owner raises it.
 */
struct gcs_run {
	uintptr_t cursor; /* address of the next header */
	uintptr_t limit;
};

/* The first words of a type. Written once, at registration. */
struct gcs_type {
	uint64_t header; /* of a new object of fixed size */
	uint32_t cell;	 /* bytes of memory it takes, header and rounding included */
	uint32_t run;	 /* which run serves it */
};

/* The first words of a mutator. Written by its own thread, but for poll and the runs' limits. */
struct gcs_mutator {
	uint32_t poll;	     /* nonzero: come to a safepoint */
	uint32_t unused;
	uint8_t *cards;	     /* biased: the card of address a is cards[a >> GCS_CARD_BITS] */
	uint64_t stores;     /* references stored with the barrier, since last counted; or 0 */
	uint64_t objects;    /* allocated, likewise */
	struct gcs_frame *frames;
	struct gcs_run runs[GCS_RUNS];
};

static inline uint64_t *gcs_header(const void *object)
{
	return (uint64_t *)object - 1;
}

#define gcs_likely(x)	__builtin_expect(!!(x), 1)
#define gcs_unlikely(x) __builtin_expect(!!(x), 0)

/* Exported from the library; everything else in it is hidden. */
#define GCS_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define GCS_EXTERN_BEGIN extern "C" {
#define GCS_EXTERN_END	 }
#else
#define GCS_EXTERN_BEGIN
#define GCS_EXTERN_END
#endif

#endif
