/* SPDX-License-Identifier: BSD-2-Clause */
/* Pseudo-random numbers that are the same everywhere (splitmix64). */
#ifndef WORKLOADS_RANDOM_H
#define WORKLOADS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* at first the seed, any number */
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number below limit. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return (unsigned __int128)random_next(random) * limit >> 64;
}

#endif
