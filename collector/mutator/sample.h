/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples that tell where a program allocates, and where it stores on armed cards. None
 * are taken while nobody listens.
 *
 * Allocated bytes are sampled by a Poisson process: from each sample it is an
 * exponentially distributed distance to the next. Such distances have no memory, so
 * every run has one of its own, and what is left of it when a run ends serves for another.
 * An allocation of b bytes is then a sample with probability 1 - exp(-b / interval), whatever
 * was drawn before, and stands for the inverse of that many.
 *
 * The means adapt so that a mutator takes about SAMPLES_A_SECOND at most of each sort. A
 * sample is weighed by the mean with which it was drawn, so the sum of weights has no bias.
 */
#ifndef GCSCOPE_MUTATOR_SAMPLE_H
#define GCSCOPE_MUTATOR_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/probes.h"

#define SAMPLES_A_SECOND 200
#define SAMPLE_BYTES	 (512 * 1024) /* the mean distance to begin with, and the least */

struct mutator;

/* How often one sort is sampled. */
struct sampling_rate {
	double mean;	   /* bytes or stores from one sample to the next */
	uint64_t left;	   /* stores up to the next sample, or until it is asked who listens */
	unsigned taken;	   /* samples since */
	uint64_t since_ns; /* when the mean was last looked at */
};

struct sampling {
	uint64_t random; /* the generator's state */
	struct sampling_rate bytes;
	uintptr_t left; /* of a distance drawn with bytes.mean, which no run has; 0: none */
	/*
	 * Stores on armed cards: those that make their card dirty apart, [1], since they are
	 * what costs a collection, and may be few among the others.
	 */
	struct sampling_rate stores[2];
};

/* seed: any number; mutators with different ones draw differently. */
void sampling_start(struct sampling *sampling, uint64_t seed);

/* Where the next sample of a run lies: an allocation that ends behind it is one. */
struct sample_point {
	uintptr_t at; /* 0: not known yet; UINTPTR_MAX: nobody listens */
	double mean;  /* with which it was drawn */
};

/* A run continues at `from`: choose its next sample point, or keep the one that is ahead. */
void sample_aim(struct sampling *sampling, struct sample_point *point, uintptr_t from);

/* A run ends at `from`. */
void sample_leave(struct sampling *sampling, const struct sample_point *point, uintptr_t from);

/* The cell that the mutator has just taken from this run ends behind its sample point. */
void sample_cell(struct mutator *mutator, unsigned run, uint64_t bytes, const void *caller);

/* The mutator has taken a large object. */
void sample_large(struct mutator *mutator, uint64_t bytes, const void *caller);


void sample_due_store(struct mutator *mutator, void **slot, bool dirtied, const void *caller);

#endif
