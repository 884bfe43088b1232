/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report_fixture.h"
#include "model/blame.h"
#include "model/distribution.h"

/* A heap with one kind of pauses, whose ledgers are all there. */
static struct heap_report *heap_of(struct report *report)
{
	struct process_report *process = fixture_process(report, 1, "blamed");
	struct heap_report *heap = fixture_heap(process, 1, "marksweep");

	histogram_add(fixture_pauses(heap, GCS_KIND_MINOR), 1000);
	histogram_add(&heap->time_to_safepoint.histogram, 400);
	heap->pauses[0].ledger = (struct gcscope_ledger){ .count = 1 };
	heap->pauses[0].ledger.ns[GCSCOPE_PART_CPU] = 350;
	heap->pauses[0].ledger.ns[GCSCOPE_PART_RUNQUEUE] = 250;
	heap->time_to_safepoint.ledger = (struct gcscope_ledger){ .count = 1 };
	heap->time_to_safepoint.ledger.ns[GCSCOPE_PART_RUNQUEUE] = 150;
	heap->time_to_safepoint.ledger.ns[GCSCOPE_PART_OTHER] = 250;
	return heap;
}

static void assert_blame(const struct blame *blame, const char *what, double share)
{
	assert_string_equal(blame->what, what);
	assert_true(blame->share > share - 1e-9 && blame->share < share + 1e-9);
}

static void the_largest_comes_first(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = heap_of(report);
	struct blame shares[BLAMES];

	(void)state;
	assert_int_equal(blame_pauses(heap, shares), 3);
	assert_blame(&shares[0], "waiting for a CPU", 0.4);
	assert_blame(&shares[1], "running", 0.35);
	assert_blame(&shares[2], "waiting for mutators to stop", 0.25);
	report_free(report);
}

static void a_pause_without_a_ledger_spoils_the_sum(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = heap_of(report);
	struct blame shares[BLAMES];

	(void)state;
	histogram_add(fixture_pauses(heap, GCS_KIND_MAJOR), 1000);
	assert_int_equal(blame_pauses(heap, shares), 0);
	report_free(report);
}

static void no_pause_is_made_of_nothing(void **state)
{
	struct report *report = fixture_report();
	struct process_report *process = fixture_process(report, 1, "idle");
	struct blame shares[BLAMES];

	(void)state;
	assert_int_equal(blame_pauses(fixture_heap(process, 1, "marksweep"), shares), 0);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_comes_first),
		cmocka_unit_test(a_pause_without_a_ledger_spoils_the_sum),
		cmocka_unit_test(no_pause_is_made_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
