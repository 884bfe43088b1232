/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reference that is in one callee-saved register and nowhere else is a root,
 * at each place where a thread stops.
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

/*
 * Call stop(argument) with ~hidden in register number `which` of rbx, r12, r13, r14,
 * r15, and 0 in the others. Returns that register's complement behind the call.
 */
uintptr_t stop_with_register(void (*stop)(void *argument), void *argument, uintptr_t hidden,
			     uintptr_t which);
__asm__(".text\n"
	".type stop_with_register, @function\n"
	"stop_with_register:\n"
	"push %rbp\n"
	"mov %rsp, %rbp\n"
	"push %rbx\n"
	"push %r12\n"
	"push %r13\n"
	"push %r14\n"
	"push %r15\n"
	"push %rcx\n"
	"not %rdx\n"
	"mov %rdi, %rax\n"
	"mov %rsi, %rdi\n"
	"xor %ebx, %ebx\n"
	"xor %r12d, %r12d\n"
	"xor %r13d, %r13d\n"
	"xor %r14d, %r14d\n"
	"xor %r15d, %r15d\n"
	"cmp $0, %ecx\n"
	"cmove %rdx, %rbx\n"
	"cmp $1, %ecx\n"
	"cmove %rdx, %r12\n"
	"cmp $2, %ecx\n"
	"cmove %rdx, %r13\n"
	"cmp $3, %ecx\n"
	"cmove %rdx, %r14\n"
	"cmp $4, %ecx\n"
	"cmove %rdx, %r15\n"
	"xor %edx, %edx\n"
	"xor %ecx, %ecx\n"
	"call *%rax\n"
	"mov %rbx, %rax\n"
	"or %r12, %rax\n"
	"or %r13, %rax\n"
	"or %r14, %rax\n"
	"or %r15, %rax\n"
	"not %rax\n"
	"pop %rcx\n"
	"pop %r15\n"
	"pop %r14\n"
	"pop %r13\n"
	"pop %r12\n"
	"pop %rbx\n"
	"pop %rbp\n"
	"ret\n"
	".size stop_with_register, .-stop_with_register\n");

#define REGISTERS 5
#define VALUE	  0x1234567

struct fixture {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *type;
	uint32_t collected; /* a futex word: collections that `other` has made */
	uint32_t wanted;    /* likewise: that it is to make */
};

static struct fixture create(void)
{
	struct gcs_options options = { .poison = 1 };
	struct gcs_type_info info = { .name = "word", .size = 8 };
	struct fixture f = { 0 };

	assert_int_equal(gcs_heap_create(&f.heap, &options), 0);
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_CONSERVATIVE), 0);
	assert_int_equal(gcs_type_register(&f.type, f.heap, &info), 0);
	return f;
}

static void destroy(struct fixture *f)
{
	assert_int_equal(gcs_mutator_detach(f->mutator), 0);
	assert_int_equal(gcs_heap_destroy(f->heap), 0);
}

static __attribute__((noinline)) uintptr_t new_hidden(struct fixture *f)
{
	uint64_t *object = gcs_alloc(f->mutator, f->type);

	*object = VALUE;
	return ~(uintptr_t)object;
}

/* Overwrite what calls have left below. */
static __attribute__((noinline)) void wipe_stack(void)
{
	volatile char below[32768];

	memset((void *)below, 0, sizeof(below));
}

static void check(struct fixture *f, void (*stop)(void *argument))
{
	uintptr_t which, hidden;

	for (which = 0; which < REGISTERS; which++) {
		hidden = new_hidden(f);
		wipe_stack();
		hidden = stop_with_register(stop, f, hidden, which);
		assert_int_equal(*(uint64_t *)~hidden, VALUE);
	}
}

/* A thread that collects on demand. */

static void *collect_when_wanted(void *argument)
{
	struct fixture *f = argument;
	struct gcs_mutator *mutator;
	uint32_t done = 0;

	if (gcs_mutator_attach(&mutator, f->heap, GCS_ROOTS_PRECISE))
		abort();
	for (;;) {
		uint32_t wanted;

		gcs_blocking_begin(mutator);
		while ((wanted = __atomic_load_n(&f->wanted, __ATOMIC_SEQ_CST)) == done)
			platform_wait(&f->wanted, done, 0);
		gcs_blocking_end(mutator);
		if (wanted == UINT32_MAX)
			return NULL;
		gcs_collect(mutator);
		done = wanted;
		__atomic_store_n(&f->collected, done, __ATOMIC_SEQ_CST);
		platform_wake(&f->collected);
	}
}

static void want(struct fixture *f, uint32_t wanted)
{
	__atomic_store_n(&f->wanted, wanted, __ATOMIC_SEQ_CST);
	platform_wake(&f->wanted);
}

static void poll_until_collected(void *argument)
{
	struct fixture *f = argument;

	want(f, f->wanted + 1);
	while (__atomic_load_n(&f->collected, __ATOMIC_SEQ_CST) != f->wanted)
		gcs_safepoint(f->mutator);
}

static void allocate_until_collected(void *argument)
{
	struct fixture *f = argument;

	want(f, f->wanted + 1);
	while (__atomic_load_n(&f->collected, __ATOMIC_SEQ_CST) != f->wanted)
		gcs_alloc(f->mutator, f->type);
}

static void block_until_collected(void *argument)
{
	struct fixture *f = argument;

	gcs_blocking_begin(f->mutator);
	want(f, f->wanted + 1);
	while (__atomic_load_n(&f->collected, __ATOMIC_SEQ_CST) != f->wanted)
		platform_wait(&f->collected, f->wanted - 1, 0);
	gcs_blocking_end(f->mutator);
}

static void with_another(void (*stop)(void *argument))
{
	struct fixture f = create();
	pthread_t other;

	assert_int_equal(pthread_create(&other, NULL, collect_when_wanted, &f), 0);
	check(&f, stop);
	gcs_blocking_begin(f.mutator);
	want(&f, UINT32_MAX);
	assert_int_equal(pthread_join(other, NULL), 0);
	gcs_blocking_end(f.mutator);
	destroy(&f);
}

static void at_a_poll(void **state)
{
	(void)state;
	with_another(poll_until_collected);
}

static void at_an_allocation(void **state)
{
	(void)state;
	with_another(allocate_until_collected);
}

static void in_a_blocking_bracket(void **state)
{
	(void)state;
	with_another(block_until_collected);
}

static void collect(void *argument)
{
	gcs_collect(((struct fixture *)argument)->mutator);
}

static void in_its_own_collection(void **state)
{
	struct fixture f = create();

	(void)state;
	check(&f, collect);
	destroy(&f);
}

static void fork_and_collect(void *argument)
{
	struct fixture *f = argument;
	pid_t child = fork();
	int status;

	if (child > 0) {
		if (waitpid(child, &status, 0) != child || status != 0)
			abort();
	}
	gcs_collect(f->mutator);
}

/* In the child and in the parent. */
static void across_a_fork(void **state)
{
	struct fixture f = create();
	uintptr_t which, hidden;
	pid_t parent = getpid();

	(void)state;
	for (which = 0; which < REGISTERS; which++) {
		hidden = new_hidden(&f);
		wipe_stack();
		hidden = stop_with_register(fork_and_collect, &f, hidden, which);
		if (getpid() != parent)
			_exit(*(uint64_t *)~hidden != VALUE);
		assert_int_equal(*(uint64_t *)~hidden, VALUE);
	}
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_a_poll),
		cmocka_unit_test(at_an_allocation),
		cmocka_unit_test(in_a_blocking_bracket),
		cmocka_unit_test(in_its_own_collection),
		cmocka_unit_test(across_a_fork),
	};

	return cmocka_run_group_tests_name("registers", tests, NULL, NULL);
}
