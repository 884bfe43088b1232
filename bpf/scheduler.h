/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transitions of threads, from the scheduler's tracepoints. They run for every switch and
 * wakeup of the machine, and return at once for tasks that are not followed.
 */
#ifndef GCSCOPE_BPF_SCHEDULER_H
#define GCSCOPE_BPF_SCHEDULER_H

#include "ledger.h"

/* System calls that wait for a futex, x86-64. */
#define NR_FUTEX       202
#define NR_FUTEX_WAITV 449
#define NR_FUTEX_WAIT  455

static __always_inline bool in_futex(struct task_struct *task)
{
	unsigned long number = ((struct pt_regs *)bpf_task_pt_regs(task))->orig_rax;

	return number == NR_FUTEX || number == NR_FUTEX_WAITV || number == NR_FUTEX_WAIT;
}

/* Why a task is asleep. */
static __always_inline __u32 asleep(struct task_struct *task)
{
	if (BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait))
		return GCSCOPE_PART_IO;
	return in_futex(task) ? GCSCOPE_PART_FUTEX : GCSCOPE_PART_OTHER;
}

/* How long the queue of a task was throttled by a quota, in all. */
static __always_inline __u64 queue_throttled(struct task_struct *task)
{
	struct cfs_rq *queue = task->se.cfs_rq;

	return bpf_core_field_exists(queue->throttled_clock_pelt_time)
		       ? queue->throttled_clock_pelt_time
		       : 0;
}

/* It waits for a CPU from now on. */
static __always_inline void queued(struct thread *thread, struct task_struct *task, __u64 now)
{
	thread->state = GCSCOPE_PART_RUNQUEUE;
	thread->woken_ns = now;
	thread->queue = (__u64)task->se.cfs_rq;
	thread->throttled_ns = queue_throttled(task);
}

static __always_inline void switched_out(struct thread *thread, struct task_struct *task,
					 bool runnable, __u64 now)
{
	thread_spend(thread, GCSCOPE_PART_CPU, thread_close(thread, now));
	if (runnable) {
		queued(thread, task, now);
		return;
	}
	thread->state = GCSCOPE_PART_OTHER;
	if (thread->follows && in_futex(task))
		mark_set(thread->follows - 1, now);
}

static __always_inline void switched_in(struct thread *thread, struct task_struct *task,
					struct task_struct *before, __u64 now)
{
	__u64 ns = thread_close(thread, now), throttled = 0;

	/* Of another queue the clock is another. */
	if (thread->state == GCSCOPE_PART_RUNQUEUE && thread->queue == (__u64)task->se.cfs_rq)
		throttled = queue_throttled(task) - thread->throttled_ns;
	if (throttled > ns)
		throttled = ns;
	thread_spend(thread, thread->state, ns - throttled);
	thread_spend(thread, GCSCOPE_PART_THROTTLED, throttled);
	if (thread->follows && thread->state == GCSCOPE_PART_RUNQUEUE && ns > throttled)
		ledger_rival(thread->follows, before, ns - throttled);
	thread->state = GCSCOPE_PART_CPU;
	thread->ran_ns = now;
}

/*
 * A thread that brings a pause to its end has slept until this one has woken it: the pause
 * was made of what this one did. 0: it was not woken by a thread that is followed.
 */
static __noinline int spend_as_waker(struct thread *sleeper, __u64 now)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct thread *waker = thread_find(current);
	struct vector spent = { 0 };
	__u32 i;

	if (!sleeper || !waker || !in_futex(current))
		return 0;
	thread_spent_since(waker, sleeper->follows - 1, now, &spent);
	for (i = 0; i < GCSCOPE_PARTS; i++)
		sleeper->spent.ns[i] += spent.ns[i];
	return 1;
}

static __always_inline void woken(struct thread *thread, struct task_struct *task, __u64 now)
{
	__u64 ns;

	if (pauses_open || thread->marks_seen != (__u32)marks_set)
		thread->state = asleep(task);
	ns = thread_close(thread, now);
	if (!ns || !thread->follows || thread->state != GCSCOPE_PART_FUTEX ||
	    !spend_as_waker(thread, now))
		thread_spend(thread, thread->state, ns);
	queued(thread, task, now);
}

/* Userspace has this run for all threads there are, when it has listed a process. */
SEC("iter/task")
int threads_seen(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u32 id;

	if (!task)
		return 0;
	id = task_process(task);
	if (bpf_map_lookup_elem(&processes, &id))
		thread_add(task, task->on_cpu	 ? GCSCOPE_PART_CPU
				 : task->__state ? asleep(task)
						 : GCSCOPE_PART_RUNQUEUE);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct thread *out = thread_find(prev), *in;
	__u64 now = 0;

	if (out) {
		now = bpf_ktime_get_ns();
		switched_out(out, prev, preempt || !prev_state, now);
	}
	in = thread_find(next);
	if (in)
		switched_in(in, next, prev, now ? now : bpf_ktime_get_ns());
	return 0;
}

/* In the thread that wakes, or in an interrupt. */
SEC("tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	struct thread *thread = thread_find(task);

	if (thread && thread->state > GCSCOPE_PART_THROTTLED)
		woken(thread, task, bpf_ktime_get_ns());
	return 0;
}

#endif
