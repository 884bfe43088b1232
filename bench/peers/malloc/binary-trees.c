/* SPDX-License-Identifier: BSD-2-Clause */
/* workloads/binary-trees.c on malloc and free: each short-lived tree is freed by hand. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arguments.h"
#include "common/program.h"

struct node {
	struct node *left, *right;
};

static struct node *tree(unsigned int depth)
{
	struct node *left = NULL, *right = NULL, *node;

	if (depth) {
		left = tree(depth - 1);
		right = tree(depth - 1);
	}
	node = malloc(sizeof(*node));
	if (!node)
		fail("out of memory");
	node->left = left;
	node->right = right;
	return node;
}

static void drop(struct node *node)
{
	if (node->left) {
		drop(node->left);
		drop(node->right);
	}
	free(node);
}

static uint64_t check(const struct node *node)
{
	return node->left ? 1 + check(node->left) + check(node->right) : 1;
}

static uint64_t check_and_drop(struct node *node)
{
	uint64_t nodes = check(node);

	drop(node);
	return nodes;
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

	arguments_parse(argc, argv, "Builds and frees binary trees of growing depth.", arguments, 1,
			values);
	deepest = values[0];
	start = seconds();

	printf("stretch tree of depth %u\t check: %" PRIu64 "\n", deepest + 1,
	       check_and_drop(tree(deepest + 1)));
	long_lived = tree(deepest);
	for (unsigned int depth = least; depth <= deepest; depth += 2) {
		uint64_t trees = UINT64_C(1) << (deepest - depth + least), sum = 0;

		for (uint64_t i = 0; i < trees; i++)
			sum += check_and_drop(tree(depth));
		printf("%" PRIu64 "\t trees of depth %u\t check: %" PRIu64 "\n", trees, depth, sum);
	}
	printf("long lived tree of depth %u\t check: %" PRIu64 "\n", deepest,
	       check_and_drop(long_lived));

	report_seconds("all", seconds() - start);
	return 0;
}
