/* SPDX-License-Identifier: BSD-2-Clause */
#include "report_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/distribution.h"
#include "test_random.h"

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

static void within(size_t count, size_t limit)
{
	if (count >= limit) {
		fprintf(stderr, "a fixture has room for %zu of these\n", limit);
		abort();
	}
}

struct number fixture_known(uint64_t value)
{
	return (struct number){ true, value };
}

struct report *fixture_report(void)
{
	struct report *report = room(1, sizeof(*report));

	report->duration_seconds = 12.5;
	report->processes = room(FIXTURE_PROCESSES, sizeof(*report->processes));
	return report;
}

struct process_report *fixture_process(struct report *report, pid_t pid, const char *comm)
{
	struct process_report *process;

	within(report->process_count, FIXTURE_PROCESSES);
	process = &report->processes[report->process_count++];
	process->process = report->process_count;
	process->pid = pid;
	process->ns_pid = pid;
	snprintf(process->comm, sizeof(process->comm), "%s", comm);
	process->runtime = "gcscope";
	process->tier = "usdt";
	process->heaps = room(FIXTURE_HEAPS, sizeof(*process->heaps));
	return process;
}

struct heap_report *fixture_heap(struct process_report *process, uint64_t heap, const char *plan)
{
	struct heap_report *report;

	within(process->heap_count, FIXTURE_HEAPS);
	report = &process->heaps[process->heap_count++];
	report->heap = heap;
	report->plan = plan;
	report->collections = room(FIXTURE_COLLECTIONS, sizeof(*report->collections));
	report->pauses = room(FIXTURE_DISTRIBUTIONS, sizeof(*report->pauses));
	report->phases = room(FIXTURE_DISTRIBUTIONS, sizeof(*report->phases));
	report->sites = room(FIXTURE_SITES, sizeof(*report->sites));
	report->stacks = room(FIXTURE_SITES, sizeof(*report->stacks));
	return report;
}

static char *copy(const char *text)
{
	char *copied = text ? strdup(text) : NULL;

	if (text && !copied)
		abort();
	return copied;
}

struct site_report *fixture_site(struct heap_report *heap, uint32_t sort, const char *function,
				 const char *file, unsigned line)
{
	struct site_report *site;

	within(heap->site_count, FIXTURE_SITES);
	heap->has_sites = true;
	site = &heap->sites[heap->site_count++];
	*site = (struct site_report){
		.sort = sort,
		.module = copy("/usr/bin/depgraph"),
		.offset = 0x1234,
		.function = copy(function),
		.file = copy(file),
		.line = line,
	};
	return site;
}

void fixture_stack(struct heap_report *heap, uint32_t sort, uint64_t weight, const char *path)
{
	within(heap->stack_count, FIXTURE_SITES);
	heap->stacks[heap->stack_count++] = (struct stack_report){ sort, weight, copy(path) };
}

void fixture_collections(struct heap_report *heap, uint32_t kind, uint32_t cause, uint64_t count)
{
	within(heap->collection_count, FIXTURE_COLLECTIONS);
	heap->collections[heap->collection_count++] =
		(struct collection_count){ kind, cause, count };
}

static struct gcscope_histogram *distribution(struct distribution *list, size_t *count,
					      uint32_t kind, uint32_t phase)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i].kind == kind && list[i].phase == phase)
			return &list[i].histogram;
	}
	within(*count, FIXTURE_DISTRIBUTIONS);
	list[*count].kind = kind;
	list[*count].phase = phase;
	return &list[(*count)++].histogram;
}

struct gcscope_histogram *fixture_pauses(struct heap_report *heap, uint32_t kind)
{
	return distribution(heap->pauses, &heap->pause_count, kind, 0);
}

struct gcscope_histogram *fixture_phase(struct heap_report *heap, uint32_t kind, uint32_t phase)
{
	return distribution(heap->phases, &heap->phase_count, kind, phase);
}

struct card_map *fixture_card_map(struct heap_report *heap)
{
	heap->card_map = room(1, sizeof(*heap->card_map));
	return heap->card_map;
}

/* A ledger for so many pauses, in which the CPU has what the other parts leave of `ns`. */
static struct gcscope_ledger ledger(uint64_t count, uint64_t ns, uint64_t runqueue, uint64_t futex)
{
	struct gcscope_ledger ledger = { .count = count, .minor_faults = 321 };

	ledger.ns[GCSCOPE_PART_CPU] = ns - runqueue - futex;
	ledger.ns[GCSCOPE_PART_RUNQUEUE] = runqueue;
	ledger.ns[GCSCOPE_PART_FUTEX] = futex;
	return ledger;
}

/* One major collection of depgraph: its pause, cut into the way to the safepoint and the phases. */
static void depgraph_collection(struct heap_report *heap, uint64_t pause, uint64_t stopped)
{
	uint64_t work = pause - stopped;

	histogram_add(fixture_pauses(heap, GCS_KIND_MAJOR), pause);
	histogram_add(&heap->time_to_safepoint.histogram, stopped);
	histogram_add(fixture_phase(heap, GCS_KIND_MAJOR, GCS_PHASE_PREPARE), work / 100);
	histogram_add(fixture_phase(heap, GCS_KIND_MAJOR, GCS_PHASE_ROOTS), work / 20);
	histogram_add(fixture_phase(heap, GCS_KIND_MAJOR, GCS_PHASE_MARK), work / 10 * 9);
	histogram_add(fixture_phase(heap, GCS_KIND_MAJOR, GCS_PHASE_SWEEP), work / 50);
}

static void depgraph_statistics(struct heap_report *heap)
{
	heap->allocation_bytes = fixture_known(1294467891);
	heap->allocation_objects = fixture_known(12345678);
	heap->promotion_bytes = fixture_known(0);
	heap->promotion_objects = fixture_known(0);
	heap->barrier_stores = fixture_known(10000321);
	heap->barrier_slow = fixture_known(0);
	heap->cards_dirtied = fixture_known(0);
	heap->cards_scanned = fixture_known(0);
	heap->cards_useful = fixture_known(0);
	heap->cards_wasted = fixture_known(0);
	heap->size_capacity_bytes = fixture_known(198180864);
	heap->size_live_bytes = fixture_known(129394739);
	heap->size_peak_capacity_bytes = fixture_known(211812352);
	heap->size_limit_bytes = fixture_known(268435456);
}

struct process_report *fixture_depgraph(struct report *report, pid_t pid)
{
	struct process_report *process = fixture_process(report, pid, "depgraph");
	struct heap_report *heap = fixture_heap(process, 1, "marksweep");
	uint64_t stopped;

	heap->has_time_to_safepoint = true;
	heap->has_stalls = true;
	for (uint64_t i = 0; i < 212; i++) /* a hump near 6 ms with a slope to either side */
		depgraph_collection(heap, 2000000 + i * 37 % 53 * 90000 + i * 29 % 47 * 70000,
				    1500 + i * 41 % 101 * 400);
	depgraph_collection(heap, 14200000, 310000);
	depgraph_collection(heap, 18300000, 7120000);
	stopped = heap->time_to_safepoint.histogram.sum;
	heap->pauses[0].time_to_safepoint_ns = fixture_known(stopped);
	heap->pauses[0].ledger =
		ledger(214, heap->pauses[0].histogram.sum - stopped, 300000000, 0);
	heap->time_to_safepoint.ledger = ledger(214, stopped, 1000000, 7000000);
	histogram_add(&heap->pauses[0].undisturbed, 1000000);
	histogram_add(&heap->pauses[0].undisturbed, 2000000);
	heap->rivals = room(1, sizeof(*heap->rivals));
	heap->rivals[heap->rival_count++] = (struct rival){ "stress-ng", 280000000 };
	fixture_collections(heap, GCS_KIND_MAJOR, GCS_CAUSE_ALLOCATION, 200);
	fixture_collections(heap, GCS_KIND_MAJOR, GCS_CAUSE_EXPLICIT, 12);
	fixture_collections(heap, GCS_KIND_MAJOR, GCS_CAUSE_LIMIT, 2);
	depgraph_statistics(heap);
	process->worst[0] = (struct worst_pause){
		.heap = 1,
		.collection = 143,
		.kind = GCS_KIND_MAJOR,
		.cause = GCS_CAUSE_LIMIT,
		.at_seconds = 7.314,
		.duration_ns = 18300000,
		.time_to_safepoint_ns = fixture_known(7120000),
		.latest_mutator = fixture_known(3),
		.has_ledger = true,
		.to_safepoint_ns = { [GCSCOPE_PART_CPU] = 120000, [GCSCOPE_PART_OTHER] = 7000000 },
		.stopped_ns = { [GCSCOPE_PART_CPU] = 11180000 },
	};
	process->worst[1] = (struct worst_pause){
		.heap = 1,
		.collection = 209,
		.kind = GCS_KIND_MAJOR,
		.cause = GCS_CAUSE_ALLOCATION,
		.at_seconds = 12.002,
		.duration_ns = 14200000,
	};
	process->worst_count = 2;
	process->ended = true;
	process->exit_code = fixture_known(0);
	process->exit_signal = fixture_known(0);
	report->events.received = 1712;
	report->profiler.cpu_seconds = 0.041;
	report->profiler.max_rss_bytes = 22020096;
	report->profiler.steady_rss_bytes = fixture_known(11534336);
	report->profiler.map_bytes = fixture_known(1310720);
	report->profiler.attach_seconds = 0.0142;
	report->profiler.attach_method = "uprobe_multi";
	return process;
}

static struct number random_number(void)
{
	return random_below(4) ? fixture_known(random_magnitude() >> 4) : (struct number){ 0 };
}

static void random_histogram(struct gcscope_histogram *histogram)
{
	uint64_t ceiling = 1 + (random_magnitude() >> 16);

	for (uint64_t i = random_below(2000); i > 0; i--)
		histogram_add(histogram, random_below(3) ? random_below(ceiling) : ceiling);
}

/* Ten characters of two bytes each. */
#define UMLAUTS "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"

static void random_site(struct heap_report *heap)
{
	static const char *const functions[] = {
		NULL, "f", "\xff\n;", UMLAUTS UMLAUTS,
		"a_function_whose_name_is_longer_than_any_line_has_room_for",
	};
	static const char *const files[] = {
		NULL, "main.c", "/\xff/", "/a/" UMLAUTS UMLAUTS ".c",
	};
	struct site_report *site = fixture_site(heap, 1 + (uint32_t)random_below(2),
						functions[random_below(5)], files[random_below(4)],
						(unsigned)random_below(3));

	site->samples = random_magnitude() >> 1;
	site->weight = random_magnitude() >> 8;
	site->dirtied = site->sort == GCSCOPE_SORT_STORE ? random_magnitude() >> 8 : 0;
	if (random_below(2)) {
		free(site->module);
		site->module = NULL;
	}
}

static void random_card_map(struct card_map *map)
{
	uint32_t counts[GCSCOPE_CARD_PARTS];
	uint64_t at_ns = random_magnitude() >> 30;

	for (uint64_t i = random_below(100); i > 0; i--) {
		for (unsigned part = 0; part < GCSCOPE_CARD_PARTS; part++)
			counts[part] = (uint32_t)random_below(3) * (uint32_t)random_below(100000);
		card_map_add(map, at_ns, 0, 512ULL << random_below(30), counts,
			     (unsigned)random_below(GCSCOPE_CARD_PARTS + 1));
		at_ns += random_magnitude() >> 30;
	}
}

static void random_heap(struct heap_report *heap)
{
	for (uint64_t i = random_below(6); i > 0; i--)
		fixture_collections(heap, (uint32_t)random_below(7), (uint32_t)random_below(9),
				    random_magnitude() >> 20);
	for (uint64_t i = random_below(4); i > 0; i--)
		random_histogram(fixture_pauses(heap, (uint32_t)random_below(7)));
	for (uint64_t i = random_below(6); i > 0; i--)
		random_histogram(
			fixture_phase(heap, (uint32_t)random_below(7), (uint32_t)random_below(9)));
	heap->has_time_to_safepoint = random_below(2);
	random_histogram(&heap->time_to_safepoint.histogram);
	heap->has_stalls = random_below(2);
	random_histogram(&heap->stalls.histogram);
	heap->out_of_memory = random_below(3);
	for (uint64_t i = random_below(FIXTURE_SITES); i > 0; i--)
		random_site(heap);
	heap->end = (uint32_t)random_below(5);
	if (random_below(2))
		random_card_map(fixture_card_map(heap));
#define RANDOM(group, key) heap->group##_##key = random_number();
	GCSCOPE_STATS_COUNTERS(RANDOM)
	GCSCOPE_STATS_GAUGES(RANDOM)
#undef RANDOM
}

static void random_process(struct report *report)
{
	static const char *const cgroups[] = { NULL, "/", "/a\\x2d\"b.service", "/\xff\n.scope" };
	const char *cgroup = cgroups[random_below(4)];
	struct process_report *process;
	char comm[GCSCOPE_COMM] = "";

	for (uint64_t i = 0; i < random_below(GCSCOPE_COMM); i++)
		comm[i] = (char)(1 + random_below(255));
	process = fixture_process(report, 1 + (pid_t)random_below(1 << 22),
				  random_below(3) ? comm : "worker");
	process->cgroup = cgroup ? strdup(cgroup) : NULL;
	process->attached_late = random_below(2);
	process->ended = random_below(2);
	process->exec = process->ended && random_below(4) == 0;
	process->exit_code = random_number();
	process->exit_signal = random_below(2) ? fixture_known(random_below(65))
					       : (struct number){ 0 };
	for (uint64_t heap = 1; heap <= random_below(FIXTURE_HEAPS + 1); heap++)
		random_heap(fixture_heap(process, heap, random_below(3) ? "marksweep" : NULL));
	for (process->worst_count = 0; process->worst_count < random_below(WORST_PAUSES + 1);
	     process->worst_count++)
		process->worst[process->worst_count] = (struct worst_pause){
			.heap = random_below(4),
			.collection = random_magnitude(),
			.kind = (uint32_t)random_below(7),
			.cause = (uint32_t)random_below(9),
			.at_seconds = (double)random_magnitude() / 1e12 - 1e-6,
			.duration_ns = random_magnitude() >> 8,
			.time_to_safepoint_ns = random_number(),
			.latest_mutator = random_number(),
		};
}

struct report *fixture_random(void)
{
	struct report *report = fixture_report();

	report->duration_seconds = (double)random_below(3) * 1.25;
	report->events.received = random_magnitude() >> 1;
	report->events.unmatched = random_below(3);
	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++)
		report->events.lost[reason] = random_below(2) * (random_magnitude() >> 8);
	report->profiler.cpu_seconds = (double)random_magnitude() / 1e18;
	report->profiler.max_rss_bytes = random_magnitude() >> 1;
	report->profiler.steady_rss_bytes = random_number();
	report->profiler.map_bytes = random_number();
	report->profiler.bpf_run_seconds = (struct seconds){ random_below(2), 0.25 };
	for (uint64_t i = random_below(FIXTURE_PROCESSES); i > 0; i--)
		random_process(report);
	return report;
}
