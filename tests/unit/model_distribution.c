/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/distribution.h"
#include "test_random.h"

#define ROUNDS	 200000
#define LAST_TOP (1ULL << GCSCOPE_MAX_BITS) /* from here on values share the last slot */

/* Values around each power of two and each sixteenth of one, then random ones. */
static uint64_t interesting(unsigned i)
{
	unsigned bit = i / 48, sixteenth = i % 48 / 3;

	if (bit < 60)
		return (1ULL << bit) + (((uint64_t)sixteenth << bit) >> 4) + i % 3 - 1;
	return random_magnitude();
}

static void test_a_slot_holds_its_values(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t value = interesting(i);
		uint32_t slot = gcscope_slot(value);

		assert_true(slot < GCSCOPE_SLOTS);
		assert_true(gcscope_slot_low(slot) <= value);
		if (value < LAST_TOP)
			assert_true(value < gcscope_slot_low(slot + 1));
		else
			assert_int_equal(slot, GCSCOPE_SLOTS - 1);
	}
}

static void test_slots_are_contiguous_and_narrow(void **state)
{
	(void)state;
	for (uint32_t slot = 0; slot < GCSCOPE_SLOTS; slot++) {
		uint64_t low = gcscope_slot_low(slot), next = gcscope_slot_low(slot + 1);

		assert_int_equal(gcscope_slot(low), slot);
		assert_int_equal(gcscope_slot(next - 1), slot);
		assert_true(next - low == 1 || 16 * (next - low) <= low);
	}
	assert_true(gcscope_slot_low(GCSCOPE_SLOTS) == LAST_TOP);
}

static void test_log2(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t value = interesting(i);

		if (value)
			assert_int_equal(gcscope_log2(value), 63 - __builtin_clzll(value));
	}
}

static const uint64_t edges[] = {
#define EDGE(ns) ns,
	GCSCOPE_EDGE_TABLE(EDGE)
#undef EDGE
};

static uint32_t edge_by_search(uint64_t value)
{
	uint32_t edge = 0;

	while (edge < GCSCOPE_EDGES && value > edges[edge])
		edge++;
	return edge;
}

static void test_edges(void **state)
{
	(void)state;
	assert_int_equal(sizeof(edges) / sizeof(*edges), GCSCOPE_EDGES);
	for (uint32_t edge = 0; edge < GCSCOPE_EDGES; edge++) {
		assert_int_equal(gcscope_edge(edges[edge]), edge); /* le: the edge is inside */
		assert_int_equal(gcscope_edge(edges[edge] + 1), edge + 1);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t value = interesting(i);

		assert_int_equal(gcscope_edge(value), edge_by_search(value));
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Values as pauses are: most of one size, some of another, a few far away. */
static uint64_t pause_like(unsigned shape)
{
	switch (shape % 4) {
	case 0:
		return random_magnitude() % LAST_TOP;
	case 1:
		return 2000000 + random_below(100000);
	case 2:
		return random_below(20) ? 300 + random_below(700)
					: 18000000 + random_below(5000000);
	}
	return random_below(24);
}

/* The smallest value that at least a share of permille/1000 of them does not exceed. */
static uint64_t exact_quantile(const uint64_t *sorted, uint64_t count, uint64_t permille)
{
	uint64_t rank = (count * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

static void test_quantiles_against_sorted_values(void **state)
{
	static const uint64_t permilles[] = { 0, 1, 250, 500, 900, 990, 999, 1000 };
	static uint64_t values[3000];

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		uint64_t count = round < 40 ? round + 1 : 1 + random_below(3000);
		struct gcscope_histogram histogram = { 0 };

		for (uint64_t i = 0; i < count; i++) {
			values[i] = pause_like(round);
			histogram_add(&histogram, values[i]);
		}
		qsort(values, count, sizeof(*values), compare);
		assert_true(histogram_min(&histogram) == values[0]);
		assert_true(histogram.max == values[count - 1]);
		for (unsigned i = 0; i < sizeof(permilles) / sizeof(*permilles); i++) {
			uint64_t exact = exact_quantile(values, count, permilles[i]);
			uint64_t told = histogram_quantile(&histogram, (double)permilles[i] / 1000);

			assert_true(told >= exact);
			assert_true(told <= values[count - 1]);
			assert_true(told - exact <= exact / 16);
		}
	}
}

/* With two values, each in a slot of its own, the rank decides, to the last one. */
static void test_the_rank_is_exact(void **state)
{
	(void)state;
	for (uint64_t count = 1; count <= 20000; count += count < 2100 ? 1 : 997) {
		static const uint64_t permilles[] = { 500, 900, 990, 999 };

		for (unsigned i = 0; i < 4; i++) {
			uint64_t rank = (count * permilles[i] + 999) / 1000;
			struct gcscope_histogram histogram = { .count = count, .max = 9 };

			histogram.slots[3] = rank;
			histogram.slots[9] = count - rank;
			assert_int_equal(
				histogram_quantile(&histogram, (double)permilles[i] / 1000), 3);
			histogram.slots[3]--;
			histogram.slots[9]++;
			assert_int_equal(
				histogram_quantile(&histogram, (double)permilles[i] / 1000), 9);
		}
	}
}

static void test_nothing_seen(void **state)
{
	struct gcscope_histogram histogram = { 0 };

	(void)state;
	assert_int_equal(histogram_min(&histogram), 0);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
}

static void test_one_value_is_every_quantile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct gcscope_histogram histogram = { 0 };
		uint64_t value = random_magnitude();

		histogram_add(&histogram, value);
		assert_true(histogram_min(&histogram) == value);
		assert_true(histogram_quantile(&histogram, 0.0) == value);
		assert_true(histogram_quantile(&histogram, 0.5) == value);
		assert_true(histogram_quantile(&histogram, 1.0) == value);
	}
}

/* A zero is a value like others, and the smallest. */
static void test_zero(void **state)
{
	struct gcscope_histogram histogram = { 0 };

	(void)state;
	histogram_add(&histogram, 5);
	histogram_add(&histogram, 0);
	assert_int_equal(histogram_min(&histogram), 0);
	assert_int_equal(histogram.count, 2);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
}

static void test_merging_is_adding_both(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct gcscope_histogram left = { 0 }, right = { 0 }, both = { 0 };

		for (uint64_t i = random_below(50); i > 0; i--) {
			uint64_t value = random_magnitude() >> 8;

			histogram_add(i % 3 ? &left : &right, value);
			histogram_add(&both, value);
		}
		histogram_merge(&left, &right);
		assert_memory_equal(&left, &both, sizeof(both));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_slot_holds_its_values),
		cmocka_unit_test(test_slots_are_contiguous_and_narrow),
		cmocka_unit_test(test_log2),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_quantiles_against_sorted_values),
		cmocka_unit_test(test_the_rank_is_exact),
		cmocka_unit_test(test_nothing_seen),
		cmocka_unit_test(test_one_value_is_every_quantile),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_merging_is_adding_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
