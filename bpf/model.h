/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model: what an adapter says about its runtime, in the one vocabulary
 * that reports know. This is all that an adapter calls.
 *
 * An adapter is one function of the form
 *
 *	static __always_inline void NAME_event(const struct hit *hit, struct pt_regs *ctx)
 *
 * with a switch on hit->event. site_argument() (arguments.h) reads the
 * arguments of sites whose ELF notes have them anywhere; where they are known
 * to be in the calling convention's registers, read those.
 *
 * heap	is the runtime's own name of a heap, unique in its process; a runtime
 *	with one heap uses 1.
 * id	pairs a begin with its end, per heap and sort (pause, collection, ...).
 *	Where a runtime has ids, they grow. Where it has none but its begins and
 *	ends of one sort never overlap within a heap, use 1.
 *	An end with no begin is counted as unmatched, unless it began before
 *	we came: its id is smaller than the first begun, or none has begun yet.
 * 0	as kind, cause, plan, mutator or size stands for unknown.
 *
 * All functions may run concurrently for different threads. Those about one
 * (heap, id) are called in the order in which things happen.
 */
#ifndef GCSCOPE_BPF_MODEL_H
#define GCSCOPE_BPF_MODEL_H

#include "histogram.h"
#include "ledger.h"
#include "maps.h"
#include "records.h"

/* One probe hit in a watched process. */
struct hit {
	__u64 process; /* its number */
	__u64 now;     /* ns, monotonic clock */
	__u64 cookie;
	__u32 tgid;
	__u32 ns_pid;  /* in its own pid namespace */
	__u32 runtime; /* enum gcscope_runtime */
	__u32 event;   /* the runtime's number for it */
};

static const struct gcscope_heap_state empty_heap;

/*
 * The state of a heap, made at its first sight; plan: 0 unknown, or not known
 * any better. NULL: no room, and counted.
 */
static __noinline struct gcscope_heap_state *model_heap(const struct hit *hit, __u64 heap,
							__u32 plan)
{
	struct gcscope_heap_key key = { .process = hit->process, .heap = heap };
	struct gcscope_heap_state *state;

	state = bpf_map_lookup_elem(&heaps, &key);
	if (state) {
		if (plan)
			state->plan = plan;
		return state;
	}
	bpf_map_update_elem(&heaps, &key, &empty_heap, BPF_NOEXIST);
	state = bpf_map_lookup_elem(&heaps, &key);
	if (!state) {
		lost(GCSCOPE_LOST_MAP);
		return NULL;
	}
	state->runtime = hit->runtime;
	if (plan)
		state->plan = plan;
	return state;
}

/*
 * A heap exists. Any other function that names a heap makes it known too, so
 * only a runtime that knows the plan needs to call this: at the first moment
 * it can, and again if it learns more.
 */
static __always_inline void model_heap_seen(const struct hit *hit, __u64 heap, __u32 plan)
{
	model_heap(hit, heap, plan);
}

/* A heap has ended (enum gcs_end). */
static __always_inline void model_heap_ended(const struct hit *hit, __u64 heap, __u32 end)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);

	if (state)
		state->end = end;
}

/* How many bytes a heap holds now. */
static __always_inline void model_heap_sized(const struct hit *hit, __u64 heap, __u64 capacity)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);

	if (!state)
		return;
	state->capacity = capacity;
	if (capacity > state->peak_capacity)
		state->peak_capacity = capacity;
}

/*
 * What is open (enum gcscope_open_what), or NULL. For adapters whose later
 * events depend on what is going on; they may change any field but the times.
 */
static __noinline struct gcscope_open *model_find(const struct hit *hit, __u64 heap, __u64 id,
						  __u64 what)
{
	struct gcscope_open_key key = { hit->process, heap, id, what };

	return bpf_map_lookup_elem(&open, &key);
}

static __noinline int open_begin(const struct hit *hit, __u64 heap, __u64 id, __u64 what,
				 const struct gcscope_open *value)
{
	struct gcscope_open_key key = { hit->process, heap, id, what };

	if (bpf_map_update_elem(&open, &key, value, BPF_ANY))
		lost(GCSCOPE_LOST_MAP);
	return 0;
}

static __noinline int open_end(const struct hit *hit, __u64 heap, __u64 id, __u64 what)
{
	struct gcscope_open_key key = { hit->process, heap, id, what };

	return bpf_map_delete_elem(&open, &key);
}

/* first: the first id of its sort whose begin was seen in this heap, 0 none. */
static __always_inline void begun(__u64 *first, __u64 id)
{
	if (!*first)
		*first = id;
}

/* False: it began before we came. */
static __always_inline bool ended_unbegun(const __u64 *first, __u64 id)
{
	if (!*first || id < *first)
		return false;
	count(&totals.unmatched);
	return true;
}

static __always_inline void measure(const struct hit *hit, __u64 heap, enum gcscope_metric metric,
				    __u32 kind, __u32 phase, __u64 ns)
{
	struct gcscope_histogram_key key = {
		.process = hit->process,
		.heap = heap,
		.metric = metric,
		.kind = kind,
		.phase = phase,
	};

	histogram_add(&key, ns);
}

/*
 * Mutators are asked to stop. collection: the id of the one it serves, 0 none
 * or unknown; mutators: how many have to stop, 0 unknown. Kind and cause may be
 * given later, by model_pause_named. The clock is read last here, and first where a
 * pause ends: what the profiler does meanwhile is not the collector's.
 */
static __always_inline void model_pause_begin(const struct hit *hit, __u64 heap, __u64 id,
					      __u64 collection, __u32 kind, __u32 cause,
					      __u32 mutators)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);
	struct gcscope_open pause = {
		.collection = collection,
		.kind = kind,
		.cause = cause,
		.mutators = mutators,
	};

	if (!state)
		return;
	begun(&state->first_pause, id);
	pause.begin_ns = bpf_ktime_get_ns();
	pause.mark = ledger_request(hit->process, heap, pause.begin_ns);
	open_begin(hit, heap, id, GCSCOPE_OPEN_PAUSE, &pause);
}

/* What an open pause is for, known only now. A 0 leaves what is there. */
static __always_inline void model_pause_named(const struct hit *hit, __u64 heap, __u64 id,
					      __u64 collection, __u32 kind, __u32 cause)
{
	struct gcscope_open *pause = model_find(hit, heap, id, GCSCOPE_OPEN_PAUSE);

	if (!pause)
		return;
	if (collection)
		pause->collection = collection;
	if (kind)
		pause->kind = kind;
	if (cause)
		pause->cause = cause;
}

/*
 * One mutator has stopped, waited_ns after the request; the latest is kept. Returns by how much
 * it is the latest so far, 0 if it is not.
 * Mutators that stop at once race for it: a pause's duration does not hang on
 * it, and the one that is waited for comes alone.
 */
static __always_inline __u64 model_mutator_stopped(const struct hit *hit, __u64 heap, __u64 id,
						   __u64 mutator, __u64 waited_ns)
{
	struct gcscope_open *pause = model_find(hit, heap, id, GCSCOPE_OPEN_PAUSE);
	__u64 later;

	if (!pause || waited_ns < pause->latest_wait_ns)
		return 0;
	later = waited_ns - pause->latest_wait_ns;
	pause->latest_wait_ns = waited_ns;
	pause->latest_mutator = mutator;
	ledger_late(pause->mark, hit->now);
	return later;
}

/* All mutators stand. last: the mutator that came last, 0 if the runtime does not tell. */
static __always_inline void model_pause_stopped(const struct hit *hit, __u64 heap, __u64 id,
						__u64 last)
{
	struct gcscope_open *pause = model_find(hit, heap, id, GCSCOPE_OPEN_PAUSE);

	if (!pause)
		return;
	pause->stopped_ns = hit->now;
	if (last)
		pause->latest_mutator = last;
	ledger_stopped(pause->mark, hit->now);
}

static __always_inline __u32 end_ledger(const struct hit *hit, __u64 heap,
					const struct gcscope_open *pause)
{
	struct gcscope_histogram_key key = {
		.process = hit->process,
		.heap = heap,
		.metric = GCSCOPE_METRIC_PAUSE_LEDGER,
		.kind = pause->kind,
	};

	return ledger_end(&key, pause->mark, hit->now);
}

/* They run again: the pause is counted. */
static __always_inline void model_pause_end(const struct hit *hit, __u64 heap, __u64 id)
{
	struct gcscope_open *pause = model_find(hit, heap, id, GCSCOPE_OPEN_PAUSE);
	struct gcscope_pause_record *record = NULL;
	__u32 has_ledger;
	__u64 ns;

	if (!pause) {
		struct gcscope_heap_state *state = model_heap(hit, heap, 0);

		if (state)
			ended_unbegun(&state->first_pause, id);
		return;
	}
	ns = hit->now - pause->begin_ns;
	has_ledger = end_ledger(hit, heap, pause);
	if (has_ledger)
		measure(hit, heap, GCSCOPE_METRIC_UNDISTURBED, pause->kind, 0,
			ns - ledger_waited(pause->mark));
	measure(hit, heap, GCSCOPE_METRIC_PAUSE, pause->kind, 0, ns);
	if (pause->stopped_ns)
		measure(hit, heap, GCSCOPE_METRIC_TIME_TO_SAFEPOINT, pause->kind, 0,
			pause->stopped_ns - pause->begin_ns);
	if (record_wanted(hit->process, ns))
		record = RECORD(gcscope_pause_record, GCSCOPE_RECORD_PAUSE, hit->tgid,
				hit->process);
	if (record) {
		record->heap = heap;
		record->pause = id;
		record->collection = pause->collection;
		record->requested_ns = pause->begin_ns;
		record->stopped_ns = pause->stopped_ns;
		record->ended_ns = hit->now;
		record->latest_mutator = pause->latest_mutator;
		record->kind = pause->kind;
		record->cause = pause->cause;
		record->mutators = pause->mutators;
		record->tid = bpf_get_current_pid_tgid();
		record->has_ledger = has_ledger;
		record->unused = 0;
		ledger_record(pause->mark, record);
		record_submit(record);
	}
	entry_free(pause->mark);
	open_end(hit, heap, id, GCSCOPE_OPEN_PAUSE);
}

/* That was no pause of a collector after all: forget it, uncounted. */
static __always_inline void model_pause_drop(const struct hit *hit, __u64 heap, __u64 id)
{
	struct gcscope_open *pause = model_find(hit, heap, id, GCSCOPE_OPEN_PAUSE);

	if (pause)
		entry_free(pause->mark);
	open_end(hit, heap, id, GCSCOPE_OPEN_PAUSE);
}

static __always_inline void model_collection_begin(const struct hit *hit, __u64 heap, __u64 id,
						   __u32 kind, __u32 cause, __u64 used)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);
	struct gcscope_open collection = {
		.begin_ns = hit->now,
		.used = used,
		.kind = kind,
		.cause = cause,
	};

	if (!state)
		return;
	begun(&state->first_collection, id);
	open_begin(hit, heap, id, GCSCOPE_OPEN_COLLECTION, &collection);
}

/*
 * A collection has ended, and is counted by kind and cause; 0: as it began.
 * used: bytes in use now, 0 unknown.
 */
static __always_inline void model_collection_end(const struct hit *hit, __u64 heap, __u64 id,
						 __u32 kind, __u32 cause, __u64 used)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);
	struct gcscope_open *collection = model_find(hit, heap, id, GCSCOPE_OPEN_COLLECTION);
	struct gcscope_collection_record *record = NULL;

	if (!state)
		return;
	if (!collection && !ended_unbegun(&state->first_collection, id))
		return;
	if (collection && !kind)
		kind = collection->kind;
	if (collection && !cause)
		cause = collection->cause;
	if (kind >= GCS_KINDS)
		kind = 0;
	if (cause >= GCS_CAUSES)
		cause = 0;
	count(&state->collections[kind][cause]);
	if (kind == GCS_KIND_MAJOR)
		state->live = used;
	if (records_timeline)
		record = RECORD(gcscope_collection_record, GCSCOPE_RECORD_COLLECTION, hit->tgid,
				hit->process);
	if (record) {
		record->heap = heap;
		record->collection = id;
		record->begin_ns = collection ? collection->begin_ns : 0;
		record->end_ns = hit->now;
		record->used_before = collection ? collection->used : 0;
		record->used_after = used;
		record->kind = kind;
		record->cause = cause;
		record_submit(record);
	}
	open_end(hit, heap, id, GCSCOPE_OPEN_COLLECTION);
}

static __always_inline __u64 open_phase(__u32 phase)
{
	return GCSCOPE_OPEN_PHASE | (__u64)phase << 8;
}

/*
 * A phase of a collection that was seen to begin, of its kind. Phases may nest; one
 * phase is open once.
 */
static __always_inline void model_phase_begin(const struct hit *hit, __u64 heap, __u64 collection,
					      __u32 phase)
{
	struct gcscope_open *within = model_find(hit, heap, collection, GCSCOPE_OPEN_COLLECTION);
	struct gcscope_open value = { .begin_ns = hit->now };

	if (!within)
		return;
	value.kind = within->kind;
	open_begin(hit, heap, collection, open_phase(phase), &value);
}

static __always_inline void model_phase_end(const struct hit *hit, __u64 heap, __u64 collection,
					    __u32 phase)
{
	struct gcscope_open *value = model_find(hit, heap, collection, open_phase(phase));

	if (value) {
		measure(hit, heap, GCSCOPE_METRIC_PHASE, value->kind, phase,
			hit->now - value->begin_ns);
		open_end(hit, heap, collection, open_phase(phase));
	} else {
		struct gcscope_heap_state *state = model_heap(hit, heap, 0);

		if (state)
			ended_unbegun(&state->first_collection, collection);
	}
}

/* An allocation waits for a collection. */
static __always_inline void model_stall_begin(const struct hit *hit, __u64 heap, __u64 id)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);
	struct gcscope_open stall = { .begin_ns = hit->now };

	if (!state)
		return;
	begun(&state->first_stall, id);
	open_begin(hit, heap, id, GCSCOPE_OPEN_STALL, &stall);
}

static __always_inline void model_stall_end(const struct hit *hit, __u64 heap, __u64 id)
{
	struct gcscope_open *stall = model_find(hit, heap, id, GCSCOPE_OPEN_STALL);

	if (stall) {
		measure(hit, heap, GCSCOPE_METRIC_STALL, 0, 0, hit->now - stall->begin_ns);
		open_end(hit, heap, id, GCSCOPE_OPEN_STALL);
	} else {
		struct gcscope_heap_state *state = model_heap(hit, heap, 0);

		if (state)
			ended_unbegun(&state->first_stall, id);
	}
}

/* An allocation failed at the limit. */
static __always_inline void model_out_of_memory(const struct hit *hit, __u64 heap)
{
	struct gcscope_heap_state *state = model_heap(hit, heap, 0);

	if (state)
		count(&state->out_of_memory);
}

#endif
