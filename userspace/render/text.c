/* SPDX-License-Identifier: BSD-2-Clause */
/* The report for people: what an operator wants to know first stands first. */
#include "render/render.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "model/blame.h"
#include "model/distribution.h"
#include "model/names.h"
#include "model/unit.h"
#include "render/bars.h"
#include "render/format.h"
#include "render/heat_map.h"
#include "render/line.h"
#include "render/table.h"
#include "render/utf8.h"

#define NARROWEST   60
#define WIDEST	    200
#define WORST_SHOWN 5
#define SITES_SHOWN 10
#define RIVALS_SHOWN 4
#define BARS_FROM   4 /* values; of fewer, the table says all */

/* What stands before a site's function at the least, and the gaps. */
#define SITE_FIGURES 34

struct text {
	FILE *out;
	const struct report *report;
	struct text_style style;
	struct line line;
	bool fields_begun; /* of the heap at hand: named lines, after an empty one */
	bool failed;	   /* no memory */
};

enum ink { INK_END, INK_HEADING, INK_FAINT, INK_ALARM };

static const char *ink(const struct text *text, enum ink ink)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[2m", "\033[1;31m" };

	return text->style.color ? codes[ink] : "";
}

/* What began before the session did began at 0. */
static uint64_t nanoseconds(double seconds)
{
	return seconds > 0 ? (uint64_t)(seconds * 1e9 + 0.5) : 0;
}

/* Numbers as text, each in a buffer that lives as long as the block. */
#define DURATION(ns) format_duration(&(struct number_text){ 0 }, ns, text->style.utf8)
#define SECONDS(s)   DURATION(nanoseconds(s))
#define BYTES(bytes) format_bytes(&(struct number_text){ 0 }, bytes)
#define COUNT(count) format_count(&(struct number_text){ 0 }, count)
#define SHARE(share) format_share(&(struct number_text){ 0 }, share)

#define DOT	   (text->style.utf8 ? " · " : " | ")
#define PIECE(...) line_piece(&text->line, DOT, __VA_ARGS__)

static void begin_field(struct text *text, const char *name)
{
	if (!text->fields_begun)
		fputc('\n', text->out);
	text->fields_begun = true;
	line_begin(&text->line, name);
}

/* A name from outside, made safe for a terminal. NULL without memory; free it. */
static char *printable(struct text *text, const char *name)
{
	char *safe = strdup(name);
	char *end = safe;

	if (!safe) {
		text->failed = true;
		return NULL;
	}
	while (*name) {
		size_t length = utf8_length(name);
		bool ascii = length == 1 && *name >= ' ' && *name <= '~';
		bool control = name[0] == '\xc2' && (uint8_t)name[1] < 0xa0;

		if (ascii || (length > 1 && !control && text->style.utf8))
			end = mempcpy(end, name, length);
		else
			*end++ = '?';
		name += length ? length : 1;
	}
	*end = '\0';
	return safe;
}

static void put_name(struct text *text, const char *name)
{
	char *safe = printable(text, name);

	PIECE("%s", safe ? safe : "");
	free(safe);
}

static void put_fate(struct text *text, const struct process_report *process)
{
	const char *signal;

	if (!process->ended) {
		PIECE("running");
	} else if (process->exec) {
		PIECE("became another program");
	} else if (process->exit_signal.known && process->exit_signal.value) {
		signal = sigabbrev_np((int)process->exit_signal.value);
		if (signal)
			PIECE("killed by SIG%s", signal);
		else
			PIECE("killed by signal %" PRIu64, process->exit_signal.value);
	} else if (process->exit_code.known) {
		PIECE("exited with status %" PRIu64, process->exit_code.value);
	} else {
		PIECE("ended");
	}
}

static void put_process_heading(struct text *text, const struct process_report *process)
{
	char *unit = unit_name(process->cgroup);

	fputs(ink(text, INK_HEADING), text->out);
	line_begin(&text->line, "");
	put_name(text, process->comm);
	PIECE("pid %d", process->pid);
	if (process->ns_pid > 0 && process->ns_pid != process->pid)
		PIECE("%d inside", process->ns_pid);
	PIECE("%s", process->runtime);
	put_fate(text, process);
	if (unit)
		put_name(text, unit);
	fputs(ink(text, INK_END), text->out);
	line_end(&text->line);
	if (process->attached_late)
		fprintf(text->out,
			"%sAttached while it ran: what it did before is not in here.%s\n",
			ink(text, INK_FAINT), ink(text, INK_END));
	free(unit);
}

/* All pauses of a heap, whatever their kind. */
static struct gcscope_histogram all_pauses(const struct heap_report *heap)
{
	struct gcscope_histogram all = { 0 };

	for (size_t i = 0; i < heap->pause_count; i++)
		histogram_merge(&all, &heap->pauses[i].histogram);
	return all;
}

static void put_heap_heading(struct text *text, const struct heap_report *heap,
			     const struct gcscope_histogram *pauses)
{
	double seconds = text->report->duration_seconds;
	double paused = (double)pauses->sum / 1e9;

	fputs(ink(text, INK_HEADING), text->out);
	line_begin(&text->line, "");
	PIECE("heap %" PRIu64, heap->heap);
	if (heap->plan)
		PIECE("%s", heap->plan);
	if (pauses->count == 0)
		PIECE("no pause in %s", SECONDS(seconds));
	else
		PIECE("%s %s", COUNT(pauses->count), pauses->count == 1 ? "pause" : "pauses");
	if (pauses->count && seconds > 0)
		PIECE("%s in all, %s of %s", DURATION(pauses->sum), SHARE(paused / seconds),
		      SECONDS(seconds));
	if (pauses->count)
		PIECE("longest %s", DURATION(pauses->max));
	fputs(ink(text, INK_END), text->out);
	line_end(&text->line);
	if (heap->end == GCS_END_EXIT_TIMEOUT)
		fprintf(text->out, "%sA mutator did not stop at exit: counters fall short.%s\n",
			ink(text, INK_ALARM), ink(text, INK_END));
	if (heap->cut_short)
		fprintf(text->out,
			"%sIt ended abruptly: counters are those of its last collection.%s\n",
			ink(text, INK_FAINT), ink(text, INK_END));
	if (heap->has_stalls && heap->out_of_memory)
		fprintf(text->out, "%sOut of memory: %s %s at the limit.%s\n", ink(text, INK_ALARM),
			COUNT(heap->out_of_memory),
			heap->out_of_memory == 1 ? "allocation failed" : "allocations failed",
			ink(text, INK_END));
}

static void put_table(struct text *text, struct table *table)
{
	fputc('\n', text->out);
	if (table_print(table, text->out, text->style.width, ink(text, INK_FAINT),
			ink(text, INK_END)))
		text->failed = true;
}

static void add_pause_row(const struct text *text, struct table *table, const char *name,
			  const struct gcscope_histogram *histogram)
{
	static const double quantiles[] = { 0.5, 0.9, 0.99, 0.999 };

	if (histogram->count == 0)
		return;
	table_row(table);
	table_cell(table, "%s", name);
	table_cell(table, "%s", COUNT(histogram->count));
	table_cell(table, "%s", DURATION(histogram->sum));
	table_cell(table, "%s", DURATION(histogram_min(histogram)));
	for (unsigned i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		table_cell(table, "%s", DURATION(histogram_quantile(histogram, quantiles[i])));
	table_cell(table, "%s", DURATION(histogram->max));
}

/* Waiting for a CPU has made more than a hundredth of these pauses. */
static bool was_disturbed(const struct distribution *pauses)
{
	return has_ledger(pauses) && pauses->undisturbed.sum < pauses->histogram.sum / 100 * 99;
}

static void put_pauses(struct text *text, const struct heap_report *heap)
{
	static const struct column columns[] = {
		{ "pauses", true, 0 }, { "count", false, 0 }, { "total", false, 1 },
		{ "min", false, 4 },   { "p50", false, 0 },   { "p90", false, 2 },
		{ "p99", false, 0 },   { "p99.9", false, 3 }, { "max", false, 0 },
	};
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) };

	for (size_t i = 0; i < heap->pause_count; i++) {
		add_pause_row(text, &table, kind_name(heap->pauses[i].kind),
			      &heap->pauses[i].histogram);
		if (was_disturbed(&heap->pauses[i]))
			add_pause_row(text, &table, "  given a CPU",
				      &heap->pauses[i].undisturbed);
	}
	if (heap->has_time_to_safepoint)
		add_pause_row(text, &table, "time to safepoint",
			      &heap->time_to_safepoint.histogram);
	if (heap->has_stalls)
		add_pause_row(text, &table, "allocation stalls", &heap->stalls.histogram);
	if (table.row_count)
		put_table(text, &table);
}

/* A phase as a share of the pauses of its kind; "-" where there are none. */
static void add_share(struct table *table, const struct heap_report *heap,
		      const struct distribution *phase)
{
	for (size_t i = 0; i < heap->pause_count; i++) {
		const struct distribution *pauses = &heap->pauses[i];

		if (pauses->kind == phase->kind && pauses->histogram.sum) {
			table_cell(table, "%s",
				   SHARE((double)phase->histogram.sum /
					 (double)pauses->histogram.sum));
			return;
		}
	}
	table_cell(table, "-");
}

static void put_phases(struct text *text, const struct heap_report *heap)
{
	static const struct column columns[] = {
		{ "phases", true, 0 }, { "kind", true, 0 },	  { "count", false, 0 },
		{ "total", false, 0 }, { "of pauses", false, 1 }, { "p50", false, 3 },
		{ "p99", false, 2 },   { "max", false, 0 },
	};
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) };

	for (size_t i = 0; i < heap->phase_count; i++) {
		const struct distribution *phase = &heap->phases[i];
		const struct gcscope_histogram *histogram = &phase->histogram;

		table_row(&table);
		table_cell(&table, "%s", phase_name(phase->phase));
		table_cell(&table, "%s", kind_name(phase->kind));
		table_cell(&table, "%s", COUNT(histogram->count));
		table_cell(&table, "%s", DURATION(histogram->sum));
		add_share(&table, heap, phase);
		table_cell(&table, "%s", DURATION(histogram_quantile(histogram, 0.5)));
		table_cell(&table, "%s", DURATION(histogram_quantile(histogram, 0.99)));
		table_cell(&table, "%s", DURATION(histogram->max));
	}
	if (table.row_count)
		put_table(text, &table);
}

/* A line for each kind: how many, and what set them off. */
static void put_collections(struct text *text, const struct heap_report *heap)
{
	for (uint32_t kind = 0; kind < GCS_KINDS; kind++) {
		const char *lead = ": ";
		uint64_t total = 0;

		for (size_t i = 0; i < heap->collection_count; i++)
			total += heap->collections[i].kind == kind ? heap->collections[i].count : 0;
		if (total == 0)
			continue;
		begin_field(text, "collections");
		PIECE("%s %s", COUNT(total), kind_name(kind));
		for (size_t i = 0; i < heap->collection_count; i++) {
			const struct collection_count *collections = &heap->collections[i];

			if (collections->kind != kind || collections->count == 0)
				continue;
			line_piece(&text->line, lead, "%s %s", COUNT(collections->count),
				   cause_name(collections->cause));
			lead = ", ";
		}
		line_end(&text->line);
	}
}

/* What pauses of all kinds were made of; nothing where some have no ledger. */
static void put_made_of(struct text *text, const struct heap_report *heap)
{
	struct blame shares[BLAMES];
	size_t count = blame_pauses(heap, shares);

	if (!count)
		return;
	begin_field(text, "made of");
	for (size_t i = 0; i < count; i++)
		PIECE("%s %s", SHARE(shares[i].share), shares[i].what);
	line_end(&text->line);
}

/* Who had the CPU meanwhile. */
static void put_rivals(struct text *text, const struct heap_report *heap)
{
	if (!heap->rival_count)
		return;
	begin_field(text, "others ran");
	for (size_t i = 0; i < heap->rival_count && i < RIVALS_SHOWN; i++) {
		char *name = printable(text, heap->rivals[i].comm);

		if (name)
			PIECE("%s %s", name, DURATION(heap->rivals[i].ns));
		free(name);
	}
	line_end(&text->line);
}

static bool any(struct number number)
{
	return number.known && number.value;
}

static double ratio(struct number part, struct number whole)
{
	return (double)part.value / (double)whole.value;
}

static void put_allocation(struct text *text, const struct heap_report *heap)
{
	struct number bytes = heap->allocation_bytes, objects = heap->allocation_objects;

	if (!any(bytes))
		return;
	begin_field(text, "allocation");
	PIECE("%s", BYTES(bytes.value));
	if (text->report->duration_seconds > 0)
		PIECE("%s/s",
		      BYTES((uint64_t)((double)bytes.value / text->report->duration_seconds)));
	if (any(objects))
		PIECE("%s objects of %s", COUNT(objects.value), BYTES(bytes.value / objects.value));
	line_end(&text->line);
}

/* Of what minor collections have emptied; what they could not empty is the pinned part. */
static void put_nursery(struct text *text, const struct heap_report *heap)
{
	if (!any(heap->nursery_collected_bytes))
		return;
	begin_field(text, "nursery");
	PIECE("%s collected", BYTES(heap->nursery_collected_bytes.value));
	PIECE("%s of it survived",
	      SHARE(ratio(heap->nursery_survived_bytes, heap->nursery_collected_bytes)));
	if (any(heap->nursery_aged_bytes))
		PIECE("%s aged", BYTES(heap->nursery_aged_bytes.value));
	if (any(heap->promotion_pinned_bytes))
		PIECE("%s pinned", BYTES(heap->promotion_pinned_bytes.value));
	if (heap->size_nursery_bytes.known)
		PIECE("%s now", BYTES(heap->size_nursery_bytes.value));
	line_end(&text->line);
}

static void put_promotion(struct text *text, const struct heap_report *heap)
{
	if (!any(heap->promotion_bytes))
		return;
	begin_field(text, "promotion");
	PIECE("%s", BYTES(heap->promotion_bytes.value));
	if (any(heap->promotion_objects))
		PIECE("%s objects", COUNT(heap->promotion_objects.value));
	if (any(heap->allocation_bytes))
		PIECE("%s of allocation",
		      SHARE(ratio(heap->promotion_bytes, heap->allocation_bytes)));
	line_end(&text->line);
}

static void put_barrier(struct text *text, const struct heap_report *heap)
{
	struct number stores = heap->barrier_stores, slow = heap->barrier_slow;

	if (!any(stores) && !any(slow))
		return;
	begin_field(text, "write barrier");
	if (any(stores))
		PIECE("%s stores", COUNT(stores.value));
	if (slow.known)
		PIECE("%s slow", COUNT(slow.value));
	if (any(stores) && any(slow))
		PIECE("%s", SHARE(ratio(slow, stores)));
	line_end(&text->line);
}

static void put_cards(struct text *text, const struct heap_report *heap)
{
	if (!any(heap->cards_dirtied) && !any(heap->cards_scanned))
		return;
	begin_field(text, "cards");
	if (heap->cards_dirtied.known)
		PIECE("%s dirtied", COUNT(heap->cards_dirtied.value));
	if (any(heap->cards_redirtied))
		PIECE("%s of them again", SHARE(ratio(heap->cards_redirtied, heap->cards_dirtied)));
	if (heap->cards_scanned.known)
		PIECE("%s scanned", COUNT(heap->cards_scanned.value));
	if (any(heap->cards_scanned) && heap->cards_useful.known)
		PIECE("%s of them useful", SHARE(ratio(heap->cards_useful, heap->cards_scanned)));
	line_end(&text->line);
}

static void put_size(struct text *text, const struct heap_report *heap)
{
	const struct {
		struct number bytes;
		const char *name;
	} sizes[] = {
		{ heap->size_live_bytes, "live" },
		{ heap->size_fragmented_bytes, "fragmented" },
		{ heap->size_capacity_bytes, "capacity" },
		{ heap->size_peak_capacity_bytes, "peak" },
		{ heap->size_limit_bytes, "limit" },
	};
	bool begun = false;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (!sizes[i].bytes.known)
			continue;
		if (!begun)
			begin_field(text, "size");
		begun = true;
		PIECE("%s %s", BYTES(sizes[i].bytes.value), sizes[i].name);
	}
	if (begun)
		line_end(&text->line);
}

/* Columns that a site's function and line may have each: half of what figures leave. */
static size_t half_line(const struct text *text)
{
	size_t half = (text->style.width - SITE_FIGURES) / 2;

	return half < TABLE_CELL ? half : TABLE_CELL;
}

static bool within_character(char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Of a function that is too long the beginning. */
static void add_function(struct text *text, struct table *table, const char *function)
{
	char *name = printable(text, function);
	size_t length = name ? strlen(name) : 0;

	if (length > half_line(text))
		length = half_line(text);
	while (length && within_character(name[length]))
		length--;
	table_cell(table, "%.*s", (int)length, name ? name : "");
	free(name);
}

/* Of a place in a file that is too long the end. */
static void add_place(struct text *text, struct table *table, const char *format, const char *path,
		      uint64_t number)
{
	char *name = printable(text, basename(path)), *place = NULL;
	const char *at;

	if (!name || asprintf(&place, format, name, number) < 0) {
		text->failed = true;
		free(name);
		return;
	}
	at = place;
	if (strlen(place) > half_line(text))
		at += strlen(place) - half_line(text);
	while (within_character(*at))
		at++;
	table_cell(table, "%s", at);
	free(place);
	free(name);
}

/* Its function and line, or else its place in the file that the code is from. */
static void add_site(struct text *text, struct table *table, const struct site_report *site)
{
	if (site->function)
		add_function(text, table, site->function);
	else
		add_place(text, table, "%s+0x%" PRIx64, site->module ? site->module : "",
			  site->offset);
	if (site->file && site->line)
		add_place(text, table, "%s:%" PRIu64, site->file, site->line);
	else
		table_cell(table, "-");
}

/* Where mutators were when others had stopped already. */
static void put_stop_sites(struct text *text, const struct heap_report *heap)
{
	static const struct column columns[] = {
		{ "waited for by line", false, 0 }, { "time", false, 0 }, { "stops", false, 1 },
		{ "function", true, 0 },	    { "line", true, 0 },
	};
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) };
	uint64_t total = 0;

	for (size_t i = 0; i < heap->site_count; i++)
		total += heap->sites[i].sort == GCSCOPE_SORT_STOP ? heap->sites[i].weight : 0;
	for (size_t i = 0; total && i < heap->site_count && table.row_count < SITES_SHOWN; i++) {
		const struct site_report *site = &heap->sites[i];

		if (site->sort != GCSCOPE_SORT_STOP)
			continue;
		table_row(&table);
		table_cell(&table, "%s", SHARE((double)site->weight / (double)total));
		table_cell(&table, "%s", DURATION(site->weight));
		table_cell(&table, "%s", COUNT(site->samples));
		add_site(text, &table, site);
	}
	if (table.row_count)
		put_table(text, &table);
}

static void put_allocation_sites(struct text *text, const struct heap_report *heap)
{
	static const struct column columns[] = {
		{ "allocation by line", false, 0 }, { "bytes", false, 0 }, { "samples", false, 1 },
		{ "function", true, 0 },	    { "line", true, 0 },
	};
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) };
	uint64_t total = 0;

	for (size_t i = 0; i < heap->site_count; i++)
		total += heap->sites[i].sort == GCSCOPE_SORT_ALLOCATION ? heap->sites[i].weight : 0;
	for (size_t i = 0; i < heap->site_count && table.row_count < SITES_SHOWN; i++) {
		const struct site_report *site = &heap->sites[i];

		if (site->sort != GCSCOPE_SORT_ALLOCATION)
			continue;
		table_row(&table);
		table_cell(&table, "%s", SHARE(total ? (double)site->weight / (double)total : 0));
		table_cell(&table, "%s", BYTES(site->weight));
		table_cell(&table, "%s", COUNT(site->samples));
		add_site(text, &table, site);
	}
	if (table.row_count)
		put_table(text, &table);
	else
		fputs("\nNo allocation was sampled.\n", text->out);
}

/* Stores on armed cards that made none dirty are left out. */
static void put_store_sites(struct text *text, const struct heap_report *heap)
{
	static const struct column columns[] = {
		{ "dirty cards by line", false, 0 }, { "cards", false, 1 },
		{ "slow stores", false, 2 },	     { "samples", false, 3 },
		{ "function", true, 0 },	     { "line", true, 0 },
	};
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) };
	uint64_t total = 0;

	for (size_t i = 0; i < heap->site_count; i++)
		total += heap->sites[i].dirtied;
	for (size_t i = 0; i < heap->site_count && table.row_count < SITES_SHOWN; i++) {
		const struct site_report *site = &heap->sites[i];

		if (!site->dirtied)
			continue;
		table_row(&table);
		table_cell(&table, "%s", SHARE((double)site->dirtied / (double)total));
		table_cell(&table, "%s", COUNT(site->dirtied));
		table_cell(&table, "%s", COUNT(site->weight));
		table_cell(&table, "%s", COUNT(site->samples));
		add_site(text, &table, site);
	}
	if (table.row_count)
		put_table(text, &table);
}

static void put_heap(struct text *text, const struct heap_report *heap)
{
	struct gcscope_histogram pauses = all_pauses(heap);

	fputc('\n', text->out);
	put_heap_heading(text, heap, &pauses);
	put_pauses(text, heap);
	if (pauses.count >= BARS_FROM) {
		fputc('\n', text->out);
		bars_print(text->out, &pauses, &text->style);
	}
	put_phases(text, heap);
	text->fields_begun = false;
	put_made_of(text, heap);
	put_rivals(text, heap);
	put_collections(text, heap);
	put_allocation(text, heap);
	put_nursery(text, heap);
	put_promotion(text, heap);
	put_barrier(text, heap);
	put_cards(text, heap);
	put_size(text, heap);
	if (heap->card_map)
		heat_map_print(text->out, heap->card_map, &text->style);
	if (heap->has_sites) {
		put_allocation_sites(text, heap);
		put_store_sites(text, heap);
		put_stop_sites(text, heap);
	}
}

static void put_worst(struct text *text, const struct process_report *process)
{
	static const struct column columns[] = {
		{ "worst pauses", false, 0 }, { "at", false, 0 },
		{ "kind", true, 0 },	      { "cause", true, 0 },
		{ "to safepoint", false, 1 }, { "last to stop", true, 2 },
		{ "collection", false, 3 },   { "heap", false, 0 },
	};
	bool one_heap = process->heap_count == 1;
	struct table table = { .columns = columns,
			       .column_count = sizeof(columns) / sizeof(*columns) - one_heap };

	for (size_t i = 0; i < process->worst_count && i < WORST_SHOWN; i++) {
		const struct worst_pause *worst = &process->worst[i];
		struct number stopped = worst->time_to_safepoint_ns;

		table_row(&table);
		table_cell(&table, "%s", DURATION(worst->duration_ns));
		table_cell(&table, "%s", SECONDS(worst->at_seconds));
		table_cell(&table, "%s", kind_name(worst->kind));
		table_cell(&table, "%s", cause_name(worst->cause));
		table_cell(&table, "%s", stopped.known ? DURATION(stopped.value) : "-");
		if (worst->latest_mutator.known)
			table_cell(&table, "mutator %" PRIu64, worst->latest_mutator.value);
		else
			table_cell(&table, "-");
		table_cell(&table, "%" PRIu64, worst->collection);
		if (!one_heap)
			table_cell(&table, "%" PRIu64, worst->heap);
	}
	if (table.row_count)
		put_table(text, &table);
}

static void put_process(struct text *text, const struct process_report *process)
{
	put_process_heading(text, process);
	for (size_t i = 0; i < process->heap_count; i++)
		put_heap(text, &process->heaps[i]);
	put_worst(text, process);
	fputc('\n', text->out);
}

static void put_lost(struct text *text)
{
	const char *lead = ": ";

	fputs(ink(text, INK_ALARM), text->out);
	line_begin(&text->line, "");
	PIECE("LOST %s events", COUNT(report_lost(text->report)));
	line_piece(&text->line, ", ", "so the figures are too low");
	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++) {
		if (text->report->events.lost[reason] == 0)
			continue;
		line_piece(&text->line, lead, "%s %s", COUNT(text->report->events.lost[reason]),
			   lost_name(reason));
		lead = ", ";
	}
	fputs(ink(text, INK_END), text->out);
	line_end(&text->line);
}

static void put_footer(struct text *text)
{
	const struct report *report = text->report;

	if (report_lost(report))
		put_lost(text);
	line_begin(&text->line, "");
	PIECE("%s events", COUNT(report->events.received));
	PIECE("%s lost", COUNT(report_lost(report)));
	PIECE("%s unmatched", COUNT(report->events.unmatched));
	line_end(&text->line);
	line_begin(&text->line, "");
	PIECE("gcscope itself: %s of CPU", SECONDS(report->profiler.cpu_seconds));
	PIECE("%s of memory at most", BYTES(report->profiler.max_rss_bytes));
	if (report->profiler.steady_rss_bytes.known)
		PIECE("%s now", BYTES(report->profiler.steady_rss_bytes.value));
	if (report->profiler.map_bytes.known)
		PIECE("%s of kernel maps", BYTES(report->profiler.map_bytes.value));
	PIECE("attached in %s", SECONDS(report->profiler.attach_seconds));
	if (report->profiler.attach_method)
		PIECE("%s", report->profiler.attach_method);
	line_end(&text->line);
}

int render_text(FILE *out, const struct report *report, const struct text_style *style)
{
	struct text text = { .out = out, .report = report, .style = *style };

	if (text.style.width < NARROWEST)
		text.style.width = NARROWEST;
	if (text.style.width > WIDEST)
		text.style.width = WIDEST;
	text.line = (struct line){ .out = out, .width = text.style.width };
	for (size_t i = 0; i < report->process_count; i++)
		put_process(&text, &report->processes[i]);
	if (report->process_count == 0)
		fprintf(out, "No heap of a known runtime was seen in %s.\n\n",
			format_duration(&(struct number_text){ 0 },
					nanoseconds(report->duration_seconds), style->utf8));
	put_footer(&text);
	if (text.failed || text.line.failed) {
		errno = ENOMEM;
		return -1;
	}
	return ferror(out) || fflush(out) ? -1 : 0;
}
