/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "exposition.h"
#include "model/distribution.h"
#include "render/render.h"
#include "report_fixture.h"
#include "test_random.h"

static const struct prometheus_style plain = { .version = "1.2.3" };
static const struct prometheus_style with_pid = { .version = "1.2.3", .pid_label = true };

/* Every text that these tests make passes the strict reader. */
static char *rendered(const struct report *report, const struct prometheus_style *style)
{
	struct capture capture;
	char *text;

	capture_begin(&capture);
	assert_int_equal(render_prometheus(capture.stream, report, style), 0);
	text = capture_end(&capture);
	assert_int_equal(exposition_check(text, capture.length, stderr), 0);
	return text;
}

/* Is this a line of the text? */
static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++) {
		if ((at == text || at[-1] == '\n') && at[length] == '\n')
			return true;
	}
	return false;
}

static void assert_line(const char *text, const char *line)
{
	if (!has_line(text, line))
		fail_msg("no line %s in:\n%s", line, text);
}

static void assert_no(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s in:\n%s", part, text);
}

static void test_every_family(void **state)
{
	struct report *report = fixture_report();
	struct process_report *process;
	char *text;

	(void)state;
	process = fixture_depgraph(report, 41);
	process->ended = false;
	process->heaps[0].barrier_slow = fixture_known(21);
	process->heaps[0].size_live_bytes = fixture_known(134217728);
	process->heaps[0].cards_useful = fixture_known(4);
	process->heaps[0].cards_wasted = fixture_known(6);
	process->heaps[0].nursery_collected_bytes = fixture_known(1234567);
	process->heaps[0].nursery_survived_bytes = fixture_known(2345);
	process->heaps[0].nursery_aged_bytes = fixture_known(345);
	process->heaps[0].promotion_pinned_bytes = fixture_known(45);
	report->profiler.bpf_run_seconds = (struct seconds){ true, 0.0125 };
	report->events.lost[GCSCOPE_LOST_MAP] = 9;
	report->events.unmatched = 2;
	text = rendered(report, &plain);
#define LABELS "runtime=\"gcscope\",process=\"depgraph\",heap=\"1\""
#define COMPONENT "gcscope_gc_pause_component_seconds_total{" LABELS ",component=\""
	assert_line(text, "# TYPE gcscope_gc_pause_seconds histogram");
	assert_line(text,
		    "gcscope_gc_pause_seconds_bucket{" LABELS ",kind=\"major\",le=\"0.001\"} 0");
	assert_line(text,
		    "gcscope_gc_pause_seconds_bucket{" LABELS ",kind=\"major\",le=\"0.002\"} 1");
	assert_line(text,
		    "gcscope_gc_pause_seconds_bucket{" LABELS ",kind=\"major\",le=\"0.02\"} 214");
	assert_line(text,
		    "gcscope_gc_pause_seconds_bucket{" LABELS ",kind=\"major\",le=\"+Inf\"} 214");
	assert_line(text, "gcscope_gc_pause_seconds_sum{" LABELS ",kind=\"major\"} 1.29243");
	assert_line(text, "gcscope_gc_pause_seconds_count{" LABELS ",kind=\"major\"} 214");
	assert_line(text, "# TYPE gcscope_gc_pause_component_seconds_total counter");
	assert_line(text, COMPONENT "cpu\"} 0.9804696");
	assert_line(text, COMPONENT "runqueue\"} 0.3");
	assert_line(text, COMPONENT "io\"} 0");
	assert_line(text, COMPONENT "time_to_safepoint\"} 0.0119604");
	assert_line(text, "gcscope_gc_phase_seconds_sum{" LABELS
			  ",kind=\"major\",phase=\"mark\"} 1.15242264");
	assert_line(text, "gcscope_gc_time_to_safepoint_seconds_count{" LABELS "} 214");
	assert_line(text, "gcscope_gc_collections_total{" LABELS
			  ",kind=\"major\",cause=\"explicit\"} 12");
	assert_line(text, "gcscope_gc_write_barriers_total{" LABELS ",path=\"fast\"} 10000300");
	assert_line(text, "gcscope_gc_write_barriers_total{" LABELS ",path=\"slow\"} 21");
	assert_line(text, "gcscope_gc_cards_dirtied_total{" LABELS "} 0");
	assert_line(text, "gcscope_gc_cards_scanned_total{" LABELS ",result=\"useful\"} 4");
	assert_line(text, "gcscope_gc_cards_scanned_total{" LABELS ",result=\"wasted\"} 6");
	assert_line(text, "gcscope_gc_allocated_bytes_total{" LABELS "} 1294467891");
	assert_line(text, "gcscope_gc_nursery_collected_bytes_total{" LABELS "} 1234567");
	assert_line(text, "gcscope_gc_nursery_survived_bytes_total{" LABELS
			  ",survival=\"first\"} 2345");
	assert_line(text, "gcscope_gc_nursery_survived_bytes_total{" LABELS
			  ",survival=\"again\"} 345");
	assert_line(text, "gcscope_gc_pinned_bytes_total{" LABELS "} 45");
	assert_line(text, "gcscope_gc_promoted_bytes_total{" LABELS "} 0");
	assert_line(text, "gcscope_gc_heap_capacity_bytes{" LABELS "} 198180864");
	assert_line(text, "gcscope_gc_heap_limit_bytes{" LABELS "} 268435456");
	assert_line(text, "gcscope_gc_heap_live_bytes{" LABELS "} 134217728");
	assert_line(text, "gcscope_gc_heap_used_ratio_max{" LABELS "} 0.5");
	assert_line(text, "gcscope_target_up{runtime=\"gcscope\",process=\"depgraph\"} 1");
	assert_line(text, "gcscope_events_lost_total{reason=\"map_full\"} 9");
	assert_line(text, "gcscope_events_lost_total{reason=\"ring_buffer_full\"} 0");
	assert_line(text, "gcscope_events_unmatched_total 2");
	assert_line(text, "gcscope_build_info{version=\"1.2.3\"} 1");
	assert_line(text, "gcscope_profiler_cpu_seconds_total 0.041");
	assert_line(text, "gcscope_bpf_run_seconds_total 0.0125");
	assert_line(text, "gcscope_profiler_resident_bytes 11534336");
	free(text);
	report_free(report);
}

/* The edges are a contract, to the letter. */
static void test_the_edges(void **state)
{
	static const char *const edges[] = { "1e-06", "2e-06",	"5e-06",  "1e-05",  "2e-05",
					     "5e-05", "0.0001", "0.0002", "0.0005", "0.001",
					     "0.002", "0.005",	"0.01",	  "0.02",   "0.05",
					     "0.1",   "0.2",	"0.5",	  "1",	    "2",
					     "5",     "10",	"+Inf" };
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 1, "a"), 1, NULL);
	char *text, *at;

	(void)state;
	fixture_pauses(heap, GCS_KIND_MINOR);
	text = at = rendered(report, &plain);
	for (unsigned i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		char label[32];

		at = strstr(at, ",le=\"");
		assert_non_null(at);
		snprintf(label, sizeof(label), ",le=\"%s\"} 0\n", edges[i]);
		assert_memory_equal(at, label, strlen(label));
		at++;
	}
	assert_null(strstr(at, ",le=\""));
	free(text);
	report_free(report);
}

/* Each bucket holds what a count of the values says. */
static void test_buckets_against_the_values(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 1, "a"), 1, NULL);
	static uint64_t values[5000];
	uint64_t sum = 0;
	char *text, *at;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		values[i] = random_below(4) ? random_magnitude() >> 28 : 1000 * random_below(3);
		sum += values[i];
		histogram_add(fixture_pauses(heap, GCS_KIND_MINOR), values[i]);
	}
	text = at = rendered(report, &plain);
	while ((at = strstr(at, ",le=\""))) {
		double edge = strtod(at + 5, NULL);
		uint64_t told = strtoull(strchr(at, '}') + 2, NULL, 10), counted = 0;

		for (unsigned i = 0; i < 5000; i++)
			counted += (double)values[i] <= edge * 1e9 + 0.1;
		assert_int_equal(told, counted);
		at++;
	}
	at = strstr(text, "gcscope_gc_pause_seconds_sum");
	assert_true(strtod(strchr(at, '}') + 2, NULL) == (double)sum / 1e9);
	free(text);
	report_free(report);
}

static void add_worker(struct report *report, pid_t pid, uint64_t pause_ns, uint64_t live)
{
	struct process_report *process = fixture_process(report, pid, "worker");
	struct heap_report *heap = fixture_heap(process, 1, NULL);

	process->cgroup = strdup("/system.slice/web.service");
	histogram_add(fixture_pauses(heap, GCS_KIND_MINOR), pause_ns);
	fixture_collections(heap, GCS_KIND_MINOR, GCS_CAUSE_ALLOCATION, 1);
	heap->allocation_bytes = fixture_known(100);
	heap->size_live_bytes = fixture_known(live);
	heap->size_limit_bytes = fixture_known(1000);
}

#define WORKER "runtime=\"gcscope\",process=\"worker\",unit=\"web.service\""

static void test_processes_of_one_name_are_folded(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	add_worker(report, 1, 1500, 300);
	add_worker(report, 2, 1500000, 900);
	fixture_process(report, 3, "worker")->ended = true; /* in no unit: another series */
	text = rendered(report, &plain);
	assert_line(text, "gcscope_gc_pause_seconds_bucket{" WORKER
			  ",heap=\"1\",kind=\"minor\",le=\"2e-06\"} 1");
	assert_line(text, "gcscope_gc_pause_seconds_bucket{" WORKER
			  ",heap=\"1\",kind=\"minor\",le=\"0.002\"} 2");
	assert_line(text,
		    "gcscope_gc_pause_seconds_sum{" WORKER ",heap=\"1\",kind=\"minor\"} 0.0015015");
	assert_line(text, "gcscope_gc_collections_total{" WORKER
			  ",heap=\"1\",kind=\"minor\",cause=\"allocation\"} 2");
	assert_line(text, "gcscope_gc_allocated_bytes_total{" WORKER ",heap=\"1\"} 200");
	assert_line(text, "gcscope_gc_heap_live_bytes{" WORKER ",heap=\"1\"} 1200");
	assert_line(text, "gcscope_gc_heap_limit_bytes{" WORKER ",heap=\"1\"} 2000");
	assert_line(text, "gcscope_gc_heap_used_ratio_max{" WORKER ",heap=\"1\"} 0.9");
	assert_line(text, "gcscope_target_up{" WORKER "} 1");
	assert_line(text, "gcscope_target_up{runtime=\"gcscope\",process=\"worker\"} 0");
	free(text);
	report_free(report);
}

static void test_the_pid_keeps_them_apart(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	add_worker(report, 1, 1500, 300);
	add_worker(report, 2, 1500000, 900);
	text = rendered(report, &with_pid);
	assert_line(text, "gcscope_target_up{" WORKER ",pid=\"1\"} 1");
	assert_line(text, "gcscope_gc_heap_live_bytes{" WORKER ",pid=\"2\",heap=\"1\"} 900");
	free(text);
	report_free(report);
}

/* What has ended keeps what it did; the memory it no longer has is not told. */
static void test_ended_processes(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	add_worker(report, 1, 1500, 300);
	add_worker(report, 2, 1500000, 900);
	report->processes[1].ended = true;
	text = rendered(report, &plain);
	assert_line(text, "gcscope_gc_allocated_bytes_total{" WORKER ",heap=\"1\"} 200");
	assert_line(text, "gcscope_gc_heap_live_bytes{" WORKER ",heap=\"1\"} 300");
	assert_line(text, "gcscope_target_up{" WORKER "} 1");
	free(text);
	report_free(report);
}

static void test_unknown_is_absent(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 1, "java"), 1, NULL);
	char *text;

	(void)state;
	text = rendered(report, &plain);
	assert_no(text, "_gc_");
	assert_no(text, "resident");
	assert_no(text, "bpf_run");
	free(text);
	heap->barrier_slow = fixture_known(5); /* and the stores unknown */
	heap->size_live_bytes = fixture_known(5);
	heap->size_limit_bytes = fixture_known(0);
	heap->has_time_to_safepoint = true;
	text = rendered(report, &plain);
	assert_no(text, "fast");
	assert_no(text, "ratio");
	assert_line(text, "gcscope_gc_write_barriers_total{runtime=\"gcscope\",process=\"java\","
			  "heap=\"1\",path=\"slow\"} 5");
	assert_line(text, "gcscope_gc_time_to_safepoint_seconds_count{runtime=\"gcscope\","
			  "process=\"java\",heap=\"1\"} 0");
	free(text);
	report_free(report);
}

static void test_labels_of_any_bytes(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_process(report, 1, "a\"b\\c\nd\xff");
	fixture_process(report, 2, "a\"b\\c\nd\xfe"); /* the same, once it is UTF-8 */
	text = rendered(report, &plain);
	assert_line(text, "gcscope_target_up{runtime=\"gcscope\","
			  "process=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 1");
	free(text);
	report_free(report);
}

/* While kernel programs add to a histogram, its own count may run ahead of its buckets. */
static void test_inf_is_the_count_in_a_torn_snapshot(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 1, "a"), 1, NULL);
	char *text;

	(void)state;
	histogram_add(fixture_pauses(heap, GCS_KIND_MINOR), 1500);
	fixture_pauses(heap, GCS_KIND_MINOR)->count = 2;
	text = rendered(report, &plain); /* which checks it */
	free(text);
	report_free(report);
}

static void test_any_report_passes_the_strict_reader(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct report *report = fixture_random();

		free(rendered(report, i % 2 ? &plain : &with_pid));
		report_free(report);
	}
}

/* And Prometheus' own reader agrees. */
static void test_promtool(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct report *report = i ? fixture_random() : fixture_report();
		FILE *promtool = popen("promtool check metrics", "w");

		assert_non_null(promtool);
		if (i == 0)
			fixture_depgraph(report, 41)->ended = false;
		assert_int_equal(render_prometheus(promtool, report, &plain), 0);
		assert_int_equal(pclose(promtool), 0);
		report_free(report);
	}
}

static void test_a_full_disk_is_told(void **state)
{
	struct report *report = fixture_report();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(render_prometheus(full, report, &plain), -1);
	assert_int_equal(errno, ENOSPC);
	fclose(full);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_family),
		cmocka_unit_test(test_the_edges),
		cmocka_unit_test(test_buckets_against_the_values),
		cmocka_unit_test(test_processes_of_one_name_are_folded),
		cmocka_unit_test(test_the_pid_keeps_them_apart),
		cmocka_unit_test(test_ended_processes),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_labels_of_any_bytes),
		cmocka_unit_test(test_inf_is_the_count_in_a_torn_snapshot),
		cmocka_unit_test(test_any_report_passes_the_strict_reader),
		cmocka_unit_test(test_promtool),
		cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
