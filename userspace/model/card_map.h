/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card map: how many cards of each part of a heap were dirty at its minor
 * collections, over time. However long it goes on, it stays the same grid:
 * when time outgrows the columns, neighbours are merged and each stands for
 * twice the time; when the parts grow with the heap, rows are merged. Cards are
 * only ever added, so that their sum stays exact.
 */
#ifndef GCSCOPE_MODEL_CARD_MAP_H
#define GCSCOPE_MODEL_CARD_MAP_H

#include <stdint.h>

#include "gcscope/profile.h"

#define CARD_MAP_COLUMNS 64
#define CARD_MAP_STEP_NS 1000000 /* at first */

struct card_map {
	uint64_t base;	     /* the address of the first part */
	uint64_t part_bytes; /* a power of two; 0: nothing was added yet */
	unsigned parts;	     /* in use: as many as the largest heap had */
	uint64_t begin_ns;   /* when the first column begins: the first that was added */
	uint64_t step_ns;    /* how long each lasts */
	unsigned columns;    /* in use: up to the last that was added */
	uint64_t collections[CARD_MAP_COLUMNS];
	uint64_t cards[CARD_MAP_COLUMNS][GCSCOPE_CARD_PARTS];
};

/*
 * Add a collection: at_ns, when it was, by any clock that goes forward; counts, the
 * dirty cards of each of up to GCSCOPE_CARD_PARTS parts. part_bytes is a power of two.
 * A heap does not move: with another base the map starts anew.
 */
void card_map_add(struct card_map *map, uint64_t at_ns, uint64_t base, uint64_t part_bytes,
		  const uint32_t *counts, unsigned parts);

/*
 * Make it small enough for a picture: drop the last parts that were never
 * dirty, then merge neighbours until there are at most so many (1 or more).
 */
void card_map_fit(struct card_map *map, unsigned columns, unsigned parts);

#endif
