/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/readout.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "model/distribution.h"
#include "session/runtimes.h"
#include "session/samples.h"
#include "session/state.h"

void *readout_grow(void *array, size_t *count, size_t size)
{
	void **elements = array;
	char *more = reallocarray(*elements, *count + 1, size);

	if (!more)
		return NULL;
	*elements = more;
	return memset(more + size * (*count)++, 0, size);
}

static struct heap_report *find_heap(struct process_report *process, uint64_t heap)
{
	for (size_t i = 0; i < process->heap_count; i++)
		if (process->heaps[i].heap == heap)
			return &process->heaps[i];
	return NULL;
}

static int add_collections(struct heap_report *heap, const struct gcscope_heap_state *state)
{
	for (uint32_t kind = 0; kind < GCS_KINDS; kind++)
		for (uint32_t cause = 0; cause < GCS_CAUSES; cause++) {
			struct collection_count *count;

			if (!state->collections[kind][cause])
				continue;
			count = readout_grow(&heap->collections, &heap->collection_count,
					     sizeof(*count));
			if (!count)
				return -1;
			*count = (struct collection_count){ kind, cause,
							    state->collections[kind][cause] };
		}
	return 0;
}

static struct number known_unless_0(uint64_t value)
{
	return (struct number){ value != 0, value };
}

static void add_statistics(struct heap_report *heap, const struct gcscope_heap_state *state)
{
	const struct gcscope_stats *first = &state->first;
	const struct gcscope_stats *last = &state->copies[state->snapshots & 1];

	if (!state->snapshots) {
		heap->size_capacity_bytes = known_unless_0(state->capacity);
		heap->size_peak_capacity_bytes = known_unless_0(state->peak_capacity);
		heap->size_live_bytes = known_unless_0(state->live);
		return;
	}
#define COUNTER(group, key)                                                    \
	if (last->group##_##key != GCSCOPE_STATS_UNKNOWN)                      \
		heap->group##_##key =                                          \
			(struct number){ true, last->group##_##key - first->group##_##key };
	GCSCOPE_STATS_COUNTERS(COUNTER)
#undef COUNTER
#define GAUGE(group, key)                                                      \
	if (last->group##_##key != GCSCOPE_STATS_UNKNOWN)                      \
		heap->group##_##key = (struct number){ true, last->group##_##key };
	GCSCOPE_STATS_GAUGES(GAUGE)
#undef GAUGE
}

/* -1: no memory. */
static int add_heap(const struct session *session, struct process_report *process, uint64_t id,
		    const struct gcscope_heap_state *state)
{
	const struct runtime *runtime = runtime_by_code(state->runtime);
	struct heap_report *heap;

	if (!runtime)
		return 0; /* the kernel is just making it: for the next report */
	heap = readout_grow(&process->heaps, &process->heap_count, sizeof(*heap));
	if (!heap)
		return -1;
	heap->heap = id;
	heap->end = state->end;
	heap->out_of_memory = state->out_of_memory;
	heap->plan = state->plan ? runtime->plan(state->plan) : NULL;
	heap->has_time_to_safepoint = runtime->has_time_to_safepoint;
	heap->has_stalls = runtime->has_stalls;
	heap->has_sites = session->options.details & DETAIL_SITES && runtime->has_sites;
	process->runtime = runtime->name;
	process->tier = runtime->tier;
	add_statistics(heap, state);
	return add_collections(heap, state);
}

/* The pauses of one kind, made at their first use. NULL: no memory. */
static struct distribution *pauses_of(struct heap_report *heap, uint32_t kind)
{
	struct distribution *pauses;

	for (size_t i = 0; i < heap->pause_count; i++)
		if (heap->pauses[i].kind == kind)
			return &heap->pauses[i];
	pauses = readout_grow(&heap->pauses, &heap->pause_count, sizeof(*pauses));
	if (pauses)
		pauses->kind = kind;
	return pauses;
}

/* The way to the safepoint is a part of the pauses of its kind, and of all together. */
static int add_time_to_safepoint(struct heap_report *heap, uint32_t kind,
				 const struct gcscope_histogram *histogram)
{
	struct distribution *pauses = pauses_of(heap, kind);

	if (!pauses)
		return -1;
	pauses->time_to_safepoint_ns = (struct number){ true, histogram->sum };
	histogram_merge(&heap->time_to_safepoint.histogram, histogram);
	return 0;
}

static void ledger_merge(struct gcscope_ledger *ledger, const struct gcscope_ledger *other)
{
	ledger->count += other->count;
	ledger->minor_faults += other->minor_faults;
	ledger->major_faults += other->major_faults;
	for (unsigned i = 0; i < GCSCOPE_PARTS; i++)
		ledger->ns[i] += other->ns[i];
}

/* -1: no memory. */
static int add_ledger(struct process_report *process, const struct gcscope_histogram_key *key,
		      const struct gcscope_ledger *ledger)
{
	struct heap_report *heap = find_heap(process, key->heap);
	struct distribution *distribution;

	if (!heap)
		return 0;
	distribution = key->metric == GCSCOPE_METRIC_PAUSE_LEDGER ? pauses_of(heap, key->kind)
								  : &heap->time_to_safepoint;
	if (!distribution)
		return -1;
	ledger_merge(&distribution->ledger, ledger);
	return 0;
}

/* -1: no memory. */
static int add_histogram(struct process_report *process, const struct gcscope_histogram_key *key,
			 const struct gcscope_histogram *histogram)
{
	struct heap_report *heap = find_heap(process, key->heap);
	struct distribution *distribution = NULL;

	if (!heap)
		return 0; /* made after the heaps were read: for the next report */
	switch (key->metric) {
	case GCSCOPE_METRIC_PAUSE:
		distribution = pauses_of(heap, key->kind);
		break;
	case GCSCOPE_METRIC_PHASE:
		distribution =
			readout_grow(&heap->phases, &heap->phase_count, sizeof(*distribution));
		break;
	case GCSCOPE_METRIC_TIME_TO_SAFEPOINT:
		return add_time_to_safepoint(heap, key->kind, histogram);
	case GCSCOPE_METRIC_UNDISTURBED:
		distribution = pauses_of(heap, key->kind);
		if (!distribution)
			return -1;
		distribution->undisturbed = *histogram;
		return 0;
	case GCSCOPE_METRIC_STALL:
		distribution = &heap->stalls;
		break;
	}
	if (!distribution)
		return -1;
	distribution->kind = key->kind;
	distribution->phase = key->phase;
	distribution->histogram = *histogram;
	return 0;
}

static bool is_ledger(const struct gcscope_histogram_key *key)
{
	return key->metric == GCSCOPE_METRIC_PAUSE_LEDGER ||
	       key->metric == GCSCOPE_METRIC_TIME_TO_SAFEPOINT_LEDGER;
}

static int compare_distributions(const void *left, const void *right)
{
	const struct distribution *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->phase < b->phase ? -1 : a->phase > b->phase;
}

static int compare_rivals(const void *left, const void *right)
{
	const struct rival *a = left, *b = right;

	return a->ns > b->ns ? -1 : a->ns < b->ns;
}

static int compare_heaps(const void *left, const void *right)
{
	const struct heap_report *a = left, *b = right;

	return a->heap < b->heap ? -1 : a->heap > b->heap;
}

static void sort(struct process_report *process)
{
	for (size_t i = 0; i < process->heap_count; i++) {
		struct heap_report *heap = &process->heaps[i];

		if (heap->pause_count)
			qsort(heap->pauses, heap->pause_count, sizeof(*heap->pauses),
			      compare_distributions);
		if (heap->phase_count)
			qsort(heap->phases, heap->phase_count, sizeof(*heap->phases),
			      compare_distributions);
		if (heap->rival_count)
			qsort(heap->rivals, heap->rival_count, sizeof(*heap->rivals),
			      compare_rivals);
		samples_sort(heap);
	}
	if (process->heap_count)
		qsort(process->heaps, process->heap_count, sizeof(*process->heaps), compare_heaps);
}

static int compare_processes(const void *left, const void *right)
{
	const struct process_report *a = left, *b = right;

	return a->process < b->process ? -1 : a->process > b->process;
}

static struct process_report *find_process(struct report *report, uint64_t number)
{
	const struct process_report key = { .process = number };

	if (!report->process_count)
		return NULL;
	return bsearch(&key, report->processes, report->process_count, sizeof(key),
		       compare_processes);
}

/*
 * A heap's state, while the kernel may be writing it: the copy of its block is
 * whole when no other was begun meanwhile, which a second look tells.
 */
static bool look_up_heap(int map, const void *key, struct gcscope_heap_state *state)
{
	struct gcscope_heap_state again;

	do {
		if (bpf_map_lookup_elem(map, key, state) || bpf_map_lookup_elem(map, key, &again))
			return false;
	} while (again.snapshots != state->snapshots);
	return true;
}

static int add_running_heaps(struct report *report, struct session *session)
{
	int map = bpf_map__fd(session->bpf->maps.heaps);
	struct gcscope_heap_key key, *previous = NULL;
	struct gcscope_heap_state state;

	for (; !bpf_map_get_next_key(map, previous, &key); previous = &key) {
		struct process_report *process = find_process(report, key.process);

		if (process && look_up_heap(map, &key, &state) &&
		    add_heap(session, process, key.heap, &state))
			return -1;
	}
	return 0;
}

static int add_running_histograms(struct report *report, struct session *session)
{
	int map = bpf_map__fd(session->bpf->maps.histograms);
	struct gcscope_histogram_key key, *previous = NULL;
	struct gcscope_histogram histogram;

	for (; !bpf_map_get_next_key(map, previous, &key); previous = &key) {
		struct process_report *process = find_process(report, key.process);

		if (process && !bpf_map_lookup_elem(map, &key, &histogram) &&
		    add_histogram(process, &key, &histogram))
			return -1;
	}
	return 0;
}

static int add_running_ledgers(struct report *report, struct session *session)
{
	int map = bpf_map__fd(session->bpf->maps.ledgers);
	struct gcscope_histogram_key key, *previous = NULL;
	struct gcscope_ledger ledger;

	for (; !bpf_map_get_next_key(map, previous, &key); previous = &key) {
		struct process_report *process = find_process(report, key.process);

		if (process && !bpf_map_lookup_elem(map, &key, &ledger) &&
		    add_ledger(process, &key, &ledger))
			return -1;
	}
	return 0;
}

static int add_rivals(struct report *report, struct session *session)
{
	int map = bpf_map__fd(session->bpf->maps.rivals);
	struct gcscope_rival_key key, *previous = NULL;
	uint64_t ns;

	for (; !bpf_map_get_next_key(map, previous, &key); previous = &key) {
		struct process_report *process = find_process(report, key.process);
		struct heap_report *heap = process ? find_heap(process, key.heap) : NULL;
		struct rival *rival;

		if (!heap || bpf_map_lookup_elem(map, &key, &ns))
			continue;
		rival = readout_grow(&heap->rivals, &heap->rival_count, sizeof(*rival));
		if (!rival)
			return -1;
		rival->ns = ns;
		memcpy(rival->comm, key.comm, sizeof(key.comm));
	}
	return 0;
}

static int add_kept(const struct session *session, struct process_report *report,
		    const struct process *process)
{
	for (size_t i = 0; i < process->kept_count; i++) {
		const struct kept *kept = process->kept[i];
		struct gcscope_heap_state state = { 0 };
		struct gcscope_histogram histogram = { 0 };
		struct gcscope_ledger ledger = { 0 };
		int failed;

		if (is_ledger(&kept->key)) {
			kept_unpack(kept, &ledger);
			failed = add_ledger(report, &kept->key, &ledger);
		} else if (kept->key.metric) {
			kept_unpack(kept, &histogram);
			failed = add_histogram(report, &kept->key, &histogram);
		} else {
			kept_unpack(kept, &state);
			failed = add_heap(session, report, kept->key.heap, &state);
		}
		if (failed)
			return -1;
	}
	return 0;
}

/* A stack that found no room stays empty. */
static bool look_up_samples(struct session *session, struct samples *samples)
{
	int map = bpf_map__fd(session->bpf->maps.sites);

	memset(samples->stack, 0, sizeof(samples->stack));
	if (bpf_map_lookup_elem(map, &samples->key, &samples->site))
		return false;
	if (samples->key.stack != GCSCOPE_NO_STACK)
		bpf_map_lookup_elem(bpf_map__fd(session->bpf->maps.stacks), &samples->key.stack,
				    samples->stack);
	return true;
}

/* They stay in the kernel until the session ends, since processes may share their stacks. */
static int add_sites(struct report *report, struct session *session)
{
	int map = bpf_map__fd(session->bpf->maps.sites);
	struct gcscope_site_key *previous = NULL;
	struct samples samples;

	for (; !bpf_map_get_next_key(map, previous, &samples.key); previous = &samples.key) {
		struct process_report *process = find_process(report, samples.key.process);
		struct heap_report *heap = process ? find_heap(process, samples.key.heap) : NULL;

		if (heap && look_up_samples(session, &samples) &&
		    samples_add(heap, processes_code_of(session, process->process), &samples))
			return -1;
	}
	return 0;
}

/* Of the heaps that are in the report. */
static int add_card_maps(struct process_report *report, const struct process *process)
{
	for (size_t i = 0; i < process->cards_count; i++) {
		struct heap_report *heap = find_heap(report, process->cards[i]->heap);

		if (!heap)
			continue;
		heap->card_map = malloc(sizeof(*heap->card_map));
		if (!heap->card_map)
			return -1;
		*heap->card_map = process->cards[i]->map;
	}
	return 0;
}

static int add_all_card_maps(struct report *report, struct session *session)
{
	for (size_t i = 0; i < report->process_count; i++)
		if (add_card_maps(&report->processes[i], &session->processes.entries[i]))
			return -1;
	return 0;
}

static int add_processes(struct report *report, struct session *session)
{
	for (size_t i = 0; i < session->processes.count; i++) {
		const struct process *from = &session->processes.entries[i];
		struct process_report *process =
			readout_grow(&report->processes, &report->process_count, sizeof(*process));

		if (!process)
			return -1;
		*process = from->about;
		process->cgroup = from->about.cgroup ? strdup(from->about.cgroup) : NULL;
		if (add_kept(session, process, from))
			return -1;
	}
	return 0;
}

/* Of heaps with statistics, which would have had a last event. */
static void mark_cut_short(struct process_report *process)
{
	for (size_t i = 0; i < process->heap_count; i++) {
		struct heap_report *heap = &process->heaps[i];

		heap->cut_short = process->ended && !heap->end && heap->allocation_bytes.known;
	}
}

/* Leave only processes with a heap. */
static void drop_heapless(struct report *report)
{
	size_t left = 0;

	for (size_t i = 0; i < report->process_count; i++) {
		if (report->processes[i].heap_count) {
			sort(&report->processes[i]);
			mark_cut_short(&report->processes[i]);
			report->processes[left++] = report->processes[i];
		} else {
			free(report->processes[i].cgroup);
		}
	}
	report->process_count = left;
}

/* What the kernel keeps of its programs: runs that it left out, and the time that they took. */
static void add_programs(struct report *report, struct session *session)
{
	struct bpf_program *program;
	uint64_t skipped = 0, run_ns = 0;

	bpf_object__for_each_program(program, session->bpf->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			continue;
		skipped += info.recursion_misses;
		run_ns += info.run_time_ns;
	}
	report->events.lost[GCSCOPE_LOST_PROBE] = skipped;
	/* It takes the time only where kernel.bpf_stats_enabled says so. */
	report->profiler.bpf_run_seconds =
		(struct seconds){ run_ns != 0, (double)run_ns / NS_PER_SECOND };
}

static void add_events(struct report *report, struct session *session)
{
	const struct gcscope_totals *totals = &session->bpf->bss->totals;

	report->events.received = totals->received;
	report->events.unmatched = totals->unmatched;
	memcpy(report->events.lost, totals->lost, sizeof(report->events.lost));
}

bool readout_map_bytes(struct bpf_map *map, uint64_t *ret_bytes)
{
	char path[64], line[128];
	FILE *info;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
	info = fopen(path, "re");
	if (!info)
		return false;
	while (!found && fgets(line, sizeof(line), info))
		found = sscanf(line, "memlock: %lu", ret_bytes) == 1;
	fclose(info);
	return found;
}

static struct number all_map_bytes(struct session *session)
{
	struct number sum = { .known = true };
	struct bpf_map *map;

	if (!session->maps_tell_use)
		return (struct number){ 0 };
	bpf_object__for_each_map(map, session->bpf->obj) {
		uint64_t bytes;

		if (!readout_map_bytes(map, &bytes))
			return (struct number){ 0 };
		sum.value += bytes;
	}
	return sum;
}

static struct number resident_bytes(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	struct number bytes = { 0 };
	uint64_t pages;

	if (!statm)
		return bytes;
	if (fscanf(statm, "%*u %lu", &pages) == 1)
		bytes = (struct number){ true, pages * sysconf(_SC_PAGESIZE) };
	fclose(statm);
	return bytes;
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void add_profiler(struct report *report, struct session *session)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	report->profiler.cpu_seconds = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	report->profiler.max_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
	report->profiler.steady_rss_bytes = resident_bytes();
	report->profiler.map_bytes = all_map_bytes(session);
	report->profiler.attach_seconds = session->attach_seconds;
	report->profiler.attach_method = session->multi ? "uprobe_multi" : "perf_event";
}

struct report *readout(struct session *session)
{
	struct report *report = calloc(1, sizeof(*report));
	uint64_t end = session->end_ns ? session->end_ns : session_now(session);

	if (!report)
		return NULL;
	processes_reconcile(session);
	if (add_processes(report, session) || add_running_heaps(report, session) ||
	    add_running_histograms(report, session) || add_running_ledgers(report, session) ||
	    add_all_card_maps(report, session) || add_sites(report, session) ||
	    add_rivals(report, session)) {
		report_free(report);
		return NULL;
	}
	drop_heapless(report);
	add_events(report, session);
	add_programs(report, session);
	add_profiler(report, session);
	if (session->begin_ns)
		report->duration_seconds = (double)(end - session->begin_ns) / NS_PER_SECOND;
	return report;
}
