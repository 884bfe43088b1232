/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/distribution.h"

#include <math.h>

void histogram_add(struct gcscope_histogram *histogram, uint64_t ns)
{
	histogram->count++;
	histogram->sum += ns;
	if (~ns > histogram->min_inverted)
		histogram->min_inverted = ~ns;
	if (ns > histogram->max)
		histogram->max = ns;
	histogram->edges[gcscope_edge(ns)]++;
	histogram->slots[gcscope_slot(ns)]++;
}

void histogram_merge(struct gcscope_histogram *into, const struct gcscope_histogram *from)
{
	into->count += from->count;
	into->sum += from->sum;
	if (from->min_inverted > into->min_inverted)
		into->min_inverted = from->min_inverted;
	if (from->max > into->max)
		into->max = from->max;
	for (unsigned i = 0; i <= GCSCOPE_EDGES; i++)
		into->edges[i] += from->edges[i];
	for (unsigned i = 0; i < GCSCOPE_SLOTS; i++)
		into->slots[i] += from->slots[i];
}

uint64_t histogram_min(const struct gcscope_histogram *histogram)
{
	return histogram->min_inverted ? ~histogram->min_inverted : 0;
}

/* The slot that holds the value of this rank, from 1. The last one also when there are too few. */
static uint32_t slot_of_rank(const struct gcscope_histogram *histogram, uint64_t rank)
{
	uint64_t seen = 0;

	for (uint32_t slot = 0; slot < GCSCOPE_SLOTS - 1; slot++) {
		seen += histogram->slots[slot];
		if (seen >= rank)
			return slot;
	}
	return GCSCOPE_SLOTS - 1;
}

uint64_t histogram_quantile(const struct gcscope_histogram *histogram, double q)
{
	uint64_t rank, value;
	uint32_t slot;

	if (histogram->count == 0)
		return 0;
	rank = (uint64_t)ceil(q * (double)histogram->count);
	slot = slot_of_rank(histogram, rank ? rank : 1);
	if (slot == GCSCOPE_SLOTS - 1) /* it has no upper end */
		return histogram->max;
	value = gcscope_slot_low(slot + 1) - 1;
	return value < histogram->max ? value : histogram->max;
}
