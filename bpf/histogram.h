/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Adding to the histograms. Any number of CPUs may, at the same time.
 *
 * The functions are global to the verifier (not static), which then looks at
 * each once and not again for every path that calls it: loading takes 5 ms
 * instead of 180.
 */
#ifndef GCSCOPE_BPF_HISTOGRAM_H
#define GCSCOPE_BPF_HISTOGRAM_H

#include "maps.h"

static const struct gcscope_histogram empty_histogram;

/*
 * Raise *word to at least value. Each lost race means that another CPU raised
 * it meanwhile, so only as many tries are needed as CPUs raise it at once,
 * each time to something below value: 32 are more than can happen.
 */
__noinline int raise_to(__u64 *word, __u64 value)
{
	__u64 seen, now;
	int tries;

	if (!word)
		return 0;
	seen = *(volatile __u64 *)word;
	for (tries = 0; tries < 32 && seen < value; tries++) {
		now = __sync_val_compare_and_swap(word, seen, value);
		if (now == seen)
			break;
		seen = now;
	}
	return 0;
}

__noinline __u64 histogram_slot(__u64 ns)
{
	return gcscope_slot(ns);
}

__noinline __u64 histogram_edge(__u64 ns)
{
	return gcscope_edge(ns);
}

__noinline int histogram_add(const struct gcscope_histogram_key *where, __u64 ns)
{
	struct gcscope_histogram_key key;
	struct gcscope_histogram *histogram;
	__u64 slot = histogram_slot(ns), edge = histogram_edge(ns);

	if (!where)
		return 0;
	key = *where; /* Linux 6.1 takes keys from the stack alone */
	histogram = bpf_map_lookup_elem(&histograms, &key);
	if (!histogram) {
		bpf_map_update_elem(&histograms, &key, &empty_histogram, BPF_NOEXIST);
		histogram = bpf_map_lookup_elem(&histograms, &key);
		if (!histogram) {
			lost(GCSCOPE_LOST_MAP);
			return 0;
		}
	}
	/* Never so; for the verifier, which must see the very registers that index. */
	barrier_var(slot);
	barrier_var(edge);
	if (slot >= GCSCOPE_SLOTS || edge > GCSCOPE_EDGES)
		return 0;
	raise_to(&histogram->max, ns);
	raise_to(&histogram->min_inverted, ~ns);
	__sync_fetch_and_add(&histogram->sum, ns);
	count(&histogram->edges[edge]);
	count(&histogram->slots[slot]);
	/* Last, and first to be read: what is counted has its minimum and maximum. */
	count(&histogram->count);
	return 0;
}

#endif
