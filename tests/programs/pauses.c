/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pauses RATE SECONDS [THREADS]: each thread collects a heap of its own, empty,
 * RATE x SECONDS times, in as many pauses, at that rate; late ones are made up for.
 * RATE 0: as often as it can in that time. Says how many there were and how long it
 * took: "pauses N in S s".
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 64

static double rate, seconds;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns how many pauses there were, as a pointer. */
static void *pause_often(void *unused)
{
	struct gcs_mutator *mutator;
	struct gcs_heap *heap;
	uintptr_t done = 0;
	double begin, elapsed = 0;

	(void)unused;
	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE)) {
		fprintf(stderr, "pauses: %s\n", gcs_error_message());
		exit(1);
	}
	begin = now();
	for (; rate > 0 ? (double)done < rate * seconds : elapsed < seconds;
	     elapsed = now() - begin) {
		if (rate > 0 && (double)done >= elapsed * rate)
			continue;
		gcs_collect(mutator);
		done++;
	}
	gcs_mutator_detach(mutator);
	gcs_heap_destroy(heap);
	return (void *)done;
}

int main(int argc, char **argv)
{
	const int count = argc > 3 ? atoi(argv[3]) : 1;
	pthread_t threads[THREADS_MAX];
	unsigned long done = 0;
	double begin = now();

	rate = argc > 1 ? atof(argv[1]) : 0;
	seconds = argc > 2 ? atof(argv[2]) : 1;
	for (int i = 0; i < count && i < THREADS_MAX; i++)
		if (pthread_create(&threads[i], NULL, pause_often, NULL))
			return 1;
	for (int i = 0; i < count && i < THREADS_MAX; i++) {
		void *result;

		pthread_join(threads[i], &result);
		done += (uintptr_t)result;
	}
	printf("pauses %lu in %.3f s\n", done, now() - begin);
	return 0;
}
