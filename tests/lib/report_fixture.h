/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports made by hand, for tests of what reads them. Nothing here asks a
 * kernel or a target. Functions abort when memory runs out or a report would
 * hold more than these limits, so that pointers into it stay good.
 */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include "model/report.h"

#define FIXTURE_PROCESSES     8
#define FIXTURE_HEAPS	      4
#define FIXTURE_COLLECTIONS   16
#define FIXTURE_DISTRIBUTIONS 16
#define FIXTURE_SITES	      16

/* An empty report of a session of 12.5 s. Free it with report_free. */
struct report *fixture_report(void);

/* Processes run, were watched from the start, and belong to no cgroup. */
struct process_report *fixture_process(struct report *report, pid_t pid, const char *comm);

/* A heap of which nothing is known but its plan. */
struct heap_report *fixture_heap(struct process_report *process, uint64_t heap, const char *plan);

void fixture_collections(struct heap_report *heap, uint32_t kind, uint32_t cause, uint64_t count);

/* The histogram of the pauses of this kind, or of a phase of them, made at its first use. */
struct gcscope_histogram *fixture_pauses(struct heap_report *heap, uint32_t kind);
struct gcscope_histogram *fixture_phase(struct heap_report *heap, uint32_t kind, uint32_t phase);

/*
 * A sampled line, and a stack that led there. NULL and 0 as in the model: unknown. There is
 * a limit on both.
 */
struct site_report *fixture_site(struct heap_report *heap, uint32_t sort, const char *function,
				 const char *file, unsigned line);
void fixture_stack(struct heap_report *heap, uint32_t sort, uint64_t weight, const char *path);

/* An empty card map of the heap, for card_map_add. */
struct card_map *fixture_card_map(struct heap_report *heap);

struct number fixture_known(uint64_t value);

/*
 * A process as a session of plan marksweep would tell it: 214 major pauses of
 * 2 to 18.3 ms made by arithmetic, phases, sizes, worst pauses, every counter
 * of the statistics block known.
 */
struct process_report *fixture_depgraph(struct report *report, pid_t pid);

/*
 * A report with anything in it: names of any bytes, each number known or not,
 * histograms of any shape, several processes and heaps, some of one name.
 */
struct report *fixture_random(void);

#endif
