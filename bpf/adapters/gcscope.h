/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libgcscope. Its sites have their arguments in the calling convention's registers, in order. */
#ifndef GCSCOPE_BPF_ADAPTER_GCSCOPE_H
#define GCSCOPE_BPF_ADAPTER_GCSCOPE_H

#include "../arguments.h"
#include "../cards.h"
#include "../model.h"
#include "../sites.h"
#include "gcscope/events.h"

/*
 * Copy a heap's statistics block. The first copy is the baseline, so that a
 * report holds what happened since. The collector delivers the events of one
 * heap that carry its block one at a time, so there is one writer.
 */
static __noinline int gcscope_snapshot(const struct hit *hit, __u64 heap, __u64 address)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);
	struct gcscope_stats *copy;

	if (!state)
		return 0;
	copy = &state->copies[(state->snapshots + 1) & 1];
	if (bpf_probe_read_user(copy, sizeof(*copy), (void *)address) ||
	    copy->magic != GCSCOPE_STATS_MAGIC || copy->version != GCSCOPE_STATS_VERSION ||
	    copy->size != sizeof(*copy)) {
		lost(GCSCOPE_LOST_READ);
		return 0;
	}
	/* Of another process: left behind by a fork that has not begun its own yet. */
	if (copy->pid != hit->ns_pid)
		return 0;
	if (!state->snapshots) {
		bpf_probe_read_kernel(&state->first, sizeof(state->first), copy);
		state->plan = copy->plan;
	}
	count(&state->snapshots);
	return 0;
}

static __always_inline void gcscope_event(const struct hit *hit, struct pt_regs *ctx)
{
	__u64 heap = ARGUMENT_0(ctx), id = ARGUMENT_1(ctx);
	struct gcscope_heap_state *state;
	__u64 later_ns;

	switch (hit->event) {
	case GCS_EVENT_heap_created:
		model_heap_seen(hit, heap, ARGUMENT_1(ctx));
		gcscope_snapshot(hit, heap, ARGUMENT_3(ctx));
		break;
	case GCS_EVENT_heap_destroyed:
		gcscope_snapshot(hit, heap, ARGUMENT_2(ctx));
		model_heap_ended(hit, heap, ARGUMENT_1(ctx));
		break;
	case GCS_EVENT_mutator_attached:
	case GCS_EVENT_mutator_detached:
		model_heap_seen(hit, heap, 0);
		break;
	case GCS_EVENT_collection_begin:
		gcscope_snapshot(hit, heap, ARGUMENT_5(ctx));
		/* It is within a pause; one that began before we came is not ours. */
		state = model_heap(hit, heap, 0);
		if (!state || !state->first_pause)
			break;
		model_collection_begin(hit, heap, id, ARGUMENT_2(ctx), ARGUMENT_3(ctx),
				       ARGUMENT_4(ctx));
		break;
	case GCS_EVENT_collection_end:
		gcscope_snapshot(hit, heap, ARGUMENT_5(ctx));
		model_collection_end(hit, heap, id, ARGUMENT_2(ctx), ARGUMENT_3(ctx),
				     ARGUMENT_4(ctx));
		break;
	case GCS_EVENT_pause_requested:
		model_pause_begin(hit, heap, id, ARGUMENT_2(ctx), ARGUMENT_3(ctx), ARGUMENT_4(ctx),
				  ARGUMENT_5(ctx));
		break;
	case GCS_EVENT_mutator_stopped:
		later_ns = model_mutator_stopped(hit, heap, id, ARGUMENT_2(ctx), ARGUMENT_3(ctx));
		if (sites_wanted && later_ns)
			site_sampled(ctx, hit, heap, ARGUMENT_4(ctx), GCSCOPE_SORT_STOP, later_ns,
				     0);
		break;
	case GCS_EVENT_pause_stopped:
		model_pause_stopped(hit, heap, id, ARGUMENT_2(ctx));
		break;
	case GCS_EVENT_pause_ended:
		model_pause_end(hit, heap, id);
		break;
	case GCS_EVENT_phase_begin:
		model_phase_begin(hit, heap, id, ARGUMENT_2(ctx));
		break;
	case GCS_EVENT_phase_end:
		model_phase_end(hit, heap, id, ARGUMENT_2(ctx));
		break;
	case GCS_EVENT_stall_begin:
		model_stall_begin(hit, heap, id);
		break;
	case GCS_EVENT_stall_end:
		model_stall_end(hit, heap, id);
		break;
	case GCS_EVENT_out_of_memory:
		model_out_of_memory(hit, heap);
		break;
	case GCS_EVENT_allocation_sampled:
		site_sampled(ctx, hit, heap, ARGUMENT_4(ctx), GCSCOPE_SORT_ALLOCATION,
			     ARGUMENT_3(ctx), 0);
		break;
	case GCS_EVENT_store_sampled:
		site_sampled(ctx, hit, heap, ARGUMENT_5(ctx), GCSCOPE_SORT_STORE, ARGUMENT_3(ctx),
			     ARGUMENT_4(ctx));
		break;
	case GCS_EVENT_cards_scanned:
		/* Of a collection whose begin was not seen, the counters do not tell either. */
		state = model_heap(hit, heap, 0);
		if (state && state->snapshots)
			model_cards_scanned(hit, heap, id, ARGUMENT_2(ctx), ARGUMENT_3(ctx),
					    ARGUMENT_4(ctx), ARGUMENT_5(ctx));
		break;
	}
}

#endif
