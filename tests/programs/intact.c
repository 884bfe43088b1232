/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * intact [THREADS]: each thread keeps replacing the subtrees of a tree, as fast as
 * it goes, and checks the whole tree again and again, until SIGTERM. It says "ready"
 * first, and at its end how many checks there were and how many failed:
 * "checks N broken 0".
 */
#include <gcscope/gcscope.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH	    12
#define THREADS_MAX 16

struct node {
	void *left, *right;
	unsigned long number; /* as in a heap: 1 at the root, then 2n and 2n + 1 */
};

static struct gcs_heap *heap;
static struct gcs_type *type;
static volatile sig_atomic_t asked_to_end;
static unsigned long checks, broken;

static void on_signal(int signal)
{
	(void)signal;
	asked_to_end = 1;
}

static struct node *grow(struct gcs_mutator *mutator, unsigned long number, int depth)
{
	struct node *node = gcs_alloc(mutator, type);

	if (!node)
		abort();
	node->number = number;
	if (depth) {
		gcs_store(mutator, node, &node->left, grow(mutator, 2 * number, depth - 1));
		gcs_store(mutator, node, &node->right, grow(mutator, 2 * number + 1, depth - 1));
	}
	return node;
}

static bool is_whole(struct gcs_mutator *mutator, struct node *node, unsigned long number,
		     int depth)
{
	if (!node || node->number != number)
		return false;
	if (!depth--)
		return true;
	return is_whole(mutator, gcs_load(mutator, node, &node->left), 2 * number, depth) &&
	       is_whole(mutator, gcs_load(mutator, node, &node->right), 2 * number + 1, depth);
}

/* Replace one subtree, halfway down a path that the turn chooses. */
static void replace(struct gcs_mutator *mutator, struct node *node, unsigned long turn)
{
	unsigned long number = 1;
	int depth = DEPTH;
	void **side;

	for (;; turn >>= 1) {
		side = turn & 1 ? &node->left : &node->right;
		number = 2 * number + !(turn & 1);
		if (--depth == DEPTH / 2)
			break;
		node = gcs_load(mutator, node, side);
	}
	gcs_store(mutator, node, side, grow(mutator, number, depth));
}

static void *churn(void *unused)
{
	struct gcs_mutator *mutator;
	struct node *tree;

	(void)unused;
	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE))
		abort();
	tree = grow(mutator, 1, DEPTH);
	for (unsigned long turn = 0; !asked_to_end; turn++) {
		replace(mutator, tree, turn);
		if (!is_whole(mutator, tree, 1, DEPTH))
			__atomic_add_fetch(&broken, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);
	}
	gcs_mutator_detach(mutator);
	return NULL;
}

int main(int argc, char **argv)
{
	static const uint32_t pointers[] = {
		offsetof(struct node, left),
		offsetof(struct node, right),
	};
	const struct gcs_type_info info = {
		.name = "node",
		.size = sizeof(struct node),
		.pointers = pointers,
		.pointer_count = 2,
	};
	const int count = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t threads[THREADS_MAX];

	signal(SIGTERM, on_signal);
	if (gcs_heap_create(&heap, NULL) || gcs_type_register(&type, heap, &info)) {
		fprintf(stderr, "intact: %s\n", gcs_error_message());
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < count && i < THREADS_MAX; i++)
		if (pthread_create(&threads[i], NULL, churn, NULL))
			return 1;
	for (int i = 0; i < count && i < THREADS_MAX; i++)
		pthread_join(threads[i], NULL);
	printf("checks %lu broken %lu\n", checks, broken);
	return gcs_heap_destroy(heap) || broken ? 1 : 0;
}
