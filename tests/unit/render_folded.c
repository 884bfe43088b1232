/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture.h"
#include "render/render.h"
#include "report_fixture.h"

static void test_a_line_for_each_stack(void **state)
{
	struct report *report = fixture_report();
	struct process_report *process = fixture_process(report, 41, "a;b\n\xff");
	struct heap_report *heap = fixture_heap(process, 1, "marksweep");
	struct capture capture;
	char *text;

	(void)state;
	fixture_stack(heap, GCSCOPE_SORT_ALLOCATION, 1048576, "main;f;g");
	fixture_stack(heap, GCSCOPE_SORT_STORE, 3, "main;lru+0x1234");
	capture_begin(&capture);
	assert_int_equal(render_folded(capture.stream, report), 0);
	text = capture_end(&capture);
	assert_string_equal(text, "a?b?\xef\xbf\xbd;main;f;g;[allocation] 1048576\n"
				  "a?b?\xef\xbf\xbd;main;lru+0x1234;[store] 3\n");
	free(text);
	report_free(report);
}

static void test_a_full_disk_is_told(void **state)
{
	struct report *report = fixture_report();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	fixture_stack(fixture_heap(fixture_process(report, 41, "lru"), 1, NULL), GCSCOPE_SORT_STORE,
		      1, "main");
	assert_int_equal(render_folded(full, report), -1);
	assert_int_equal(errno, ENOSPC);
	fclose(full);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_for_each_stack),
		cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
