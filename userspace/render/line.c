/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/line.h"

#include <stdarg.h>
#include <stdlib.h>

#include "render/table.h"

void line_begin(struct line *line, const char *name)
{
	line->indent = *name ? LINE_FIELD : 0;
	line->column = line->indent;
	if (!*name)
		return;
	fputs("  ", line->out);
	print_left(line->out, name, LINE_FIELD - 2);
}

static void wrap(struct line *line, const char *lead)
{
	if (*lead != ' ')
		fputc(*lead, line->out);
	fprintf(line->out, "\n%*s", (int)line->indent, "");
	line->column = line->indent;
}

static void put(struct line *line, const char *lead, const char *string)
{
	size_t lead_width = display_width(lead), width = display_width(string);

	if (line->column > line->indent) {
		/* One column is kept for the comma that may have to stay behind. */
		if (line->column + lead_width + width >= line->width) {
			wrap(line, lead);
		} else {
			fputs(lead, line->out);
			line->column += lead_width;
		}
	}
	fputs(string, line->out);
	line->column += width;
}

void line_piece(struct line *line, const char *lead, const char *format, ...)
{
	char *string;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&string, format, arguments);
	va_end(arguments);
	if (length < 0) {
		line->failed = true;
		return;
	}
	put(line, lead, string);
	free(string);
}

void line_end(struct line *line)
{
	fputc('\n', line->out);
}
