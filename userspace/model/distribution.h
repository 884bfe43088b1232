/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a log-linear histogram: quantiles, minimum, mean, merging. */
#ifndef GCSCOPE_MODEL_DISTRIBUTION_H
#define GCSCOPE_MODEL_DISTRIBUTION_H

#include <stdint.h>

#include "gcscope/histogram.h"

/* Add a value, as kernel programs do; for tests and for folding. */
void histogram_add(struct gcscope_histogram *histogram, uint64_t ns);

/* Add all of another histogram. */
void histogram_merge(struct gcscope_histogram *into, const struct gcscope_histogram *from);

/* The smallest value seen, in ns; 0 when empty. */
uint64_t histogram_min(const struct gcscope_histogram *histogram);

/*
 * The value in ns that a share q (0..1) of the values does not exceed: the
 * upper end of the slot it falls into, within [minimum, maximum], so at most
 * 6.25 % too high and never too low. 0 when empty.
 */
uint64_t histogram_quantile(const struct gcscope_histogram *histogram, double q);

#endif
