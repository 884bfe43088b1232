/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's structs, as far as they are used: only the fields that are
 * read, whose offsets are relocated to the running kernel at load (CO-RE).
 */
#ifndef GCSCOPE_BPF_KERNEL_H
#define GCSCOPE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TASK_COMM_LEN	  16
#define SIGNAL_GROUP_EXIT 0x4 /* group_exit_code tells how the whole group ended */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them, the initial namespace first */
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
	int group_exit_code;
	unsigned int flags;
};

struct cfs_rq {
	__u64 throttled_clock_pelt_time; /* how long it was throttled, in all */
};

struct sched_entity {
	struct cfs_rq *cfs_rq; /* the queue it waits in */
};

struct task_struct {
	unsigned int __state; /* 0: it runs, or could */
	int on_cpu;
	struct sched_entity se;
	unsigned int in_iowait : 1;
	struct bpf_local_storage *bpf_storage; /* NULL: no program has stored anything */
	unsigned long min_flt;
	unsigned long maj_flt;
	int pid;  /* of the thread */
	int tgid; /* of the process */
	int exit_code;
	__u64 start_boottime;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct pid *thread_pid;
	char comm[TASK_COMM_LEN];
};

struct linux_binprm;

struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
