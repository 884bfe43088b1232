/* SPDX-License-Identifier: BSD-2-Clause */
/* Options and types: what is accepted, and the sentence about what is not. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "heap/options.h"
#include "heap/type.h"

static struct gcs_options resolved(const struct gcs_options *chosen, const char *environment)
{
	struct gcs_options options;

	assert_int_equal(options_resolve(&options, chosen, environment), 0);
	return options;
}

static void refused(const char *environment, const char *sentence)
{
	struct gcs_options options = { .heap_max = 12345 };

	assert_int_equal(options_resolve(&options, NULL, environment), -EINVAL);
	assert_string_equal(gcs_error_message(), sentence);
	assert_int_equal(options.heap_max, 12345); /* untouched */
}

static void environment_wins(void **state)
{
	struct gcs_options chosen = { .heap_max = 1 << 20, .growth = 70 };
	struct gcs_options options = resolved(&chosen, "heap_max=256M,plan=marksweep,,stress=7");

	(void)state;
	assert_int_equal(options.heap_max, 256 << 20);
	assert_int_equal(options.growth, 70);
	assert_int_equal(options.stress, 7);
	assert_int_equal(options.plan, GCS_PLAN_MARKSWEEP);
	assert_int_equal(options.heap_min, 4 << 20); /* its default */
	assert_int_equal(resolved(NULL, "heap_max=3G").heap_max, 3ULL << 30);
	assert_int_equal(resolved(NULL, "heap_max=70000").heap_max, 70000);
	assert_int_equal(resolved(NULL, "heap_max=64K").heap_max, 65536);
	assert_int_equal(resolved(NULL, NULL).budget, 0);
}

static void bad_options_are_named(void **state)
{
	(void)state;
	refused("heap_mx=1M", "GCSCOPE_OPTIONS: there is no option heap_mx");
	refused("heap_max", "GCSCOPE_OPTIONS: heap_max has no value");
	refused("heap_max=", "GCSCOPE_OPTIONS: heap_max: '' is not a size, such as 256M");
	refused("heap_max=12Q", "GCSCOPE_OPTIONS: heap_max: '12Q' is not a size, such as 256M");
	refused("heap_max=-1", "GCSCOPE_OPTIONS: heap_max: '-1' is not a size, such as 256M");
	refused("heap_max=99999999999G",
		"GCSCOPE_OPTIONS: heap_max: '99999999999G' is not a size, such as 256M");
	refused("growth=5M", "GCSCOPE_OPTIONS: growth: '5M' is not a whole number");
	refused("plan=copying", "GCSCOPE_OPTIONS: there is no plan copying");
	/* Smaller than a block. */
	refused("heap_max=1000", "option heap_max: 1000 is not within 65536 and 17592186044416");
	refused("verify=2", "option verify: 2 is not within 1 and 1");
}

static void a_heap_refuses_them_too(void **state)
{
	struct gcs_options options = { .heap_max = 100 };
	struct gcs_heap *heap = NULL;

	(void)state;
	assert_int_equal(gcs_heap_create(&heap, &options), -EINVAL);
	assert_non_null(strstr(gcs_error_message(), "heap_max"));
	options = (struct gcs_options){ .plan = 4711 };
	assert_int_equal(gcs_heap_create(&heap, &options), -EINVAL);
	assert_string_equal(gcs_error_message(), "option plan: there is no plan of number 4711");
	options.plan = 0;
	assert_int_equal(gcs_heap_create_abi(&heap, NULL, GCS_ABI_VERSION + 1, sizeof(options)),
			 -EINVAL);
	assert_non_null(strstr(gcs_error_message(), "build the program again"));
	options.heap_max = 1ULL << 44;
	if (gcs_heap_create(&heap, &options)) /* more than there are addresses, on most machines */
		assert_non_null(strstr(gcs_error_message(), "address space"));
	else
		assert_int_equal(gcs_heap_destroy(heap), 0);
}

static void bad_type(struct gcs_heap *heap, struct gcs_type_info info, const char *sentence)
{
	struct gcs_type *type = NULL;

	assert_int_equal(gcs_type_register(&type, heap, &info), -EINVAL);
	assert_string_equal(gcs_error_message(), sentence);
	assert_null(type);
}

static void no_trace(void *object, struct gcs_tracer *tracer)
{
	(void)object;
	(void)tracer;
}

static void bad_types_are_refused(void **state)
{
	const uint32_t offsets[] = { 0, 8, 16 }, odd[] = { 4 };
	struct gcs_heap *heap;

	(void)state;
	assert_int_equal(gcs_heap_create(&heap, NULL), 0);
	bad_type(heap,
		 (struct gcs_type_info){
			 .name = "t", .size = 16, .pointers = offsets, .pointer_count = 3 },
		 "type t: pointer offset 16 lies outside its fixed part of 16 bytes");
	bad_type(heap,
		 (struct gcs_type_info){
			 .name = "t", .size = 4, .pointers = offsets, .pointer_count = 1 },
		 "type t: pointer offset 0 lies outside its fixed part of 4 bytes");
	bad_type(heap,
		 (struct gcs_type_info){
			 .name = "t", .size = 16, .pointers = odd, .pointer_count = 1 },
		 "type t: pointer offset 4 of its fixed part is not a multiple of 8");
	bad_type(heap,
		 (struct gcs_type_info){ .name = "t",
					 .element_size = 8,
					 .element_pointers = offsets,
					 .element_pointer_count = 2 },
		 "type t: pointer offset 8 lies outside its element of 8 bytes");
	bad_type(heap,
		 (struct gcs_type_info){ .name = "t",
					 .size = 4,
					 .element_size = 8,
					 .element_pointers = offsets,
					 .element_pointer_count = 1 },
		 "type t: a fixed part of 4 bytes would misalign its elements' pointers");
	bad_type(heap, (struct gcs_type_info){ .name = "t", .size = 16, .pointer_count = 2 },
		 "type t: 2 pointers in its fixed part, and no offsets");
	bad_type(heap, (struct gcs_type_info){ .name = "t", .size = 8, .align = 32 },
		 "type t: alignment 32 is not 8 or 16");
	bad_type(heap,
		 (struct gcs_type_info){ .name = "t",
					 .size = 8,
					 .pointers = offsets,
					 .pointer_count = 1,
					 .trace = no_trace },
		 "type t: it has a trace function and pointer offsets beside it");
	assert_int_equal(gcs_heap_destroy(heap), 0);
}

static void many_types_keep_their_address(void **state)
{
	struct gcs_type *first = NULL, *type = NULL;
	struct gcs_heap *heap;
	int i;

	(void)state;
	assert_int_equal(gcs_heap_create(&heap, NULL), 0);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(
			gcs_type_register(&type, heap,
					  &(struct gcs_type_info){ .name = "t", .size = 40 }),
			0);
		if (!first)
			first = type;
	}
	assert_int_equal(first->cell, 48);
	assert_int_equal((struct type *)type - (struct type *)first, 4999);
	assert_int_equal(header_type(type->header), 5000);
	assert_int_equal(gcs_heap_destroy(heap), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_wins),
		cmocka_unit_test(bad_options_are_named),
		cmocka_unit_test(a_heap_refuses_them_too),
		cmocka_unit_test(bad_types_are_refused),
		cmocka_unit_test(many_types_keep_their_address),
	};

	return cmocka_run_group_tests_name("options and types", tests, NULL, NULL);
}
