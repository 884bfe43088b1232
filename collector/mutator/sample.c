/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutator/sample.h"

#include "mutator/mutator.h"
#include "mutator/safepoint.h"
#include "platform/platform.h"

/* How far samples should be apart at the least, in the mean. */
#define APART_NS (1000000000ULL / SAMPLES_A_SECOND)

/*
 * That is looked at after so many samples, or when they have taken twice as long, and the
 * mean is changed by this factor at most: a burst that is over in a millisecond may have a
 * few samples more, or else those behind it would stand for too much each.
 */
#define WINDOW 32
#define FACTOR 4

/* While nobody listens, this is asked at one of so many stores. */
#define STORES_UNHEARD 1024

void sampling_start(struct sampling *sampling, uint64_t seed)
{
	*sampling = (struct sampling){
		.random = seed,
		.bytes.mean = SAMPLE_BYTES,
		.stores = { { .mean = 1, .left = 1 }, { .mean = 1, .left = 1 } },
	};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t random_word(struct sampling *sampling)
{
	uint64_t word = sampling->random += 0x9e3779b97f4a7c15;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	word = (word ^ word >> 27) * 0x94d049bb133111eb;
	return word ^ word >> 31;
}

/*
 * -ln(word / 2^64). With word = 2^k m and m between the roots of 1/2 and 2, ln m = 2 artanh t
 * for t = (m - 1) / (m + 1), whose series is 1e-9 off at most after five terms, and exact
 * where it matters most: most runs are short, and only the shortest distances end in them.
 */
static double minus_log(uint64_t word)
{
	static const double ln_2 = 0.69314718055994531, root_2 = 1.4142135623730951;
	int halvings = __builtin_clzll(word | 1);
	double m = (double)(word << halvings) * 0x1p-64, t, t2;

	if (m < 1 / root_2) {
		m *= 2;
		halvings++;
	}
	t = (m - 1) / (m + 1);
	t2 = t * t;
	return halvings * ln_2 -
	       2 * t * (1 + t2 * (1. / 3 + t2 * (1. / 5 + t2 * (1. / 7 + t2 / 9))));
}

/*
 * 1 - exp(-x), for x >= 0. Below 1, x divided by the beginning of the series of
 * x / (1 - exp(-x)), 1e-6 off at most; above, by 1 - q^2 = (1 - q) (2 - (1 - q)).
 */
static double chance(double x)
{
	double half;

	if (x > 64)
		return 1;
	if (x > 1) {
		half = chance(x / 2);
		return half * (2 - half);
	}
	return x / (1 + x / 2 + x * x / 12 - x * x * x * x / 720);
}

/* An exponentially distributed number of bytes. */
static double distance(struct sampling *sampling)
{
	return minus_log(random_word(sampling)) * sampling->bytes.mean;
}

static bool listened_to(void)
{
	return PROBES_BUILT && gcs_unlikely(gcscope_allocation_sampled_semaphore);
}

static bool is_ahead(const struct sampling *sampling, const struct sample_point *point,
		     uintptr_t from)
{
	return point->at >= from && point->at != UINTPTR_MAX &&
	       point->mean == sampling->bytes.mean;
}

void sample_aim(struct sampling *sampling, struct sample_point *point, uintptr_t from)
{
	if (!listened_to()) {
		point->at = UINTPTR_MAX;
	} else if (!is_ahead(sampling, point, from)) {
		if (!sampling->left)
			sampling->left = (uintptr_t)distance(sampling);
		point->at = from + sampling->left;
		point->mean = sampling->bytes.mean;
		sampling->left = 0;
	}
}

void sample_leave(struct sampling *sampling, const struct sample_point *point, uintptr_t from)
{
	if (listened_to() && is_ahead(sampling, point, from))
		sampling->left = point->at - from;
}

/* A sample was taken: choose the mean so that samples come at the rate that is wanted. */
static void adapt(struct sampling_rate *rate, double least)
{
	uint64_t now = platform_now_ns(), taken_ns = now - rate->since_ns;
	double factor;

	if (++rate->taken < WINDOW && taken_ns < 2 * WINDOW * APART_NS)
		return;
	factor = (double)(rate->taken * APART_NS) / (double)(taken_ns + 1);
	rate->mean *= factor > FACTOR ? FACTOR : factor < 1. / FACTOR ? 1. / FACTOR : factor;
	if (rate->mean < least)
		rate->mean = least;
	rate->taken = 0;
	rate->since_ns = now;
}

static void emit_allocation(struct mutator *mutator, uint64_t bytes, double mean,
			    const void *caller)
{
	double weight = (double)bytes / chance((double)bytes / mean);

	gcs_emit(allocation_sampled, mutator->heap->id, mutator->id, bytes,
		 (uint64_t)(weight + 0.5), (uintptr_t)caller);
	adapt(&mutator->sampling.bytes, SAMPLE_BYTES);
	mutator->sampling.left = 0; /* the mean may be another now */
}

void sample_cell(struct mutator *mutator, unsigned run, uint64_t bytes, const void *caller)
{
	if (listened_to())
		emit_allocation(mutator, bytes, mutator->runs[run].sample.mean, caller);
	run_publish_limit(mutator, run);
}

void sample_large(struct mutator *mutator, uint64_t bytes, const void *caller)
{
	struct sampling *sampling = &mutator->sampling;

	if (listened_to() && distance(sampling) < (double)bytes)
		emit_allocation(mutator, bytes, sampling->bytes.mean, caller);
}

/*
 * How many stores it is to the next sample if each is one with a probability of 1 / mean, so that
 * no pattern of the program can hide: geometrically distributed, from 1 on.
 */
static uint64_t stores_apart(struct sampling *sampling, uint64_t mean)
{
	uint64_t others = UINT64_MAX - UINT64_MAX / mean; /* their share of 2^64 */

	return 1 + (uint64_t)(minus_log(random_word(sampling)) / minus_log(others));
}

void sample_due_store(struct mutator *mutator, void **slot, bool dirtied, const void *caller)
{
	struct sampling *sampling = &mutator->sampling;
	struct sampling_rate *rate = &sampling->stores[dirtied];
	uint64_t mean = (uint64_t)rate->mean;

	if (!gcscope_store_sampled_semaphore) {
		rate->left = STORES_UNHEARD;
		return;
	}
	gcs_emit(store_sampled, mutator->heap->id, mutator->id, (uintptr_t)slot, mean,
		 dirtied ? mean : 0, (uintptr_t)caller);
	adapt(rate, 1);
	rate->left = stores_apart(sampling, (uint64_t)rate->mean);
}
