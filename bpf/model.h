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
 *	ends of one sort never overlap within a heap, use any constant.
 *	An end with no begin is counted as unmatched, unless it began before
 *	we came: its id is smaller than the first begun, or none has begun yet.
 * 0	as kind, cause, plan, mutator or size stands for unknown.
 *
 * All functions may run concurrently for different threads. Those about one
 * (heap, id) are called in the order in which things happen.
 */
#ifndef GCSCOPE_BPF_MODEL_H
#define GCSCOPE_BPF_MODEL_H

/* One probe hit in a watched process. */
struct hit {
	__u64 process; /* its number */
	__u64 now;     /* ns, monotonic clock */
	__u64 cookie;
	__u32 tgid;
	__u32 runtime; /* enum gcscope_runtime */
	__u32 event;   /* the runtime's number for it */
};

/*
 * A heap exists. Any other function that names a heap makes it known too, so
 * only a runtime that knows the plan needs to call this: at the first moment
 * it can, and again if it learns more.
 */
static void model_heap_seen(const struct hit *hit, __u64 heap, __u32 plan);

/* A heap has ended (enum gcs_end). */
static void model_heap_ended(const struct hit *hit, __u64 heap, __u32 end);

/*
 * Mutators are asked to stop. collection: the id of the one it serves, 0 none
 * or unknown; mutators: how many have to stop, 0 unknown. Kind and cause may be
 * given later, by model_pause_named.
 */
static void model_pause_begin(const struct hit *hit, __u64 heap, __u64 id, __u64 collection,
			      __u32 kind, __u32 cause, __u32 mutators);
/* What an open pause is for, known only now. A kind or cause of 0 leaves what is there. */
static void model_pause_named(const struct hit *hit, __u64 heap, __u64 id, __u64 collection,
			      __u32 kind, __u32 cause);
/* One mutator has stopped, waited_ns after the request: the latest of them is kept. */
static void model_mutator_stopped(const struct hit *hit, __u64 heap, __u64 id, __u64 mutator,
				  __u64 waited_ns);
/* All mutators stand. */
static void model_pause_stopped(const struct hit *hit, __u64 heap, __u64 id);
/* They run again: the pause is counted. */
static void model_pause_end(const struct hit *hit, __u64 heap, __u64 id);
/* That was no pause of a collector after all: forget it, uncounted. */
static void model_pause_drop(const struct hit *hit, __u64 heap, __u64 id);

static void model_collection_begin(const struct hit *hit, __u64 heap, __u64 id, __u32 kind,
				   __u32 cause, __u64 used);
/* kind and cause of 0: as it began. It is counted by kind and cause. */
static void model_collection_end(const struct hit *hit, __u64 heap, __u64 id, __u32 kind,
				 __u32 cause, __u64 used);

/* A phase of a collection, of that collection's kind. Phases may nest; one phase is open once. */
static void model_phase_begin(const struct hit *hit, __u64 heap, __u64 collection, __u32 phase);
static void model_phase_end(const struct hit *hit, __u64 heap, __u64 collection, __u32 phase);

/* An allocation waits for a collection. */
static void model_stall_begin(const struct hit *hit, __u64 heap, __u64 id);
static void model_stall_end(const struct hit *hit, __u64 heap, __u64 id);

/* An allocation failed at the limit. */
static void model_out_of_memory(const struct hit *hit, __u64 heap);

/*
 * What is open (enum gcscope_open_what), or NULL. Fields other than begin_ns may be changed.
 * For adapters whose later events depend on what is going on.
 */
static struct gcscope_open *model_find(const struct hit *hit, __u64 heap, __u64 id, __u64 what);

#endif
