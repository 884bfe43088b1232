/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side: one program that all probe sites of all runtimes call, so
 * that a file takes one uprobe_multi link, and three that follow the lives of
 * processes.
 */
#include "kernel.h"

#include "adapters/gcscope.h"
#include "adapters/hotspot.h"
#include "model.h"
#include "scheduler.h"
#include "task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline struct gcscope_process_record *
process_record(__u16 type, struct task_struct *task, __u32 id,
	       const struct gcscope_process *process)
{
	struct gcscope_process_record *record;

	record = RECORD(gcscope_process_record, type, id, process->process);
	if (!record)
		return NULL;
	record->start_time = process->start_time;
	record->ns_pid = process->ns_pid;
	record->code = 0;
	record->late = process->late;
	record->unused = 0;
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->group_leader->comm);
	return record;
}

/*
 * The first event of a process. Threads may race for it: each writes the same,
 * so that none goes on without, and one sends the record.
 */
static __noinline int first_event(struct gcscope_process *process, __u32 id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gcscope_process_record *record;

	if (!process)
		return 0;
	process->start_time = task->group_leader->start_boottime;
	process->ns_pid = task_innermost(task);
	if (__sync_val_compare_and_swap(&process->seen, 0, 1))
		return 0;
	record = process_record(GCSCOPE_RECORD_PROCESS, task, id, process);
	if (record)
		record_submit_now(record);
	return 0;
}

SEC("uprobe")
int probe(struct pt_regs *ctx)
{
	__u32 id = current_process();
	struct gcscope_process *process = bpf_map_lookup_elem(&processes, &id);
	struct hit hit;

	if (!process || over)
		return 0;
	if (!process->seen)
		first_event(process, id);
	if (!thread_find(bpf_get_current_task_btf()))
		thread_add(bpf_get_current_task_btf(), GCSCOPE_PART_CPU);
	count(&totals.received);

	hit.process = process->process;
	hit.now = bpf_ktime_get_ns();
	hit.cookie = bpf_get_attach_cookie(ctx);
	hit.tgid = id;
	hit.ns_pid = process->ns_pid;
	hit.runtime = gcscope_cookie_runtime(hit.cookie);
	hit.event = gcscope_cookie_event(hit.cookie);

	switch (hit.runtime) {
	case GCSCOPE_RUNTIME_GCSCOPE:
		gcscope_event(&hit, ctx);
		break;
	case GCSCOPE_RUNTIME_HOTSPOT:
		hotspot_event(&hit, ctx);
		break;
	}
	return 0;
}

/* A child of a followed process is watched from its birth, before it has run; a thread likewise. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_id = current_process(), child_id;
	struct gcscope_process *process;
	struct gcscope_process born = { 0 };

	process = bpf_map_lookup_elem(&processes, &parent_id);
	if (process && child->pid != child->tgid)
		thread_add(child, GCSCOPE_PART_RUNQUEUE);
	if (!process || !process->follow || child->pid != child->tgid)
		return 0;
	child_id = task_process(child);
	if (!child_id)
		return 0;
	born.process = __sync_fetch_and_add(&last_process, 1) + 1;
	born.follow = 1;
	if (bpf_map_update_elem(&processes, &child_id, &born, BPF_ANY))
		lost(GCSCOPE_LOST_MAP);
	thread_add(child, GCSCOPE_PART_RUNQUEUE);
	return 0;
}

/* Exec ends one process and begins another. It has one thread left here, the leader. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_thread, struct linux_binprm *binary)
{
	__u32 id = current_process();
	struct gcscope_process *process = bpf_map_lookup_elem(&processes, &id);
	struct gcscope_process_record *record;

	if (!process)
		return 0;
	record = process_record(GCSCOPE_RECORD_EXEC, task, id, process);
	if (record)
		record_submit_now(record);
	ledger_forget(process->process);
	process->process = __sync_fetch_and_add(&last_process, 1) + 1;
	process->ns_pid = 0;
	process->seen = 0;
	process->late = 0;
	return 0;
}

/*
 * A process ends with its last thread, which need not be its leader. The last
 * two may both find none left: the one that takes the entry away tells.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct gcscope_process_record *record;
	struct gcscope_process *process, ended;
	__u32 id;

	if (task->signal->live.counter)
		return 0;
	id = task_process(task);
	process = bpf_map_lookup_elem(&processes, &id);
	if (!process)
		return 0;
	ended = *process;
	if (bpf_map_delete_elem(&processes, &id))
		return 0;
	ledger_forget(ended.process);
	record = process_record(GCSCOPE_RECORD_EXIT, task, id, &ended);
	if (record) {
		record->code = task_wait_status(task);
		record_submit_now(record);
	}
	return 0;
}
