/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sites SECONDS: four threads that allocate at two lines and store at two lines, in known
 * proportions: of the bytes three quarters at the one and a quarter at the other, and of
 * the cards that stores make dirty as well.
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS	   4
#define CARDS	   4096 /* of each thread's table */
#define CARD_SLOTS ((1 << GCS_CARD_BITS) / sizeof(void *))

struct pair {
	void *first, *second;
};

static struct gcs_heap *heap;
static struct gcs_type *pair_type, *text_type, *references_type;
static double seconds;

_Noreturn static void die(void)
{
	fprintf(stderr, "sites: %s\n", gcs_error_message());
	exit(1);
}

/* A cell of 24 bytes. */
static void *make_pair(struct gcs_mutator *mutator)
{
	struct pair *pair = gcs_alloc(mutator, pair_type); /* a quarter of the bytes */

	if (!pair)
		die();
	return pair;
}

/* A cell of 72 bytes. */
static void *make_text(struct gcs_mutator *mutator)
{
	void *text = gcs_alloc_array(mutator, text_type, 64); /* three quarters of the bytes */

	if (!text)
		die();
	return text;
}

/* One reference on each of four cards. */
static void store_on_cards(struct gcs_mutator *mutator, void **table, size_t card, void *value)
{
	void **slot = &table[card * CARD_SLOTS];
	size_t i;

	for (i = 0; i < 3; i++, slot += CARD_SLOTS)
		gcs_store(mutator, table, slot, value); /* three quarters of the cards */
	gcs_store(mutator, table, slot, value);		/* a quarter of the cards */
	__asm__ volatile("" : : : "memory");		/* no tail call: it is to return to here */
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *work(void *unused)
{
	const double end = now() + seconds;
	struct gcs_mutator *mutator;
	void **table;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE))
		die();
	table = gcs_alloc_array(mutator, references_type, CARDS * CARD_SLOTS);
	if (!table)
		die();
	while (now() < end) {
		for (size_t card = 0; card < CARDS; card += 4) {
			make_text(mutator);
			store_on_cards(mutator, table, card, make_pair(mutator));
		}
	}
	gcs_mutator_detach(mutator);
	return unused;
}

static struct gcs_type *type(const struct gcs_type_info *info)
{
	struct gcs_type *type;

	if (gcs_type_register(&type, heap, info))
		die();
	return type;
}

int main(int argc, char **argv)
{
	static const uint32_t first[] = { 0 };
	pthread_t threads[THREADS];

	seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
	if (gcs_heap_create(&heap, NULL))
		die();
	pair_type = type(&(struct gcs_type_info){ .name = "pair", .size = sizeof(struct pair) });
	text_type = type(&(struct gcs_type_info){ .name = "text", .element_size = 1 });
	references_type = type(&(struct gcs_type_info){ .name = "references",
							.element_size = sizeof(void *),
							.element_pointers = first,
							.element_pointer_count = 1 });
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			die();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return gcs_heap_destroy(heap) != 0;
}
