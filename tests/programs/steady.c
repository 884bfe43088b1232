/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steady [COLLECTIONS [COMMAND...]]: collects every 5 ms, so many times or until
 * SIGTERM or SIGINT. It says "ready" when its heap exists and "collections N" at
 * its end, where it becomes COMMAND.
 */
#include <gcscope/gcscope.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;

static void on_signal(int signal)
{
	(void)signal;
	asked_to_end = 1;
}

int main(int argc, char **argv)
{
	const unsigned long most = argc > 1 ? strtoul(argv[1], NULL, 10) : -1UL;
	const struct timespec pace = { .tv_nsec = 5000000 };
	struct gcs_mutator *mutator;
	struct gcs_heap *heap;
	unsigned long done = 0;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE)) {
		fprintf(stderr, "steady: %s\n", gcs_error_message());
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (; done < most && !asked_to_end; done++) {
		gcs_collect(mutator);
		nanosleep(&pace, NULL);
	}
	printf("collections %lu\n", done);
	gcs_mutator_detach(mutator);
	if (gcs_heap_destroy(heap))
		return 1;
	if (argc <= 2)
		return 0;
	fflush(stdout);
	execv(argv[2], argv + 2);
	return 127;
}
