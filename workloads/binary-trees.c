/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classic: many short-lived binary trees of growing depth beside one
 * long-lived tree. A node is two references and nothing else: this measures
 * allocation and marking of the smallest objects that have edges.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"

struct node {
	struct node *left, *right;
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *node_type;

static void register_node(void)
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
}

/* A full tree, its children made first. */
static struct node *tree(unsigned int depth)
{
	struct node *left = NULL, *right = NULL, *node;

	if (depth) {
		left = tree(depth - 1);
		right = tree(depth - 1);
	}
	node = gcs_alloc(mutator, node_type);
	if (!node)
		out_of_memory(heap);
	gcs_init(SLOT(node->left), left);
	gcs_init(SLOT(node->right), right);
	return node;
}

/* How many nodes a tree has. */
static uint64_t check(const struct node *node)
{
	return node->left ? 1 + check(node->left) + check(node->right) : 1;
}

int main(int argc, char *argv[])
{
	static const unsigned int least = 4;
	static const struct argument arguments[] = {
		{ "depth", "depth of the deepest short-lived trees", 6, 30, 16 },
	};
	struct node *long_lived;
	unsigned int deepest;
	uint64_t values[1];
	double start;

	arguments_parse(argc, argv, "Builds and drops binary trees of growing depth.", arguments, 1,
			values);
	deepest = values[0];
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_node();
	start = seconds();

	printf("stretch tree of depth %u\t check: %" PRIu64 "\n", deepest + 1,
	       check(tree(deepest + 1)));
	long_lived = tree(deepest);
	for (unsigned int depth = least; depth <= deepest; depth += 2) {
		uint64_t trees = UINT64_C(1) << (deepest - depth + least), sum = 0;

		for (uint64_t i = 0; i < trees; i++)
			sum += check(tree(depth));
		printf("%" PRIu64 "\t trees of depth %u\t check: %" PRIu64 "\n", trees, depth, sum);
	}
	printf("long lived tree of depth %u\t check: %" PRIu64 "\n", deepest, check(long_lived));

	report_seconds("all", seconds() - start);
	heap_close(heap, mutator);
	return 0;
}
