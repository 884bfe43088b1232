/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching a kernel program to probe sites, and taking it off again.
 *
 * Two ways. A uprobe_multi link (Linux 6.6) takes all sites of a file at once,
 * in milliseconds, with CAP_BPF and CAP_PERFMON. Where there is none, each site
 * takes a perf event: CAP_SYS_ADMIN on kernels since July 2025, and over 100 ms
 * a site to close.
 */
#ifndef GCSCOPE_SESSION_ATTACH_H
#define GCSCOPE_SESSION_ATTACH_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "session/sites.h"

/* What a program is loaded as when it is for uprobe_multi links; libbpf 1.1 has no name for it. */
#define ATTACH_TYPE_UPROBE_MULTI 48

struct attach_ability {
	bool uprobe_multi;
	bool filter; /* its links can be for one process; until Linux 6.10 it was one thread */
};

/* What the running kernel can do, by trying. 0, or -1 with errno (EPERM). */
int attach_ability_read(struct attach_ability *ret_ability);

struct attachment {
	int link;		 /* of uprobe_multi, else -1 */
	struct bpf_link **links; /* of perf events */
	size_t count;
};

/*
 * Attach to sites[0..count) in the file behind fd; cookies[i] goes with
 * sites[i]. pid: the only process it is for, 0 for all, now and later.
 * Return 0, or -1 with errno and nothing attached.
 */
int attach_uprobe_multi(struct attachment *ret_attachment, struct bpf_program *program, int fd,
			const struct site *sites, const uint64_t *cookies, size_t count, pid_t pid);

/*
 * The same in plain numbers: offsets in the file, of instructions and of
 * semaphores. semaphores and cookies may be NULL. A link's descriptor, or -1
 * with errno.
 */
int attach_link(int program, int fd, const uint64_t *offsets, const uint64_t *semaphores,
		const uint64_t *cookies, size_t count, pid_t pid);

/* One perf event a site, always for all processes. */
int attach_perf_events(struct attachment *ret_attachment, struct bpf_program *program, int fd,
		       const struct site *sites, const uint64_t *cookies, size_t count);

void attach_close(struct attachment *attachment);

#endif
