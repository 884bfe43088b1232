/* SPDX-License-Identifier: BSD-2-Clause */
/* A histogram as lines of bars. */
#ifndef GCSCOPE_RENDER_BARS_H
#define GCSCOPE_RENDER_BARS_H

#include "gcscope/histogram.h"
#include "render/render.h"

#define BARS_ROWS  16
#define BARS_WIDTH 60 /* of the longest bar, where the terminal has room for it */

/*
 * At most BARS_ROWS rows from the smallest value to the largest, of equal
 * share of an octave, each with its range, its bar and its count. The fewer
 * the values, the fewer the rows. Prints nothing when there are none.
 */
void bars_print(FILE *out, const struct gcscope_histogram *histogram,
		const struct text_style *style);

#endif
