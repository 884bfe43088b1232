/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opens LIBRARY at-once|by-thread|after-calls COLLECTIONS: opens the collector's
 * shared library with dlopen, in its first moment, in a thread, or after 10,000
 * system calls, and then collects every 5 ms.
 */
#include <dlfcn.h>
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *library;
static long collections;

/* A function of the library's, with the type that the headers give it. */
#define LIBRARY_FUNCTION(name) __typeof__(name) *library_##name = dlsym(handle, #name)

static void *collect(void *unused)
{
	const struct timespec pace = { .tv_nsec = 5000000 };
	void *handle = dlopen(library, RTLD_NOW);
	struct gcs_mutator *mutator;
	struct gcs_heap *heap;

	if (!handle) {
		fprintf(stderr, "opens: %s\n", dlerror());
		exit(1);
	}
	LIBRARY_FUNCTION(gcs_heap_create_abi);
	LIBRARY_FUNCTION(gcs_mutator_attach);
	LIBRARY_FUNCTION(gcs_mutator_detach);
	LIBRARY_FUNCTION(gcs_collect);
	if (library_gcs_heap_create_abi(&heap, NULL, GCS_ABI_VERSION, sizeof(struct gcs_options)) ||
	    library_gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE))
		exit(1);
	for (long i = 0; i < collections; i++) {
		library_gcs_collect(mutator);
		nanosleep(&pace, NULL);
	}
	library_gcs_mutator_detach(mutator);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 4)
		return 2;
	library = argv[1];
	collections = strtol(argv[3], NULL, 10);
	if (!strcmp(argv[2], "by-thread"))
		return pthread_create(&thread, NULL, collect, NULL) || pthread_join(thread, NULL);
	for (int i = 0; i < 10000 && !strcmp(argv[2], "after-calls"); i++)
		getppid();
	collect(NULL);
	return 0;
}
