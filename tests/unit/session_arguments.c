/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a site's arguments are, from the notation of its note. */
#include <asm/ptrace.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "session/arguments.h"

#define AT(field) offsetof(struct pt_regs, field)

static void check(const struct gcscope_argument *argument, int place, int size, int is_signed,
		  size_t offset, int64_t value)
{
	assert_int_equal(argument->place, place);
	assert_int_equal(argument->size, size);
	assert_int_equal(argument->is_signed, is_signed);
	assert_int_equal(argument->register_offset, offset);
	assert_true(argument->value == value);
}

static void reads_registers_constants_and_memory(void **state)
{
	struct gcscope_layout layout;

	(void)state;
	arguments_parse("8@%r14 -4@%eax 1@%dil 2@$-7 8@$0x10 4@(%rsp) -8@-24(%rbp) 8@16(%r12)",
			&layout);
	check(&layout.arguments[0], GCSCOPE_ARGUMENT_REGISTER, 8, 0, AT(r14), 0);
	check(&layout.arguments[1], GCSCOPE_ARGUMENT_REGISTER, 4, 1, AT(rax), 0);
	check(&layout.arguments[2], GCSCOPE_ARGUMENT_REGISTER, 1, 0, AT(rdi), 0);
	check(&layout.arguments[3], GCSCOPE_ARGUMENT_CONSTANT, 2, 0, 0, -7);
	check(&layout.arguments[4], GCSCOPE_ARGUMENT_CONSTANT, 8, 0, 0, 16);
	check(&layout.arguments[5], GCSCOPE_ARGUMENT_MEMORY, 4, 0, AT(rsp), 0);
	check(&layout.arguments[6], GCSCOPE_ARGUMENT_MEMORY, 8, 1, AT(rbp), -24);
	check(&layout.arguments[7], GCSCOPE_ARGUMENT_MEMORY, 8, 0, AT(r12), 16);
	assert_false(arguments_conventional(&layout));
}

static void ends_where_the_arguments_end(void **state)
{
	struct gcscope_layout layout;

	(void)state;
	arguments_parse("8@%rdi", &layout);
	check(&layout.arguments[0], GCSCOPE_ARGUMENT_REGISTER, 8, 0, AT(rdi), 0);
	check(&layout.arguments[1], GCSCOPE_ARGUMENT_NONE, 0, 0, 0, 0);
	arguments_parse("", &layout);
	check(&layout.arguments[0], GCSCOPE_ARGUMENT_NONE, 0, 0, 0, 0);
}

/* The others keep their places. */
static void hides_what_cannot_be_read(void **state)
{
	static const char *const hidden[] = {
		"8@sink(%rip)", "8@(%rax,%rbx,8)", "8f@%xmm0", "16@%rax", "8@%ah", "8@%rdi1",
		"8@%",		"8@",		   "@%rax",    "8%rax",	  "8@$",   "8@$1x",
		"8@8(%rsp",	"8@(%rsp))",	   "8@()",     "8",	  "x",	   "0@%rax",
	};
	struct gcscope_layout layout;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		snprintf(text, sizeof(text), "8@%%rdi %s 8@%%rdx", hidden[i]);
		arguments_parse(text, &layout);
		check(&layout.arguments[0], GCSCOPE_ARGUMENT_REGISTER, 8, 0, AT(rdi), 0);
		check(&layout.arguments[1], GCSCOPE_ARGUMENT_HIDDEN, 0, 0, 0, 0);
		check(&layout.arguments[2], GCSCOPE_ARGUMENT_REGISTER, 8, 0, AT(rdx), 0);
		assert_false(arguments_conventional(&layout));
	}
}

static void knows_the_calling_convention(void **state)
{
	struct gcscope_layout layout;

	(void)state;
	arguments_parse("8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9", &layout);
	assert_true(arguments_conventional(&layout));
	arguments_parse("8@%rdi 8@%rsi", &layout);
	assert_true(arguments_conventional(&layout));
	arguments_parse("", &layout);
	assert_true(arguments_conventional(&layout));
	arguments_parse("8@%rsi 8@%rdi", &layout);
	assert_false(arguments_conventional(&layout));
	arguments_parse("8@%rdi 4@%esi", &layout);
	assert_false(arguments_conventional(&layout));
	arguments_parse("8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9 8@%rax", &layout);
	assert_false(arguments_conventional(&layout));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_registers_constants_and_memory),
		cmocka_unit_test(ends_where_the_arguments_end),
		cmocka_unit_test(hides_what_cannot_be_read),
		cmocka_unit_test(knows_the_calling_convention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
