/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records through the ring buffer.
 *
 *	struct gcscope_pause_record *record;
 *
 *	record = RECORD(gcscope_pause_record, GCSCOPE_RECORD_PAUSE, tgid, process);
 *	if (record) { fill it; record_submit(record); }
 *
 * A wakeup costs more than all else here, so the reader is woken when the
 * buffer is half full, and looks by time besides. And what nobody needs is not
 * sent: without a timeline, only pauses that may be among a process's longest.
 */
#ifndef GCSCOPE_BPF_RECORDS_H
#define GCSCOPE_BPF_RECORDS_H

#include "maps.h"

/* Somebody keeps a timeline: all collections and pauses are wanted. */
const volatile __u8 records_timeline = 0;

static __always_inline bool record_wanted(__u64 process, __u64 pause_ns)
{
	__u64 *floor;

	if (records_timeline)
		return true;
	floor = bpf_map_lookup_elem(&floors, &process);
	return !floor || pause_ns > *floor;
}

static __always_inline void *record_reserve(__u32 size, __u16 type, __u32 tgid, __u64 process)
{
	struct gcscope_record *record = bpf_ringbuf_reserve(&records, size, 0);

	if (!record) {
		lost(GCSCOPE_LOST_RECORD);
		return NULL;
	}
	record->type = type;
	record->size = size;
	record->tgid = tgid;
	record->process = process;
	record->time_ns = bpf_ktime_get_ns();
	return record;
}

#define RECORD(what, type, tgid, process) \
	((struct what *)record_reserve(sizeof(struct what), type, tgid, process))

static __always_inline void record_submit(void *record)
{
	bool half = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) >= RECORDS_BYTES / 2;

	bpf_ringbuf_submit(record, half ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* About a process: rare, and waited for. */
static __always_inline void record_submit_now(void *record)
{
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

#endif
