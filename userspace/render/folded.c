/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks as flame graph programs take them: frames parted by ';', a blank, a number. */
#include "render/render.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "model/names.h"
#include "render/utf8.h"

/* A name from outside as a frame. -1: no memory. */
static int put_process(FILE *out, const char *name)
{
	char *clean = utf8_clean(name);

	if (!clean)
		return -1;
	for (const char *at = clean; *at; at++)
		putc(*at == ';' || iscntrl((unsigned char)*at) ? '?' : *at, out);
	free(clean);
	return 0;
}

static int put_heap(FILE *out, const char *process, const struct heap_report *heap)
{
	for (size_t i = 0; i < heap->stack_count; i++) {
		const struct stack_report *stack = &heap->stacks[i];

		if (put_process(out, process))
			return -1;
		fprintf(out, ";%s;[%s] %" PRIu64 "\n", stack->path, sort_name(stack->sort),
			stack->weight);
	}
	return 0;
}

int render_folded(FILE *out, const struct report *report)
{
	for (size_t i = 0; i < report->process_count; i++) {
		const struct process_report *process = &report->processes[i];

		for (size_t j = 0; j < process->heap_count; j++) {
			if (put_heap(out, process->comm, &process->heaps[j])) {
				errno = ENOMEM;
				return -1;
			}
		}
	}
	return ferror(out) || fflush(out) ? -1 : 0;
}
