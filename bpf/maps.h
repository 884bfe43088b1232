/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps. Layouts and meanings are in gcscope/profile.h and site.h.
 *
 * Hashes are allocated as they fill, so that memory follows use; the limits
 * only stop a runaway. What finds no room is counted as lost.
 */
#ifndef GCSCOPE_BPF_MAPS_H
#define GCSCOPE_BPF_MAPS_H

#include "gcscope/profile.h"
#include "gcscope/site.h"
#include "kernel.h"

#define RECORDS_BYTES (256 * 1024)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct gcscope_process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct gcscope_heap_key);
	__type(value, struct gcscope_heap_state);
} heaps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct gcscope_histogram_key);
	__type(value, struct gcscope_histogram);
} histograms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct gcscope_open_key);
	__type(value, struct gcscope_open);
} open SEC(".maps");

/*
 * By process number: a pause must be longer than this, in ns, to be among the
 * longest of its process. Written by userspace, which keeps these.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} floors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GCSCOPE_LAYOUTS);
	__type(key, __u32);
	__type(value, struct gcscope_layout);
} layouts SEC(".maps");

/* Both have room for one where sites are not wanted: userspace sees to that before it loads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct gcscope_site_key);
	__type(value, struct gcscope_site);
} sites SEC(".maps");

/* By hash of the stack: another stack with that number finds no room. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 8192);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, GCSCOPE_STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RECORDS_BYTES);
} records SEC(".maps");

/* Mapped by userspace, which reads them and gives out numbers too. */
struct gcscope_totals totals;
__u64 last_process; /* the last process number given */
__u64 sites_made;   /* entries of `sites` */
/*
 * The session is over. Probes go one by one: what comes from those that are
 * left lacks what the others would have told.
 */
bool over;

static __always_inline void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

static __always_inline void lost(enum gcscope_lost reason)
{
	count(&totals.lost[reason]);
}

#endif
