/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the threads of watched processes do with their time: each is in one state at any
 * moment, and has a vector of the time it has spent in each (enum gcscope_part).
 *
 *	running			cpu
 *	switched out, runnable	runqueue, less what a quota took: throttled
 *	asleep			io, futex or other, by what it is woken from; where no pause
 *				can be concerned that is not looked at, and is other
 *
 * A transition adds the time since the last one to the state that ends. So a thread's vector
 * is known for a moment at which it is looked at, but not for a past one. Hence *marks*:
 * moments for which the next transition of each thread keeps the vector that it had then.
 *
 * Invariants
 * - The sum of a thread's vector grows by exactly the time that goes by: an interval is
 *   claimed by the exchange of its begin, `since`, so that a wakeup on one CPU and a switch
 *   on another do not both count it.
 * - A thread that has had no transition since a mark is in the state it was in then.
 */
#ifndef GCSCOPE_BPF_THREADS_H
#define GCSCOPE_BPF_THREADS_H

#include "maps.h"
#include "task.h"

#define MARKS 8

struct vector {
	__u64 ns[GCSCOPE_PARTS];
};

struct kept {
	__u64 at; /* of the mark that this is for */
	struct vector spent;
};

struct thread {
	__u64 since;
	struct vector spent; /* up to `since` */
	__u32 state;	     /* enum gcscope_part */
	__u32 marks_seen;    /* marks_set, when they were last looked at */
	__u64 woken_ns;	     /* the last time that it became runnable, */
	__u64 ran_ns;	     /* and that it came to run */
	__u64 queue;	     /* where it was switched out, and what throttling had taken there */
	__u64 throttled_ns;
	__u64 follows; /* number, from 1, of the mark that is for its sleeps; 0: none */
	struct kept kept[MARKS];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* When each mark is, and how often any was set. */
static __u64 marks[MARKS];
static __u64 marks_set;
static __u64 pauses_open; /* with a mark */

static __always_inline void mark_set(__u32 mark, __u64 at)
{
	if (mark >= MARKS)
		return;
	marks[mark] = at;
	count(&marks_set);
}

/* NULL: it is not followed. For most tasks of the machine that is all they pay. */
static __always_inline struct thread *thread_find(struct task_struct *task)
{
	if (!task->bpf_storage)
		return NULL;
	return bpf_task_storage_get(&threads, task, 0, 0);
}

/* Follow a thread from now on, in this state. */
static __always_inline void thread_add(struct task_struct *task, __u32 state)
{
	struct thread *thread =
		bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread) {
		lost(GCSCOPE_LOST_MAP);
		return;
	}
	if (thread->since)
		return;
	thread->state = state;
	thread->since = bpf_ktime_get_ns();
}

/* Keep the vector that it had at marks which it has not passed yet. */
static __noinline int thread_keep(struct thread *thread)
{
	__u64 at;
	__u32 i;

	if (!thread)
		return 0;
	thread->marks_seen = marks_set;
	for (i = 0; i < MARKS; i++) {
		at = marks[i];
		if (at <= thread->kept[i].at)
			continue;
		thread->kept[i].spent = thread->spent;
		if (at > thread->since && thread->state < GCSCOPE_PARTS)
			thread->kept[i].spent.ns[thread->state] += at - thread->since;
		thread->kept[i].at = at;
	}
	return 0;
}

/* Its present state has ended. Returns how long it has lasted; 0: another CPU was first. */
static __always_inline __u64 thread_close(struct thread *thread, __u64 now)
{
	__u64 since = thread->since;

	if (thread->marks_seen != (__u32)marks_set)
		thread_keep(thread);
	if (now <= since || __sync_val_compare_and_swap(&thread->since, since, now) != since)
		return 0;
	return now - since;
}

static __always_inline void thread_spend(struct thread *thread, __u32 part, __u64 ns)
{
	if (part < GCSCOPE_PARTS)
		thread->spent.ns[part] += ns;
}

/* The vector of the thread that runs here now. It may be switched out meanwhile. */
static __noinline int thread_spent(struct thread *thread, __u64 now, struct vector *ret)
{
	__u64 since;
	int tries;

	if (!thread || !ret)
		return 0;
	for (tries = 0; tries < 4; tries++) {
		since = *(volatile __u64 *)&thread->since;
		*ret = thread->spent;
		if (now > since)
			ret->ns[GCSCOPE_PART_CPU] += now - since;
		barrier();
		if (*(volatile __u64 *)&thread->since == since)
			break;
	}
	return 0;
}

/* What the thread that runs here has done since a mark: the parts add up to now less the mark. */
static __noinline int thread_spent_since(struct thread *thread, __u32 mark, __u64 now,
					 struct vector *ret)
{
	__u64 at, sum = 0;
	__u32 i;

	if (!thread || !ret || mark >= MARKS)
		return 0;
	at = marks[mark];
	thread_spent(thread, now, ret);
	if (thread->kept[mark].at != at) {
		*ret = (struct vector){ 0 };
		ret->ns[GCSCOPE_PART_CPU] = now - at;
		return 0;
	}
	for (i = 0; i < GCSCOPE_PARTS; i++) {
		ret->ns[i] -= thread->kept[mark].spent.ns[i];
		sum += ret->ns[i];
	}
	/* It did not exist yet, or was not followed. */
	if (sum < now - at)
		ret->ns[GCSCOPE_PART_OTHER] += now - at - sum;
	return 0;
}

#endif
