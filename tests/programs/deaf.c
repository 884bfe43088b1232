/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deaf: main allocates 1000 objects and returns while another mutator, which has
 * allocated too, runs on without ever coming to a safepoint.
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct gcs_heap *heap;
static struct gcs_type *type;
static volatile int deaf;

static struct gcs_mutator *attach(void)
{
	struct gcs_mutator *mutator;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE)) {
		fprintf(stderr, "deaf: %s\n", gcs_error_message());
		exit(1);
	}
	return mutator;
}

static void *run_on(void *unused)
{
	gcs_alloc(attach(), type);
	(void)unused;
	for (;;)
		deaf = 1;
	return NULL;
}

int main(void)
{
	struct gcs_mutator *mutator;
	pthread_t thread;
	int i;

	if (gcs_heap_create(&heap, NULL) ||
	    gcs_type_register(&type, heap,
			      &(struct gcs_type_info){ .name = "object", .size = 16 })) {
		fprintf(stderr, "deaf: %s\n", gcs_error_message());
		return 1;
	}
	mutator = attach();
	for (i = 0; i < 1000; i++)
		gcs_alloc(mutator, type);
	gcs_collect(mutator);
	pthread_create(&thread, NULL, run_on, NULL);
	while (!deaf)
		gcs_safepoint(mutator);
	return 0;
}
