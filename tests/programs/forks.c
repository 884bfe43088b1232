/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forks CHILDREN COLLECTIONS: makes so many children, by fork and by a raw clone
 * in turn, while each collects so many times, parent and children; says "ready"
 * first, each child's pid and way, "child PID fork", and "died N" at its end.
 *
 * A raw clone runs no atfork handlers: the library must notice by itself.
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

struct node {
	void *next;
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

	for (struct node *node = list; node; node = gcs_load(mutator, node, &node->next))
		if (node->number != --left)
			return -1;
	return left ? -1 : 0;
}

static int collect(int times)
{
	for (int i = 0; i < times; i++) {
		gcs_collect(mutator);
		if (!gcs_alloc(mutator, type))
			return -1;
	}
	return check();
}

int main(int argc, char **argv)
{
	const int children = argc > 1 ? atoi(argv[1]) : 10, times = argc > 2 ? atoi(argv[2]) : 3;
	static const uint32_t pointers[] = { 0 };
	const struct gcs_type_info info = {
		.name = "node",
		.size = sizeof(struct node),
		.pointers = pointers,
		.pointer_count = 1,
	};
	int died = 0;

	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE) ||
	    gcs_type_register(&type, heap, &info) || gcs_root_add(heap, &list, 1) || build()) {
		fprintf(stderr, "forks: %s\n", gcs_error_message());
		return 1;
	}
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
