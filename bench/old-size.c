/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a minor pause depend on how much is old? Old trees of small objects, as
 * many as are asked for; before each minor collection the same number of new
 * objects that survive, and of stores into old ones.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"
#include "common/random.h"
#include "pause.h"

#define DEPTH	   14U /* of each tree */
#define TREE_BYTES ((((uint64_t)2 << DEPTH) - 1) * 24)

struct node {
	struct node *left, *right;
};

enum { MIB, SURVIVORS, STORES, ROUNDS, VALUES };

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *node_type, *forest_type;
static struct node *survivors; /* a root */

static void register_types(void)
{
	static const uint32_t pointers[] = {
		offsetof(struct node, left),
		offsetof(struct node, right),
	};

	node_type = type_register(heap, &(struct gcs_type_info){
						.name = "node",
						.size = sizeof(struct node),
						.pointers = pointers,
						.pointer_count = 2,
					});
	forest_type = type_register(heap, &(struct gcs_type_info){
						  .name = "forest",
						  .element_size = sizeof(struct node *),
						  .element_pointers = pointers,
						  .element_pointer_count = 1,
					  });
}

static struct node *node_new(struct node *left, struct node *right)
{
	struct node *node = gcs_alloc(mutator, node_type);

	if (!node)
		out_of_memory(heap);
	gcs_init(SLOT(node->left), left);
	gcs_init(SLOT(node->right), right);
	return node;
}

static struct node *tree(unsigned int depth)
{
	struct node *left, *right;

	if (!depth)
		return node_new(NULL, NULL);
	left = tree(depth - 1);
	right = tree(depth - 1);
	return node_new(left, right);
}

static struct node **forest_new(uint64_t bytes)
{
	uint64_t trees = (bytes + TREE_BYTES - 1) / TREE_BYTES;
	struct node **forest = gcs_alloc_array(mutator, forest_type, trees);

	if (!forest)
		out_of_memory(heap);
	for (uint64_t i = 0; i < trees; i++)
		gcs_store(mutator, forest, SLOT(forest[i]), tree(DEPTH));
	return forest;
}

static struct node *random_leaf(struct node **forest, struct random *random)
{
	struct node *node = forest[random_below(random, gcs_array_length(forest))];
	uint64_t turns = random_next(random);

	for (unsigned int i = 0; i < DEPTH; i++, turns >>= 1)
		node = turns & 1 ? node->left : node->right;
	return node;
}

/* Stores into leaves at random: references to one after the other of the list, or NULL. */
static void store(struct node **forest, uint64_t stores, struct random random, struct node *list)
{
	for (uint64_t i = 0; i < stores; i++) {
		struct node *leaf = random_leaf(forest, &random);

		gcs_store(mutator, leaf, SLOT(leaf->left), list);
		list = list ? list->left : NULL;
	}
}

/* Make survivors, refer to some of them from old leaves, measure, and drop them. */
static void round_of(struct pause_meter *meter, struct node **forest, const uint64_t *values,
		     struct random random)
{
	pause_meter_start(meter);
	for (uint64_t i = 0; i < values[SURVIVORS]; i++)
		survivors = node_new(survivors, NULL);
	store(forest, values[STORES], random, survivors);
	pause_meter_stop(meter);
	store(forest, values[STORES], random, NULL);
	survivors = NULL;
}

int main(int argc, char *argv[])
{
	static const struct argument arguments[VALUES] = {
		[MIB] = { "MiB", "of old objects", 1, 1 << 20, 256 },
		[SURVIVORS] = { "survivors", "of each collection", 0, UINT64_C(1) << 32, 10000 },
		[STORES] = { "stores", "into old objects before each collection", 0,
			     UINT64_C(1) << 32, 1000 },
		[ROUNDS] = { "rounds", "pauses to measure", 1, 1000000, 30 },
	};
	struct pause_meter meter;
	struct node **forest;
	uint64_t values[VALUES];

	arguments_parse(argc, argv, "Measures pauses beside many old objects.", arguments, VALUES,
			values);
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_types();
	if (gcs_root_add(heap, SLOT(survivors), 1) < 0)
		fail("cannot add a root: %s", gcs_error_message());
	forest = forest_new(values[MIB] << 20);
	pause_meter_open(&meter, heap, mutator, values[ROUNDS]);
	for (uint64_t seed = 1; pause_meter_wants(&meter); seed++)
		round_of(&meter, forest, values, (struct random){ seed });
	pause_meter_close(&meter);
	gcs_root_remove(heap, SLOT(survivors));
	heap_close(heap, mutator);
	return 0;
}
