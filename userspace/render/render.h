/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The renderers: from the report model to text. They know the model alone.
 * Each writes to a stream and returns 0, or -1 with errno when writing failed.
 */
#ifndef GCSCOPE_RENDER_H
#define GCSCOPE_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "model/report.h"

struct text_style {
	bool color;
	bool utf8;	/* bars of block characters; else ASCII */
	unsigned width; /* columns */
};

/* For people: worst pauses, percentiles, bars. */
int render_text(FILE *out, const struct report *report, const struct text_style *style);

/* gcscope.report/1. */
int render_json(FILE *out, const struct report *report);

/*
 * For flame graphs: a line for each sampled stack, "PROCESS;main;f;g;[allocation] BYTES" or
 * "...;[store] STORES", or "...;[stop] NS" for where mutators came late to their stops.
 */
int render_folded(FILE *out, const struct report *report);

struct prometheus_style {
	bool pid_label;
	const char *version;
};

/* The exposition format, for the textfile collector. */
int render_prometheus(FILE *out, const struct report *report, const struct prometheus_style *style);

#endif
