/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a command's data go: standard output, or the FILE of -o, which is
 * replaced as a whole at the end. Both functions that return a status have
 * said on standard error what failed.
 */
#ifndef GCSCOPE_OUTPUT_H
#define GCSCOPE_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "commands/options.h"
#include "render/publish.h"
#include "render/render.h"

struct output {
	const struct options *options;
	FILE *stream;
	struct publication file; /* in use with -o */
};

/* Tells at once when FILE cannot be written. 0, or an enum exit_status. */
int output_open(struct output *output, const struct options *options);

/* How text for people has to look there. */
struct text_style output_style(const struct output *output);

/* All that was written is kept, and the output is closed. 0, or an enum exit_status. */
int output_close(struct output *output);

/* FILE stays as it was. */
void output_abandon(struct output *output);

/* The report in the format that was asked for, then output_close. */
int output_report(struct output *output, const struct report *report);

/* The same for a document of the command's own, NULL for want of memory; frees it. */
int output_json(struct output *output, json_t *document);

#endif
