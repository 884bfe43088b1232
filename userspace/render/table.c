/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 2
#define GAP    2

struct table_row {
	char cells[TABLE_COLUMNS][TABLE_CELL + 1];
};

size_t display_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80; /* all but continuation bytes */
	return width;
}

static int padding(const char *text, size_t width)
{
	size_t used = display_width(text);

	return used < width ? (int)(width - used) : 0;
}

void print_left(FILE *out, const char *text, size_t width)
{
	fprintf(out, "%s%*s", text, padding(text, width), "");
}

void print_right(FILE *out, const char *text, size_t width)
{
	fprintf(out, "%*s%s", padding(text, width), "", text);
}

void table_row(struct table *table)
{
	struct table_row *rows =
		reallocarray(table->rows, table->row_count + 1, sizeof(*table->rows));

	table->cells = 0;
	if (!rows) {
		table->failed = true;
		return;
	}
	table->rows = rows;
	rows[table->row_count++] = (struct table_row){ 0 };
}

void table_cell(struct table *table, const char *format, ...)
{
	unsigned cell = table->cells++;
	va_list arguments;

	if (table->failed)
		return;
	va_start(arguments, format);
	vsnprintf(table->rows[table->row_count - 1].cells[cell], sizeof(table->rows->cells[cell]),
		  format, arguments);
	va_end(arguments);
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS])
{
	for (unsigned column = 0; column < table->column_count; column++) {
		widths[column] = display_width(table->columns[column].heading);
		for (size_t row = 0; row < table->row_count; row++) {
			size_t width = display_width(table->rows[row].cells[column]);

			if (width > widths[column])
				widths[column] = width;
		}
	}
}

/* Set the width of the least needed column to 0, which hides it. False when all are needed. */
static bool hide_one(const struct table *table, size_t widths[TABLE_COLUMNS])
{
	unsigned least = 0, rank = 0;

	for (unsigned column = 0; column < table->column_count; column++) {
		if (widths[column] && table->columns[column].optional > rank) {
			rank = table->columns[column].optional;
			least = column;
		}
	}
	if (rank)
		widths[least] = 0;
	return rank;
}

static size_t line_width(const struct table *table, const size_t widths[TABLE_COLUMNS])
{
	size_t line = INDENT;

	for (unsigned column = 0; column < table->column_count; column++)
		line += widths[column] ? widths[column] + (line > INDENT ? GAP : 0) : 0;
	return line;
}

/* The headings when row is NULL. Spaces come before a cell, so that none end the line. */
static void print_line(const struct table *table, FILE *out, const size_t widths[TABLE_COLUMNS],
		       const struct table_row *row)
{
	int spaces = 0;

	for (unsigned column = 0; column < table->column_count; column++) {
		const struct column *shape = &table->columns[column];
		const char *cell = row ? row->cells[column] : shape->heading;
		int fill = padding(cell, widths[column]);

		if (!widths[column])
			continue;
		fprintf(out, "%*s%s", spaces + (shape->left ? 0 : fill), "", cell);
		spaces = GAP + (shape->left ? fill : 0);
	}
}

int table_print(struct table *table, FILE *out, unsigned width, const char *before,
		const char *after)
{
	size_t widths[TABLE_COLUMNS];

	measure(table, widths);
	while (line_width(table, widths) > width && hide_one(table, widths))
		;
	fprintf(out, "  %s", before);
	print_line(table, out, widths, NULL);
	fprintf(out, "%s\n", after);
	for (size_t row = 0; row < table->row_count; row++) {
		fputs("  ", out);
		print_line(table, out, widths, &table->rows[row]);
		fputc('\n', out);
	}
	free(table->rows);
	table->rows = NULL;
	table->row_count = 0;
	return table->failed ? -1 : 0;
}
