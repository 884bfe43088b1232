/* SPDX-License-Identifier: BSD-2-Clause */
/* From samples, which are addresses, to lines and functions of a program. */
#ifndef GCSCOPE_SESSION_SAMPLES_H
#define GCSCOPE_SESSION_SAMPLES_H

#include "model/report.h"
#include "session/modules.h"

/* What the kernel has counted for one stack. */
struct samples {
	struct gcscope_site_key key;
	struct gcscope_site site;
	uint64_t stack[GCSCOPE_STACK_DEPTH]; /* return addresses, innermost first; 0 ends them */
};

/* Add them to the sites and stacks of their heap. Returns 0, or -1 without memory. */
int samples_add(struct heap_report *heap, const struct code *code, const struct samples *samples);

/* All are there: bring them into order, those of equal stacks together. */
void samples_sort(struct heap_report *heap);

#endif
