/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worst case of a card table: one old array, into which a few references
 * to new objects are stored at random before each minor collection. Nearly
 * each of them is on a card of its own, whose other references are all old.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"
#include "common/random.h"
#include "pause.h"

struct leaf {
	uint64_t words[2];
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *leaf_type, *array_type;

static void register_types(void)
{
	static const uint32_t element_pointers[] = { 0 };

	leaf_type = type_register(heap, &(struct gcs_type_info){
						.name = "leaf",
						.size = sizeof(struct leaf),
					});
	array_type = type_register(heap, &(struct gcs_type_info){
						 .name = "array",
						 .element_size = sizeof(struct leaf *),
						 .element_pointers = element_pointers,
						 .element_pointer_count = 1,
					 });
}

static struct leaf *leaf_new(void)
{
	struct leaf *leaf = gcs_alloc(mutator, leaf_type);

	if (!leaf)
		out_of_memory(heap);
	return leaf;
}

/* All its references are to one object, the first. */
static struct leaf **array_new(uint64_t length)
{
	struct leaf **array = gcs_alloc_array(mutator, array_type, length);

	if (!array)
		out_of_memory(heap);
	gcs_store(mutator, array, SLOT(array[0]), leaf_new());
	for (uint64_t i = 1; i < length; i++)
		gcs_store(mutator, array, SLOT(array[i]), array[0]);
	return array;
}

/* Anywhere but at the first. */
static void store(struct leaf **array, struct random *random, struct leaf *leaf)
{
	uint64_t i = 1 + random_below(random, gcs_array_length(array) - 1);

	gcs_store(mutator, array, SLOT(array[i]), leaf);
}

/* Store new objects at random, measure the collection, and store the old one where they were. */
static void round_of(struct pause_meter *meter, struct leaf **array, uint64_t stores,
		     struct random random)
{
	struct random again = random;

	pause_meter_start(meter);
	for (uint64_t i = 0; i < stores; i++)
		store(array, &random, leaf_new());
	pause_meter_stop(meter);
	for (uint64_t i = 0; i < stores; i++)
		store(array, &again, array[0]);
}

int main(int argc, char *argv[])
{
	static const struct argument arguments[] = {
		{ "references", "in the old array", 2, UINT64_C(1) << 32, 1000000 },
		{ "stores", "of new objects into it, before each collection", 0, UINT64_C(1) << 32,
		  1000 },
		{ "rounds", "pauses to measure", 1, 1000000, 30 },
	};
	struct pause_meter meter;
	struct leaf **array;
	uint64_t values[3];

	arguments_parse(argc, argv, "Measures pauses with random stores into an old array.",
			arguments, 3, values);
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_types();
	array = array_new(values[0]);
	pause_meter_open(&meter, heap, mutator, values[2]);
	for (uint64_t seed = 1; pause_meter_wants(&meter); seed++)
		round_of(&meter, array, values[1], (struct random){ seed });
	pause_meter_close(&meter);
	heap_close(heap, mutator);
	return 0;
}
