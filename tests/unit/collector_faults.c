/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory is refused at every point in turn, and what else the library asks of the
 * system: it says so with one sentence or goes on without, and what lives stays.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gcscope/gcscope.h"

int mprotect(void *address, size_t bytes, int protection);

/* Calls until one is refused; below 0: none is. */
static int until_refusal = -1;

static bool refused(void)
{
	return until_refusal >= 0 && until_refusal-- == 0;
}

/* In place of the C library's. Only a mutator whose stack is scanned asks for the last. */

int mprotect(void *address, size_t bytes, int protection)
{
	if (refused()) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_mprotect, address, bytes, protection);
}

static int stack_error;

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
	(void)thread;
	(void)attributes;
	return stack_error;
}

struct node {
	struct node *next;
	uint64_t value;
};

struct fixture {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *node, *array;
};

static bool register_types(struct fixture *f)
{
	static const uint32_t offset[] = { 0 };

	return !gcs_type_register(&f->node, f->heap,
				  &(struct gcs_type_info){ .name = "node",
							   .size = sizeof(struct node),
							   .pointers = offset,
							   .pointer_count = 1 }) &&
	       !gcs_type_register(&f->array, f->heap,
				  &(struct gcs_type_info){ .name = "array",
							   .element_size = 8,
							   .element_pointers = offset,
							   .element_pointer_count = 1 });
}

/* An array of lists, over 4 MiB. As much of it as there is memory for; returns its nodes. */
static uint64_t build(struct fixture *f, struct gcs_handle *handle)
{
	void **array = gcs_alloc_array(f->mutator, f->array, 100000);
	uint64_t nodes = 0, i;

	if (!array)
		return 0;
	handle->object = array;
	for (i = 0; i < 200000; i++) {
		struct node *node = gcs_alloc(f->mutator, f->node);

		if (!node)
			continue;
		gcs_init((void **)&node->next, array[i / 2]);
		node->value = i;
		gcs_store(f->mutator, array, &array[i / 2], node);
		nodes++;
	}
	return nodes;
}

static uint64_t count(const struct gcs_handle *handle)
{
	void **array = handle->object;
	const struct node *node;
	uint64_t nodes = 0, i;

	for (i = 0; array && i < gcs_array_length(array); i++)
		for (node = array[i]; node; node = node->next)
			nodes += node->value / 2 == i;
	return nodes;
}

static void use(struct fixture *f)
{
	struct gcs_handle *handle = gcs_handle_new(f->heap, NULL);
	uint64_t built;
	int error;

	assert_non_null(handle);
	built = build(f, handle);
	gcs_collect(f->mutator);
	error = gcs_verify(f->heap, f->mutator);
	assert_true(error == 0 || error == -ENOMEM);
	assert_int_equal(count(handle), built);
	gcs_handle_free(f->heap, handle);
}

/* A whole life of a heap; true: every call was granted. */
static bool live(int refusal)
{
	struct gcs_options options = { .heap_max = 32 << 20, .poison = 1 };
	struct fixture f = { 0 };
	bool made;

	until_refusal = refusal;
	made = gcs_heap_create(&f.heap, &options) == 0;
	if (!made) {
		assert_null(f.heap);
		assert_int_not_equal(strlen(gcs_error_message()), 0);
	} else {
		if (register_types(&f)) {
			assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE),
					 0);
			use(&f);
			assert_int_equal(gcs_mutator_detach(f.mutator), 0);
		}
		assert_int_equal(gcs_heap_destroy(f.heap), 0);
	}
	return until_refusal >= 0;
}

static void memory_is_refused(void **state)
{
	int refusal;

	(void)state;
	for (refusal = 0; !live(refusal); refusal++)
		;
	assert_true(refusal > 8);
	until_refusal = -1;
}

/* Nothing would be found on it: a mutator that is scanned must not run. */
static void the_stack_is_not_known(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	stack_error = ENOMEM;
	assert_int_equal(gcs_heap_create(&f.heap, NULL), 0);
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_CONSERVATIVE), -ENOMEM);
	assert_null(f.mutator);
	assert_non_null(strstr(gcs_error_message(), "stack"));
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE), 0);
	assert_int_equal(gcs_mutator_detach(f.mutator), 0);
	assert_int_equal(gcs_heap_destroy(f.heap), 0);
}

/* The initial thread's stack is known without the file system that tells it. */
static void there_is_no_proc(void **state)
{
	struct fixture f = { 0 };
	struct node *volatile on_stack;

	(void)state;
	stack_error = ENOENT;
	assert_int_equal(gcs_heap_create(&f.heap, &(struct gcs_options){ .poison = 1 }), 0);
	assert_true(register_types(&f));
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_CONSERVATIVE), 0);
	on_stack = gcs_alloc(f.mutator, f.node);
	on_stack->value = 42;
	gcs_collect(f.mutator);
	assert_int_equal(on_stack->value, 42);
	assert_int_equal(gcs_mutator_detach(f.mutator), 0);
	assert_int_equal(gcs_heap_destroy(f.heap), 0);
}

static void touch(void *value)
{
	(void)value;
	abort();
}

/* In a child: all keys are another's, whose values must stay as they are. */
static int attach_without_keys(void)
{
	struct fixture f = { 0 };
	pthread_key_t key;

	while (pthread_key_create(&key, touch) == 0)
		;
	if (gcs_heap_create(&f.heap, NULL))
		return 1;
	if (gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE) != -ENOMEM)
		return 2;
	if (!strstr(gcs_error_message(), "key"))
		return 3;
	return gcs_heap_destroy(f.heap) ? 4 : 0;
}

static void there_is_no_key(void **state)
{
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(attach_without_keys());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	/* Keys first: the other tests make the library's. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_no_key),
		cmocka_unit_test(memory_is_refused),
		cmocka_unit_test(the_stack_is_not_known),
		cmocka_unit_test(there_is_no_proc),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
