/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of pieces that goes on, indented, in the next where it is too long for the terminal. */
#ifndef GCSCOPE_RENDER_LINE_H
#define GCSCOPE_RENDER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LINE_FIELD 17 /* where the text of a named line starts */

struct line {
	FILE *out;
	unsigned width; /* columns */
	size_t indent;
	size_t column;
	bool failed; /* no memory: a piece was lost */
};

/* Start with the name of what the line tells, or with "". */
void line_begin(struct line *line, const char *name);

/*
 * A piece, parted from the one before by lead: a comma or colon with a space
 * after it, which stays at the end of a full line, or a dot between spaces,
 * which does not.
 */
__attribute__((format(printf, 3, 4))) void line_piece(struct line *line, const char *lead,
						      const char *format, ...);

void line_end(struct line *line);

#endif
