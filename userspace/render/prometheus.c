/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text exposition format, version 0.0.4, for the textfile collector.
 *
 * All samples are gathered first, then sorted by family and labels; those that
 * agree in both are folded into one. So a family stands together, and no series
 * comes twice, whatever the processes are called. What is not known has no sample.
 */
#include "render/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "model/unit.h"
#include "render/format.h"
#include "render/utf8.h"

/* X(NAME, "name after gcscope_", type, how samples of the same labels are folded, "help") */
#define FAMILY_TABLE(X)                                                                           \
	X(PAUSE, "gc_pause_seconds", histogram, sum,                                              \
	  "Time in which the mutators of a heap were stopped, from the request to the end.")      \
	X(PHASE, "gc_phase_seconds", histogram, sum, "Time in a part of a collection.")           \
	X(TIME_TO_SAFEPOINT, "gc_time_to_safepoint_seconds", histogram, sum,                      \
	  "Time from the request to stop until the last mutator had stopped.")                    \
	X(PAUSE_COMPONENT, "gc_pause_component_seconds_total", counter, sum,                      \
	  "What the time of pauses went by with; all components add up to it.")                   \
	X(COLLECTIONS, "gc_collections_total", counter, sum, "Collections that have ended.")      \
	X(WRITE_BARRIERS, "gc_write_barriers_total", counter, sum,                                \
	  "Stores of references through the write barrier.")                                      \
	X(CARDS_DIRTIED, "gc_cards_dirtied_total", counter, sum,                                  \
	  "Cards of old memory that got a reference to something young.")                         \
	X(CARDS_REDIRTIED, "gc_cards_redirtied_total", counter, sum,                              \
	  "Of these, those that had one before, which was scanned.")                              \
	X(CARDS_SCANNED, "gc_cards_scanned_total", counter, sum,                                  \
	  "Dirty cards scanned; useful: something young was behind it.")                          \
	X(ALLOCATED, "gc_allocated_bytes_total", counter, sum,                                    \
	  "Memory handed out to mutators, rounding and headers included.")                        \
	X(NURSERY_COLLECTED, "gc_nursery_collected_bytes_total", counter, sum,                    \
	  "Memory allocated in nurseries that minor collections have emptied.")                   \
	X(NURSERY_SURVIVED, "gc_nursery_survived_bytes_total", counter, sum,                      \
	  "Memory that survived a collection, by how often: first, again.")                       \
	X(PINNED, "gc_pinned_bytes_total", counter, sum,                                          \
	  "Memory that survived and could not be moved.")                                         \
	X(PROMOTED, "gc_promoted_bytes_total", counter, sum,                                      \
	  "Memory that survived into the old generation.")                                        \
	X(CAPACITY, "gc_heap_capacity_bytes", gauge, sum, "Memory held by the heap.")             \
	X(LIMIT, "gc_heap_limit_bytes", gauge, sum, "What the heap may grow to.")                 \
	X(LIVE, "gc_heap_live_bytes", gauge, sum, "Live memory after the last major collection.") \
	X(FRAGMENTED, "gc_heap_fragmented_bytes", gauge, sum,                                     \
	  "Free memory between live objects after the last major collection.")                    \
	X(NURSERY, "gc_nursery_bytes", gauge, sum,                                                \
	  "Memory to be allocated until the next minor collection.")                              \
	X(USED_RATIO_MAX, "gc_heap_used_ratio_max", gauge, max,                                   \
	  "Live memory after the last major collection as a share of the limit, "                 \
	  "of the fullest heap with these labels.")                                               \
	X(TARGET_UP, "target_up", gauge, max, "Whether a process with these labels runs.")        \
	X(EVENTS_LOST, "events_lost_total", counter, sum, "Events that were not counted.")        \
	X(EVENTS_UNMATCHED, "events_unmatched_total", counter, sum,                               \
	  "Ends whose begin was not seen.")                                                       \
	X(BUILD_INFO, "build_info", gauge, max, "The version of gcscope; always 1.")              \
	X(CPU, "profiler_cpu_seconds_total", counter, sum, "CPU time of gcscope's own process.")  \
	X(BPF_RUN, "bpf_run_seconds_total", counter, sum, "Time in gcscope's kernel programs.")   \
	X(RESIDENT, "profiler_resident_bytes", gauge, sum, "Resident memory of gcscope itself.")

#define FAMILY_ENUM(NAME, name, type, fold, help) FAMILY_##NAME,
enum family { FAMILY_TABLE(FAMILY_ENUM) };

enum fold { fold_sum, fold_max };

static const struct {
	const char *name;
	const char *type;
	enum fold fold;
	const char *help;
} families[] = {
#define FAMILY_ROW(NAME, name, type, fold, help) { "gcscope_" name, #type, fold_##fold, help },
	FAMILY_TABLE(FAMILY_ROW)
};

struct sample {
	enum family family;
	char *labels; /* as they stand between the braces; owned */
	double value;
	const struct gcscope_histogram *histogram; /* NULL: value; the report owns it */
};

struct samples {
	struct sample *list;
	size_t count;
	size_t room;
	bool failed; /* no memory */
};

static void append(struct samples *samples, struct sample sample)
{
	if (samples->count == samples->room) {
		size_t room = samples->room ? 2 * samples->room : 256;
		struct sample *list = reallocarray(samples->list, room, sizeof(*list));

		if (list) {
			samples->list = list;
			samples->room = room;
		}
	}
	if (!sample.labels || samples->count == samples->room) {
		samples->failed = true;
		free(sample.labels);
		return;
	}
	samples->list[samples->count++] = sample;
}

static char *print_labels(const char *format, va_list arguments)
{
	char *labels;

	return vasprintf(&labels, format, arguments) < 0 ? NULL : labels;
}

__attribute__((format(printf, 4, 5))) static void
add_value(struct samples *samples, enum family family, double value, const char *labels, ...)
{
	struct sample sample = { .family = family, .value = value };
	va_list arguments;

	va_start(arguments, labels);
	sample.labels = print_labels(labels, arguments);
	va_end(arguments);
	append(samples, sample);
}

__attribute__((format(printf, 4, 5))) static void
add_histogram(struct samples *samples, enum family family,
	      const struct gcscope_histogram *histogram, const char *labels, ...)
{
	struct sample sample = { .family = family, .histogram = histogram };
	va_list arguments;

	va_start(arguments, labels);
	sample.labels = print_labels(labels, arguments);
	va_end(arguments);
	append(samples, sample);
}

static void add_known(struct samples *samples, enum family family, struct number number,
		      const char *labels, const char *more)
{
	if (number.known)
		add_value(samples, family, (double)number.value, "%s%s", labels, more);
}

/* Of pauses that have a ledger, all of a kind or none. */
static void add_components(struct samples *samples, const struct distribution *pauses,
			   const char *labels)
{
	struct number safepoint = pauses->time_to_safepoint_ns;

	if (!has_ledger(pauses))
		return;
	for (uint32_t part = 0; part < GCSCOPE_PARTS; part++)
		add_value(samples, FAMILY_PAUSE_COMPONENT, (double)pauses->ledger.ns[part] / 1e9,
			  "%s,component=\"%s\"", labels, part_name(part));
	if (safepoint.known)
		add_value(samples, FAMILY_PAUSE_COMPONENT, (double)safepoint.value / 1e9,
			  "%s,component=\"time_to_safepoint\"", labels);
}

static void add_histograms(struct samples *samples, const struct heap_report *heap,
			   const char *labels)
{
	for (size_t i = 0; i < heap->pause_count; i++)
		add_components(samples, &heap->pauses[i], labels);
	for (size_t i = 0; i < heap->pause_count; i++)
		add_histogram(samples, FAMILY_PAUSE, &heap->pauses[i].histogram, "%s,kind=\"%s\"",
			      labels, kind_name(heap->pauses[i].kind));
	for (size_t i = 0; i < heap->phase_count; i++)
		add_histogram(samples, FAMILY_PHASE, &heap->phases[i].histogram,
			      "%s,kind=\"%s\",phase=\"%s\"", labels,
			      kind_name(heap->phases[i].kind), phase_name(heap->phases[i].phase));
	if (heap->has_time_to_safepoint)
		add_histogram(samples, FAMILY_TIME_TO_SAFEPOINT, &heap->time_to_safepoint.histogram,
			      "%s", labels);
}

static void add_counters(struct samples *samples, const struct heap_report *heap,
			 const char *labels)
{
	struct number fast = { heap->barrier_stores.known && heap->barrier_slow.known,
			       heap->barrier_stores.value - heap->barrier_slow.value };

	for (size_t i = 0; i < heap->collection_count; i++)
		add_value(samples, FAMILY_COLLECTIONS, (double)heap->collections[i].count,
			  "%s,kind=\"%s\",cause=\"%s\"", labels,
			  kind_name(heap->collections[i].kind),
			  cause_name(heap->collections[i].cause));
	add_known(samples, FAMILY_WRITE_BARRIERS, fast, labels, ",path=\"fast\"");
	add_known(samples, FAMILY_WRITE_BARRIERS, heap->barrier_slow, labels, ",path=\"slow\"");
	add_known(samples, FAMILY_CARDS_DIRTIED, heap->cards_dirtied, labels, "");
	add_known(samples, FAMILY_CARDS_REDIRTIED, heap->cards_redirtied, labels, "");
	add_known(samples, FAMILY_CARDS_SCANNED, heap->cards_useful, labels, ",result=\"useful\"");
	add_known(samples, FAMILY_CARDS_SCANNED, heap->cards_wasted, labels, ",result=\"wasted\"");
	add_known(samples, FAMILY_ALLOCATED, heap->allocation_bytes, labels, "");
	add_known(samples, FAMILY_NURSERY_COLLECTED, heap->nursery_collected_bytes, labels, "");
	add_known(samples, FAMILY_NURSERY_SURVIVED, heap->nursery_survived_bytes, labels,
		  ",survival=\"first\"");
	add_known(samples, FAMILY_NURSERY_SURVIVED, heap->nursery_aged_bytes, labels,
		  ",survival=\"again\"");
	add_known(samples, FAMILY_PINNED, heap->promotion_pinned_bytes, labels, "");
	add_known(samples, FAMILY_PROMOTED, heap->promotion_bytes, labels, "");
}

static void add_sizes(struct samples *samples, const struct heap_report *heap, const char *labels)
{
	struct number live = heap->size_live_bytes, limit = heap->size_limit_bytes;

	add_known(samples, FAMILY_CAPACITY, heap->size_capacity_bytes, labels, "");
	add_known(samples, FAMILY_LIMIT, limit, labels, "");
	add_known(samples, FAMILY_LIVE, live, labels, "");
	add_known(samples, FAMILY_FRAGMENTED, heap->size_fragmented_bytes, labels, "");
	add_known(samples, FAMILY_NURSERY, heap->size_nursery_bytes, labels, "");
	if (live.known && limit.known && limit.value)
		add_value(samples, FAMILY_USED_RATIO_MAX, (double)live.value / (double)limit.value,
			  "%s", labels);
}

/* A text as it may stand between the quotes of a label. NULL without memory. */
static char *label_value(const char *text)
{
	char *clean = utf8_clean(text);
	char *value = clean ? malloc(2 * strlen(clean) + 1) : NULL;
	char *end = value;

	for (const char *c = clean; value && *c; c++) {
		if (*c == '\\' || *c == '"' || *c == '\n')
			*end++ = '\\';
		*end++ = *c == '\n' ? 'n' : *c;
	}
	if (value)
		*end = '\0';
	free(clean);
	return value;
}

/* The labels that all samples of a process have. NULL without memory. */
static char *process_labels(const struct process_report *process,
			    const struct prometheus_style *style)
{
	char *unit = unit_name(process->cgroup);
	char *unit_value = label_value(unit ? unit : "");
	char *comm_value = label_value(process->comm);
	char pid[32] = "";
	char *labels = NULL;

	if (style->pid_label)
		snprintf(pid, sizeof(pid), ",pid=\"%d\"", process->pid);
	if (unit_value && comm_value &&
	    asprintf(&labels, "runtime=\"%s\",process=\"%s\"%s%s%s%s", process->runtime, comm_value,
		     unit ? ",unit=\"" : "", unit_value, unit ? "\"" : "", pid) < 0)
		labels = NULL;
	free(comm_value);
	free(unit_value);
	free(unit);
	return labels;
}

static void add_process(struct samples *samples, const struct process_report *process,
			const struct prometheus_style *style)
{
	char *labels = process_labels(process, style);

	if (!labels) {
		samples->failed = true;
		return;
	}
	add_value(samples, FAMILY_TARGET_UP, !process->ended, "%s", labels);
	for (size_t i = 0; i < process->heap_count; i++) {
		const struct heap_report *heap = &process->heaps[i];
		char *heap_labels;

		if (asprintf(&heap_labels, "%s,heap=\"%" PRIu64 "\"", labels, heap->heap) < 0) {
			samples->failed = true;
			break;
		}
		add_histograms(samples, heap, heap_labels);
		add_counters(samples, heap, heap_labels);
		if (!process->ended) /* its memory is gone; what it did stays counted */
			add_sizes(samples, heap, heap_labels);
		free(heap_labels);
	}
	free(labels);
}

static void add_profiler(struct samples *samples, const struct report *report, const char *version)
{
	char *version_value = label_value(version);

	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++)
		add_value(samples, FAMILY_EVENTS_LOST, (double)report->events.lost[reason],
			  "reason=\"%s\"", lost_name(reason));
	add_value(samples, FAMILY_EVENTS_UNMATCHED, (double)report->events.unmatched, "%s", "");
	if (version_value)
		add_value(samples, FAMILY_BUILD_INFO, 1, "version=\"%s\"", version_value);
	samples->failed |= !version_value;
	free(version_value);
	add_value(samples, FAMILY_CPU, report->profiler.cpu_seconds, "%s", "");
	if (report->profiler.bpf_run_seconds.known)
		add_value(samples, FAMILY_BPF_RUN, report->profiler.bpf_run_seconds.value, "%s",
			  "");
	add_known(samples, FAMILY_RESIDENT, report->profiler.steady_rss_bytes, "", "");
}

static int compare(const void *a, const void *b)
{
	const struct sample *left = a, *right = b;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	return strcmp(left->labels, right->labels);
}

/* How many samples from here on are of one series. */
static size_t series_length(const struct samples *samples, size_t first)
{
	size_t end = first + 1;

	while (end < samples->count && compare(&samples->list[first], &samples->list[end]) == 0)
		end++;
	return end - first;
}

static void print_value(FILE *out, const struct sample *samples, size_t count)
{
	const char *labels = samples->labels;
	enum family family = samples->family;
	double value = samples[0].value;
	struct number_text text;

	for (size_t i = 1; i < count; i++) {
		if (families[family].fold == fold_sum)
			value += samples[i].value;
		else if (samples[i].value > value)
			value = samples[i].value;
	}
	fprintf(out, "%s%s%s%s %s\n", families[family].name, *labels ? "{" : "", labels,
		*labels ? "}" : "", format_exact(&text, value));
}

/*
 * The count is that of the buckets, not the histogram's own: while kernel
 * programs add to it the two may differ by one, and +Inf must equal _count.
 */
static void print_histogram(FILE *out, const struct sample *samples, size_t count)
{
	static const uint64_t edges_ns[GCSCOPE_EDGES] = {
#define EDGE(ns) ns,
		GCSCOPE_EDGE_TABLE(EDGE)
#undef EDGE
	};
	const char *name = families[samples->family].name, *labels = samples->labels;
	uint64_t cumulative = 0, sum = 0;
	struct number_text text;

	for (unsigned edge = 0; edge <= GCSCOPE_EDGES; edge++) {
		for (size_t i = 0; i < count; i++)
			cumulative += samples[i].histogram->edges[edge];
		fprintf(out, "%s_bucket{%s,le=\"%s\"} %" PRIu64 "\n", name, labels,
			edge < GCSCOPE_EDGES ? format_exact(&text, (double)edges_ns[edge] / 1e9)
					     : "+Inf",
			cumulative);
	}
	for (size_t i = 0; i < count; i++)
		sum += samples[i].histogram->sum;
	fprintf(out, "%s_sum{%s} %s\n", name, labels, format_exact(&text, (double)sum / 1e9));
	fprintf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, cumulative);
}

static void print_samples(FILE *out, struct samples *samples)
{
	size_t length;

	qsort(samples->list, samples->count, sizeof(*samples->list), compare);
	for (size_t i = 0; i < samples->count; i += length) {
		const struct sample *first = &samples->list[i];

		length = series_length(samples, i);
		if (i == 0 || first[-1].family != first->family)
			fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", families[first->family].name,
				families[first->family].help, families[first->family].name,
				families[first->family].type);
		if (first->histogram)
			print_histogram(out, first, length);
		else
			print_value(out, first, length);
	}
}

int render_prometheus(FILE *out, const struct report *report, const struct prometheus_style *style)
{
	struct samples samples = { 0 };

	for (size_t i = 0; i < report->process_count; i++)
		add_process(&samples, &report->processes[i], style);
	add_profiler(&samples, report, style->version);
	if (!samples.failed)
		print_samples(out, &samples);
	for (size_t i = 0; i < samples.count; i++)
		free(samples.list[i].labels);
	free(samples.list);
	if (samples.failed) {
		errno = ENOMEM;
		return -1;
	}
	return ferror(out) || fflush(out) ? -1 : 0;
}
