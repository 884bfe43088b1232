/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process's life may be like. Each collects a known number of times.
 *
 * lives leader N	the first thread ends at once; another collects N times after
 *			that, and ends the process with status 3
 * lives last N		the same, but that thread just ends, and with it the process
 * lives exec N M ...	collects N times, then becomes "lives exec M ...", under the same pid
 * lives kill N		collects N times, then kills itself with SIGKILL
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int times;
static bool ends_by_itself;
static pthread_t leader;

static void collect(int count)
{
	struct gcs_mutator *mutator;
	struct gcs_heap *heap;

	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE)) {
		fprintf(stderr, "lives: %s\n", gcs_error_message());
		exit(1);
	}
	while (count--)
		gcs_collect(mutator);
}

static void *survivor(void *unused)
{
	(void)unused;
	pthread_join(leader, NULL);
	usleep(100000); /* its thread has left; let the kernel's side of it be over too */
	collect(times);
	if (!ends_by_itself)
		_exit(3);
	syscall(SYS_exit, 0); /* the thread alone, with no handlers run */
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3)
		return 2;
	times = atoi(argv[2]);
	if (!strcmp(argv[1], "exec")) {
		collect(times);
		if (argc == 3)
			return 0;
		/* Drop the number that is done. */
		memmove(&argv[2], &argv[3], (size_t)(argc - 2) * sizeof(*argv));
		execv("/proc/self/exe", argv);
		return 1;
	}
	if (!strcmp(argv[1], "kill")) {
		collect(times);
		kill(getpid(), SIGKILL);
	}
	ends_by_itself = !strcmp(argv[1], "last");
	leader = pthread_self();
	if (pthread_create(&thread, NULL, survivor, NULL))
		return 1;
	pthread_exit(NULL);
}
