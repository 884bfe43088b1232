/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a program allocates and stores: samples, added up by their place and stack. */
#ifndef GCSCOPE_BPF_SITES_H
#define GCSCOPE_BPF_SITES_H

#include "maps.h"
#include "model.h"

static const struct gcscope_site empty_site;

/* Somebody asks for sites: of events that come anyhow, too. */
const volatile __u8 sites_wanted = 0;

static __noinline int site_add(struct pt_regs *ctx, struct gcscope_site_key *key,
			       const struct gcscope_site *sample)
{
	struct gcscope_site *site;

	/* Without room for its stack a sample has its caller still. */
	key->stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	if (key->stack < 0)
		key->stack = GCSCOPE_NO_STACK;
	site = bpf_map_lookup_elem(&sites, key);
	if (!site) {
		if (!bpf_map_update_elem(&sites, key, &empty_site, BPF_NOEXIST))
			count(&sites_made);
		site = bpf_map_lookup_elem(&sites, key);
	}
	if (!site) {
		lost(GCSCOPE_LOST_MAP);
		return 0;
	}
	__sync_fetch_and_add(&site->samples, sample->samples);
	__sync_fetch_and_add(&site->weight, sample->weight);
	__sync_fetch_and_add(&site->dirtied, sample->dirtied);
	return 0;
}

/*
 * One sample, which stands for weight bytes allocated, stores or ns, and for dirtied cards.
 * caller: where in the program.
 */
static __always_inline void site_sampled(struct pt_regs *ctx, const struct hit *hit, __u64 heap,
					 __u64 caller, enum gcscope_sort sort, __u64 weight,
					 __u64 dirtied)
{
	struct gcscope_site sample = { .samples = 1, .weight = weight, .dirtied = dirtied };
	struct gcscope_site_key key = {
		.process = hit->process,
		.heap = heap,
		.caller = caller,
		.sort = sort,
	};

	model_heap_seen(hit, heap, 0);
	site_add(ctx, &key, &sample);
}

#endif
