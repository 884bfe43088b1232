/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workloads share: a heap and its types or an end, the clock, random numbers. */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include <gcscope/gcscope.h>
#include <stdint.h>

/* The slot of a field, for the calls of the library that take one. */
#define SLOT(field) ((void **)&(field))

/* One sentence on standard error, after the program's name; exit status 1 or 2. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An allocation from this heap has returned NULL. */
_Noreturn void out_of_memory(struct gcs_heap *heap);

/* These return what they make, or end the program with a sentence. */
struct gcs_heap *heap_create(void);
struct gcs_mutator *mutator_attach(struct gcs_heap *heap);
struct gcs_type *type_register(struct gcs_heap *heap, const struct gcs_type_info *info);

/* Detach the only mutator and destroy the heap. */
void heap_close(struct gcs_heap *heap, struct gcs_mutator *mutator);

/* Seconds of the monotonic clock. */
double seconds(void);

/* Report on standard error how long a part took. */
void report_seconds(const char *part, double taken);

/* A pseudo-random sequence that is the same everywhere (splitmix64). */
struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number below limit. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return (unsigned __int128)random_next(random) * limit >> 64;
}

#endif
