/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/bars.h"

#include "model/distribution.h"
#include "render/format.h"
#include "render/table.h"

#define DURATION_WIDTH 7 /* "18.3 ms" */

/* Rows of `merged` slots each, a power of two of them, so that no slot is cut. */
struct rows {
	uint32_t first; /* the first row's number, counted from slot 0 */
	uint32_t count;
	uint32_t merged;
};

static struct rows fit_rows(const struct gcscope_histogram *histogram)
{
	uint32_t first = gcscope_slot(histogram_min(histogram));
	uint32_t last = gcscope_slot(histogram->max);
	uint32_t room = 2 * gcscope_log2(histogram->count);
	struct rows rows = { first, last - first + 1, 1 };

	while (rows.count > (room < BARS_ROWS ? room + 1 : BARS_ROWS)) {
		rows.merged *= 2;
		rows.first = first / rows.merged;
		rows.count = last / rows.merged - rows.first + 1;
	}
	return rows;
}

static uint64_t row_count(const struct gcscope_histogram *histogram, const struct rows *rows,
			  uint32_t row)
{
	uint32_t slot = (rows->first + row) * rows->merged;
	uint64_t count = 0;

	for (uint32_t i = 0; i < rows->merged && slot + i < GCSCOPE_SLOTS; i++)
		count += histogram->slots[slot + i];
	return count;
}

/* "1.05 ms - 1.31 ms"; the last slot has no end. */
static void print_range(FILE *out, const struct gcscope_histogram *histogram,
			const struct rows *rows, uint32_t row, bool utf8)
{
	uint32_t slot = (rows->first + row) * rows->merged;
	uint64_t end = gcscope_slot_low(slot + rows->merged);
	bool open = slot + rows->merged >= GCSCOPE_SLOTS && histogram->max >= end;
	struct number_text from, to;

	fputs("  ", out);
	print_right(out, format_duration(&from, gcscope_slot_low(slot), utf8), DURATION_WIDTH);
	fputs(utf8 ? " – " : " - ", out);
	print_right(out, open ? "more" : format_duration(&to, end, utf8), DURATION_WIDTH);
	fputs("  ", out);
}

/* A bar of count/most of width columns, never empty unless count is 0; padded to width. */
static void print_bar(FILE *out, uint64_t count, uint64_t most, unsigned width, bool utf8)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned steps = utf8 ? 8 : 1;
	unsigned length = (unsigned)((double)count / (double)most * width * steps + 0.5);

	if (count && !length)
		length = 1;
	for (unsigned i = 0; i < length / steps; i++)
		fputs(utf8 ? "█" : "#", out);
	if (utf8)
		fputs(eighths[length % 8], out);
	fprintf(out, "%*s", (int)(width - (length + steps - 1) / steps), "");
}

void bars_print(FILE *out, const struct gcscope_histogram *histogram,
		const struct text_style *style)
{
	uint64_t most = 0;
	struct number_text count;
	struct rows rows;
	size_t count_width;
	unsigned width;

	if (histogram->count == 0)
		return;
	rows = fit_rows(histogram);
	for (uint32_t row = 0; row < rows.count; row++) {
		if (row_count(histogram, &rows, row) > most)
			most = row_count(histogram, &rows, row);
	}
	if (most == 0)
		return;
	count_width = display_width(format_count(&count, most));
	width = style->width - (2 + DURATION_WIDTH + 3 + DURATION_WIDTH + 2) -
		(2 + (unsigned)count_width);
	if (width > BARS_WIDTH)
		width = BARS_WIDTH;
	for (uint32_t row = 0; row < rows.count; row++) {
		uint64_t here = row_count(histogram, &rows, row);

		print_range(out, histogram, &rows, row, style->utf8);
		print_bar(out, here, most, width, style->utf8);
		fputs("  ", out);
		print_right(out, format_count(&count, here), count_width);
		fputc('\n', out);
	}
}
