/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "model/distribution.h"
#include "render/bars.h"
#include "render/render.h"
#include "render/table.h"
#include "report_fixture.h"

static const struct text_style plain = { .utf8 = true, .width = 100 };

static char *rendered(const struct report *report, struct text_style style)
{
	struct capture capture;

	capture_begin(&capture);
	assert_int_equal(render_text(capture.stream, report, &style), 0);
	return capture_end(&capture);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

/* The whole report, as people see it. */
static const char look[] =
	"depgraph · pid 41234 · gcscope · exited with status 0\n"
	"\n"
	"heap 1 · marksweep · 214 pauses · 1.29 s in all, 10.3 % of 12.5 s\n"
	"longest 18.3 ms\n"
	"\n"
	"  pauses             count    total      p50      p90      p99    p99.9      max\n"
	"  major                214   1.29 s  6.03 ms  8.39 ms  9.96 ms  18.3 ms  18.3 ms\n"
	"    given a CPU          2  3.00 ms  1.02 ms  2.00 ms  2.00 ms  2.00 ms  2.00 ms\n"
	"  time to safepoint    214  12.0 ms  21.5 µs  38.9 µs  43.0 µs  7.12 ms  7.12 ms\n"
	"\n"
	"  1.84 ms – 2.10 ms  █▎                                                        1\n"
	"  2.10 ms – 2.62 ms  ███▋                                                      3\n"
	"  2.62 ms – 3.15 ms  ██████                                                    5\n"
	"  3.15 ms – 3.67 ms  █████████████▏                                           11\n"
	"  3.67 ms – 4.19 ms  ██████████████████████▊                                  19\n"
	"  4.19 ms – 5.24 ms  ███████████████████████████████████████████              36\n"
	"  5.24 ms – 6.29 ms  █████████████████████████████████████████████████████▊   45\n"
	"  6.29 ms – 7.34 ms  ███████████████████████████████████████████████████████  46\n"
	"  7.34 ms – 8.39 ms  ██████████████████████████████████▋                      29\n"
	"  8.39 ms – 10.5 ms  ████████████████████▍                                    17\n"
	"  10.5 ms – 12.6 ms                                                            0\n"
	"  12.6 ms – 14.7 ms  █▎                                                        1\n"
	"  14.7 ms – 16.8 ms                                                            0\n"
	"  16.8 ms – 21.0 ms  █▎                                                        1\n"
	"\n"
	"  phases   kind   count    total  of pauses      p50      p99      max\n"
	"  prepare  major    214  12.8 ms     0.99 %  59.4 µs  98.3 µs   139 µs\n"
	"  roots    major    214  64.0 ms      5.0 %   311 µs   492 µs   694 µs\n"
	"  mark     major    214   1.15 s     89.2 %  5.51 ms  8.91 ms  12.5 ms\n"
	"  sweep    major    214  25.6 ms      2.0 %   119 µs   197 µs   278 µs\n"
	"\n"
	"  made of        75.9 % running · 23.3 % waiting for a CPU\n"
	"                 0.85 % waiting for mutators to stop\n"
	"  others ran     stress-ng 280 ms\n"
	"  collections    214 major: 200 allocation, 12 explicit, 2 limit\n"
	"  allocation     1.21 GiB · 98.8 MiB/s · 12,345,678 objects of 104 B\n"
	"  write barrier  10,000,321 stores · 0 slow\n"
	"  size           123 MiB live · 189 MiB capacity · 202 MiB peak · 256 MiB limit\n"
	"\n"
	"  worst pauses      at  kind   cause       to safepoint  last to stop\n"
	"       18.3 ms  7.31 s  major  limit            7.12 ms  mutator 3\n"
	"       14.2 ms  12.0 s  major  allocation             -  -\n"
	"\n"
	"1,712 events · 0 lost · 0 unmatched\n"
	"gcscope itself: 41.0 ms of CPU · 21.0 MiB of memory at most · 11.0 MiB now\n"
	"1.25 MiB of kernel maps · attached in 14.2 ms · uprobe_multi\n";

static void test_the_look(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_depgraph(report, 41234);
	text = rendered(report, (struct text_style){ .utf8 = true, .width = 80 });
	assert_string_equal(text, look);
	free(text);
	report_free(report);
}

static void test_a_narrow_terminal_drops_the_least_needed(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_depgraph(report, 41234);
	text = rendered(report, (struct text_style){ .utf8 = false, .width = 60 });
	assert_has(text, "depgraph | pid 41234 | gcscope | exited with status 0\n");
	assert_has(text, "\n  pauses             count      p50      p99      max\n");
	assert_has(text, "\n  time to safepoint    214  21.5 us  43.0 us  7.12 ms\n");
	assert_has(text, "\n  6.29 ms - 7.34 ms  ###################################  46\n");
	assert_has(text, "\n  collections    214 major: 200 allocation, 12 explicit,\n"
			 "                 2 limit\n");
	free(text);
	report_free(report);
}

/* Neither a line too long, nor spaces at its end, nor a byte that the style forbids. */
static void assert_well_formed(char *text, struct text_style style)
{
	unsigned width = style.width < 60 ? 60 : style.width > 200 ? 200 : style.width;
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line);

		if (display_width(line) > width)
			fail_msg("wider than %u: %s", width, line);
		if (length && line[length - 1] == ' ')
			fail_msg("space at the end: %s|", line);
		for (const char *c = line; *c; c++) {
			if ((unsigned char)*c < ' ' || *c == 0x7f || (!style.utf8 && *c < 0))
				fail_msg("byte %#x in: %s", (unsigned char)*c, line);
		}
	}
}

static void test_any_report_fits_any_width(void **state)
{
	static const unsigned widths[] = { 1, 60, 61, 72, 80, 99, 100, 133, 200, 5000 };

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct text_style style = { .utf8 = i % 2, .width = widths[i % 10] };
		struct report *report = fixture_random();
		char *text = rendered(report, style);

		assert_well_formed(text, style);
		free(text);
		report_free(report);
	}
}

static void test_nothing_seen(void **state)
{
	struct report *report = fixture_report();
	char *text = rendered(report, plain);

	(void)state;
	assert_has(text, "No heap of a known runtime was seen in 12.5 s.\n");
	free(text);
	report_free(report);
}

static void test_a_quiet_heap_says_so_and_no_more(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_heap(fixture_process(report, 7, "idle"), 1, NULL)->has_time_to_safepoint = true;
	text = rendered(report, plain);
	assert_has(text, "idle · pid 7 · gcscope · running\n"
			 "\n"
			 "heap 1 · no pause in 12.5 s\n"
			 "\n"
			 "0 events");
	free(text);
	report_free(report);
}

static void test_what_was_lost_is_loud(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	report->events.lost[GCSCOPE_LOST_RECORD] = 1200;
	report->events.lost[GCSCOPE_LOST_PROBE] = 3;
	text = rendered(report, plain);
	assert_has(text, "\nLOST 1,203 events, so the figures are too low: 1,200 ring_buffer_full, "
			 "3 probe_skipped\n");
	assert_has(text, "1,203 lost");
	free(text);
	text = rendered(report, (struct text_style){ .color = true, .utf8 = true, .width = 100 });
	assert_has(text, "\033[1;31mLOST");
	free(text);
	report_free(report);
}

static void test_trouble_comes_first(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap;
	char *text;

	(void)state;
	heap = &fixture_depgraph(report, 7)->heaps[0];
	heap->out_of_memory = 3;
	histogram_add(&heap->stalls.histogram, 5000000);
	text = rendered(report, plain);
	assert_has(text, "18.3 ms\nOut of memory: 3 allocations failed at the limit.\n\n  pauses");
	assert_has(text, "\n  allocation stalls      1  5.00 ms  5.00 ms");
	free(text);
	heap->end = GCS_END_EXIT_TIMEOUT;
	text = rendered(report, plain);
	assert_has(text, "18.3 ms\nA mutator did not stop at exit: counters fall short.\nOut of");
	free(text);
	heap->end = 0;
	heap->cut_short = true;
	text = rendered(report, plain);
	assert_has(text, "It ended abruptly: counters are those of its last collection.\nOut of");
	free(text);
	report_free(report);
}

static void test_ends(void **state)
{
	struct report *report = fixture_report();
	struct process_report *process = fixture_process(report, 7, "a");
	char *text;

	(void)state;
	process->ns_pid = 1;
	process->attached_late = true;
	process->cgroup = strdup("/system.slice/nginx.service");
	text = rendered(report, plain);
	assert_has(text, "a · pid 7 · 1 inside · gcscope · running · nginx.service\n"
			 "Attached while it ran: what it did before is not in here.\n");
	free(text);
	process->ended = true;
	process->exit_code = fixture_known(3);
	process->exit_signal = fixture_known(0);
	text = rendered(report, plain);
	assert_has(text, "exited with status 3");
	free(text);
	process->exit_code = (struct number){ 0 };
	process->exit_signal = fixture_known(9);
	text = rendered(report, plain);
	assert_has(text, "killed by SIGKILL");
	free(text);
	process->exit_signal = fixture_known(40);
	text = rendered(report, plain);
	assert_has(text, "killed by signal 40");
	free(text);
	process->exec = true;
	text = rendered(report, plain);
	assert_has(text, "became another program");
	free(text);
	report_free(report);
}

/* A name is no way to write to the operator's terminal. */
static void test_names_are_tamed(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_process(report, 7, "a\033[2J\xff\xc2\x9bü");
	text = rendered(report, plain);
	assert_has(text, "a?[2J??ü · pid 7");
	free(text);
	text = rendered(report, (struct text_style){ .width = 80 });
	assert_has(text, "a?[2J??? | pid 7");
	free(text);
	report_free(report);
}

static void test_colour_only_when_asked(void **state)
{
	struct report *report = fixture_report();
	char *text;

	(void)state;
	fixture_depgraph(report, 7);
	text = rendered(report, plain);
	assert_has_not(text, "\033");
	free(text);
	text = rendered(report, (struct text_style){ .color = true, .utf8 = true, .width = 100 });
	assert_has(text, "\033[1mdepgraph");
	assert_has(text, "status 0\033[0m\n");
	free(text);
	report_free(report);
}

static void test_young_figures(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap =
		fixture_heap(fixture_process(report, 7, "lru"), 1, "generational");
	char *text;

	(void)state;
	fixture_collections(heap, GCS_KIND_MINOR, GCS_CAUSE_ALLOCATION, 1500);
	fixture_collections(heap, GCS_KIND_MAJOR, GCS_CAUSE_LIMIT, 2);
	heap->allocation_bytes = fixture_known(1 << 30);
	heap->nursery_collected_bytes = fixture_known(1 << 29);
	heap->nursery_survived_bytes = fixture_known(1 << 25);
	heap->nursery_aged_bytes = fixture_known(1 << 20);
	heap->promotion_pinned_bytes = fixture_known(1 << 10);
	heap->size_nursery_bytes = fixture_known(4 << 20);
	heap->promotion_bytes = fixture_known(1 << 25);
	heap->promotion_objects = fixture_known(1000);
	heap->barrier_slow = fixture_known(12);
	heap->cards_dirtied = fixture_known(12);
	heap->cards_redirtied = fixture_known(3);
	heap->cards_scanned = fixture_known(10);
	heap->cards_useful = fixture_known(4);
	text = rendered(report, plain);
	assert_has(text, "\n  collections    1,500 minor: 1,500 allocation\n"
			 "  collections    2 major: 2 limit\n"
			 "  allocation     1.00 GiB · 81.9 MiB/s\n"
			 "  nursery        512 MiB collected · 6.2 % of it survived · 1.00 MiB aged"
			 " · 1.00 KiB pinned\n"
			 "                 4.00 MiB now\n"
			 "  promotion      32.0 MiB · 1,000 objects · 3.1 % of allocation\n"
			 "  write barrier  12 slow\n"
			 "  cards          12 dirtied · 25.0 % of them again · 10 scanned"
			 " · 40.0 % of them useful\n"
			 "\n");
	free(text);
	report_free(report);
}

static void test_sites(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap =
		fixture_heap(fixture_process(report, 7, "lru"), 1, "generational");
	struct site_report *site;
	char *text;

	(void)state;
	heap->has_sites = true;
	text = rendered(report, plain);
	assert_has(text, "\nNo allocation was sampled.\n");
	free(text);
	fixture_site(heap, GCSCOPE_SORT_ALLOCATION, "get", "/src/lru.c", 42)->weight = 3 << 20;
	fixture_site(heap, GCSCOPE_SORT_ALLOCATION, NULL, NULL, 0)->weight = 1 << 20;
	site = fixture_site(heap, GCSCOPE_SORT_STORE, "put", "lru.c", 7);
	site->samples = 3;
	site->weight = 300;
	site->dirtied = 200;
	fixture_site(heap, GCSCOPE_SORT_STORE, "none", "lru.c", 8)->weight = 5;
	text = rendered(report, plain);
	assert_has(text, "\n  allocation by line     bytes  samples  function         line\n"
			 "              75.0 %  3.00 MiB        0  get              lru.c:42\n"
			 "              25.0 %  1.00 MiB        0  depgraph+0x1234  -\n"
			 "\n"
			 "  dirty cards by line  cards  slow stores  samples  function  line\n"
			 "              100.0 %    200          300        3  put       lru.c:7\n"
			 "\n");
	free(text);
	report_free(report);
}

static void test_only_the_first_sites_are_shown(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 7, "lru"), 1, NULL);
	char *text;

	(void)state;
	for (unsigned line = 1; line <= 11; line++)
		fixture_site(heap, GCSCOPE_SORT_ALLOCATION, "f", "a.c", line)->weight = 100 - line;
	text = rendered(report, plain);
	assert_has(text, "a.c:10\n");
	assert_has_not(text, "a.c:11\n");
	free(text);
	report_free(report);
}

static void test_long_names_are_cut_where_they_tell_least(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 7, "lru"), 1, NULL);
	char *text;

	(void)state;
	fixture_site(heap, GCSCOPE_SORT_ALLOCATION, "a_rather_long_name", "a_long_file_name.c",
		     1234);
	text = rendered(report, (struct text_style){ .width = 60 });
	assert_has(text, "a_rather_long  e_name.c:1234\n");
	free(text);
	report_free(report);
}

/* The counts behind the bars, added up. */
static uint64_t bar_counts(char *text, unsigned *rows)
{
	uint64_t sum = 0;
	char *line;

	for (*rows = 0; (line = strsep(&text, "\n")) && *line; ++*rows) {
		uint64_t count = 0;

		for (const char *c = strrchr(line, ' ') + 1; *c; c++)
			count = *c == ',' ? count : 10 * count + (uint64_t)(*c - '0');
		sum += count;
	}
	return sum;
}

static void test_bars_leave_nothing_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct report *report = fixture_report();
		struct heap_report *heap = fixture_heap(fixture_process(report, 1, "a"), 1, NULL);
		struct gcscope_histogram *pauses = fixture_pauses(heap, GCS_KIND_MINOR);
		struct capture capture;
		unsigned rows;
		char *text;

		for (unsigned n = i % 70; n > 0; n--)
			histogram_add(pauses, 1 + ((uint64_t)n * n * n << i % 44));
		capture_begin(&capture);
		bars_print(capture.stream, pauses, &plain);
		text = capture_end(&capture);
		assert_int_equal(bar_counts(text, &rows), pauses->count);
		assert_true(rows <= BARS_ROWS);
		assert_int_equal(rows == 0, pauses->count == 0);
		free(text);
		report_free(report);
	}
}

/* Two collections a column; the first part cools, the third is dirty once, the others never. */
static struct report *mapped_report(void)
{
	struct report *report = fixture_report();
	struct card_map *map =
		fixture_card_map(fixture_heap(fixture_process(report, 7, "lru"), 1, NULL));

	for (uint32_t i = 0; i < 24; i++) {
		const uint32_t counts[64] = { 2400 - 100 * (i - i % 2), 0, i == 11 };

		if (i < 16 || i > 19)
			card_map_add(map, 250000000 + i * 500000, 0, 4 << 20, counts, 64);
	}
	return report;
}

static void test_a_card_map(void **state)
{
	struct report *report = mapped_report();
	char *text;

	(void)state;
	text = rendered(report, plain);
	assert_has(text, "pause in 12.5 s\n"
			 "\n"
			 "  card map  █ 2,400 dirty cards per collection, · none\n"
			 "       0 B  ██▇▆▆▅▄▄  ▂▁\n"
			 "  4.00 MiB  ········  ··\n"
			 "  8.00 MiB  ·····▁··  ··\n"
			 "            250 ms  262 ms\n"
			 "\n"
			 "0 events");
	free(text);
	text = rendered(report, (struct text_style){ .width = 80 });
	assert_has(text, "  card map  @ 2,400 dirty cards per collection, . none\n"
			 "       0 B  @@%##*++  -:\n"
			 "  4.00 MiB  ........  ..\n"
			 "  8.00 MiB  .....:..  ..\n");
	free(text);
	text = rendered(report, (struct text_style){ .color = true, .utf8 = true, .width = 80 });
	assert_has(text, "\n  \033[2mcard map  █ 2,400");
	assert_has(text, "  \033[31m█\033[0m\033[31m█\033[0m");
	free(text);
	report_free(report);
}

static void test_a_card_map_is_made_to_fit(void **state)
{
	struct report *report = fixture_report();
	struct card_map *map =
		fixture_card_map(fixture_heap(fixture_process(report, 7, "lru"), 1, NULL));
	char *text;

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		const uint32_t counts[64] = { [40] = 2 };

		card_map_add(map, i * 1000000, 0, 1 << 20, counts, 64);
	}
	text = rendered(report, plain);
	assert_has(text, "  card map  █ 2 dirty cards per collection, · none\n       0 B  ····");
	assert_has(text, "\n  40.0 MiB  ████████████████████████████████"
			 "████████████████████████████████\n"
			 "            0 ns"
			 "                                                     64.0 ms\n");
	assert_has_not(text, "44.0 MiB");
	free(text);
	text = rendered(report, (struct text_style){ .width = 75 });
	assert_has(text, "\n  40.0 MiB  @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
			 "            0 ns                     64.0 ms\n");
	free(text);
	report_free(report);
}

static void test_cards_that_were_never_dirty(void **state)
{
	struct report *report = fixture_report();
	struct heap_report *heap = fixture_heap(fixture_process(report, 7, "lru"), 1, NULL);
	static const uint32_t counts[3] = { 0 };
	char *text;

	(void)state;
	card_map_add(fixture_card_map(heap), 0, 0, 4096, counts, 3);
	text = rendered(report, plain);
	assert_has_not(text, "card map");
	free(text);
	for (unsigned i = 0; i < 299; i++)
		card_map_add(heap->card_map, 0, 0, 4096, counts, 3);
	card_map_add(heap->card_map, 0, 0, 4096, (const uint32_t[]){ 1 }, 1);
	text = rendered(report, plain);
	assert_has(text, "card map  █ 0.0033 dirty cards per collection, · none\n       0 B  █\n");
	free(text);
	report_free(report);
}

static void test_a_full_disk_is_told(void **state)
{
	struct report *report = fixture_report();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(render_text(full, report, &plain), -1);
	assert_int_equal(errno, ENOSPC);
	fclose(full);
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_look),
		cmocka_unit_test(test_a_narrow_terminal_drops_the_least_needed),
		cmocka_unit_test(test_any_report_fits_any_width),
		cmocka_unit_test(test_nothing_seen),
		cmocka_unit_test(test_a_quiet_heap_says_so_and_no_more),
		cmocka_unit_test(test_what_was_lost_is_loud),
		cmocka_unit_test(test_trouble_comes_first),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_names_are_tamed),
		cmocka_unit_test(test_colour_only_when_asked),
		cmocka_unit_test(test_young_figures),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_only_the_first_sites_are_shown),
		cmocka_unit_test(test_long_names_are_cut_where_they_tell_least),
		cmocka_unit_test(test_bars_leave_nothing_out),
		cmocka_unit_test(test_a_card_map),
		cmocka_unit_test(test_a_card_map_is_made_to_fit),
		cmocka_unit_test(test_cards_that_were_never_dirty),
		cmocka_unit_test(test_a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
