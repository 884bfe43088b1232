/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/heat_map.h"

#include <math.h>

#include "render/format.h"
#include "render/table.h"

#define TITLE	  "card map"
#define LEFT	  12 /* where the picture begins: two spaces, "4.00 MiB", two more */
#define LABEL	  8
#define DENSITIES 9

#define FAINT  "\033[2m"
#define BLUE   "\033[34m"
#define CYAN   "\033[36m"
#define YELLOW "\033[33m"
#define RED    "\033[31m"
#define END    "\033[0m"

/* None dirty, then from the least to the most. */
static const char *const ascii[DENSITIES] = { ".", ":", "-", "=", "+", "*", "#", "%", "@" };
static const char *const blocks[DENSITIES] = { "·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const colors[DENSITIES] = { FAINT,  BLUE,   BLUE, CYAN, CYAN,
					       YELLOW, YELLOW, RED,  RED };

struct picture {
	FILE *out;
	const struct text_style *style;
	struct card_map map; /* as it is drawn */
	double most;	     /* of its cells, in cards per collection */
};

/* Dirty cards per collection. */
static double heat(const struct card_map *map, unsigned column, unsigned part)
{
	return (double)map->cards[column][part] / (double)map->collections[column];
}

static double hottest(const struct card_map *map)
{
	double most = 0;

	for (unsigned column = 0; column < map->columns; column++)
		for (unsigned part = 0; map->collections[column] && part < map->parts; part++)
			most = fmax(most, heat(map, column, part));
	return most;
}

static void print_cell(const struct picture *picture, unsigned column, unsigned part)
{
	const char *const *marks = picture->style->utf8 ? blocks : ascii;
	unsigned density;

	if (!picture->map.collections[column]) {
		fputc(' ', picture->out);
		return;
	}
	density =
		(unsigned)ceil(heat(&picture->map, column, part) / picture->most * (DENSITIES - 1));
	if (picture->style->color)
		fprintf(picture->out, "%s%s" END, colors[density], marks[density]);
	else
		fputs(marks[density], picture->out);
}

static void print_row(const struct picture *picture, unsigned part)
{
	struct number_text from;

	fputs("  ", picture->out);
	print_right(picture->out, format_bytes(&from, part * picture->map.part_bytes), LABEL);
	fputs("  ", picture->out);
	for (unsigned column = 0; column < picture->map.columns; column++)
		print_cell(picture, column, part);
	fputc('\n', picture->out);
}

static void print_legend(const struct picture *picture)
{
	const char *const *marks = picture->style->utf8 ? blocks : ascii;
	bool color = picture->style->color;
	struct number_text most;

	if (picture->most < 9.95)
		snprintf(most.text, sizeof(most.text), "%.2g", picture->most);
	else
		format_count(&most, (uint64_t)(picture->most + 0.5));
	fprintf(picture->out, "\n  %s" TITLE "  %s %s dirty cards per collection, %s none%s\n",
		color ? FAINT : "", marks[DENSITIES - 1], most.text, marks[0], color ? END : "");
}

static void print_times(const struct picture *picture)
{
	const struct card_map *map = &picture->map;
	uint64_t end_ns = map->begin_ns + map->columns * map->step_ns;
	bool utf8 = picture->style->utf8;
	struct number_text begin, end;
	size_t begin_width, end_width;

	begin_width = display_width(format_duration(&begin, map->begin_ns, utf8)) + 2;
	end_width = display_width(format_duration(&end, end_ns, utf8));
	fprintf(picture->out, "%*s", LEFT, "");
	print_left(picture->out, begin.text, begin_width);
	if (begin_width + end_width < map->columns)
		end_width = map->columns - begin_width;
	print_right(picture->out, end.text, end_width);
	fputc('\n', picture->out);
}

void heat_map_print(FILE *out, const struct card_map *map, const struct text_style *style)
{
	struct picture picture = { .out = out, .style = style, .map = *map };

	card_map_fit(&picture.map, style->width - LEFT, HEAT_ROWS);
	picture.most = hottest(&picture.map);
	if (picture.most == 0)
		return;
	print_legend(&picture);
	for (unsigned part = 0; part < picture.map.parts; part++)
		print_row(&picture, part);
	print_times(&picture);
}
