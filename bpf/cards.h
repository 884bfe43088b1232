/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the dirty cards of a minor collection were, for an adapter to call as those of model.h. */
#ifndef GCSCOPE_BPF_CARDS_H
#define GCSCOPE_BPF_CARDS_H

#include "model.h"
#include "records.h"

/*
 * The heap is cut into parts of so many bytes, from base on; counts: the address of
 * an array with a 32-bit number of dirty cards for each. What cannot be so is lost
 * like what cannot be read.
 */
static __always_inline void model_cards_scanned(const struct hit *hit, __u64 heap, __u64 collection,
						__u64 base, __u64 part, __u64 parts, __u64 counts)
{
	struct gcscope_cards_record *record;

	if (!part || part & (part - 1) || parts > GCSCOPE_CARD_PARTS) {
		lost(GCSCOPE_LOST_READ);
		return;
	}
	record = RECORD(gcscope_cards_record, GCSCOPE_RECORD_CARDS, hit->tgid, hit->process);
	if (!record)
		return;
	record->heap = heap;
	record->collection = collection;
	record->base = base;
	record->part = part;
	record->parts = parts;
	record->unused = 0;
	__builtin_memset(record->counts, 0, sizeof(record->counts));
	if (bpf_probe_read_user(record->counts, parts * sizeof(record->counts[0]),
				(void *)counts)) {
		lost(GCSCOPE_LOST_READ);
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return;
	}
	record_submit(record);
}

#endif
