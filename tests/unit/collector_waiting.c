/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody waits for ever: threads that wait for a heap, for the list of heaps, in a
 * bracket or for the end of the process are waited for by no one. Each test would
 * hang; an alarm ends it then.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gcscope/gcscope.h"
#include "platform/platform.h"

#define PATIENCE_SECONDS 60
#define HEAPS		 3

/* ThreadSanitizer takes a forked child for a process that has lost its parent's threads. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

static struct gcs_heap *heaps[HEAPS];
static struct gcs_type *types[HEAPS];
static uint32_t stage; /* a futex word: how far a test has come */

static int create(void **state)
{
	static const struct gcs_type_info info = { .name = "word", .size = 8 };
	struct gcs_options options = { .exit_wait = 100 };
	int i;

	(void)state;
	for (i = 0; i < HEAPS; i++)
		if (gcs_heap_create(&heaps[i], &options) ||
		    gcs_type_register(&types[i], heaps[i], &info))
			return -1;
	stage = 0;
	alarm(PATIENCE_SECONDS);
	return 0;
}

static int destroy(void **state)
{
	int i;

	(void)state;
	alarm(0);
	for (i = 0; i < HEAPS; i++)
		if (gcs_heap_destroy(heaps[i]))
			return -1;
	return 0;
}

static void reach(uint32_t next)
{
	__atomic_store_n(&stage, next, __ATOMIC_SEQ_CST);
	platform_wake(&stage);
}

static void await(uint32_t wanted)
{
	uint32_t now;

	while ((now = __atomic_load_n(&stage, __ATOMIC_SEQ_CST)) < wanted)
		platform_wait(&stage, now, 0);
}

static struct gcs_mutator *attach(struct gcs_heap *heap)
{
	struct gcs_mutator *mutator;

	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE))
		abort();
	return mutator;
}

static pthread_t start(void *(*work)(void *argument), uintptr_t argument)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, work, (void *)argument), 0);
	return thread;
}

static void join(pthread_t thread)
{
	void *kept;

	assert_int_equal(pthread_join(thread, &kept), 0);
	assert_null(kept);
}

/* A mutator of all heaps, that collects one of them; what it holds of each heap stays. */
static void *collect_one_of_many(void *argument)
{
	struct gcs_mutator *mutators[HEAPS];
	uint64_t *volatile kept[HEAPS];
	uintptr_t mine = (uintptr_t)argument, i, j;

	for (i = 0; i < HEAPS; i++) {
		mutators[i] = attach(heaps[i]);
		kept[i] = gcs_alloc(mutators[i], types[i]);
		*kept[i] = i + 1;
	}
	for (i = 0; i < 300; i++) {
		gcs_collect(mutators[mine]);
		for (j = 0; j < HEAPS; j++)
			gcs_alloc(mutators[j], types[j]);
		if (i % 7 == 0) {
			gcs_blocking_begin(mutators[(mine + 1) % HEAPS]);
			gcs_safepoint(mutators[mine]);
			gcs_collect(mutators[mine]);
			gcs_blocking_end(mutators[(mine + 1) % HEAPS]);
		}
		if (i % 31 == 0 && gcs_verify(heaps[mine], mutators[mine]))
			return argument + 1;
	}
	for (i = 0; i < HEAPS; i++)
		if (*kept[i] != i + 1)
			return argument + 1;
	return NULL;
}

static void threads_collect_different_heaps(void **state)
{
	pthread_t threads[2 * HEAPS];
	uintptr_t i;

	(void)state;
	for (i = 0; i < 2 * HEAPS; i++)
		threads[i] = start(collect_one_of_many, i % HEAPS);
	for (i = 0; i < 2 * HEAPS; i++)
		join(threads[i]);
}

static void *collect_often(void *unused)
{
	struct gcs_mutator *mutator = attach(heaps[0]);
	int i;

	(void)unused;
	for (i = 0; i < 1000; i++)
		gcs_collect(mutator);
	return NULL;
}

static void *fork_often(void *unused)
{
	struct gcs_mutator *first = attach(heaps[0]), *second = attach(heaps[1]);
	int i, status;

	for (i = 0; i < 30; i++) {
		pid_t child = fork();

		if (child == 0) {
			gcs_collect(second);
			gcs_collect(first);
			_exit(0);
		}
		gcs_blocking_begin(second);
		gcs_blocking_begin(first);
		if (waitpid(child, &status, 0) != child || status != 0)
			abort();
		gcs_blocking_end(first);
		gcs_blocking_end(second);
	}
	return unused;
}

static void *create_often(void *unused)
{
	struct gcs_options options = { .heap_max = 1 << 20 };
	struct gcs_heap *heap;
	int i;

	attach(heaps[0]);
	for (i = 0; i < 200; i++)
		if (gcs_heap_create(&heap, &options) || gcs_heap_destroy(heap))
			return &heaps;
	return unused;
}

/* The list of heaps is waited for while others collect. */
static void forks_creations_and_collections_meet(void **state)
{
	pthread_t threads[6];
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		threads[i] = start(i < 2 ? fork_often : i < 4 ? create_often : collect_often, 0);
	for (i = 0; i < 6; i++)
		join(threads[i]);
}

static void *fork_in_bracket(void *unused)
{
	struct gcs_mutator *mutator = attach(heaps[0]);
	int status;
	pid_t child;

	gcs_blocking_begin(mutator);
	child = fork();
	if (child == 0)
		_exit(0);
	if (waitpid(child, &status, 0) != child || status != 0)
		abort();
	reach(1);
	await(2); /* blocks, as the bracket says */
	gcs_blocking_end(mutator);
	return unused;
}

/* What its thread does inside does not end a bracket. */
static void a_bracket_lasts_across_a_fork(void **state)
{
	struct gcs_mutator *mutator = attach(heaps[0]);
	pthread_t thread = start(fork_in_bracket, 0);

	(void)state;
	await(1);
	gcs_collect(mutator);
	reach(2);
	gcs_blocking_begin(mutator);
	join(thread);
	gcs_blocking_end(mutator);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

static void *end_in_bracket(void *unused)
{
	struct gcs_mutator *mutator = attach(heaps[0]);

	attach(heaps[1]);
	gcs_blocking_begin(mutator);
	return unused; /* and detaches */
}

static void threads_end_in_brackets(void **state)
{
	struct gcs_mutator *mutator = attach(heaps[0]);
	pthread_t thread;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		thread = start(end_in_bracket, 0);
		gcs_collect(mutator);
		gcs_blocking_begin(mutator);
		join(thread);
		gcs_blocking_end(mutator);
	}
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

/* The caller is a mutator of the heap, but does not say so. */
static void a_mutator_verifies_without_naming_itself(void **state)
{
	struct gcs_mutator *mutator = attach(heaps[0]);

	(void)state;
	assert_int_equal(gcs_verify(heaps[0], NULL), 0);
	assert_int_equal(gcs_mutator_detach(mutator), 0);
}

static void *stay_deaf(void *unused)
{
	attach(heaps[0]);
	reach(1);
	for (;;)
		pause();
	return unused;
}

static void *collect_for_ever(void *unused)
{
	struct gcs_mutator *mutator = attach(heaps[0]);

	await(1);
	reach(2);
	gcs_collect(mutator); /* waits for the deaf one */
	return unused;
}

static void *exit_from_here(void *unused)
{
	attach(heaps[1]);
	exit(7);
	return unused;
}

/* In a child: one thread never stops, one waits for it to, and one of two kinds exits. */
static void exit_while_another_stops(bool from_main)
{
	pthread_t threads[3];

	attach(heaps[0]);
	gcs_blocking_begin(attach(heaps[1]));
	pthread_create(&threads[0], NULL, stay_deaf, NULL);
	pthread_create(&threads[1], NULL, collect_for_ever, NULL);
	await(2);
	usleep(20000);
	if (from_main)
		exit(7);
	pthread_create(&threads[2], NULL, exit_from_here, NULL);
	for (;;)
		pause();
}

static void exit_waits_for_no_stop_without_end(void **state)
{
	int i, status;
	pid_t child;

	(void)state;
	for (i = 0; i < 2; i++) {
		child = fork();
		if (child == 0) {
			alarm(PATIENCE_SECONDS);
			exit_while_another_stops(i == 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)
	const struct CMUnitTest tests[] = {
		TEST(threads_collect_different_heaps),
		TEST(forks_creations_and_collections_meet),
		TEST(a_bracket_lasts_across_a_fork),
		TEST(threads_end_in_brackets),
		TEST(a_mutator_verifies_without_naming_itself),
		TEST(exit_waits_for_no_stop_without_end),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
