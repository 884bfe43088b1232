/* SPDX-License-Identifier: BSD-2-Clause */
/* When to collect, and whether by generations: arithmetic, without a heap. */
#include "heap/pace.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB	     (1ULL << 20)
#define HEAP_MIN     (4 * MIB)
#define JUDGED_BYTES (4 * MIB)

/* The defaults, and room for the largest nursery. */
static struct pace begun(void)
{
	static const struct gcs_options options = {
		.heap_max = 1024 * MIB, .heap_min = HEAP_MIN, .growth = 60, .pause_goal = 1000
	};
	struct pace pace;

	pace_begin(&pace, &options);
	return pace;
}

/* A minor collection of the whole nursery. */
static void minor(struct pace *pace, double survival, uint64_t ns)
{
	uint64_t survived = (uint64_t)((double)pace->nursery * survival);

	pace_minor(pace, &(struct minor_facts){
				 .ns = ns, .allocated = pace->nursery, .survived = survived });
}

/* One major collection of ns, at a time, after so many bytes promoted. */
static void major(struct pace *pace, uint64_t ns, uint64_t end_ns, uint64_t promoted, uint64_t live)
{
	pace_major(pace, &(struct major_facts){
				 .ns = ns, .end_ns = end_ns, .promoted = promoted, .live = live });
}

static void a_beginning_is_within_bounds(void **state)
{
	struct gcs_options options = { .heap_min = HEAP_MIN, .growth = 60, .pause_goal = 1000 };
	struct pace pace = begun();

	(void)state;
	assert_true(pace.generational);
	assert_int_equal(pace.nursery, MIB / 2);
	assert_int_equal(pace.nursery_most, 12 * MIB);
	assert_int_equal(pace.budget, HEAP_MIN);
	options.heap_max = 2 * MIB; /* a quarter of it at most */
	pace_begin(&pace, &options);
	assert_int_equal(pace.nursery, MIB / 2);
	assert_int_equal(pace.nursery_most, MIB / 2);
	options.heap_max = 65536;
	options.budget = 12345;
	pace_begin(&pace, &options);
	assert_int_equal(pace.nursery, NURSERY_LEAST);
	assert_int_equal(pace.nursery_most, NURSERY_LEAST);
	assert_int_equal(pace.budget, 12345);
}

static void budgets_follow_the_options(void **state)
{
	struct gcs_options options = { .heap_min = HEAP_MIN, .growth = 60 };

	(void)state;
	assert_int_equal(budget_after(&options, 0), HEAP_MIN);
	assert_int_equal(budget_after(&options, 6 * MIB), HEAP_MIN);
	assert_int_equal(budget_after(&options, 100000000), 60000000);
	options.budget = 1;
	assert_int_equal(budget_after(&options, 100000000), 1);
}

/* Nothing survives: twice as large each time, up to the most. */
static void nurseries_grow_in_steps(void **state)
{
	struct pace pace = begun();
	uint64_t expected;

	(void)state;
	for (expected = MIB; expected < 12 * MIB; expected *= 2) {
		minor(&pace, 0, 10000);
		assert_int_equal(pace.nursery, expected);
	}
	minor(&pace, 0, 10000);
	assert_int_equal(pace.nursery, 12 * MIB);
}

/*
 * Half of 8 MiB at half a ns a byte takes 2.1 ms, which is too long. Of a smaller nursery all
 * may survive: for 0.7 of the goal, a ms, 1.4 MB.
 */
static void nurseries_shrink_at_once(void **state)
{
	struct pace pace = begun();
	uint64_t before;

	(void)state;
	pace.nursery = 8 * MIB;
	minor(&pace, 0.5, 2 * MIB);
	assert_in_range(pace.nursery, 1399000, 1400000);
	/* What was high is forgotten slowly: survival by a sixteenth, the cost by a 64th. */
	minor(&pace, 0, 0);
	assert_in_range(pace.nursery, 1516000, 1518000);
	/* However little time there is, there is a least one. */
	while (pace.nursery > NURSERY_LEAST) {
		before = pace.nursery;
		minor(&pace, 1, 1000000000);
		assert_true(pace.nursery < before);
	}
	assert_int_equal(pace.nursery, NURSERY_LEAST);
	do {
		before = pace.nursery;
		minor(&pace, 0.001, 0);
		assert_in_range(pace.nursery, NURSERY_LEAST, 2 * before);
	} while (pace.nursery < pace.nursery_most);
}

/* A collection that takes three times as long: the cost of a byte is taken for twice as high. */
static void costs_rise_at_once(void **state)
{
	struct pace pace = begun();

	(void)state;
	pace.nursery = 8 * MIB;
	minor(&pace, 0.5, 6 * MIB);
	assert_in_range(pace.nursery, 699000, 700000);
}

/* Few bytes say nothing about what a byte costs; an empty nursery says nothing at all. */
static void what_tells_nothing_changes_nothing(void **state)
{
	struct pace pace = begun(), before;

	(void)state;
	before = pace;
	pace_minor(&pace, &(struct minor_facts){ .ns = 1000000 });
	assert_memory_equal(&pace, &before, sizeof(pace));
	pace_minor(&pace, &(struct minor_facts){
				  .ns = 1000000, .allocated = MIB, .survived = MIB / 16 - 1 });
	assert_true(pace.copy_cost == before.copy_cost);
	pace_minor(&pace,
		   &(struct minor_facts){ .ns = 1000000, .allocated = MIB, .survived = MIB / 16 });
	assert_true(pace.copy_cost > before.copy_cost);
}

/* The rate of 1 byte a ns and a cost of 1 ms: sqrt(256 MiB * 1e6) is 16.4 MB. */
static void budgets_grow_with_the_root_of_rate_and_cost(void **state)
{
	static const struct {
		uint64_t ns, promoted, expected;
	} cases[] = {
		{ 1000000, 100000000, 16384000 },
		{ 4000000, 100000000, 32768000 }, /* four times the cost */
		{ 1000000, 400000000, 32768000 }, /* or the rate */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pace pace = begun();

		pace.heap_min = 16000000; /* so the bounds are out of the way */
		major(&pace, 1000000, 1000000000, 0, 0);
		major(&pace, cases[i].ns, 1100000000, cases[i].promoted, 0);
		assert_in_range(pace.budget, cases[i].expected - 2, cases[i].expected + 2);
	}
}

/* Of the live bytes: between a half of the growth and all of it, and 1 and 4 times heap_min. */
static void budgets_stay_within_bounds(void **state)
{
	struct pace pace = begun();

	(void)state;
	major(&pace, 1000000, 1000000000, 1 << 30, 0); /* the first one: the rate is not known */
	assert_int_equal(pace.budget, HEAP_MIN);
	major(&pace, 1, 2000000000, 1, 100000000);
	assert_int_equal(pace.budget, 30000000 + HEAP_MIN);
	major(&pace, 1000000000000, 3000000000, 1ULL << 40, 100000000);
	assert_int_equal(pace.budget, 60000000 + 4 * HEAP_MIN);
}

/* Two collections within one tick of the clock. */
static void times_may_be_zero(void **state)
{
	struct pace pace = begun();

	(void)state;
	major(&pace, 0, 1000, 0, 0);
	major(&pace, 0, 1000, 0, 0);
	assert_int_equal(pace.budget, HEAP_MIN);
	major(&pace, 1000, 1000, MIB, 0);
	assert_in_range(pace.budget, HEAP_MIN, 4 * HEAP_MIN);
	minor(&pace, 0, 0);
	minor(&pace, 1, 0);
	assert_in_range(pace.nursery, NURSERY_LEAST, 12 * MIB);
}

/*
 * A major collection of 1 ms in a budget of 4 MiB: about 0.24 ns a byte. Doing without
 * generations costs another 0.6, and may be a tenth dearer than these: 0.92 together.
 */
static struct pace judging(void)
{
	struct pace pace = begun();

	major(&pace, 1000000, 1000, 0, 0);
	assert_int_equal(pace.budget, HEAP_MIN);
	pace.nursery = pace.nursery_most = MIB;
	return pace;
}

static void minor_collections_that_cost_more_are_given_up(void **state)
{
	struct pace pace = judging();
	int i;

	(void)state;
	/* All survives, so 0.24 is what it costs once it is old, and 0.67 or 0.71 to copy. */
	for (i = 0; i < 4; i++)
		pace_minor(&pace, &(struct minor_facts){ 700000, MIB, MIB, 0 });
	assert_true(pace.generational);
	for (i = 0; i < 3; i++) {
		pace_minor(&pace, &(struct minor_facts){ 750000, MIB, MIB, 0 });
		assert_true(pace.generational);
	}
	pace_minor(&pace, &(struct minor_facts){ 750000, MIB, MIB, 0 });
	assert_false(pace.generational);
}

static void minor_collections_that_cost_less_are_kept(void **state)
{
	struct pace pace = judging();
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		pace_minor(&pace, &(struct minor_facts){ 100000, MIB, MIB / 10, 0 });
	assert_true(pace.generational);
	/* 20 ns for each store on the slow path: 50000 are a millisecond. */
	for (i = 0; i < 4; i++)
		pace_minor(&pace, &(struct minor_facts){ 100000, MIB, MIB / 10, 50000 });
	assert_false(pace.generational);
}

/* What a major collection costs has to be known. */
static void without_a_major_collection_nothing_is_judged(void **state)
{
	struct pace pace = begun();
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		minor(&pace, 1, 1000000000);
	assert_true(pace.generational);
}

static unsigned majors_until_tried_again(struct pace *pace)
{
	unsigned count = 0;

	while (!pace->generational) {
		major(pace, 1000000, 1000, 0, 0);
		count++;
	}
	return count;
}

static void judge(struct pace *pace, uint64_t ns, uint64_t survived)
{
	pace_minor(pace, &(struct minor_facts){ ns, JUDGED_BYTES, survived, 0 });
}

static void patience_grows(void **state)
{
	static const unsigned expected[] = { 1, 2, 4, 8, 16, 16, 16 };
	struct pace pace = judging();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		judge(&pace, 4000000, JUDGED_BYTES);
		assert_false(pace.generational);
		assert_int_equal(majors_until_tried_again(&pace), expected[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_beginning_is_within_bounds),
		cmocka_unit_test(budgets_follow_the_options),
		cmocka_unit_test(nurseries_grow_in_steps),
		cmocka_unit_test(nurseries_shrink_at_once),
		cmocka_unit_test(costs_rise_at_once),
		cmocka_unit_test(what_tells_nothing_changes_nothing),
		cmocka_unit_test(budgets_grow_with_the_root_of_rate_and_cost),
		cmocka_unit_test(budgets_stay_within_bounds),
		cmocka_unit_test(times_may_be_zero),
		cmocka_unit_test(minor_collections_that_cost_more_are_given_up),
		cmocka_unit_test(minor_collections_that_cost_less_are_kept),
		cmocka_unit_test(without_a_major_collection_nothing_is_judged),
		cmocka_unit_test(patience_grows),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
