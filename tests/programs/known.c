/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of plan marksweep whose every counter is known beforehand, by arithmetic
 * from the sizes: a cell is the header's 8 bytes and the payload, rounded up to 8 bytes
 * (above 128 bytes to the next eighth of a power of two); a large object takes
 * whole pages, with one more granule before its header.
 *
 *   objects                               cell      number         bytes
 *   the table, 2,000 references         16,384           1        16,384
 *   20 rounds: pairs                        24   x   1,000       480,000
 *              21 characters                32   x     100        64,000
 *              10 references                88   x      10        17,600
 *              190 characters              208   x      10        41,600
 *   the thread's pairs                      24       1,000        24,000
 *   1 MiB of characters              1,052,672          26    27,369,472
 *                                              allocation.objects  23,427
 *                                              allocation.bytes    28,013,056
 *
 *   stores: 20 rounds x (1,000 + 10 x 10 copied + 1 into the table) + the thread's 500
 *                                              barrier.stores      22,520
 *
 *   collections: one a round; and since 8 of the large objects exceed the
 *   budget of 8 MiB, one before each of the 9th, the 17th and the 25th
 *                                              major, explicit     20
 *                                              major, allocation    3
 *                                              pauses              23
 *
 *   live at the last of them: the table, and a pair of each round
 *                                              size.live_bytes     16,864
 *                                              size.limit_bytes    67,108,864
 *
 * It runs with precise roots, so that nothing lives by accident, and ends by
 * returning from main with its heap still there.
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS	     20
#define PAIRS	     1000
#define WORDS	     100
#define ROWS	     10
#define ROW_LENGTH   10
#define SENTENCES    10
#define LARGE	     26
#define TABLE_LENGTH 2000

struct pair {
	void *first, *second;
};

static struct gcs_heap *heap;
static struct gcs_type *pair_type, *references_type, *text_type;

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "known: %s: %s\n", what, gcs_error_message());
	exit(1);
}

static void *made(void *object)
{
	if (!object)
		die("out of memory");
	return object;
}

static struct gcs_type *type(const struct gcs_type_info *info)
{
	struct gcs_type *type;

	if (gcs_type_register(&type, heap, info) < 0)
		die("cannot register a type");
	return type;
}

static void register_types(void)
{
	static const uint32_t pair_pointers[] = { 0, 8 }, element_pointers[] = { 0 };

	pair_type = type(&(struct gcs_type_info){
		.name = "pair",
		.size = sizeof(struct pair),
		.pointers = pair_pointers,
		.pointer_count = 2,
	});
	references_type = type(&(struct gcs_type_info){
		.name = "references",
		.element_size = sizeof(void *),
		.element_pointers = element_pointers,
		.element_pointer_count = 1,
	});
	text_type = type(&(struct gcs_type_info){ .name = "text", .element_size = 1 });
}

static struct gcs_mutator *attach(void)
{
	struct gcs_mutator *mutator;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_PRECISE) < 0)
		die("cannot attach");
	return mutator;
}

static void *references(struct gcs_mutator *mutator, size_t length)
{
	return made(gcs_alloc_array(mutator, references_type, length));
}

static void text(struct gcs_mutator *mutator, size_t length)
{
	char *characters = made(gcs_alloc_array(mutator, text_type, length));

	characters[length - 1] = '.';
}

static void round_of(struct gcs_mutator *mutator, void **table, size_t round)
{
	struct pair *pair = NULL;
	void **row = NULL, **slots[] = { (void **)&pair, (void **)&row };
	struct gcs_frame frame;

	gcs_frame_push(mutator, &frame, slots, 2);
	for (int i = 0; i < PAIRS; i++) {
		pair = made(gcs_alloc(mutator, pair_type));
		gcs_init(&pair->first, pair);
		gcs_store(mutator, pair, &pair->second, pair);
	}
	gcs_store(mutator, table, &table[round], pair);
	for (int i = 0; i < WORDS; i++)
		text(mutator, 21);
	for (int i = 0; i < ROWS; i++) {
		row = references(mutator, ROW_LENGTH);
		gcs_copy_refs(mutator, row, row, table, ROW_LENGTH);
	}
	for (int i = 0; i < SENTENCES; i++)
		text(mutator, 190);
	gcs_frame_pop(mutator, &frame);
	gcs_collect(mutator);
}

/* A second mutator, which detaches because its thread ends. */
static void *second(void *unused)
{
	struct gcs_mutator *mutator = attach();

	(void)unused;
	for (int i = 0; i < PAIRS; i++) {
		struct pair *pair = made(gcs_alloc(mutator, pair_type));

		if (i % 2)
			gcs_store(mutator, pair, &pair->first, pair);
	}
	return NULL;
}

static void run_second(struct gcs_mutator *mutator)
{
	pthread_t thread;

	gcs_blocking_begin(mutator);
	if (pthread_create(&thread, NULL, second, NULL) || pthread_join(thread, NULL))
		die("no second thread");
	gcs_blocking_end(mutator);
}

int main(void)
{
	struct gcs_options options = {
		.plan = GCS_PLAN_MARKSWEEP,
		.heap_max = 64 << 20,
		.budget = 8 << 20,
	};
	void **table = NULL, **slots[] = { (void **)&table };
	struct gcs_mutator *mutator;
	struct gcs_frame frame;

	if (gcs_heap_create(&heap, &options) < 0)
		die("cannot create a heap");
	register_types();
	mutator = attach();
	gcs_frame_push(mutator, &frame, slots, 1);
	table = references(mutator, TABLE_LENGTH);
	run_second(mutator);
	for (size_t round = 0; round < ROUNDS; round++)
		round_of(mutator, table, round);
	for (int i = 0; i < LARGE; i++)
		text(mutator, 1 << 20);
	puts("done");
	return 0;
}
