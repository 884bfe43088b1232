/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a task is, in the numbers that the profiler uses. */
#ifndef GCSCOPE_BPF_TASK_H
#define GCSCOPE_BPF_TASK_H

#include "kernel.h"

#define PID_NAMESPACES_MAX 33 /* the kernel's limit on nesting, and the initial one */

/*
 * The pid namespace in which the profiler runs, by inode; 0 the initial one.
 * Process ids in maps and records are those of that namespace.
 */
const volatile __u32 session_namespace = 0;

/* The number of a task's process in the session's namespace; 0 when it has none there. */
static __always_inline __u32 task_process(struct task_struct *task)
{
	struct pid *pid;
	__u32 level;

	if (!session_namespace)
		return task->tgid;
	pid = task->group_leader->thread_pid;
	for (level = 0; level < PID_NAMESPACES_MAX && level <= pid->level; level++) {
		struct upid upid;

		if (bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]))
			break;
		if (BPF_CORE_READ(upid.ns, ns.inum) == session_namespace)
			return upid.nr;
	}
	return 0;
}

static __always_inline __u32 current_process(void)
{
	if (!session_namespace)
		return bpf_get_current_pid_tgid() >> 32;
	return task_process(bpf_get_current_task_btf());
}

/* The number of a task's process in its own namespace, the innermost. */
static __always_inline __u32 task_innermost(struct task_struct *task)
{
	struct pid *pid = task->group_leader->thread_pid;
	int number = 0;

	bpf_core_read(&number, sizeof(number), &pid->numbers[pid->level & 63].nr);
	return number;
}

/*
 * The wait status of a process whose last thread is ending: what ended the
 * whole group, or else how its leader ended.
 */
static __always_inline __s32 task_wait_status(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

#endif
