/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/report.h"

#include <stdlib.h>

static void heap_report_clear(struct heap_report *heap)
{
	free(heap->collections);
	free(heap->pauses);
	free(heap->phases);
	free(heap->rivals);
	free(heap->card_map);
	for (size_t i = 0; i < heap->site_count; i++) {
		free(heap->sites[i].module);
		free(heap->sites[i].function);
		free(heap->sites[i].file);
	}
	free(heap->sites);
	for (size_t i = 0; i < heap->stack_count; i++)
		free(heap->stacks[i].path);
	free(heap->stacks);
}

static void process_report_clear(struct process_report *process)
{
	for (size_t i = 0; i < process->heap_count; i++)
		heap_report_clear(&process->heaps[i]);
	free(process->heaps);
	free(process->cgroup);
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->process_count; i++)
		process_report_clear(&report->processes[i]);
	free(report->processes);
	free(report);
}

uint64_t report_lost(const struct report *report)
{
	uint64_t lost = 0;

	for (unsigned reason = 0; reason < GCSCOPE_LOST_REASONS; reason++)
		lost += report->events.lost[reason];
	return lost;
}
