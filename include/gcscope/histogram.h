/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log-linear histogram of nanoseconds, shared by kernel programs (which
 * fill it) and userspace (which reads it).
 *
 * Below 16 each value has a slot of its own; above, each power of two is cut
 * into 16 equal slots, so a slot is at most 1/16 = 6.25 % wide. Values from
 * 2^40 ns (18 minutes) on fall into the last slot. Count, sum, minimum and
 * maximum are exact, and so are the counters of the edges that are exported
 * as metrics, since an edge such as 1 ms lies inside a slot.
 *
 * The scheme is that of HdrHistogram (Gil Tene), with one precision.
 */
#ifndef GCSCOPE_HISTOGRAM_H
#define GCSCOPE_HISTOGRAM_H

#include <linux/types.h>

#define GCSCOPE_SUB_BITS    4
#define GCSCOPE_SUB_BUCKETS (1U << GCSCOPE_SUB_BITS)
#define GCSCOPE_MAX_BITS    40
#define GCSCOPE_SLOTS	    ((GCSCOPE_MAX_BITS - GCSCOPE_SUB_BITS + 1) * GCSCOPE_SUB_BUCKETS)

/* The exported edges, in nanoseconds: 1 us to 10 s in 1-2-5 steps, for ever. */
#define GCSCOPE_EDGE_TABLE(E)                                                  \
	E(1000ULL) E(2000ULL) E(5000ULL)                                       \
	E(10000ULL) E(20000ULL) E(50000ULL)                                    \
	E(100000ULL) E(200000ULL) E(500000ULL)                                 \
	E(1000000ULL) E(2000000ULL) E(5000000ULL)                              \
	E(10000000ULL) E(20000000ULL) E(50000000ULL)                           \
	E(100000000ULL) E(200000000ULL) E(500000000ULL)                        \
	E(1000000000ULL) E(2000000000ULL) E(5000000000ULL)                     \
	E(10000000000ULL)
#define GCSCOPE_EDGES 22

struct gcscope_histogram {
	__u64 count;
	__u64 sum;
	__u64 min_inverted; /* ~minimum, so that zero is the right start */
	__u64 max;
	__u64 edges[GCSCOPE_EDGES + 1]; /* [i]: above edge i-1, at most edge i; last: above all */
	__u64 slots[GCSCOPE_SLOTS];
};

/* Where the highest set bit of a nonzero value is; unrolled, since kernel programs have no clz. */
static inline __attribute__((always_inline)) __u32 gcscope_log2(__u64 value)
{
	__u32 bit = 0;

	if (value >> 32) {
		value >>= 32;
		bit += 32;
	}
	if (value >> 16) {
		value >>= 16;
		bit += 16;
	}
	if (value >> 8) {
		value >>= 8;
		bit += 8;
	}
	if (value >> 4) {
		value >>= 4;
		bit += 4;
	}
	if (value >> 2) {
		value >>= 2;
		bit += 2;
	}
	return bit + (value >> 1 ? 1 : 0);
}

/* The slot of a value; always below GCSCOPE_SLOTS. */
static inline __attribute__((always_inline)) __u32 gcscope_slot(__u64 value)
{
	__u32 bit, sub;

	if (value < GCSCOPE_SUB_BUCKETS)
		return (__u32)value;
	bit = gcscope_log2(value);
	if (bit >= GCSCOPE_MAX_BITS)
		return GCSCOPE_SLOTS - 1;
	sub = (__u32)(value >> (bit - GCSCOPE_SUB_BITS)) & (GCSCOPE_SUB_BUCKETS - 1);
	return (bit - GCSCOPE_SUB_BITS + 1) * GCSCOPE_SUB_BUCKETS + sub;
}

/* The smallest value of a slot; gcscope_slot_low(slot + 1) is one past its largest. */
static inline __attribute__((always_inline)) __u64 gcscope_slot_low(__u32 slot)
{
	__u32 octave = slot / GCSCOPE_SUB_BUCKETS, sub = slot % GCSCOPE_SUB_BUCKETS;

	if (octave == 0)
		return sub;
	return (__u64)(GCSCOPE_SUB_BUCKETS + sub) << (octave - 1);
}

/* Which of edges[] counts a value. */
static inline __attribute__((always_inline)) __u32 gcscope_edge(__u64 value)
{
	__u32 edge = 0;

#define GCSCOPE_EDGE_ABOVE(limit) edge += value > (limit);
	GCSCOPE_EDGE_TABLE(GCSCOPE_EDGE_ABOVE)
#undef GCSCOPE_EDGE_ABOVE
	return edge;
}

#endif
