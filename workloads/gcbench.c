/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of the classic GCBench: a long-lived tree and a large array of
 * numbers stay alive while trees of growing depth come and go, half of them
 * built from the root down (each child is stored into an older parent, through
 * the barrier), half from the leaves up (into a new one, without).
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"

struct node {
	struct node *left, *right;
	uint32_t depth;
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *node_type, *numbers_type;

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
	numbers_type = type_register(heap, &(struct gcs_type_info){
						   .name = "numbers",
						   .element_size = sizeof(double),
					   });
}

static struct node *node_new(uint32_t depth)
{
	struct node *node = gcs_alloc(mutator, node_type);

	if (!node)
		out_of_memory(heap);
	node->depth = depth;
	return node;
}

/* Give a leaf the children of a full tree of its depth, and those theirs. */
static void grow_down(struct node *node)
{
	if (!node->depth)
		return;
	gcs_store(mutator, node, SLOT(node->left), node_new(node->depth - 1));
	gcs_store(mutator, node, SLOT(node->right), node_new(node->depth - 1));
	grow_down(node->left);
	grow_down(node->right);
}

static struct node *tree_down(uint32_t depth)
{
	struct node *root = node_new(depth);

	grow_down(root);
	return root;
}

static struct node *tree_up(uint32_t depth)
{
	struct node *left = NULL, *right = NULL, *node;

	if (depth) {
		left = tree_up(depth - 1);
		right = tree_up(depth - 1);
	}
	node = node_new(depth);
	gcs_init(SLOT(node->left), left);
	gcs_init(SLOT(node->right), right);
	return node;
}

static uint64_t tree_size(uint32_t depth)
{
	return (UINT64_C(2) << depth) - 1;
}

static uint64_t count(const struct node *node)
{
	return node ? 1 + count(node->left) + count(node->right) : 0;
}

static double *numbers_new(size_t length)
{
	double *numbers = gcs_alloc_array(mutator, numbers_type, length);

	if (!numbers)
		out_of_memory(heap);
	for (size_t i = 0; i < length; i++)
		numbers[i] = 1.0 / (double)(i + 1);
	return numbers;
}

static double sum(const double *numbers, size_t length)
{
	double total = 0;

	for (size_t i = 0; i < length; i++)
		total += numbers[i];
	return total;
}

/* So many trees that each depth allocates twice the stretch tree, once each way. */
static void churn(uint32_t depth, uint32_t stretch)
{
	uint64_t trees = 2 * tree_size(stretch) / tree_size(depth), down = 0, up = 0;

	for (uint64_t i = 0; i < trees; i++)
		down += tree_down(depth)->depth;
	for (uint64_t i = 0; i < trees; i++)
		up += tree_up(depth)->depth;
	printf("%" PRIu64 " trees of depth %" PRIu32 ", down %" PRIu64 ", up %" PRIu64 "\n", trees,
	       depth, down, up);
}

int main(int argc, char *argv[])
{
	static const uint32_t least = 4;
	static const struct argument arguments[] = {
		{ "depth", "depth of the deepest short-lived trees", 4, 28, 18 },
		{ "numbers", "length of the long-lived array", 1, UINT64_C(1) << 32, 500000 },
	};
	uint64_t values[2];
	struct node *long_lived;
	double *numbers, start;
	uint32_t deepest;

	arguments_parse(argc, argv, "Builds trees both ways beside a long-lived tree and array.",
			arguments, 2, values);
	deepest = values[0];
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_types();
	start = seconds();

	printf("stretch tree of depth %" PRIu32 ": %" PRIu64 " nodes\n", deepest + 2,
	       count(tree_up(deepest + 2)));
	long_lived = tree_down(deepest);
	numbers = numbers_new(values[1]);
	for (uint32_t depth = least; depth <= deepest; depth += 2)
		churn(depth, deepest + 2);
	printf("long-lived tree of depth %" PRIu32 ": %" PRIu64 " nodes\n", deepest,
	       count(long_lived));
	printf("long-lived array: sum %.9f\n", sum(numbers, values[1]));

	report_seconds("all", seconds() - start);
	heap_close(heap, mutator);
	return 0;
}
