/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/card_map.h"
#include "test_random.h"

#define BASE 0x7f0000000000
#define MS   1000000ULL
#define KIB  1024ULL

/* One collection, as it was told. */
struct told {
	uint64_t at_ns, part_bytes;
	unsigned parts;
	uint32_t counts[GCSCOPE_CARD_PARTS];
};

static void add(struct card_map *map, const struct told *told)
{
	card_map_add(map, told->at_ns, BASE, told->part_bytes, told->counts, told->parts);
}

/* Each cell anew from all that was told, in the shape that the map has now. */
static void assert_holds(const struct card_map *map, const struct told *told, size_t count)
{
	struct card_map want = *map;

	memset(want.collections, 0, sizeof(want.collections));
	memset(want.cards, 0, sizeof(want.cards));
	for (size_t i = 0; i < count; i++) {
		uint64_t column = (told[i].at_ns - map->begin_ns) / map->step_ns;

		assert_true(column < map->columns);
		want.collections[column]++;
		for (unsigned part = 0; part < told[i].parts; part++) {
			uint64_t row = part * told[i].part_bytes / map->part_bytes;

			if (told[i].counts[part])
				assert_true(row < map->parts);
			want.cards[column][row] += told[i].counts[part];
		}
	}
	assert_memory_equal(map->collections, want.collections, sizeof(want.collections));
	assert_memory_equal(map->cards, want.cards, sizeof(want.cards));
}

static void test_one_collection(void **state)
{
	const struct told told = { 5 * MS, 64 * KIB, 3, { 7, 0, UINT32_MAX } };
	struct card_map map = { 0 };

	(void)state;
	add(&map, &told);
	assert_int_equal(map.base, BASE);
	assert_int_equal(map.part_bytes, 64 * KIB);
	assert_int_equal(map.parts, 3);
	assert_int_equal(map.begin_ns, 5 * MS);
	assert_int_equal(map.step_ns, CARD_MAP_STEP_NS);
	assert_int_equal(map.columns, 1);
	assert_int_equal(map.collections[0], 1);
	assert_int_equal(map.cards[0][0], 7);
	assert_int_equal(map.cards[0][2], UINT32_MAX);
	/* Wider than what is told. */
	add(&map, &told);
	assert_int_equal(map.cards[0][2], 2 * (uint64_t)UINT32_MAX);
}

static void test_time_outgrows_the_columns(void **state)
{
	struct told told = { 0, KIB, 1, { 1 } };
	struct card_map map = { 0 };

	(void)state;
	for (unsigned i = 0; i < CARD_MAP_COLUMNS; i++, told.at_ns += CARD_MAP_STEP_NS)
		add(&map, &told);
	assert_int_equal(map.step_ns, CARD_MAP_STEP_NS);
	assert_int_equal(map.columns, CARD_MAP_COLUMNS);
	add(&map, &told);
	assert_int_equal(map.step_ns, 2 * CARD_MAP_STEP_NS);
	assert_int_equal(map.columns, CARD_MAP_COLUMNS / 2 + 1);
	assert_int_equal(map.collections[0], 2);
	assert_int_equal(map.cards[CARD_MAP_COLUMNS / 2 - 1][0], 2);
	assert_int_equal(map.cards[CARD_MAP_COLUMNS / 2][0], 1);
	/* A long silence: all that was before is one column. */
	told.at_ns = 1000000000000 * MS;
	add(&map, &told);
	assert_int_equal(map.collections[0], CARD_MAP_COLUMNS + 1);
	assert_int_equal(map.cards[0][0], CARD_MAP_COLUMNS + 1);
	assert_int_equal(map.cards[map.columns - 1][0], 1);
}

static void test_parts_grow_and_shrink(void **state)
{
	const struct told told[] = {
		{ 0, KIB, 5, { 1, 2, 3, 4, 5 } },
		{ MS, 4 * KIB, 3, { 10, 20, 30 } },
		{ 2 * MS, 2 * KIB, 7, { 100, 200, 300, 400, 500, 600, 700 } },
	};
	struct card_map map = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		add(&map, &told[i]);
	assert_int_equal(map.part_bytes, 4 * KIB);
	assert_int_equal(map.parts, 4);
	assert_int_equal(map.cards[0][0], 10);
	assert_int_equal(map.cards[0][1], 5);
	assert_int_equal(map.cards[1][2], 30);
	assert_int_equal(map.cards[2][0], 300);
	assert_int_equal(map.cards[2][3], 700);
	assert_holds(&map, told, 3);
}

static void test_another_base_starts_anew(void **state)
{
	const struct told told = { 0, KIB, 2, { 1, 2 } };
	const uint32_t counts[] = { 5 };
	struct card_map map = { 0 };

	(void)state;
	add(&map, &told);
	card_map_add(&map, 9 * MS, BASE + KIB, 2 * KIB, counts, 1);
	assert_int_equal(map.base, BASE + KIB);
	assert_int_equal(map.begin_ns, 9 * MS);
	assert_int_equal(map.parts, 1);
	assert_int_equal(map.cards[0][0], 5);
	assert_int_equal(map.cards[0][1], 0);
	assert_int_equal(map.collections[0], 1);
}

/* What a program claims is not believed, and need not make sense. */
static void test_extremes(void **state)
{
	struct told told = { 0, 1, GCSCOPE_CARD_PARTS, { 0 } };
	struct card_map map = { 0 };

	(void)state;
	for (unsigned part = 0; part < GCSCOPE_CARD_PARTS; part++)
		told.counts[part] = 1;
	add(&map, &told);
	told.at_ns = UINT64_MAX;
	told.part_bytes = 1ULL << 63;
	told.parts = 0;
	add(&map, &told);
	assert_int_equal(map.parts, 1);
	assert_int_equal(map.cards[0][0], GCSCOPE_CARD_PARTS);
	assert_int_equal(map.collections[map.columns - 1], 1);
	card_map_fit(&map, 1, 1);
	assert_int_equal(map.columns, 1);
	assert_int_equal(map.cards[0][0], GCSCOPE_CARD_PARTS);
	assert_int_equal(map.collections[0], 2);
}

static struct told random_told(uint64_t at_ns)
{
	struct told told = { .at_ns = at_ns,
			     .part_bytes = 512ULL << random_below(8),
			     .parts = (unsigned)random_below(GCSCOPE_CARD_PARTS + 1) };

	for (unsigned part = 0; part < told.parts; part++)
		told.counts[part] = (uint32_t)(random_below(3) ? 0 : random_magnitude());
	return told;
}

/* After each step of merging: no card is lost, none counted twice, each where it belongs. */
static void test_any_history_is_kept(void **state)
{
	enum { TOLD = 120 };

	(void)state;
	for (unsigned run = 0; run < 100; run++) {
		struct told told[TOLD];
		struct card_map map = { 0 };
		uint64_t at_ns = random_magnitude() >> 8;

		for (unsigned i = 0; i < TOLD; i++) {
			told[i] = random_told(at_ns);
			at_ns += random_magnitude() >> (20 + run % 30);
			add(&map, &told[i]);
			assert_holds(&map, told, i + 1);
		}
		card_map_fit(&map, 1 + (unsigned)random_below(64), 1 + (unsigned)random_below(64));
		assert_holds(&map, told, TOLD);
	}
}

static void test_fit_drops_empty_parts_before_it_merges(void **state)
{
	struct told told = { 0, KIB, GCSCOPE_CARD_PARTS, { 0 } };
	struct card_map map = { 0 };

	(void)state;
	told.counts[15] = 3;
	add(&map, &told);
	card_map_fit(&map, 64, 16);
	assert_int_equal(map.parts, 16);
	assert_int_equal(map.part_bytes, KIB);
	card_map_fit(&map, 64, 15);
	assert_int_equal(map.parts, 8);
	assert_int_equal(map.part_bytes, 2 * KIB);
	assert_int_equal(map.cards[0][7], 3);
}

static void test_fit_of_what_was_never_dirty(void **state)
{
	const struct told told = { 0, KIB, 8, { 0 } };
	struct card_map map = { 0 };

	(void)state;
	add(&map, &told);
	card_map_fit(&map, 64, 16);
	assert_int_equal(map.parts, 0);
	assert_int_equal(map.columns, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_collection),
		cmocka_unit_test(test_time_outgrows_the_columns),
		cmocka_unit_test(test_parts_grow_and_shrink),
		cmocka_unit_test(test_another_base_starts_anew),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_any_history_is_kept),
		cmocka_unit_test(test_fit_drops_empty_parts_before_it_merges),
		cmocka_unit_test(test_fit_of_what_was_never_dirty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
