/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of allocations and of stores on armed cards, heard in place of the kernel. The
 * seeds are fixed, and but for one test the means do not adapt, so that all runs are the
 * same; tolerances are five standard deviations or more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before cmocka, which takes the name `fail`. */
#include "gcscope/gcscope.h"
#include "mutator/mutator.h"
#include "mutator/sample.h"
#include "platform/platform.h"

#include <cmocka.h>

static struct {
	struct sampling *constant; /* the means of this one are not to change */
	uint64_t samples, bytes, weight, dirtied;
} heard;

static void keep_mean(struct sampling_rate *rate)
{
	rate->taken = 0;
	rate->since_ns = platform_now_ns();
}

static void hear(uint64_t bytes, uint64_t weight, uint64_t dirtied)
{
	heard.samples++;
	heard.bytes += bytes;
	heard.weight += weight;
	heard.dirtied += dirtied;
	if (heard.constant) {
		keep_mean(&heard.constant->bytes);
		keep_mean(&heard.constant->stores[0]);
		keep_mean(&heard.constant->stores[1]);
	}
}

/* The names that the linker gives them (--wrap). */
void __wrap_gcs_probe_allocation_sampled(uint64_t heap, uint64_t mutator, uint64_t bytes,
					 uint64_t weight, uint64_t caller);
void __wrap_gcs_probe_store_sampled(uint64_t heap, uint64_t mutator, uint64_t slot, uint64_t weight,
				    uint64_t dirtied, uint64_t caller);

void __wrap_gcs_probe_allocation_sampled(uint64_t heap, uint64_t mutator, uint64_t bytes,
					 uint64_t weight, uint64_t caller)
{
	assert_int_equal(mutator, 1);
	assert_true(heap && caller && weight >= bytes);
	hear(bytes, weight, 0);
}

void __wrap_gcs_probe_store_sampled(uint64_t heap, uint64_t mutator, uint64_t slot, uint64_t weight,
				    uint64_t dirtied, uint64_t caller)
{
	assert_int_equal(mutator, 1);
	assert_true(heap && slot && caller && (!dirtied || dirtied == weight));
	hear(0, weight, dirtied);
}

static void listen(bool wanted)
{
	gcscope_allocation_sampled_semaphore = gcscope_store_sampled_semaphore = wanted;
}

static void assert_within(double value, double expected, double tolerance)
{
	if (value < expected * (1 - tolerance) || value > expected * (1 + tolerance))
		fail_msg("%f is not within %f of %f", value, tolerance, expected);
}

struct fixture {
	struct gcs_heap *heap;
	struct gcs_mutator *abi;
	struct mutator *mutator;
	struct gcs_type *node, *text;
};

static struct fixture create(void)
{
	const struct gcs_type_info node = { .name = "node", .size = 16 };
	const struct gcs_type_info text = { .name = "text", .element_size = 1 };
	struct fixture f;

	assert_int_equal(gcs_heap_create(&f.heap, NULL), 0);
	assert_int_equal(gcs_mutator_attach(&f.abi, f.heap, GCS_ROOTS_PRECISE), 0);
	assert_int_equal(gcs_type_register(&f.node, f.heap, &node), 0);
	assert_int_equal(gcs_type_register(&f.text, f.heap, &text), 0);
	f.mutator = mutator_of(f.abi);
	sampling_start(&f.mutator->sampling, 1);
	memset(&heard, 0, sizeof(heard));
	heard.constant = &f.mutator->sampling;
	return f;
}

static void destroy(struct fixture *f)
{
	listen(false);
	assert_int_equal(gcs_mutator_detach(f->abi), 0);
	assert_int_equal(gcs_heap_destroy(f->heap), 0);
}

static uint64_t allocated(const struct fixture *f)
{
	struct gcscope_stats stats;

	gcs_collect(f->abi);
	gcs_stats_read(f->heap, &stats);
	return stats.allocation_bytes;
}

static void allocate_nodes(struct fixture *f, unsigned count)
{
	while (count--)
		assert_non_null(gcs_alloc(f->abi, f->node));
}

static void allocate_texts(struct fixture *f, unsigned count, size_t length)
{
	while (count--)
		assert_non_null(gcs_alloc_array(f->abi, f->text, length));
}

/* From the beginning of a new run to its sample. */
static double distance(struct sampling *sampling)
{
	struct sample_point point = { 0 };

	sample_aim(sampling, &point, 4096);
	assert_true(point.mean == sampling->bytes.mean);
	return (double)(point.at - 4096);
}

/* Quantiles of the exponential distribution, besides its mean. */
static void distances_are_exponential(void **state)
{
	static const double quantiles[] = { 0.001, 0.25, 0.5, 0.75, 0.999 };
	static const double at[] = { 0.0010005, 0.2876821, 0.6931472, 1.3862944, 6.9077553 };
	const unsigned count = 1000000;
	unsigned below[5] = { 0 };
	struct sampling sampling;
	double sum = 0;

	(void)state;
	sampling_start(&sampling, 1);
	listen(true);
	for (unsigned i = 0; i < count; i++) {
		double drawn = distance(&sampling);

		sum += drawn;
		for (unsigned j = 0; j < 5; j++)
			below[j] += drawn < at[j] * SAMPLE_BYTES;
	}
	listen(false);
	assert_within(sum / count, SAMPLE_BYTES, 0.005);
	assert_within(below[0] / 1e6, quantiles[0], 0.16);
	for (unsigned j = 1; j < 5; j++)
		assert_within(below[j] / 1e6, quantiles[j], 0.01);
}

/* Most runs are so short beside the mean that only the rarest distances end in them. */
static void the_shortest_distances_are_as_rare_as_they_should(void **state)
{
	struct sampling sampling;
	unsigned below = 0;

	(void)state;
	sampling_start(&sampling, 1);
	sampling.bytes.mean = 1e9;
	listen(true);
	for (unsigned i = 0; i < 10000000; i++)
		below += distance(&sampling) < 1000;
	listen(false);
	assert_in_range(below, 1, 26); /* 10 are expected */
}

/* A run keeps its sample while that is ahead; what is left of it serves the next run, once. */
static void distances_are_used_up(void **state)
{
	struct sample_point point = { 0 }, next = { 0 };
	struct sampling sampling;
	uintptr_t at;

	(void)state;
	sampling_start(&sampling, 1);
	listen(true);
	sample_aim(&sampling, &point, 4096);
	at = point.at;
	sample_aim(&sampling, &point, at - 8);
	assert_int_equal(point.at, at);
	sample_leave(&sampling, &point, at - 8);
	sample_aim(&sampling, &next, 1 << 20);
	assert_int_equal(next.at, (1 << 20) + 8);
	assert_int_equal(sampling.left, 0);
	sample_aim(&sampling, &next, (1 << 20) + 16); /* it lies behind */
	assert_true(next.at > (1 << 20) + 16);
	sampling.bytes.mean *= 2;
	at = next.at;
	sample_aim(&sampling, &next, (1 << 20) + 16); /* of another mean */
	assert_true(next.at != at && next.mean == 2 * SAMPLE_BYTES);
	listen(false);
	sample_leave(&sampling, &next, (1 << 20) + 16);
	assert_int_equal(sampling.left, 0);
	sample_aim(&sampling, &next, 1 << 20);
	assert_true(next.at == UINTPTR_MAX);
}

static void nobody_listens(void **state)
{
	struct fixture f = create();

	(void)state;
	allocate_nodes(&f, 2000000);
	allocate_texts(&f, 100, 1 << 20);
	sample_store(f.mutator, (void **)&f, true, &f);
	assert_int_equal(heard.samples, 0);
	assert_int_equal(f.mutator->sampling.random, 1); /* nor was anything drawn */
	destroy(&f);
}

/* A run that was taken while somebody listened has its sample still. */
static void they_stop_to_listen(void **state)
{
	struct fixture f = create();
	uint64_t samples;

	(void)state;
	listen(true);
	allocate_nodes(&f, 2000000);
	samples = heard.samples;
	assert_true(samples > 10);
	listen(false);
	allocate_nodes(&f, 2000000);
	assert_int_equal(heard.samples, samples);
	destroy(&f);
}

/* About 2,000 samples. */
static void check_weights(struct fixture *f)
{
	assert_within((double)heard.weight, (double)allocated(f), 0.11);
	assert_within((double)heard.samples * SAMPLE_BYTES, (double)allocated(f), 0.11);
}

static void weights_of_small_objects_add_up(void **state)
{
	struct fixture f = create();

	(void)state;
	listen(true);
	allocate_nodes(&f, 44000000);
	check_weights(&f);
	assert_int_equal(heard.bytes, heard.samples * 24);
	destroy(&f);
}

static void weights_of_arrays_add_up(void **state)
{
	struct fixture f = create();

	(void)state;
	listen(true);
	allocate_texts(&f, 1500000, 700);
	check_weights(&f);
	destroy(&f);
}

/* More than one distance long: nearly all are samples, and few stand for more than themselves. */
static void weights_of_large_objects_add_up(void **state)
{
	struct fixture f = create();

	(void)state;
	listen(true);
	allocate_texts(&f, 500, 1 << 20);
	assert_within((double)heard.samples, 500 * 0.8647, 0.1);
	assert_within((double)heard.weight, (double)allocated(&f), 0.09);
	destroy(&f);
}

static void the_rate_is_limited(void **state)
{
	const uint64_t begin = platform_now_ns(), end = begin + 500000000;
	struct fixture f = create();

	(void)state;
	heard.constant = NULL;
	listen(true);
	while (platform_now_ns() < end)
		allocate_texts(&f, 4, 1 << 19);
	/* Some windows of 32 until the mean has adapted, and then twice the rate at most. */
	assert_true(heard.samples < 6 * 32 + SAMPLES_A_SECOND);
	assert_true(f.mutator->sampling.bytes.mean > SAMPLE_BYTES);
	destroy(&f);
}

/* After a burst, when a sample has come only now. */
static void a_mean_that_is_too_high_comes_down(void **state)
{
	struct fixture f = create();

	(void)state;
	heard.constant = NULL;
	f.mutator->sampling.bytes.mean = 64 << 20;
	f.mutator->sampling.bytes.since_ns = platform_now_ns() - 10000000000;
	listen(true);
	while (!heard.samples)
		allocate_nodes(&f, 1);
	assert_within(f.mutator->sampling.bytes.mean, 16 << 20, 0);
	destroy(&f);
}

/* Every second store makes a card dirty: no pattern of samples must go with it. */
static void weights_of_stores_add_up(void **state)
{
	const unsigned count = 1000000;
	struct fixture f = create();

	(void)state;
	f.mutator->sampling.stores[0].mean = 16;
	f.mutator->sampling.stores[1].mean = 4;
	listen(true);
	for (unsigned i = 0; i < count; i++)
		sample_store(f.mutator, (void **)&f, i % 2, &f);
	assert_int_equal(heard.weight - heard.dirtied + 4 * heard.dirtied, heard.samples * 16);
	assert_within((double)heard.weight, count, 0.02);
	assert_within((double)heard.dirtied, count / 2, 0.03);
	destroy(&f);
}

/* The clock says how often, so only that it is often enough is certain. */
static void the_rate_of_stores_is_limited(void **state)
{
	const unsigned count = 10000000;
	struct fixture f = create();

	(void)state;
	heard.constant = NULL;
	listen(true);
	for (unsigned i = 0; i < count; i++)
		sample_store(f.mutator, (void **)&f, true, &f);
	assert_true(heard.samples < count / 100);
	assert_true(f.mutator->sampling.stores[1].mean > 100);
	assert_int_equal(heard.weight, heard.dirtied);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_exponential),
		cmocka_unit_test(the_shortest_distances_are_as_rare_as_they_should),
		cmocka_unit_test(distances_are_used_up),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(they_stop_to_listen),
		cmocka_unit_test(weights_of_small_objects_add_up),
		cmocka_unit_test(weights_of_arrays_add_up),
		cmocka_unit_test(weights_of_large_objects_add_up),
		cmocka_unit_test(the_rate_is_limited),
		cmocka_unit_test(a_mean_that_is_too_high_comes_down),
		cmocka_unit_test(weights_of_stores_add_up),
		cmocka_unit_test(the_rate_of_stores_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
