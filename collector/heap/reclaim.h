/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of region blocks and large objects when a collection has found what lives:
 * they are freed, or old from now on, with holes. The world stands.
 */
#ifndef GCSCOPE_HEAP_RECLAIM_H
#define GCSCOPE_HEAP_RECLAIM_H

#include <stdbool.h>
#include <stdint.h>

struct gcs_heap;

/* Objects and their bytes, as they were allocated. */
struct amount {
	uint64_t objects, bytes;
};

/*
 * After a minor collection: all blocks that were young when it began, as a list. Those in
 * which something new has to stay are young once more, unless it was the last one before
 * generations are given up. Adds the large objects that survived; *ret_emptied: bytes that
 * were allocated in new ones. Returns how many blocks there were.
 */
uint64_t reclaim_young(struct gcs_heap *heap, uint32_t list, bool last, struct amount *large,
		       uint64_t *ret_emptied);

/* Blocks that survivors were copied into are young. */
void reclaim_survivors(struct gcs_heap *heap);

/*
 * After a major collection: all blocks, from the top down, so that the list of holes is in
 * the order of addresses. Adds the large objects that were young and live; *ret_live: bytes
 * of all that live. Returns how many blocks there were.
 */
uint64_t reclaim_all(struct gcs_heap *heap, struct amount *young_large, uint64_t *ret_live);

#endif
