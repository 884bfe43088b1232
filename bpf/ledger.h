/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ledger of a pause: what those did, for whom all waited.
 *
 *	from the request until all stand	the mutator that came last, and, from when
 *						it stood, the thread that stops the world
 *	from then to the end			the thread that brings the pause to its end;
 *						while that waits for a futex, the thread that
 *						will wake it
 *
 * Each interval is the difference of two vectors of one thread (threads.h), so the parts add
 * up to the pause. Which mutator comes last is known only when it has come: the request is a
 * mark, and each mutator that stops later than those before tells what it did since.
 *
 * A pause has an entry here as long as it is open. With more than MARKS of them open at once,
 * the others have no ledger; that is counted, and a sum that lacks one is not shown.
 */
#ifndef GCSCOPE_BPF_LEDGER_H
#define GCSCOPE_BPF_LEDGER_H

#include "threads.h"

struct entry {
	__u64 owner; /* number of the pause's process; 0: free */
	__u64 heap;
	__u64 late_ns;		 /* when the last mutator so far had stopped; 0: none had */
	struct vector late;	 /* what it had done since the request */
	struct vector stopper;	 /* the vector of the thread that stops, at the last step */
	struct vector safepoint; /* the ledger of the time to safepoint */
	__u64 minor_faults;	 /* of that thread, at the request */
	__u64 major_faults;
	__u32 tid;
	__u32 stopped;
};

static struct entry entries[MARKS];

static const struct gcscope_ledger empty_ledger;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct gcscope_histogram_key);
	__type(value, struct gcscope_ledger);
} ledgers SEC(".maps");

/* In the kernel until the session ends: few, and small. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct gcscope_rival_key);
	__type(value, __u64);
} rivals SEC(".maps");

static __always_inline struct entry *entry_of(__u32 mark)
{
	__u32 i = mark - 1;

	if (i >= MARKS)
		return NULL;
	barrier_var(i); /* the verifier must see the register that indexes */
	return &entries[i % MARKS];
}

/* A pause is requested, here and now. Returns the number of its mark, or 0. */
static __noinline int ledger_request(__u64 process, __u64 heap, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = thread_find(task);
	struct entry *entry;
	__u32 i;

	if (!thread || !process)
		return 0;
	for (i = 0; i < MARKS; i++)
		if (!entries[i].owner &&
		    !__sync_val_compare_and_swap(&entries[i].owner, 0, process))
			break;
	if (i >= MARKS)
		return 0;
	entry = &entries[i];
	count(&pauses_open);
	entry->heap = heap;
	entry->late_ns = 0;
	entry->stopped = 0;
	entry->safepoint = (struct vector){ 0 };
	entry->tid = task->pid;
	entry->minor_faults = task->min_flt;
	entry->major_faults = task->maj_flt;
	thread_spent(thread, now, &entry->stopper);
	mark_set(i, now);
	return i + 1;
}

/* This thread has stopped, as the last one so far. */
static __noinline int ledger_late(__u32 mark, __u64 now)
{
	struct thread *thread = thread_find(bpf_get_current_task_btf());
	struct entry *entry = entry_of(mark);

	if (!entry || !thread || entry->stopped)
		return 0;
	thread_spent_since(thread, mark - 1, now, &entry->late);
	entry->late_ns = now;
	return 0;
}

static __always_inline void subtract(struct vector *from, const struct vector *vector)
{
	__u32 i;

	for (i = 0; i < GCSCOPE_PARTS; i++)
		from->ns[i] -= vector->ns[i];
}

/*
 * What the thread that stops has done since a moment at which it was asleep, at most once: it
 * was woken, waited for a CPU, and runs.
 */
static __always_inline void since_late(struct vector *sum, const struct thread *thread,
				       __u64 from, __u64 now)
{
	__u64 woken = thread->woken_ns, ran = thread->ran_ns;

	if (ran < from)
		ran = from;
	if (ran > now)
		ran = now;
	if (woken < from)
		woken = from;
	if (woken > ran)
		woken = ran;
	sum->ns[GCSCOPE_PART_FUTEX] += woken - from;
	sum->ns[GCSCOPE_PART_RUNQUEUE] += ran - woken;
	sum->ns[GCSCOPE_PART_CPU] += now - ran;
}

/* All mutators stand; said by the thread that has asked them to. */
static __noinline int ledger_stopped(__u32 mark, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = thread_find(task);
	struct entry *entry = entry_of(mark);
	struct vector spent;

	if (!entry || !thread || entry->tid != (__u32)task->pid)
		return 0;
	thread_spent(thread, now, &spent);
	if (entry->late_ns) {
		entry->safepoint = entry->late;
		since_late(&entry->safepoint, thread, entry->late_ns, now);
	} else {
		entry->safepoint = spent;
		subtract(&entry->safepoint, &entry->stopper);
	}
	entry->stopper = spent;
	entry->stopped = 1;
	thread->follows = mark;
	return 0;
}

static __always_inline void ledger_add(const struct gcscope_histogram_key *where,
				       const struct vector *vector, __u64 minor_faults,
				       __u64 major_faults)
{
	struct gcscope_histogram_key key = *where;
	struct gcscope_ledger *ledger = bpf_map_lookup_elem(&ledgers, &key);
	__u32 i;

	if (!ledger) {
		bpf_map_update_elem(&ledgers, &key, &empty_ledger, BPF_NOEXIST);
		ledger = bpf_map_lookup_elem(&ledgers, &key);
		if (!ledger) {
			lost(GCSCOPE_LOST_MAP);
			return;
		}
	}
	for (i = 0; i < GCSCOPE_PARTS; i++)
		__sync_fetch_and_add(&ledger->ns[i], vector->ns[i]);
	__sync_fetch_and_add(&ledger->minor_faults, minor_faults);
	__sync_fetch_and_add(&ledger->major_faults, major_faults);
	count(&ledger->count);
}

/* The thread of this mark has waited so long for a CPU, which another task has had. */
static __noinline int ledger_rival(__u32 mark, struct task_struct *task, __u64 ns)
{
	const struct entry *entry = entry_of(mark);
	struct gcscope_rival_key key = { 0 };
	__u64 *sum;

	if (!entry)
		return 0;
	key.process = entry->owner;
	key.heap = entry->heap;
	bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), task->comm);
	sum = bpf_map_lookup_elem(&rivals, &key);
	if (sum)
		__sync_fetch_and_add(sum, ns);
	else if (bpf_map_update_elem(&rivals, &key, &ns, BPF_NOEXIST))
		lost(GCSCOPE_LOST_MAP);
	return 0;
}

static __always_inline void entry_free(__u32 mark)
{
	struct entry *entry = entry_of(mark);

	if (!entry || !entry->owner)
		return;
	entry->owner = 0;
	__sync_fetch_and_sub(&pauses_open, 1);
}

/*
 * The pause has ended: its entry has `safepoint` and, in `late`, what came behind that.
 * where: the key of its ledger. Returns 0 if it has no ledger.
 */
static __noinline int ledger_end(const struct gcscope_histogram_key *where, __u32 mark, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = thread_find(task);
	struct entry *entry = entry_of(mark);
	struct gcscope_histogram_key key;

	if (!where || !entry || !thread || entry->tid != (__u32)task->pid)
		return 0;
	thread->follows = 0;
	thread_spent(thread, now, &entry->late);
	subtract(&entry->late, &entry->stopper);
	key = *where;
	ledger_add(&key, &entry->late, task->min_flt - entry->minor_faults,
		   task->maj_flt - entry->major_faults);
	if (entry->stopped) {
		key.metric = GCSCOPE_METRIC_TIME_TO_SAFEPOINT_LEDGER;
		ledger_add(&key, &entry->safepoint, 0, 0);
	}
	return 1;
}

/* How long it has waited for a CPU, in all; after its end. */
static __always_inline __u64 ledger_waited(__u32 mark)
{
	const struct entry *entry = entry_of(mark);

	if (!entry)
		return 0;
	return entry->safepoint.ns[GCSCOPE_PART_RUNQUEUE] +
	       entry->safepoint.ns[GCSCOPE_PART_THROTTLED] +
	       entry->late.ns[GCSCOPE_PART_RUNQUEUE] + entry->late.ns[GCSCOPE_PART_THROTTLED];
}

/* For a pause that has a ledger, after its end. */
static __always_inline void ledger_record(__u32 mark, struct gcscope_pause_record *record)
{
	const struct entry *entry = entry_of(mark);

	if (!entry)
		return;
	__builtin_memcpy(record->safepoint_ns, entry->safepoint.ns, sizeof(record->safepoint_ns));
	__builtin_memcpy(record->stopped_parts_ns, entry->late.ns,
			 sizeof(record->stopped_parts_ns));
}

/* A process has ended, maybe in the midst of a pause. */
static __noinline int ledger_forget(__u64 process)
{
	__u32 i;

	for (i = 0; i < MARKS; i++)
		if (process && entries[i].owner == process)
			entry_free(i + 1);
	return 0;
}

#endif
