/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a heap's memory is laid out, as arithmetic.
 *
 * A heap reserves one aligned range of address space and cuts it into blocks.
 * Beside it, in ranges of their own, stand arrays that are indexed by an
 * offset into the heap shifted right: a start bit and a mark bit for each
 * granule, a byte for each card, a descriptor for each block. Memory and
 * metadata are committed together, a chunk at a time.
 *
 * A block's first granule is never part of an object. So an address that is
 * one past the end of a block's last object cannot be taken for an object of
 * the next block, and payloads of cells that are a multiple of 16 bytes are
 * 16-byte aligned.
 */
#ifndef GCSCOPE_HEAP_LAYOUT_H
#define GCSCOPE_HEAP_LAYOUT_H

#include "gcscope/abi.h"

#define GRANULE_SHIFT	 3U
#define HEADER_BYTES	 ((size_t)8)
#define BLOCK_SHIFT	 16U
#define BLOCK_BYTES	 ((size_t)1 << BLOCK_SHIFT)
#define BLOCK_FIRST_CELL ((size_t)GCS_GRANULE)
#define BLOCK_GRANULES	 (BLOCK_BYTES >> GRANULE_SHIFT)
#define BLOCK_WORDS	 (BLOCK_GRANULES / 64)
#define CHUNK_BYTES	 ((size_t)4 << 20)
#define CHUNK_BLOCKS	 (CHUNK_BYTES / BLOCK_BYTES)
#define CARD_BYTES	 ((size_t)1 << GCS_CARD_BITS)
#define BLOCK_CARDS	 (BLOCK_BYTES / CARD_BYTES)

_Static_assert(GCS_GRANULE == 1U << GRANULE_SHIFT, "the granule");
_Static_assert(CARD_BYTES / GCS_GRANULE == 64, "the start bits of a card are one word");
_Static_assert(BLOCK_BYTES / CARD_BYTES == BLOCK_WORDS, "and a block has as many cards as words");
_Static_assert(CHUNK_BYTES / GCS_GRANULE / 8 % 4096 == 0, "a chunk's bits are whole pages");
_Static_assert(CHUNK_BYTES / CARD_BYTES % 4096 == 0, "a chunk's cards are whole pages");

#endif
