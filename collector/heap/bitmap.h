/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits in arrays of 64-bit words. Not atomic: see each user for why that is right. */
#ifndef GCSCOPE_HEAP_BITMAP_H
#define GCSCOPE_HEAP_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool bit_test(const uint64_t *bits, size_t index)
{
	return bits[index / 64] >> (index % 64) & 1;
}

static inline void bit_set(uint64_t *bits, size_t index)
{
	bits[index / 64] |= 1ULL << (index % 64);
}

static inline void bit_clear(uint64_t *bits, size_t index)
{
	bits[index / 64] &= ~(1ULL << (index % 64));
}

/* Set a bit; true if it was clear before. */
static inline bool bit_claim(uint64_t *bits, size_t index)
{
	uint64_t *word = &bits[index / 64];

	if (*word >> (index % 64) & 1)
		return false;
	*word |= 1ULL << (index % 64);
	return true;
}

/* The first set bit at or after index, or end. */
static inline size_t bit_find(const uint64_t *bits, size_t index, size_t end)
{
	uint64_t word;
	size_t at;

	if (index >= end)
		return end;
	at = index / 64;
	word = bits[at] & ~0ULL << (index % 64);
	while (word == 0) {
		if (++at * 64 >= end)
			return end;
		word = bits[at];
	}
	index = at * 64 + (size_t)__builtin_ctzll(word);
	return index < end ? index : end;
}

/* Bits 0, stride, 2 * stride, ... of a word. */
static inline uint64_t bit_comb(size_t stride)
{
	uint64_t comb = 1;
	size_t bit;

	for (bit = stride; bit < 64; bit += stride)
		comb |= 1ULL << bit;
	return comb;
}

/* Set or clear the bits first, first + stride, ... below end, a word at a time. */
static inline void bit_fill(uint64_t *bits, size_t first, size_t end, size_t stride, bool value)
{
	uint64_t comb = bit_comb(stride), mask;
	size_t word = first / 64, phase = first % 64;

	for (; word * 64 < end; word++) {
		if (phase < 64) {
			mask = comb << phase;
			if (end - word * 64 < 64)
				mask &= (1ULL << (end - word * 64)) - 1;
			if (value)
				bits[word] |= mask;
			else
				bits[word] &= ~mask;
			/* One past the last tooth in this word, less the word. */
			phase += (64 - phase + stride - 1) / stride * stride;
		}
		phase -= 64;
	}
}

#endif
