/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/card_map.h"

#include <stdbool.h>

static void move(uint64_t *from, uint64_t *to)
{
	uint64_t value = *from;

	*from = 0;
	*to += value;
}

/* How many parts there are when 1 << shift of them become one. */
static unsigned merged(unsigned parts, unsigned shift)
{
	return (unsigned)((parts + (1ULL << shift) - 1) >> shift);
}

/* Parts are aligned from the base on, so none is cut. */
static void merge_parts(struct card_map *map, unsigned shift)
{
	for (unsigned column = 0; column < map->columns; column++)
		for (uint64_t part = 0; part < map->parts; part++)
			move(&map->cards[column][part], &map->cards[column][part >> shift]);
	map->parts = merged(map->parts, shift);
	map->part_bytes <<= shift;
}

static void merge_columns(struct card_map *map)
{
	for (unsigned column = 0; column < map->columns; column++) {
		move(&map->collections[column], &map->collections[column / 2]);
		for (unsigned part = 0; part < map->parts; part++)
			move(&map->cards[column][part], &map->cards[column / 2][part]);
	}
	map->columns = merged(map->columns, 1);
	map->step_ns *= 2;
}

/* The column of a time, made if need be. */
static unsigned column_at(struct card_map *map, uint64_t at_ns)
{
	uint64_t since = at_ns > map->begin_ns ? at_ns - map->begin_ns : 0;
	unsigned column;

	while (since / map->step_ns >= CARD_MAP_COLUMNS)
		merge_columns(map);
	column = (unsigned)(since / map->step_ns);
	if (column >= map->columns)
		map->columns = column + 1;
	return column;
}

void card_map_add(struct card_map *map, uint64_t at_ns, uint64_t base, uint64_t part_bytes,
		  const uint32_t *counts, unsigned parts)
{
	unsigned column, shift;

	if (!map->part_bytes || map->base != base)
		*map = (struct card_map){ .base = base,
					  .part_bytes = part_bytes,
					  .begin_ns = at_ns,
					  .step_ns = CARD_MAP_STEP_NS };
	if (part_bytes > map->part_bytes)
		merge_parts(map, gcscope_log2(part_bytes) - gcscope_log2(map->part_bytes));
	shift = gcscope_log2(map->part_bytes) - gcscope_log2(part_bytes);
	if (merged(parts, shift) > map->parts)
		map->parts = merged(parts, shift);
	column = column_at(map, at_ns);
	map->collections[column]++;
	for (uint64_t part = 0; part < parts; part++)
		map->cards[column][part >> shift] += counts[part];
}

static bool was_dirty(const struct card_map *map, unsigned part)
{
	for (unsigned column = 0; column < map->columns; column++)
		if (map->cards[column][part])
			return true;
	return false;
}

void card_map_fit(struct card_map *map, unsigned columns, unsigned parts)
{
	while (map->parts && !was_dirty(map, map->parts - 1))
		map->parts--;
	while (map->parts > parts)
		merge_parts(map, 1);
	while (map->columns > columns)
		merge_columns(map);
}
