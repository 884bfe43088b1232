/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gcscope.report/1. Names and nesting are a contract. An object always has all
 * its names; a number that is not known is null.
 */
#include "render/render.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "model/distribution.h"
#include "model/names.h"
#include "render/utf8.h"

/* Digits that a nanosecond count needs as seconds, up to 11 days; more would print noise. */
#define DIGITS 15

static json_t *count_or_null(struct number number)
{
	return number.known ? json_integer((json_int_t)number.value) : json_null();
}

static json_t *seconds_or_null(bool known, double seconds)
{
	return known && isfinite(seconds) ? json_real(seconds) : json_null();
}

static json_t *ns_or_null(bool known, uint64_t ns)
{
	return seconds_or_null(known, (double)ns / 1e9);
}

static json_t *string_or_null(const char *text)
{
	char *clean = text ? utf8_clean(text) : NULL;
	json_t *string = text ? json_string(clean) : json_null();

	free(clean);
	return string;
}

/* A code of no meaning here stands as null. */
static json_t *name_or_null(uint32_t code, const char *(*name)(uint32_t))
{
	return code ? json_string(name(code)) : json_null();
}

/* What the pause was made of; only its way to the safepoint can be told so far. */
static json_t *ledger(struct number time_to_safepoint_ns)
{
	return json_pack("{s:o, s:n, s:n, s:n, s:n, s:n, s:n, s:n}", "time_to_safepoint",
			 ns_or_null(time_to_safepoint_ns.known, time_to_safepoint_ns.value), "cpu",
			 "runqueue", "throttled", "page_fault", "io", "futex", "other");
}

static json_t *quantile(const struct gcscope_histogram *histogram, double q)
{
	return ns_or_null(histogram->count > 0, histogram_quantile(histogram, q));
}

/* The figures of a distribution. Not known: the runtime cannot tell them. */
static json_t *figures(const struct gcscope_histogram *histogram, bool known)
{
	bool any = known && histogram->count > 0;
	struct number count = { known, histogram->count };

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "count", count_or_null(count),
			 "sum_seconds", ns_or_null(known, histogram->sum),
			 "min_seconds", ns_or_null(any, histogram_min(histogram)),
			 "max_seconds", ns_or_null(any, histogram->max),
			 "p50_seconds", quantile(histogram, 0.5),
			 "p90_seconds", quantile(histogram, 0.9),
			 "p99_seconds", quantile(histogram, 0.99),
			 "p999_seconds", quantile(histogram, 0.999));
}

/* Figures with what they are made of. */
static json_t *charged_figures(const struct distribution *distribution, bool known)
{
	json_t *object = figures(&distribution->histogram, known);

	if (json_object_set_new(object, "ledger_seconds", ledger(distribution->time_to_safepoint_ns)) ||
	    json_object_set_new(object, "faults", json_pack("{s:n, s:n}", "minor", "major"))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *pause_json(const void *element)
{
	const struct distribution *distribution = element;
	json_t *object = json_pack("{s:o}", "kind", name_or_null(distribution->kind, kind_name));
	json_t *rest = charged_figures(distribution, true);

	if (json_object_update(object, rest)) {
		json_decref(object);
		object = NULL;
	}
	json_decref(rest);
	return object;
}

static json_t *phase_json(const void *element)
{
	const struct distribution *distribution = element;
	const struct gcscope_histogram *histogram = &distribution->histogram;

	return json_pack("{s:o, s:o, s:I, s:o, s:o}",
			 "kind", name_or_null(distribution->kind, kind_name),
			 "phase", name_or_null(distribution->phase, phase_name),
			 "count", (json_int_t)histogram->count,
			 "sum_seconds", ns_or_null(true, histogram->sum),
			 "max_seconds", ns_or_null(histogram->count > 0, histogram->max));
}

static json_t *collection_json(const void *element)
{
	const struct collection_count *collections = element;

	return json_pack("{s:o, s:n, s:s, s:I}",
			 "kind", name_or_null(collections->kind, kind_name), "generation",
			 "cause", cause_name(collections->cause),
			 "count", (json_int_t)collections->count);
}

static json_t *worst_pause_json(const void *element)
{
	const struct worst_pause *worst = element;

	return json_pack("{s:I, s:I, s:o, s:s, s:o, s:o, s:o, s:o}",
			 "heap", (json_int_t)worst->heap,
			 "collection", (json_int_t)worst->collection,
			 "kind", name_or_null(worst->kind, kind_name),
			 "cause", cause_name(worst->cause),
			 "at_seconds", seconds_or_null(true, worst->at_seconds),
			 "seconds", ns_or_null(true, worst->duration_ns),
			 "time_to_safepoint_seconds",
			 ns_or_null(worst->time_to_safepoint_ns.known,
				    worst->time_to_safepoint_ns.value),
			 "latest_mutator", count_or_null(worst->latest_mutator));
}

static json_t *array(const void *elements, size_t count, size_t size,
		     json_t *(*to_json)(const void *element))
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(list, to_json((const char *)elements + i * size))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* object[group][key] = value, with the group made at its first key. */
static int set_in_group(json_t *object, const char *group, const char *key, json_t *value)
{
	json_t *members = json_object_get(object, group);

	if (!members) {
		members = json_object();
		if (json_object_set_new(object, group, members)) {
			json_decref(value);
			return -1;
		}
	}
	return json_object_set_new(members, key, value);
}

static int set_statistics(json_t *object, const struct heap_report *heap)
{
	int failed = 0;

#define SET(group, key) \
	failed |= set_in_group(object, #group, #key, count_or_null(heap->group##_##key));
	GCSCOPE_STATS_COUNTERS(SET)
	GCSCOPE_STATS_GAUGES(SET)
#undef SET
	return failed;
}

static json_t *heap_json(const void *element)
{
	const struct heap_report *report = element;
	struct number out_of_memory = { report->has_stalls, report->out_of_memory };
	json_t *object = json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:o}",
		"heap", (json_int_t)report->heap,
		"plan", string_or_null(report->plan),
		"collections", array(report->collections, report->collection_count,
				     sizeof(*report->collections), collection_json),
		"pauses", array(report->pauses, report->pause_count, sizeof(*report->pauses),
				pause_json),
		"time_to_safepoint",
		charged_figures(&report->time_to_safepoint, report->has_time_to_safepoint),
		"phases", array(report->phases, report->phase_count, sizeof(*report->phases),
				phase_json));

	if (set_statistics(object, report) ||
	    json_object_set_new(object, "stalls",
				figures(&report->stalls.histogram, report->has_stalls)) ||
	    json_object_set_new(object, "out_of_memory", count_or_null(out_of_memory))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *exit_or_null(const struct process_report *process)
{
	if (!process->ended || process->exec)
		return json_null();
	return json_pack("{s:o, s:o}", "code", count_or_null(process->exit_code),
			 "signal", count_or_null(process->exit_signal));
}

static json_t *process_json(const void *element)
{
	const struct process_report *report = element;
	struct number ns_pid = { report->ns_pid > 0, (uint64_t)report->ns_pid };

	return json_pack("{s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:o}",
			 "pid", (int)report->pid,
			 "ns_pid", count_or_null(ns_pid),
			 "comm", string_or_null(report->comm),
			 "cgroup", string_or_null(report->cgroup),
			 "attached_late", report->attached_late,
			 "runtime", string_or_null(report->runtime),
			 "tier", string_or_null(report->tier),
			 "exit", exit_or_null(report),
			 "exec", report->exec,
			 "heaps", array(report->heaps, report->heap_count, sizeof(*report->heaps),
				heap_json),
			 "worst_pauses", array(report->worst, report->worst_count,
					       sizeof(*report->worst), worst_pause_json));
}

static json_t *events(const struct report *report)
{
	json_t *reasons = json_object();

	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++) {
		if (json_object_set_new(reasons, lost_name(reason),
					json_integer((json_int_t)report->events.lost[reason]))) {
			json_decref(reasons);
			return NULL;
		}
	}
	return json_pack("{s:I, s:I, s:o, s:I}",
			 "received", (json_int_t)report->events.received,
			 "lost", (json_int_t)report_lost(report),
			 "lost_by_reason", reasons,
			 "unmatched", (json_int_t)report->events.unmatched);
}

static json_t *profiler(const struct report *report)
{
	return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o}",
			 "cpu_seconds", seconds_or_null(true, report->profiler.cpu_seconds),
			 "max_rss_bytes", (json_int_t)report->profiler.max_rss_bytes,
			 "steady_rss_bytes", count_or_null(report->profiler.steady_rss_bytes),
			 "map_bytes", count_or_null(report->profiler.map_bytes),
			 "attach_seconds", seconds_or_null(true, report->profiler.attach_seconds),
			 "attach_method", string_or_null(report->profiler.attach_method),
			 "bpf_run_seconds", seconds_or_null(report->profiler.bpf_run_seconds.known,
							    report->profiler.bpf_run_seconds.value));
}

int render_json(FILE *out, const struct report *report)
{
	json_t *root = json_pack("{s:s, s:o, s:o, s:o, s:o}",
				 "schema", "gcscope.report/1",
				 "duration_seconds", seconds_or_null(true, report->duration_seconds),
				 "events", events(report),
				 "profiler", profiler(report),
				 "processes", array(report->processes, report->process_count,
						    sizeof(*report->processes), process_json));
	int failed;

	if (!root) {
		errno = ENOMEM;
		return -1;
	}
	failed = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
	json_decref(root);
	return failed || fputc('\n', out) == EOF || fflush(out) ? -1 : 0;
}
