/* SPDX-License-Identifier: BSD-2-Clause */
/* From samples to lines and stacks. The addresses are of this program, which looks at itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "session/samples.h"

__attribute__((noinline)) static uintptr_t here(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

enum { OUTER_LINE = __LINE__ + 3 };
__attribute__((noinline)) static uintptr_t outer(void)
{
	uintptr_t address = here();

	return address + !address;
}

/* Two that pass for the library's inline functions: one inlined, one not. */
#line 1 "/usr/include/gcscope/mutator.h"
static inline __attribute__((always_inline)) uintptr_t gcs_inlined(void)
{
	return here();
}
__attribute__((noinline)) static uintptr_t gcs_outlined(void)
{
	uintptr_t address = here();

	return address + 2 * !address; /* unlike outer, or they would be one */
}
#line 1001 "session_samples.c"

__attribute__((noinline)) static uintptr_t user(void)
{
	uintptr_t address = gcs_inlined(); /* line 1004 */

	return address + !address;
}
enum { USER_LINE = 1004 };

struct fixture {
	struct modules modules;
	struct code code;
	struct heap_report *heap;
	struct report *report;
};

static struct fixture create(void)
{
	struct fixture f = { .report = calloc(1, sizeof(*f.report)) };
	struct mapping *mappings;
	size_t count;

	f.report->processes = calloc(1, sizeof(*f.report->processes));
	f.report->process_count = 1;
	f.heap = f.report->processes->heaps = calloc(1, sizeof(*f.heap));
	f.report->processes->heap_count = 1;
	assert_int_equal(mappings_read(getpid(), &mappings, &count), 0);
	modules_keep(&f.modules, &f.code, mappings, count);
	/* Nothing new. */
	modules_keep(&f.modules, &f.code, mappings, count);
	assert_int_equal(f.code.count, count);
	mappings_free(mappings, count);
	return f;
}

static void destroy(struct fixture *f)
{
	report_free(f->report);
	code_free(&f->code);
	modules_free(&f->modules);
}

/* One sample of this weight, with a stack of these addresses, 0 at their end. */
static void add(struct fixture *f, uint32_t sort, uint64_t weight, uint64_t caller,
		const uint64_t *stack)
{
	struct samples samples = {
		.key = { .caller = caller, .sort = sort },
		.site = { .samples = 1, .weight = weight, .dirtied = weight / 2 },
	};

	for (size_t i = 0; stack[i]; i++)
		samples.stack[i] = stack[i];
	assert_int_equal(samples_add(f->heap, &f->code, &samples), 0);
}

#define ADD(f, weight, caller, ...) \
	add(f, GCSCOPE_SORT_ALLOCATION, weight, caller, (const uint64_t[]){ __VA_ARGS__, 0 })

/* Library frames, as a stack begins with them. */
#define LIBRARY here(), here(), here()

static void assert_site(const struct site_report *site, const char *function, unsigned line,
			uint64_t weight)
{
	assert_string_equal(site->function, function);
	assert_int_equal(site->line, line);
	assert_int_equal(site->weight, weight);
	assert_non_null(strstr(site->module, "session_samples"));
}

static void what_is_further_in_than_the_caller_is_cut(void **state)
{
	struct fixture f = create();

	(void)state;
	ADD(&f, 100, user(), LIBRARY, user(), outer());
	assert_int_equal(f.heap->site_count, 1);
	assert_site(&f.heap->sites[0], "user", USER_LINE, 100);
	assert_int_equal(f.heap->stack_count, 1);
	assert_string_equal(f.heap->stacks[0].path, "outer;user");
	assert_int_equal(f.heap->stacks[0].weight, 100);
	destroy(&f);
}

static void a_caller_that_the_walk_has_missed_is_there(void **state)
{
	struct fixture f = create();

	(void)state;
	ADD(&f, 1, user(), here(), here(), outer());
	assert_site(&f.heap->sites[0], "user", USER_LINE, 1);
	assert_string_equal(f.heap->stacks[0].path, "outer;user");
	destroy(&f);
}

static void an_inline_function_that_was_not_inlined_is_passed_over(void **state)
{
	struct fixture f = create();

	(void)state;
	ADD(&f, 1, gcs_outlined(), LIBRARY, gcs_outlined(), outer());
	assert_site(&f.heap->sites[0], "outer", OUTER_LINE, 1);
	assert_string_equal(f.heap->stacks[0].path, "outer");
	destroy(&f);
}

static void stacks_that_are_not_whole_say_so(void **state)
{
	uint64_t deep[GCSCOPE_STACK_DEPTH + 1] = { 0 };
	struct fixture f = create();

	(void)state;
	ADD(&f, 1, user(), 0);
	assert_string_equal(f.heap->stacks[0].path, "[no stack];user");
	for (size_t i = 0; i < GCSCOPE_STACK_DEPTH; i++)
		deep[i] = user();
	add(&f, GCSCOPE_SORT_ALLOCATION, 1, user(), deep);
	assert_int_equal(strncmp(f.heap->stacks[1].path, "[truncated];user;user;", 22), 0);
	ADD(&f, 1, user(), user(), 16);
	assert_string_equal(f.heap->stacks[2].path, "[unknown];user");
	destroy(&f);
}

static void an_address_of_no_file_is_told_as_it_is(void **state)
{
	struct fixture f = create();

	(void)state;
	ADD(&f, 7, 16, 16);
	assert_int_equal(f.heap->site_count, 1);
	assert_null(f.heap->sites[0].module);
	assert_null(f.heap->sites[0].function);
	assert_null(f.heap->sites[0].file);
	assert_int_equal(f.heap->sites[0].offset, 16);
	assert_int_equal(f.heap->sites[0].weight, 7);
	destroy(&f);
}

static void lines_and_stacks_are_added_up(void **state)
{
	struct fixture f = create();

	(void)state;
	samples_sort(f.heap); /* of nothing */
	ADD(&f, 100, user(), user(), outer());
	ADD(&f, 10, user(), user());
	ADD(&f, 1, user(), user(), outer());
	add(&f, GCSCOPE_SORT_STORE, 6, user(), (const uint64_t[]){ user(), outer(), 0 });
	ADD(&f, 200, outer(), outer());
	samples_sort(f.heap);
	assert_int_equal(f.heap->site_count, 3);
	assert_site(&f.heap->sites[0], "outer", OUTER_LINE, 200);
	assert_site(&f.heap->sites[1], "user", USER_LINE, 111);
	assert_int_equal(f.heap->sites[1].samples, 3);
	assert_site(&f.heap->sites[2], "user", USER_LINE, 6);
	assert_int_equal(f.heap->sites[2].dirtied, 3);
	assert_int_equal(f.heap->stack_count, 4);
	assert_string_equal(f.heap->stacks[0].path, "outer");
	assert_string_equal(f.heap->stacks[1].path, "outer;user");
	assert_int_equal(f.heap->stacks[1].weight, 101);
	assert_string_equal(f.heap->stacks[2].path, "user");
	assert_int_equal(f.heap->stacks[3].sort, GCSCOPE_SORT_STORE);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_further_in_than_the_caller_is_cut),
		cmocka_unit_test(a_caller_that_the_walk_has_missed_is_there),
		cmocka_unit_test(an_inline_function_that_was_not_inlined_is_passed_over),
		cmocka_unit_test(stacks_that_are_not_whole_say_so),
		cmocka_unit_test(an_address_of_no_file_is_told_as_it_is),
		cmocka_unit_test(lines_and_stacks_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
