/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Size classes: the cell sizes into which blocks are cut.
 *
 * Up to 128 bytes every multiple of a granule has a class; above, each power
 * of two is cut into eight, so that rounding wastes at most a ninth. Class 0
 * stands for large objects, which have blocks of their own.
 */
#ifndef GCSCOPE_HEAP_SIZE_CLASS_H
#define GCSCOPE_HEAP_SIZE_CLASS_H

#include "heap/layout.h"

#define CELL_MIN    ((size_t)16) /* two granules: see tracing/mark.h */
#define CELL_MAX    ((size_t)8192)
#define CLASS_LARGE 0U
#define CLASS_COUNT 64U

_Static_assert(CLASS_COUNT <= GCS_RUNS, "each class has a run");

/* The class of a cell of this many bytes, header included. */
static inline unsigned class_of(size_t bytes)
{
	unsigned octave;

	if (bytes <= CELL_MIN)
		return 1;
	if (bytes > CELL_MAX)
		return CLASS_LARGE;
	if (bytes <= 128)
		return (unsigned)((bytes + 7) / 8) - 1;
	octave = 63U - (unsigned)__builtin_clzll(bytes - 1); /* 2^octave < bytes <= 2^(octave+1) */
	return 15U + (octave - 7) * 8 + (unsigned)(((bytes - 1) >> (octave - 3)) & 7) + 1;
}

/* The cell size of a class, in bytes. */
static inline size_t class_bytes(unsigned class)
{
	unsigned octave;

	if (class <= 15)
		return (class + 1) * 8;
	octave = (class - 16) / 8 + 7;
	return ((size_t)8 + (class - 16) % 8 + 1) << (octave - 3);
}

/* The same for a payload that must be 16-byte aligned: the next cell that is a multiple of 16. */
static inline unsigned class_of_aligned(size_t bytes)
{
	return bytes > CELL_MAX ? CLASS_LARGE : class_of((bytes + 15) & ~(size_t)15);
}

#endif
