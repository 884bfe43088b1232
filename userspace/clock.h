/* SPDX-License-Identifier: BSD-2-Clause */
/* The monotonic clock, in nanoseconds; the kernel programs' clock too. */
#ifndef GCSCOPE_CLOCK_H
#define GCSCOPE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_MS     1000000ULL

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

#endif
