/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Adding to the histograms. Any number of CPUs may, at the same time. */
#ifndef GCSCOPE_BPF_HISTOGRAM_H
#define GCSCOPE_BPF_HISTOGRAM_H

#include "maps.h"

static const struct gcscope_histogram empty_histogram;

/*
 * Raise *word to at least value. Each lost race means that another CPU raised
 * it meanwhile, so only as many tries are needed as CPUs raise it at once,
 * each time to something below value: 32 are more than can happen.
 */
static __always_inline void raise_to(__u64 *word, __u64 value)
{
	__u64 seen = *(volatile __u64 *)word, now;
	int tries;

	for (tries = 0; tries < 32 && seen < value; tries++) {
		now = __sync_val_compare_and_swap(word, seen, value);
		if (now == seen)
			break;
		seen = now;
	}
}

static __noinline int histogram_add(const struct gcscope_histogram_key *key, __u64 ns)
{
	struct gcscope_histogram *histogram;
	__u32 slot = gcscope_slot(ns), edge = gcscope_edge(ns);

	if (!key)
		return 0;
	histogram = bpf_map_lookup_elem(&histograms, key);
	if (!histogram) {
		bpf_map_update_elem(&histograms, key, &empty_histogram, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&histograms, key);
		if (!histogram) {
			lost(GCSCOPE_LOST_MAP);
			return 0;
		}
	}
	if (slot >= GCSCOPE_SLOTS || edge > GCSCOPE_EDGES)
		return 0; /* never; for the verifier */
	count(&histogram->count);
	__sync_fetch_and_add(&histogram->sum, ns);
	count(&histogram->edges[edge]);
	count(&histogram->slots[slot]);
	raise_to(&histogram->max, ns);
	raise_to(&histogram->min_inverted, ~ns);
	return 0;
}

#endif
