/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "capture.h"
#include "render/render.h"
#include "report_fixture.h"

/* What the report renders to, read back by a parser. */
static json_t *rendered(const struct report *report)
{
	struct capture capture;
	json_error_t error;
	json_t *root;
	char *text;

	capture_begin(&capture);
	assert_int_equal(render_json(capture.stream, report), 0);
	text = capture_end(&capture);
	assert_int_equal(text[capture.length - 1], '\n');
	root = json_loadb(text, capture.length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	free(text);
	return root;
}

/* The value at a path such as "processes.0.heaps.0.plan"; it has to be there. */
static json_t *at(json_t *root, const char *path)
{
	json_t *value = root;
	const char *step = path;

	while (value && *step) {
		size_t length = strcspn(step, ".");
		char *name = strndup(step, length);

		value = json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10))
					     : json_object_get(value, name);
		free(name);
		step += length + (step[length] == '.');
	}
	if (!value)
		fail_msg("nothing at %s", path);
	return value;
}

static void assert_text(json_t *root, const char *path, const char *expected)
{
	assert_string_equal(json_string_value(at(root, path)), expected);
}

static void assert_count(json_t *root, const char *path, json_int_t expected)
{
	assert_true(json_is_integer(at(root, path)));
	assert_int_equal(json_integer_value(at(root, path)), expected);
}

/* To the last bit: the double nearest to a decimal number of nanoseconds. */
static void assert_seconds(json_t *root, const char *path, double expected)
{
	assert_true(json_is_real(at(root, path)));
	if (json_real_value(at(root, path)) != expected)
		fail_msg("%s is %.17g, not %.17g", path, json_real_value(at(root, path)), expected);
}

static void assert_null_at(json_t *root, const char *path)
{
	if (!json_is_null(at(root, path)))
		fail_msg("%s is not null", path);
}

/* Exactly these names, in any order. */
static void assert_names(json_t *root, const char *path, const char *names)
{
	json_t *object = at(root, path);
	char *list = strdup(names), *rest = list, *name;
	size_t count = 0;

	while ((name = strsep(&rest, " "))) {
		if (!json_object_get(object, name))
			fail_msg("%s has no %s", path, name);
		count++;
	}
	if (json_object_size(object) != count)
		fail_msg("%s has %zu names, not %zu", path, json_object_size(object), count);
	free(list);
}

#define PROCESS "processes.0."
#define HEAP	PROCESS "heaps.0."
#define FIGURES                                                                          \
	"count sum_seconds min_seconds max_seconds p50_seconds p90_seconds p99_seconds " \
	"p999_seconds"
#define LEDGER "time_to_safepoint cpu runqueue throttled page_fault io futex other"

/* The contract of gcscope.report/1: each name, where it stands, and nothing by surprise. */
static void test_names_and_nesting(void **state)
{
	struct report *report = fixture_report();
	json_t *root;

	(void)state;
	fixture_site(&fixture_depgraph(report, 41)->heaps[0], GCSCOPE_SORT_STORE, NULL, NULL, 0);
	root = rendered(report);
	assert_names(root, "", "schema duration_seconds events profiler processes");
	assert_names(root, "events", "received lost lost_by_reason unmatched");
	assert_names(root, "events.lost_by_reason",
		     "ring_buffer_full map_full unreadable_memory probe_skipped");
	assert_names(root, "profiler",
		     "cpu_seconds max_rss_bytes steady_rss_bytes map_bytes attach_seconds "
		     "attach_method bpf_run_seconds");
	assert_names(
		root, "processes.0",
		"pid ns_pid comm cgroup attached_late runtime tier exit exec heaps worst_pauses");
	assert_names(root, PROCESS "exit", "code signal");
	assert_names(root, "processes.0.heaps.0",
		     "heap plan end complete collections pauses time_to_safepoint runqueue_rivals "
		     "phases "
		     "allocation nursery promotion barrier cards size stalls out_of_memory "
		     "card_map sites");
	assert_names(root, HEAP "collections.0", "kind generation cause count");
	assert_names(root, HEAP "pauses.0", "kind undisturbed " FIGURES " ledger_seconds faults");
	assert_names(root, HEAP "pauses.0.undisturbed", FIGURES);
	assert_names(root, HEAP "pauses.0.ledger_seconds", LEDGER);
	assert_names(root, HEAP "pauses.0.faults", "minor major");
	assert_names(root, HEAP "time_to_safepoint", FIGURES " ledger_seconds faults");
	assert_names(root, HEAP "time_to_safepoint.ledger_seconds", LEDGER);
	assert_names(root, HEAP "runqueue_rivals.0", "comm seconds");
	assert_names(root, HEAP "phases.0", "kind phase count sum_seconds max_seconds");
	assert_names(root, HEAP "allocation", "bytes objects");
	assert_names(root, HEAP "nursery",
		     "collected_bytes survived_bytes survived_objects aged_bytes aged_objects");
	assert_names(root, HEAP "promotion", "bytes objects pinned_bytes pinned_objects");
	assert_names(root, HEAP "barrier", "stores slow");
	assert_names(root, HEAP "cards", "dirtied redirtied scanned useful wasted");
	assert_names(root, HEAP "size",
		     "capacity_bytes live_bytes peak_capacity_bytes fragmented_bytes "
		     "nursery_bytes limit_bytes");
	assert_names(root, HEAP "stalls", FIGURES);
	assert_names(root, HEAP "sites", "allocation store stop");
	assert_names(root, HEAP "sites.store.0",
		     "module offset function file line samples weight dirtied");
	assert_names(root, PROCESS "worst_pauses.0",
		     "heap collection kind cause at_seconds seconds time_to_safepoint_seconds "
		     "latest_mutator ledger_seconds time_to_safepoint_ledger_seconds");
	assert_names(root, PROCESS "worst_pauses.0.ledger_seconds", LEDGER);
	json_decref(root);
	report_free(report);
}

static void test_values(void **state)
{
	struct report *report = fixture_report();
	json_t *root;

	(void)state;
	fixture_depgraph(report, 41)->cgroup = strdup("/system.slice/depgraph.service");
	report->events.lost[GCSCOPE_LOST_RECORD] = 2;
	report->events.lost[GCSCOPE_LOST_PROBE] = 3;
	report->events.unmatched = 7;
	root = rendered(report);
	assert_text(root, "schema", "gcscope.report/1");
	assert_seconds(root, "duration_seconds", 12.5);
	assert_count(root, "events.received", 1712);
	assert_count(root, "events.lost", 5);
	assert_count(root, "events.lost_by_reason.probe_skipped", 3);
	assert_count(root, "events.unmatched", 7);
	assert_seconds(root, "profiler.cpu_seconds", 0.041);
	assert_count(root, "profiler.max_rss_bytes", 22020096);
	assert_text(root, "profiler.attach_method", "uprobe_multi");
	assert_count(root, PROCESS "pid", 41);
	assert_text(root, PROCESS "comm", "depgraph");
	assert_text(root, PROCESS "cgroup", "/system.slice/depgraph.service");
	assert_text(root, PROCESS "runtime", "gcscope");
	assert_text(root, PROCESS "tier", "usdt");
	assert_true(json_is_false(at(root, PROCESS "attached_late")));
	assert_count(root, PROCESS "exit.code", 0);
	assert_count(root, HEAP "heap", 1);
	assert_text(root, HEAP "plan", "marksweep");
	assert_null_at(root, HEAP "end");
	assert_null_at(root, HEAP "complete");
	assert_text(root, HEAP "collections.1.kind", "major");
	assert_text(root, HEAP "collections.1.cause", "explicit");
	assert_count(root, HEAP "collections.1.count", 12);
	assert_null_at(root, HEAP "collections.1.generation");
	assert_text(root, HEAP "pauses.0.kind", "major");
	assert_count(root, HEAP "pauses.0.count", 214);
	assert_seconds(root, HEAP "pauses.0.sum_seconds", 1.29243);
	assert_seconds(root, HEAP "pauses.0.min_seconds", 0.002);
	assert_seconds(root, HEAP "pauses.0.max_seconds", 0.0183);
	assert_seconds(root, HEAP "pauses.0.p50_seconds", 0.006029311);
	assert_seconds(root, HEAP "pauses.0.p999_seconds", 0.0183);
	assert_seconds(root, HEAP "pauses.0.ledger_seconds.time_to_safepoint", 0.0119604);
	assert_seconds(root, HEAP "pauses.0.ledger_seconds.runqueue", 0.3);
	assert_seconds(root, HEAP "pauses.0.ledger_seconds.io", 0);
	assert_null_at(root, HEAP "pauses.0.ledger_seconds.page_fault");
	assert_count(root, HEAP "pauses.0.undisturbed.count", 2);
	assert_seconds(root, HEAP "pauses.0.undisturbed.sum_seconds", 0.003);
	assert_count(root, HEAP "pauses.0.faults.minor", 321);
	assert_text(root, HEAP "runqueue_rivals.0.comm", "stress-ng");
	assert_seconds(root, HEAP "runqueue_rivals.0.seconds", 0.28);
	assert_count(root, HEAP "pauses.0.faults.major", 0);
	assert_seconds(root, HEAP "time_to_safepoint.ledger_seconds.futex", 0.007);
	assert_count(root, HEAP "time_to_safepoint.count", 214);
	assert_seconds(root, HEAP "time_to_safepoint.max_seconds", 0.00712);
	assert_text(root, HEAP "phases.2.phase", "mark");
	assert_seconds(root, HEAP "phases.2.sum_seconds", 1.15242264);
	assert_count(root, HEAP "allocation.bytes", 1294467891);
	assert_count(root, HEAP "barrier.stores", 10000321);
	assert_count(root, HEAP "size.limit_bytes", 268435456);
	assert_count(root, HEAP "stalls.count", 0);
	assert_null_at(root, HEAP "stalls.max_seconds");
	assert_count(root, HEAP "out_of_memory", 0);
	assert_count(root, PROCESS "worst_pauses.0.latest_mutator", 3);
	assert_seconds(root, PROCESS "worst_pauses.0.ledger_seconds.cpu", 0.01118);
	assert_seconds(root, PROCESS "worst_pauses.0.time_to_safepoint_ledger_seconds.other",
		       0.007);
	assert_null_at(root, PROCESS "worst_pauses.1.time_to_safepoint_seconds");
	assert_null_at(root, PROCESS "worst_pauses.1.ledger_seconds.cpu");
	json_decref(root);
	report_free(report);
}

/* A heap of which nothing is known has the same names, and null for each number. */
static void test_unknown_is_null(void **state)
{
	struct report *report = fixture_report();
	json_t *root;

	(void)state;
	fixture_heap(fixture_process(report, 41, "java"), 1, NULL);
	root = rendered(report);
	assert_null_at(root, HEAP "plan");
	assert_null_at(root, PROCESS "cgroup");
	assert_null_at(root, PROCESS "exit");
	assert_null_at(root, HEAP "time_to_safepoint.count");
	assert_null_at(root, HEAP "time_to_safepoint.sum_seconds");
	assert_null_at(root, HEAP "time_to_safepoint.p99_seconds");
	assert_null_at(root, HEAP "stalls.count");
	assert_null_at(root, HEAP "out_of_memory");
	assert_null_at(root, HEAP "sites");
	assert_null_at(root, HEAP "card_map");
	assert_null_at(root, "profiler.bpf_run_seconds");
	assert_null_at(root, "profiler.steady_rss_bytes");
#define ASSERT_NULL(group, key) assert_null_at(root, HEAP #group "." #key);
	GCSCOPE_STATS_COUNTERS(ASSERT_NULL)
	GCSCOPE_STATS_GAUGES(ASSERT_NULL)
#undef ASSERT_NULL
	assert_int_equal(json_array_size(at(root, HEAP "pauses")), 0);
	json_decref(root);
	report_free(report);
}

/* Each counter lands under its own name: all have different values. */
static void test_every_counter(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 41, "lru"), 1, "marksweep");
	uint64_t next = 1000;
	json_t *root;

	(void)state;
#define SET(group, key) heap->group##_##key = fixture_known(next++);
	GCSCOPE_STATS_COUNTERS(SET)
	GCSCOPE_STATS_GAUGES(SET)
#undef SET
	root = rendered(report);
	next = 1000;
#define ASSERT(group, key) assert_count(root, HEAP #group "." #key, (json_int_t)next++);
	GCSCOPE_STATS_COUNTERS(ASSERT)
	GCSCOPE_STATS_GAUGES(ASSERT)
#undef ASSERT
	json_decref(root);
	report_free(report);
}

static void test_sites(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 41, "lru"), 1, "marksweep");
	struct site_report *site;
	json_t *root;

	(void)state;
	fixture_site(heap, GCSCOPE_SORT_ALLOCATION, "get", "/src/lru.c", 42)->weight = 4096;
	site = fixture_site(heap, GCSCOPE_SORT_STORE, NULL, NULL, 0);
	site->samples = 3;
	site->weight = 300;
	site->dirtied = 200;
	root = rendered(report);
	assert_int_equal(json_array_size(at(root, HEAP "sites.allocation")), 1);
	assert_text(root, HEAP "sites.allocation.0.function", "get");
	assert_text(root, HEAP "sites.allocation.0.file", "/src/lru.c");
	assert_count(root, HEAP "sites.allocation.0.line", 42);
	assert_count(root, HEAP "sites.allocation.0.weight", 4096);
	assert_null_at(root, HEAP "sites.allocation.0.dirtied");
	assert_int_equal(json_array_size(at(root, HEAP "sites.store")), 1);
	assert_text(root, HEAP "sites.store.0.module", "/usr/bin/depgraph");
	assert_count(root, HEAP "sites.store.0.offset", 0x1234);
	assert_null_at(root, HEAP "sites.store.0.function");
	assert_null_at(root, HEAP "sites.store.0.file");
	assert_null_at(root, HEAP "sites.store.0.line");
	assert_count(root, HEAP "sites.store.0.samples", 3);
	assert_count(root, HEAP "sites.store.0.weight", 300);
	assert_count(root, HEAP "sites.store.0.dirtied", 200);
	json_decref(root);
	report_free(report);
}

static void test_a_card_map(void **state)
{
	static const uint32_t counts[] = { 7, 0, 4294967295 };
	struct report *report = fixture_report();
	struct card_map *map =
		fixture_card_map(fixture_heap(fixture_process(report, 41, "lru"), 1, NULL));
	json_t *root;

	(void)state;
	card_map_add(map, 250000000, 0x10000, 4096, counts, 3);
	card_map_add(map, 250000001, 0x10000, 4096, counts, 2);
	card_map_add(map, 252000000, 0x10000, 4096, counts + 1, 2);
	root = rendered(report);
	assert_names(root, HEAP "card_map",
		     "part_bytes begin_seconds step_seconds collections cards");
	assert_count(root, HEAP "card_map.part_bytes", 4096);
	assert_seconds(root, HEAP "card_map.begin_seconds", 0.25);
	assert_seconds(root, HEAP "card_map.step_seconds", 0.001);
	assert_int_equal(json_array_size(at(root, HEAP "card_map.collections")), 3);
	assert_count(root, HEAP "card_map.collections.0", 2);
	assert_count(root, HEAP "card_map.collections.1", 0);
	assert_count(root, HEAP "card_map.collections.2", 1);
	assert_int_equal(json_array_size(at(root, HEAP "card_map.cards")), 3);
	assert_int_equal(json_array_size(at(root, HEAP "card_map.cards.1")), 3);
	assert_count(root, HEAP "card_map.cards.0.0", 14);
	assert_count(root, HEAP "card_map.cards.0.2", 4294967295);
	assert_count(root, HEAP "card_map.cards.1.0", 0);
	assert_count(root, HEAP "card_map.cards.2.1", 4294967295);
	json_decref(root);
	report_free(report);
}

static void test_ends(void **state)
{
	struct report *report = fixture_report();
	struct process_report *process = fixture_process(report, 41, "lru");
	json_t *root;

	(void)state;
	process->ended = true;
	process->exit_signal = fixture_known(9);
	root = rendered(report);
	assert_null_at(root, PROCESS "exit.code");
	assert_count(root, PROCESS "exit.signal", 9);
	json_decref(root);
	process->exec = true;
	root = rendered(report);
	assert_null_at(root, PROCESS "exit");
	assert_true(json_is_true(at(root, PROCESS "exec")));
	json_decref(root);
	report_free(report);
}

static void test_names_of_any_bytes(void **state)
{
	struct report *report = fixture_report();
	json_t *root;

	(void)state;
	fixture_process(report, 41, "a\"\\\xff\n");
	root = rendered(report);
	assert_text(root, PROCESS "comm", "a\"\\\xef\xbf\xbd\n");
	json_decref(root);
	report_free(report);
}

static void test_any_report_can_be_read(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct report *report = fixture_random();
		json_t *root = rendered(report);

		assert_int_equal(json_array_size(at(root, "processes")), report->process_count);
		json_decref(root);
		report_free(report);
	}
}

static void test_a_full_disk_is_told(void **state)
{
	struct report *report = fixture_report();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(render_json(full, report), -1);
	assert_int_equal(errno, ENOSPC);
	fclose(full);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_nesting),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unknown_is_null),
		cmocka_unit_test(test_every_counter),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_a_card_map),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_names_of_any_bytes),
		cmocka_unit_test(test_any_report_can_be_read),
		cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
