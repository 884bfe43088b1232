/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * OpenJDK's HotSpot.
 *
 * Its VM thread stops the world, runs an operation, and lets the world go on.
 * All that is told of that comes from this one thread, in this order:
 *
 *	SafepointSynchronize::begin		a function: G1 waits for its own threads
 *	safepoint__begin
 *	  vmops__begin(operation)
 *	    PerfString::set_string(cause)	a function: no probe has the cause
 *	    mem__pool__gc__begin(manager, pool)	for each pool
 *	    mem__pool__gc__end(manager, pool)	for each pool
 *	  vmops__end
 *	safepoint__end
 *
 * A collection is a run of begins and as many ends of one memory manager; its
 * name tells the kind. Two may follow each other in one operation (young, then
 * full, since young did not do). G1's remark and cleanup have no such run; there
 * the operation's name tells. gc__begin's argument tells neither. A safepoint
 * in which nothing was collected is no pause of the heap.
 *
 * Serial, Parallel and G1 are understood. ZGC and Shenandoah collect beside the
 * program, on other threads, whose runs are passed over: of them come pauses
 * (gc__begin marks these) of unknown kind and cause, and no collections.
 *
 * Time to safepoint reaches to the operation's begin, and so includes what the
 * log calls "Cleanup", some microseconds.
 */
#ifndef GCSCOPE_BPF_ADAPTER_HOTSPOT_H
#define GCSCOPE_BPF_ADAPTER_HOTSPOT_H

#include "../arguments.h"
#include "../model.h"
#include "gcscope/codes.h"
#include "gcscope/hotspot.h"

#define HOTSPOT_HEAP 1 /* a process has one */

/* Longer names are cut; HOTSPOT_IS sees to it that what is compared with is not. */
struct hotspot_name {
	char text[40];
};

/* X(manager, KIND, PLAN) */
#define HOTSPOT_MANAGER_TABLE(X)             \
	X("Copy", MINOR, SERIAL)             \
	X("MarkSweepCompact", MAJOR, SERIAL) \
	X("PS Scavenge", MINOR, PARALLEL)    \
	X("PS MarkSweep", MAJOR, PARALLEL)   \
	X("G1 Young Generation", MINOR, G1)  \
	X("G1 Old Generation", MAJOR, G1)

/* X(operation, KIND): those that are one collection by themselves, all of G1. */
#define HOTSPOT_OPERATION_TABLE(X) \
	X("G1PauseRemark", REMARK) \
	X("G1PauseCleanup", CLEANUP)

/* X(cause, CAUSE) */
#define HOTSPOT_CAUSE_TABLE(X)                           \
	X("Allocation Failure", ALLOCATION)              \
	X("Ergonomics", ALLOCATION)                      \
	X("GCLocker Initiated GC", ALLOCATION)           \
	X("G1 Evacuation Pause", ALLOCATION)             \
	X("G1 Preventive Collection", ALLOCATION)        \
	X("G1 Compaction Pause", ALLOCATION)             \
	X("G1 Humongous Allocation", ALLOCATION)         \
	X("System.gc()", EXPLICIT)                       \
	X("Diagnostic Command", EXPLICIT)                \
	X("JvmtiEnv ForceGarbageCollection", EXPLICIT)   \
	X("Metadata GC Threshold", METADATA)             \
	X("Metadata GC Clear Soft References", METADATA) \
	X("Heap Inspection Initiated GC", DIAGNOSTIC)    \
	X("Heap Dump Initiated GC", DIAGNOSTIC)

enum hotspot_world {
	HOTSPOT_RUNS,
	HOTSPOT_STOPS, /* a safepoint was asked for */
	HOTSPOT_STANDS,
};

/* Of a VM thread: what goes on. Ids count from 1. */
struct hotspot_thread {
	__u64 pause;	  /* id of the last safepoint */
	__u64 collection; /* id of the last collection */
	__u64 used;	  /* bytes in the heap's pools, added up as their ends come; */
	__u64 committed;  /* likewise */
	__u32 pools;	  /* begins without their ends yet, of the open collection */
	__u32 operations; /* open; they nest */
	__u32 plan;	  /* enum hotspot_plan, 0 unknown */
	__u32 cause;	  /* the one the VM named last */
	__u32 kind;	  /* of the open operation, if it is a collection by itself */
	__u32 pause_kind; /* of the widest collection in this safepoint */
	__u16 world;	  /* enum hotspot_world */
	__u16 collects;	  /* this safepoint does */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct hotspot_thread);
} hotspot_threads SEC(".maps");

static __always_inline struct hotspot_thread *hotspot_thread(__u64 flags)
{
	return bpf_task_storage_get(&hotspot_threads, bpf_get_current_task_btf(), NULL, flags);
}

#define HOTSPOT_IS(name, string)                                                               \
	({                                                                                     \
		_Static_assert(sizeof(string) <= sizeof((name)->text), string " is too long"); \
		!bpf_strncmp((name)->text, sizeof((name)->text), string);                      \
	})

static __noinline __u32 hotspot_cause_code(const struct hotspot_name *name)
{
#define HOTSPOT_MATCH_CAUSE(text, CAUSE) \
	if (HOTSPOT_IS(name, text))      \
		return GCS_CAUSE_##CAUSE;
	HOTSPOT_CAUSE_TABLE(HOTSPOT_MATCH_CAUSE)
#undef HOTSPOT_MATCH_CAUSE
	return 0;
}

static __noinline __u32 hotspot_operation_kind(const struct hotspot_name *name)
{
#define HOTSPOT_MATCH_OPERATION(text, KIND) \
	if (HOTSPOT_IS(name, text))         \
		return GCS_KIND_##KIND;
	HOTSPOT_OPERATION_TABLE(HOTSPOT_MATCH_OPERATION)
#undef HOTSPOT_MATCH_OPERATION
	return 0;
}

/* The kind of what a manager collects; 0, and the plan as it was, for one not known. */
static __noinline __u32 hotspot_manager_kind(const struct hotspot_name *name, __u32 *plan)
{
#define HOTSPOT_MATCH_MANAGER(text, KIND, PLAN) \
	if (HOTSPOT_IS(name, text)) {           \
		*plan = HOTSPOT_PLAN_##PLAN;    \
		return GCS_KIND_##KIND;         \
	}
	HOTSPOT_MANAGER_TABLE(HOTSPOT_MATCH_MANAGER)
#undef HOTSPOT_MATCH_MANAGER
	return 0;
}

/* The name whose address and length are the arguments `number` and the next. */
static __always_inline bool hotspot_name(const struct hit *hit, struct pt_regs *ctx, __u32 number,
					 struct hotspot_name *ret_name)
{
	__u64 address, length;

	__builtin_memset(ret_name, 0, sizeof(*ret_name));
	if (!site_argument(ctx, hit->cookie, number, &address) ||
	    !site_argument(ctx, hit->cookie, number + 1, &length))
		return false;
	if (length > sizeof(ret_name->text) - 1)
		length = sizeof(ret_name->text) - 1;
	if (bpf_probe_read_user(ret_name->text, length, (void *)address)) {
		lost(GCSCOPE_LOST_READ);
		return false;
	}
	return true;
}

/* The bytes that a pool has in use and committed; 0 of those outside the heap. */
static __always_inline void hotspot_pool(const struct hit *hit, struct pt_regs *ctx,
					 __u64 *ret_used, __u64 *ret_committed)
{
	struct hotspot_name pool;

	*ret_used = *ret_committed = 0;
	/* CodeCache or CodeHeap ..., Metaspace, Compressed Class Space */
	if (!hotspot_name(hit, ctx, 2, &pool) || !__builtin_memcmp(pool.text, "Code", 4) ||
	    !__builtin_memcmp(pool.text, "Meta", 4) || !__builtin_memcmp(pool.text, "Comp", 4))
		return;
	site_argument(ctx, hit->cookie, 5, ret_used);
	site_argument(ctx, hit->cookie, 6, ret_committed);
}

/* The next collection begins, in this safepoint. */
static __always_inline void hotspot_collection(const struct hit *hit, struct hotspot_thread *thread,
					       __u32 kind, __u32 cause)
{
	if (kind > thread->pause_kind)
		thread->pause_kind = kind;
	thread->collects = true;
	thread->collection++;
	model_heap_seen(hit, HOTSPOT_HEAP, thread->plan);
	model_collection_begin(hit, HOTSPOT_HEAP, thread->collection, kind, cause, 0);
	model_pause_named(hit, HOTSPOT_HEAP, thread->pause, thread->collection, thread->pause_kind,
			  cause);
}

/* From the function, or from the probe behind it in a VM without symbols. */
static __noinline int hotspot_safepoint_begin(const struct hit *hit)
{
	struct hotspot_thread *thread = hotspot_thread(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread) {
		lost(GCSCOPE_LOST_MAP);
		return 0;
	}
	if (thread->world == HOTSPOT_STOPS && hit->event == HOTSPOT_SAFEPOINT_BEGIN)
		return 0;
	thread->world = HOTSPOT_STOPS;
	thread->pools = thread->operations = 0;
	thread->cause = thread->kind = thread->pause_kind = 0;
	thread->collects = false;
	thread->pause++;
	model_pause_begin(hit, HOTSPOT_HEAP, thread->pause, 0, 0, 0, 0);
	return 0;
}

static __noinline int hotspot_safepoint_end(const struct hit *hit)
{
	struct hotspot_thread *thread = hotspot_thread(0);

	if (!thread)
		return 0; /* it began before we came */
	if (thread->world != HOTSPOT_RUNS && !thread->collects)
		model_pause_drop(hit, HOTSPOT_HEAP, thread->pause);
	else
		model_pause_end(hit, HOTSPOT_HEAP, thread->pause);
	thread->world = HOTSPOT_RUNS;
	return 0;
}

static __noinline int hotspot_operation_begin(const struct hit *hit, struct pt_regs *ctx)
{
	struct hotspot_thread *thread = hotspot_thread(0);
	struct hotspot_name name;

	if (!thread || thread->world == HOTSPOT_RUNS || thread->operations++)
		return 0;
	if (thread->world == HOTSPOT_STOPS) {
		thread->world = HOTSPOT_STANDS;
		model_pause_stopped(hit, HOTSPOT_HEAP, thread->pause, 0);
	}
	if (!hotspot_name(hit, ctx, 0, &name))
		return 0;
	thread->kind = hotspot_operation_kind(&name);
	if (thread->kind) {
		thread->plan = HOTSPOT_PLAN_G1;
		hotspot_collection(hit, thread, thread->kind, GCS_CAUSE_CONCURRENT);
	}
	return 0;
}

static __noinline int hotspot_operation_end(const struct hit *hit)
{
	struct hotspot_thread *thread = hotspot_thread(0);

	if (!thread || thread->world == HOTSPOT_RUNS || --thread->operations || !thread->kind)
		return 0;
	model_collection_end(hit, HOTSPOT_HEAP, thread->collection, 0, 0, 0);
	thread->kind = 0;
	return 0;
}

/* The only sign of a pause that collectors give whose work is done elsewhere. */
static __noinline int hotspot_service_begin(void)
{
	struct hotspot_thread *thread = hotspot_thread(0);

	if (thread && thread->world == HOTSPOT_STANDS && !thread->plan)
		thread->collects = true;
	return 0;
}

static __noinline int hotspot_cause(struct pt_regs *ctx)
{
	struct hotspot_thread *thread = hotspot_thread(0);
	struct hotspot_name name = { "" };

	if (!thread || thread->world == HOTSPOT_RUNS)
		return 0;
	thread->cause = 0;
	if (bpf_probe_read_user_str(name.text, sizeof(name.text), (void *)ARGUMENT_1(ctx)) < 0) {
		lost(GCSCOPE_LOST_READ);
		return 0;
	}
	thread->cause = hotspot_cause_code(&name);
	return 0;
}

static __noinline int hotspot_pool_begin(const struct hit *hit, struct pt_regs *ctx)
{
	struct hotspot_thread *thread = hotspot_thread(0);
	struct gcscope_open *collection;
	struct hotspot_name manager;
	__u64 used, committed;
	__u32 kind = 0;

	/* Newer versions have a run in G1's remark and cleanup too. */
	if (!thread || thread->world != HOTSPOT_STANDS || thread->kind)
		return 0;
	if (!thread->pools++) {
		if (hotspot_name(hit, ctx, 0, &manager))
			kind = hotspot_manager_kind(&manager, &thread->plan);
		thread->used = thread->committed = 0;
		hotspot_collection(hit, thread, kind, thread->cause);
	}
	collection = model_find(hit, HOTSPOT_HEAP, thread->collection, GCSCOPE_OPEN_COLLECTION);
	hotspot_pool(hit, ctx, &used, &committed);
	if (collection)
		collection->used += used;
	return 0;
}

static __noinline int hotspot_pool_end(const struct hit *hit, struct pt_regs *ctx)
{
	struct hotspot_thread *thread = hotspot_thread(0);
	__u64 used, committed;

	if (!thread || thread->world != HOTSPOT_STANDS || !thread->pools)
		return 0;
	hotspot_pool(hit, ctx, &used, &committed);
	thread->used += used;
	thread->committed += committed;
	if (--thread->pools)
		return 0;
	model_heap_sized(hit, HOTSPOT_HEAP, thread->committed);
	model_collection_end(hit, HOTSPOT_HEAP, thread->collection, 0, 0, thread->used);
	return 0;
}

static __always_inline void hotspot_event(const struct hit *hit, struct pt_regs *ctx)
{
	switch (hit->event) {
	case HOTSPOT_SYNCHRONIZE:
	case HOTSPOT_SAFEPOINT_BEGIN:
		hotspot_safepoint_begin(hit);
		break;
	case HOTSPOT_SAFEPOINT_END:
		hotspot_safepoint_end(hit);
		break;
	case HOTSPOT_OPERATION_BEGIN:
		hotspot_operation_begin(hit, ctx);
		break;
	case HOTSPOT_OPERATION_END:
		hotspot_operation_end(hit);
		break;
	case HOTSPOT_SERVICE_BEGIN:
		hotspot_service_begin();
		break;
	case HOTSPOT_PERFORMANCE_STRING:
		hotspot_cause(ctx);
		break;
	case HOTSPOT_POOL_BEGIN:
		hotspot_pool_begin(hit, ctx);
		break;
	case HOTSPOT_POOL_END:
		hotspot_pool_end(hit, ctx);
		break;
	}
}

#endif
