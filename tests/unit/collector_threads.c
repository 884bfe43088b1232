/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutators: stopping, blocking, attaching, ending, forking; also run under ThreadSanitizer. */
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

#undef fail /* which is cmocka's: heap.h has a function of this name */
#include "gcscope/gcscope.h"
#include "heap/heap.h"
#include "platform/platform.h"

#define THREADS 8

/* ThreadSanitizer takes a forked child for a process that has lost its parent's threads. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

struct node {
	struct node *next;
	uint64_t value;
};

static struct gcs_heap *heap;
static struct gcs_type *node_type;

static int create_with(const struct gcs_options *options)
{
	static const uint32_t offsets[] = { 0 };

	if (gcs_heap_create(&heap, options))
		return -1;
	return gcs_type_register(&node_type, heap,
				 &(struct gcs_type_info){ .name = "node",
							  .size = sizeof(struct node),
							  .pointers = offsets,
							  .pointer_count = 1 });
}

static int create(void **state)
{
	(void)state;
	return create_with(&(struct gcs_options){ .budget = 200000 });
}

static int destroy(void **state)
{
	(void)state;
	return gcs_heap_destroy(heap);
}

static struct gcs_mutator *attach(void)
{
	struct gcs_mutator *mutator;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE))
		abort();
	return mutator;
}

static struct gcscope_stats stats(void)
{
	struct gcscope_stats stats;

	gcs_stats_read(heap, &stats);
	return stats;
}

/* Keep a list of 100 nodes on the stack alone, replacing its head again and again. */
static void *churn(void *argument)
{
	struct gcs_mutator *mutator = attach();
	uintptr_t rounds = (uintptr_t)argument, i, length;
	struct node *head = NULL, *node, *volatile keep;

	for (i = 0; i < rounds; i++) {
		if (i % 100 == 0)
			head = NULL;
		node = gcs_alloc(mutator, node_type);
		gcs_init((void **)&node->next, head);
		node->value = i;
		keep = head = node;
		if (i % 1000 == 0) {
			gcs_blocking_begin(mutator);
			gcs_blocking_end(mutator);
		}
		if (i % 5000 == 0)
			gcs_collect(mutator);
	}
	for (node = keep, length = 0; node; node = node->next, length++)
		if (node->value != rounds - 1 - length)
			abort();
	/* The thread ends without detaching. */
	return (void *)length;
}

static void many_mutators_share_a_heap(void **state)
{
	pthread_t threads[THREADS];
	void *length;
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)20000), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &length), 0);
		assert_int_equal((uintptr_t)length, 100);
	}
	/* Counts of threads that have ended are not lost. */
	assert_int_equal(stats().allocation_objects, THREADS * 20000);
	assert_int_equal(stats().allocation_bytes, THREADS * 20000 * 24);
	assert_int_equal(stats().collections[GCS_KIND_MAJOR][GCS_CAUSE_EXPLICIT], THREADS * 4);
	assert_int_equal(gcs_verify(heap, NULL), 0);
}

static struct gcs_type *sizes[20];

/* Garbage of many sizes, so that a thread has many blocks in use. Returns how often it got NULL. */
static void *allocate_many_sizes(void *argument)
{
	struct gcs_mutator *mutator = attach();
	unsigned seed = (unsigned)(uintptr_t)argument;
	uintptr_t refused = 0;
	int i;

	for (i = 0; i < 200000; i++)
		refused += !gcs_alloc(mutator, sizes[(unsigned)rand_r(&seed) % 20]);
	return (void *)refused;
}

/* Nothing lives: what a collection frees is there for all, whoever comes first. */
static void garbage_is_never_out_of_memory(void **state)
{
	struct gcs_options options = { .heap_max = 64 << 16, .budget = 1 << 30 };
	pthread_t threads[THREADS];
	void *refused;
	size_t i;

	(void)state;
	assert_int_equal(gcs_heap_create(&heap, &options), 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(gcs_type_register(&sizes[i], heap,
						   &(struct gcs_type_info){ .name = "garbage",
									    .size = 8 + i * 24 }),
				 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, allocate_many_sizes, (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &refused), 0);
		assert_null(refused);
	}
	assert_int_equal(gcs_heap_destroy(heap), 0);
}

static uint32_t ready, done;

static void *wait_in_bracket(void *unused)
{
	struct gcs_mutator *mutator = attach();
	struct node *volatile node = gcs_alloc(mutator, node_type);

	(void)unused;
	node->value = 4711;
	gcs_blocking_begin(mutator);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	platform_wake(&ready);
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		platform_wait(&done, 0, 0);
	gcs_blocking_end(mutator);
	return (void *)(uintptr_t)(node->value == 4711);
}

/* Nobody waits for a mutator that blocks in a bracket, and what it holds stays. */
static void blocking_mutators_are_not_waited_for(void **state)
{
	struct gcs_mutator *mutator = attach();
	pthread_t thread;
	void *kept;
	int i;

	(void)state;
	ready = done = 0;
	assert_int_equal(pthread_create(&thread, NULL, wait_in_bracket, NULL), 0);
	while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		platform_wait(&ready, 0, 0);
	for (i = 0; i < 10; i++) {
		gcs_collect(mutator); /* would not return otherwise */
		gcs_alloc(mutator, node_type);
	}
	assert_true(stats().size_live_bytes >= 24);
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	platform_wake(&done);
	assert_int_equal(pthread_join(thread, &kept), 0);
	assert_non_null(kept);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

static void *poll_until_done(void *unused)
{
	struct gcs_mutator *mutator = attach();

	(void)unused;
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	platform_wake(&ready);
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		gcs_safepoint(mutator);
	return NULL;
}

/* A loop that only polls stops at each request, and only then. */
static void polling_is_enough(void **state)
{
	struct gcs_mutator *mutator = attach();
	uint64_t before = stats().pauses;
	pthread_t thread;
	int i;

	(void)state;
	ready = done = 0;
	assert_int_equal(pthread_create(&thread, NULL, poll_until_done, NULL), 0);
	while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		platform_wait(&ready, 0, 0);
	for (i = 0; i < 50; i++)
		gcs_collect(mutator);
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	gcs_blocking_begin(mutator);
	assert_int_equal(pthread_join(thread, NULL), 0);
	gcs_blocking_end(mutator);
	assert_int_equal(stats().pauses - before, 50);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

static int status_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* In a child: its own counters from zero, the parent's objects, and collections that work. */
static void live_as_a_child(struct gcs_mutator *mutator, const struct node *kept)
{
	uint64_t i;

	for (i = 0; i < 50000; i++)
		if (!gcs_alloc(mutator, node_type))
			_exit(1);
	gcs_collect(mutator);
	if (kept->value != 42)
		_exit(2);
	if (stats().pid != platform_pid())
		_exit(3);
	if (stats().allocation_objects > 50000 ||
	    stats().collections[GCS_KIND_MAJOR][GCS_CAUSE_EXPLICIT] != 1)
		_exit(4);
	_exit(0);
}

static void children_of_fork_go_on(void **state)
{
	struct gcs_mutator *mutator = attach();
	struct node *volatile kept = gcs_alloc(mutator, node_type);
	pthread_t others[2];
	pid_t child;
	int i;

	(void)state;
	kept->value = 42;
	gcs_collect(mutator);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&others[i], NULL, churn, (void *)100000), 0);
	for (i = 0; i < 20; i++) {
		child = fork();
		if (child == 0)
			live_as_a_child(mutator, kept);
		assert_int_equal(status_of(child), 0);
	}
	gcs_blocking_begin(mutator);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(others[i], NULL), 0);
	gcs_blocking_end(mutator);
	assert_int_equal(kept->value, 42);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

/* No atfork handler runs: the child finds out by its pid. */
static void children_of_a_raw_clone_go_on(void **state)
{
	struct gcs_mutator *mutator = attach();
	struct node *volatile kept = gcs_alloc(mutator, node_type);
	pid_t child;

	(void)state;
	kept->value = 42;
	gcs_collect(mutator);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0)
		live_as_a_child(mutator, kept);
	assert_int_equal(status_of(child), 0);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

static void fill_nursery(struct gcs_mutator *mutator)
{
	for (int i = 0; i < 10000; i++)
		gcs_alloc(mutator, node_type);
}

/* The parent's counters do not make the child's generations look dear. */
static void children_judge_what_they_did(void **state)
{
	const struct gcs_options options = { .plan = GCS_PLAN_GENERATIONAL, .nursery = 65536 };
	struct gcs_mutator *mutator;
	struct node *volatile old;
	pid_t child;
	int i;

	(void)state;
	assert_int_equal(create_with(&options), 0);
	mutator = attach();
	old = gcs_alloc(mutator, node_type);
	gcs_collect(mutator);
	for (i = 0; i < 10000; i++)
		gcs_store(mutator, old, (void **)&old->next, old);
	fill_nursery(mutator);
	assert_int_equal(stats().barrier_slow, 10000);
	child = fork();
	if (child == 0) {
		fill_nursery(mutator);
		_exit(stats().collections[GCS_KIND_MINOR][GCS_CAUSE_ALLOCATION] > 0 &&
				      heap->pace.minor_ns > 0 && heap->pace.minor_ns < 60e9
			      ? 0
			      : 1);
	}
	assert_int_equal(status_of(child), 0);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
	assert_int_equal(gcs_heap_destroy(heap), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_mutators_share_a_heap, create, destroy),
		cmocka_unit_test(garbage_is_never_out_of_memory),
		cmocka_unit_test_setup_teardown(blocking_mutators_are_not_waited_for, create,
						destroy),
		cmocka_unit_test_setup_teardown(polling_is_enough, create, destroy),
		cmocka_unit_test_setup_teardown(children_of_fork_go_on, create, destroy),
		cmocka_unit_test_setup_teardown(children_of_a_raw_clone_go_on, create, destroy),
		cmocka_unit_test(children_judge_what_they_did),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
