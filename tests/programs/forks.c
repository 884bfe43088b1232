/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forks CHILDREN COLLECTIONS: makes so many children, by fork and by a raw clone
 * in turn, while each collects so many times, parent and children; says "ready"
 * first, each child's pid and way, "child PID fork", and "died N" at its end.
 *
 * Before each collection that it asks for, each makes 6,144 nodes, of 32 bytes, and
 * stores one of 8 into a node of its list, which is old. A nursery of 65,536 bytes
 * takes 2,048: what is left of it behind the 2,047 of a block is taken by one more.
 * So with that, and no other plan, two minor collections come before each major one.
 *
 * A raw clone runs no atfork handlers: the library must notice by itself. It does at the
 * first collection, and what was allocated and stored until then is nobody's.
 */
#include <gcscope/gcscope.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *type;

static void *list; /* the program's only data: a list, checked by each child */

#define LENGTH 1000
#define MADE   6144
#define KEPT   8 /* one of so many */

struct node {
	void *next;
	void *extra; /* NULL, or a node of the same number */
	unsigned long number;
};

static int build(void)
{
	for (unsigned long i = 0; i < LENGTH; i++) {
		struct node *node = gcs_alloc(mutator, type);

		if (!node)
			return -1;
		gcs_init(&node->next, list);
		node->number = i;
		list = node;
	}
	return 0;
}

static int check(void)
{
	unsigned long left = LENGTH;

	for (struct node *node = list; node; node = gcs_load(mutator, node, &node->next)) {
		const struct node *extra = gcs_load(mutator, node, &node->extra);

		if (node->number != --left || (extra && extra->number != left))
			return -1;
	}
	return left ? -1 : 0;
}

static int make(void)
{
	struct node *node = list;

	for (int i = 0; i < MADE; i++) {
		struct node *made = gcs_alloc(mutator, type);

		if (!made)
			return -1;
		if (i % KEPT)
			continue;
		made->number = node->number;
		gcs_store(mutator, node, &node->extra, made);
		node = gcs_load(mutator, node, &node->next);
	}
	return 0;
}

static int collect(int times)
{
	for (int i = 0; i < times; i++) {
		if (make())
			return -1;
		gcs_collect(mutator);
	}
	return check();
}

int main(int argc, char **argv)
{
	const int children = argc > 1 ? atoi(argv[1]) : 10, times = argc > 2 ? atoi(argv[2]) : 3;
	static const uint32_t pointers[] = { 0, 8 };
	const struct gcs_type_info info = {
		.name = "node",
		.size = sizeof(struct node),
		.pointers = pointers,
		.pointer_count = 2,
	};
	int died = 0;

	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE) ||
	    gcs_type_register(&type, heap, &info) || gcs_root_add(heap, &list, 1) || build()) {
		fprintf(stderr, "forks: %s\n", gcs_error_message());
		return 1;
	}
	gcs_collect(mutator);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < children; i++) {
		const int raw = i & 1;
		pid_t pid = raw ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
		int status;

		if (!pid)
			_exit(collect(times) ? 1 : 0);
		printf("child %d %s\n", pid, raw ? "clone" : "fork");
		fflush(stdout);
		if (collect(times))
			return 1;
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			died++;
	}
	printf("died %d\n", died);
	gcs_mutator_detach(mutator);
	return gcs_heap_destroy(heap) || died ? 1 : 0;
}
