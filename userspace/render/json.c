/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gcscope.report/1. Names and nesting are a contract. An object always has all
 * its names; a number that is not known is null.
 *
 * A function that makes a value returns NULL without memory; one that takes a
 * value owns it, and hands a NULL on.
 */
#include "render/render.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "model/distribution.h"
#include "model/names.h"
#include "render/utf8.h"

/* Digits that nanoseconds need as seconds, up to 11 days; more would print noise. */
#define DIGITS 15

struct member {
	const char *name;
	json_t *value;
};

#define OBJECT(members) object(members, sizeof(members) / sizeof(*(members)))

static json_t *object(const struct member *members, size_t count)
{
	json_t *made = json_object();
	bool failed = false;

	for (size_t i = 0; i < count; i++)
		failed |= json_object_set_new(made, members[i].name, members[i].value) != 0;
	if (!failed)
		return made;
	json_decref(made);
	return NULL;
}

/* One object with the members of both. */
static json_t *joined(json_t *first, json_t *second)
{
	bool failed = json_object_update(first, second);

	json_decref(second);
	if (!failed)
		return first;
	json_decref(first);
	return NULL;
}

static json_t *array(const void *elements, size_t count, size_t size,
		     json_t *(*to_json)(const void *element))
{
	json_t *made = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(made, to_json((const char *)elements + i * size))) {
			json_decref(made);
			return NULL;
		}
	}
	return made;
}

#define ARRAY(list, count, to_json) array(list, count, sizeof(*(list)), to_json)

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *count_or_null(struct number number)
{
	return number.known ? integer(number.value) : json_null();
}

static json_t *seconds_or_null(struct seconds seconds)
{
	return seconds.known && isfinite(seconds.value) ? json_real(seconds.value) : json_null();
}

static json_t *seconds(double value)
{
	return seconds_or_null((struct seconds){ true, value });
}

static json_t *ns_or_null(bool known, uint64_t ns)
{
	return seconds_or_null((struct seconds){ known, (double)ns / 1e9 });
}

static json_t *string_or_null(const char *text)
{
	char *clean = text ? utf8_clean(text) : NULL;
	json_t *string = text ? json_string(clean) : json_null();

	free(clean);
	return string;
}

static json_t *quantile(const struct gcscope_histogram *histogram, double q)
{
	return ns_or_null(histogram->count > 0, histogram_quantile(histogram, q));
}

/* The figures of a distribution; not known: the runtime cannot tell them. */
static json_t *figures(const struct gcscope_histogram *histogram, bool known)
{
	bool any = known && histogram->count > 0;
	const struct member members[] = {
		{ "count", count_or_null((struct number){ known, histogram->count }) },
		{ "sum_seconds", ns_or_null(known, histogram->sum) },
		{ "min_seconds", ns_or_null(any, histogram_min(histogram)) },
		{ "max_seconds", ns_or_null(any, histogram->max) },
		{ "p50_seconds", quantile(histogram, 0.5) },
		{ "p90_seconds", quantile(histogram, 0.9) },
		{ "p99_seconds", quantile(histogram, 0.99) },
		{ "p999_seconds", quantile(histogram, 0.999) },
	};

	return OBJECT(members);
}

/* What the time was spent on. That of page faults is within the others. */
static json_t *ledger(struct number time_to_safepoint_ns, bool known,
		      const __u64 ns[GCSCOPE_PARTS])
{
	const struct member members[] = {
		{ "time_to_safepoint",
		  ns_or_null(time_to_safepoint_ns.known, time_to_safepoint_ns.value) },
		{ "cpu", ns_or_null(known, ns[GCSCOPE_PART_CPU]) },
		{ "runqueue", ns_or_null(known, ns[GCSCOPE_PART_RUNQUEUE]) },
		{ "throttled", ns_or_null(known, ns[GCSCOPE_PART_THROTTLED]) },
		{ "page_fault", json_null() },
		{ "io", ns_or_null(known, ns[GCSCOPE_PART_IO]) },
		{ "futex", ns_or_null(known, ns[GCSCOPE_PART_FUTEX]) },
		{ "other", ns_or_null(known, ns[GCSCOPE_PART_OTHER]) },
	};

	return OBJECT(members);
}

static json_t *faults(const struct gcscope_ledger *ledger, bool known)
{
	const struct member members[] = {
		{ "minor", count_or_null((struct number){ known, ledger->minor_faults }) },
		{ "major", count_or_null((struct number){ known, ledger->major_faults }) },
	};

	return OBJECT(members);
}

static json_t *rival_json(const void *element)
{
	const struct rival *rival = element;
	const struct member members[] = {
		{ "comm", string_or_null(rival->comm) },
		{ "seconds", ns_or_null(true, rival->ns) },
	};

	return OBJECT(members);
}

/* Figures, and what they are made of. */
static json_t *charged_figures(const struct distribution *distribution, bool known)
{
	const struct gcscope_ledger *parts = &distribution->ledger;
	bool has = has_ledger(distribution);
	const struct member members[] = {
		{ "ledger_seconds", ledger(distribution->time_to_safepoint_ns, has, parts->ns) },
		{ "faults", faults(parts, has) },
	};

	return joined(figures(&distribution->histogram, known), OBJECT(members));
}

static json_t *pause_json(const void *element)
{
	const struct distribution *pauses = element;
	const struct member members[] = {
		{ "kind", json_string(kind_name(pauses->kind)) },
		{ "undisturbed", figures(&pauses->undisturbed, has_ledger(pauses)) },
	};

	return joined(OBJECT(members), charged_figures(pauses, true));
}

static json_t *phase_json(const void *element)
{
	const struct distribution *phase = element;
	const struct gcscope_histogram *histogram = &phase->histogram;
	const struct member members[] = {
		{ "kind", json_string(kind_name(phase->kind)) },
		{ "phase", json_string(phase_name(phase->phase)) },
		{ "count", integer(histogram->count) },
		{ "sum_seconds", ns_or_null(true, histogram->sum) },
		{ "max_seconds", ns_or_null(histogram->count > 0, histogram->max) },
	};

	return OBJECT(members);
}

static json_t *collections_json(const void *element)
{
	const struct collection_count *collections = element;
	const struct member members[] = {
		{ "kind", json_string(kind_name(collections->kind)) },
		{ "generation", json_null() },
		{ "cause", json_string(cause_name(collections->cause)) },
		{ "count", integer(collections->count) },
	};

	return OBJECT(members);
}

static json_t *worst_pause_json(const void *element)
{
	const struct worst_pause *worst = element;
	struct number stopped = worst->time_to_safepoint_ns;
	const struct member members[] = {
		{ "heap", integer(worst->heap) },
		{ "collection", integer(worst->collection) },
		{ "kind", json_string(kind_name(worst->kind)) },
		{ "cause", json_string(cause_name(worst->cause)) },
		{ "at_seconds", seconds(worst->at_seconds) },
		{ "seconds", ns_or_null(true, worst->duration_ns) },
		{ "time_to_safepoint_seconds", ns_or_null(stopped.known, stopped.value) },
		{ "latest_mutator", count_or_null(worst->latest_mutator) },
		{ "ledger_seconds", ledger(stopped, worst->has_ledger, worst->stopped_ns) },
		{ "time_to_safepoint_ledger_seconds",
		  ledger((struct number){ 0 }, worst->has_ledger && stopped.known,
			 worst->to_safepoint_ns) },
	};

	return OBJECT(members);
}

/* root[group][key] = value; the group is made at its first key. False without memory. */
static bool set_in_group(json_t *root, const char *group, const char *key, json_t *value)
{
	json_t *members = json_object_get(root, group);

	if (!members && json_object_set_new(root, group, json_object()) == 0)
		members = json_object_get(root, group);
	return json_object_set_new(members, key, value) == 0;
}

/* The counters and gauges of the statistics block, as its table has them. */
static json_t *statistics(const struct heap_report *heap)
{
	json_t *groups = json_object();
	bool done = true;

#define SET(group, key) \
	done &= set_in_group(groups, #group, #key, count_or_null(heap->group##_##key));
	GCSCOPE_STATS_COUNTERS(SET)
	GCSCOPE_STATS_GAUGES(SET)
#undef SET
	if (done)
		return groups;
	json_decref(groups);
	return NULL;
}

/* Whether the counters are the heap's last ones: null while it lives, or if it cannot be told. */
static json_t *complete_json(const struct heap_report *heap)
{
	if (heap->cut_short)
		return json_false();
	return heap->end ? json_boolean(heap->end != GCS_END_EXIT_TIMEOUT) : json_null();
}

/* weight: allocated bytes, or stores on armed cards, of which some made cards dirty, or ns. */
static json_t *site_json(const struct site_report *site)
{
	const struct number line = { site->line != 0, site->line };
	const struct number dirtied = { site->sort == GCSCOPE_SORT_STORE, site->dirtied };
	const struct member members[] = {
		{ "module", string_or_null(site->module) },
		{ "offset", integer(site->offset) },
		{ "function", string_or_null(site->function) },
		{ "file", string_or_null(site->file) },
		{ "line", count_or_null(line) },
		{ "samples", integer(site->samples) },
		{ "weight", integer(site->weight) },
		{ "dirtied", count_or_null(dirtied) },
	};

	return OBJECT(members);
}

static json_t *sites_of_sort(const struct heap_report *heap, uint32_t sort)
{
	json_t *made = json_array();

	for (size_t i = 0; i < heap->site_count; i++) {
		if (heap->sites[i].sort == sort &&
		    json_array_append_new(made, site_json(&heap->sites[i]))) {
			json_decref(made);
			return NULL;
		}
	}
	return made;
}

/* Where it allocates and stores, estimated from samples; null when that was not asked for. */
static json_t *sites_json(const struct heap_report *heap)
{
	const struct member members[] = {
		{ sort_name(GCSCOPE_SORT_ALLOCATION),
		  sites_of_sort(heap, GCSCOPE_SORT_ALLOCATION) },
		{ sort_name(GCSCOPE_SORT_STORE), sites_of_sort(heap, GCSCOPE_SORT_STORE) },
		{ sort_name(GCSCOPE_SORT_STOP), sites_of_sort(heap, GCSCOPE_SORT_STOP) },
	};

	return OBJECT(members);
}

static json_t *number_json(const void *element)
{
	return integer(*(const uint64_t *)element);
}

/* A list for each column of time. */
static json_t *cards_json(const struct card_map *map)
{
	json_t *columns = json_array();

	for (unsigned column = 0; column < map->columns; column++) {
		if (json_array_append_new(columns,
					  ARRAY(map->cards[column], map->parts, number_json))) {
			json_decref(columns);
			return NULL;
		}
	}
	return columns;
}

static json_t *card_map_json(const struct card_map *map)
{
	const struct member members[] = {
		{ "part_bytes", integer(map->part_bytes) },
		{ "begin_seconds", ns_or_null(true, map->begin_ns) },
		{ "step_seconds", ns_or_null(true, map->step_ns) },
		{ "collections", ARRAY(map->collections, map->columns, number_json) },
		{ "cards", cards_json(map) },
	};

	return OBJECT(members);
}

static json_t *heap_json(const void *element)
{
	const struct heap_report *heap = element;
	const struct distribution *stopping = &heap->time_to_safepoint;
	struct number out_of_memory = { heap->has_stalls, heap->out_of_memory };
	const struct member members[] = {
		{ "heap", integer(heap->heap) },
		{ "plan", string_or_null(heap->plan) },
		{ "end", string_or_null(heap->end ? end_name(heap->end) : NULL) },
		{ "complete", complete_json(heap) },
		{ "collections",
		  ARRAY(heap->collections, heap->collection_count, collections_json) },
		{ "pauses", ARRAY(heap->pauses, heap->pause_count, pause_json) },
		{ "time_to_safepoint", charged_figures(stopping, heap->has_time_to_safepoint) },
		{ "runqueue_rivals", ARRAY(heap->rivals, heap->rival_count, rival_json) },
		{ "phases", ARRAY(heap->phases, heap->phase_count, phase_json) },
		{ "stalls", figures(&heap->stalls.histogram, heap->has_stalls) },
		{ "out_of_memory", count_or_null(out_of_memory) },
		{ "card_map", heap->card_map ? card_map_json(heap->card_map) : json_null() },
		{ "sites", heap->has_sites ? sites_json(heap) : json_null() },
	};

	return joined(OBJECT(members), statistics(heap));
}

/* How it ended; null while it runs, and when it became another program. */
static json_t *exit_json(const struct process_report *process)
{
	const struct member members[] = {
		{ "code", count_or_null(process->exit_code) },
		{ "signal", count_or_null(process->exit_signal) },
	};

	return OBJECT(members);
}

static json_t *process_json(const void *element)
{
	const struct process_report *process = element;
	struct number ns_pid = { process->ns_pid > 0, (uint64_t)process->ns_pid };
	bool exited = process->ended && !process->exec;
	const struct member members[] = {
		{ "pid", integer((uint64_t)process->pid) },
		{ "ns_pid", count_or_null(ns_pid) },
		{ "comm", string_or_null(process->comm) },
		{ "cgroup", string_or_null(process->cgroup) },
		{ "attached_late", json_boolean(process->attached_late) },
		{ "runtime", string_or_null(process->runtime) },
		{ "tier", string_or_null(process->tier) },
		{ "exit", exited ? exit_json(process) : json_null() },
		{ "exec", json_boolean(process->exec) },
		{ "heaps", ARRAY(process->heaps, process->heap_count, heap_json) },
		{ "worst_pauses", ARRAY(process->worst, process->worst_count, worst_pause_json) },
	};

	return OBJECT(members);
}

static json_t *lost_by_reason(const struct report *report)
{
	struct member members[GCSCOPE_LOST_REASONS];

	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++)
		members[reason] =
			(struct member){ lost_name(reason), integer(report->events.lost[reason]) };
	return OBJECT(members);
}

static json_t *events(const struct report *report)
{
	const struct member members[] = {
		{ "received", integer(report->events.received) },
		{ "lost", integer(report_lost(report)) },
		{ "lost_by_reason", lost_by_reason(report) },
		{ "unmatched", integer(report->events.unmatched) },
	};

	return OBJECT(members);
}

static json_t *profiler(const struct report *report)
{
	const struct member members[] = {
		{ "cpu_seconds", seconds(report->profiler.cpu_seconds) },
		{ "max_rss_bytes", integer(report->profiler.max_rss_bytes) },
		{ "steady_rss_bytes", count_or_null(report->profiler.steady_rss_bytes) },
		{ "map_bytes", count_or_null(report->profiler.map_bytes) },
		{ "attach_seconds", seconds(report->profiler.attach_seconds) },
		{ "attach_method", string_or_null(report->profiler.attach_method) },
		{ "bpf_run_seconds", seconds_or_null(report->profiler.bpf_run_seconds) },
	};

	return OBJECT(members);
}

int render_json(FILE *out, const struct report *report)
{
	const struct member members[] = {
		{ "schema", json_string("gcscope.report/1") },
		{ "duration_seconds", seconds(report->duration_seconds) },
		{ "events", events(report) },
		{ "profiler", profiler(report) },
		{ "processes", ARRAY(report->processes, report->process_count, process_json) },
	};
	json_t *root = OBJECT(members);
	int failed;

	if (!root) {
		errno = ENOMEM;
		return -1;
	}
	failed = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
	json_decref(root);
	return failed || fputc('\n', out) == EOF || fflush(out) ? -1 : 0;
}
