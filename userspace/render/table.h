/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table for a terminal: columns as wide as their widest cell, the least
 * needed ones left out where the line is too short.
 */
#ifndef GCSCOPE_RENDER_TABLE_H
#define GCSCOPE_RENDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 10
#define TABLE_CELL    39 /* bytes; what is longer is cut */

struct column {
	const char *heading;
	bool left;	   /* aligned left; else right */
	unsigned optional; /* 0: always shown; else the highest leaves first */
};

struct table_row;

struct table {
	const struct column *columns; /* the caller's */
	unsigned column_count;	      /* up to TABLE_COLUMNS */
	struct table_row *rows;
	size_t row_count;
	unsigned cells; /* filled in the last row */
	bool failed;	/* no memory */
};

/* Columns that a NUL-terminated UTF-8 text of single-width characters takes. */
size_t display_width(const char *text);

/* Print a text and the spaces that fill it up to width columns, to its right or its left. */
void print_left(FILE *out, const char *text, size_t width);
void print_right(FILE *out, const char *text, size_t width);

/* Start a row, then fill its cells from left to right; those not filled stay empty. */
void table_row(struct table *table);
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);

/*
 * Print the headings and rows within width columns, indented by two, the
 * headings between the texts before and after (colour, or ""). Frees the rows.
 * 0, or -1 when cells were lost for want of memory.
 */
int table_print(struct table *table, FILE *out, unsigned width, const char *before,
		const char *after);

#endif
