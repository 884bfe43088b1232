/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for tests that try many: the same at every run. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

/* xorshift64* (Vigna 2014) */
static inline uint64_t random_word(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static inline uint64_t random_below(uint64_t limit)
{
	return (random_word() >> 11) % limit;
}

/* Of every size, from 0 to 64 bits. */
static inline uint64_t random_magnitude(void)
{
	uint64_t bits = random_below(65);

	return bits ? random_word() >> (64 - bits) : 0;
}

#endif
