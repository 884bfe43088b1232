/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The part of union bpf_attr for BPF_LINK_CREATE of a uprobe_multi link (Linux 6.6's uapi). */
struct uprobe_multi_attr {
	uint32_t program;
	uint32_t target;
	uint32_t attach_type;
	uint32_t link_flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t semaphores;
	uint64_t cookies;
	uint32_t count;
	uint32_t flags;
	uint32_t pid;
	uint32_t padding;
};

static int link_create(const struct uprobe_multi_attr *attr)
{
	return syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
}

static uint64_t pointer(const void *address)
{
	return (uintptr_t)address;
}

int attach_ability_read(struct attach_ability *ret_ability)
{
	/* r0 = 0; exit */
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = ATTACH_TYPE_UPROBE_MULTI);
	uint64_t offset = 0;
	struct uprobe_multi_attr attr = {
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = pointer("/"),
		.offsets = pointer(&offset),
		.count = 1,
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ability", "GPL", program, 2, &options);

	if (fd < 0)
		return -1;
	/* A directory has no probes: EBADF says that all before that was understood. */
	attr.program = fd;
	ret_ability->uprobe_multi = link_create(&attr) < 0 && errno == EBADF;
	/* With the filter came a check of the pid, ahead of the file. */
	attr.pid = -1;
	ret_ability->filter = ret_ability->uprobe_multi && link_create(&attr) < 0 &&
			      errno == EINVAL;
	close(fd);
	return 0;
}

static void path_of(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

int attach_link(int program, int fd, const uint64_t *offsets, const uint64_t *semaphores,
		const uint64_t *cookies, size_t count, pid_t pid)
{
	char path[32];
	const struct uprobe_multi_attr attr = {
		.program = program,
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = pointer(path),
		.offsets = pointer(offsets),
		.semaphores = pointer(semaphores),
		.cookies = pointer(cookies),
		.count = count,
		.pid = pid,
	};

	path_of(fd, path);
	return link_create(&attr);
}

int attach_uprobe_multi(struct attachment *ret_attachment, struct bpf_program *program, int fd,
			const struct site *sites, const uint64_t *cookies, size_t count, pid_t pid)
{
	uint64_t *offsets = calloc(2 * count, sizeof(*offsets)), *semaphores = offsets + count;
	int link;

	if (!offsets)
		return -1;
	for (size_t i = 0; i < count; i++) {
		offsets[i] = sites[i].offset;
		semaphores[i] = sites[i].semaphore;
	}
	link = attach_link(bpf_program__fd(program), fd, offsets, semaphores, cookies, count, pid);
	free(offsets);
	if (link < 0)
		return -1;
	*ret_attachment = (struct attachment){ .link = link };
	return 0;
}

int attach_perf_events(struct attachment *ret_attachment, struct bpf_program *program, int fd,
		       const struct site *sites, const uint64_t *cookies, size_t count)
{
	struct attachment attachment = { .link = -1 };
	char path[32];

	attachment.links = calloc(count, sizeof(*attachment.links));
	if (!attachment.links)
		return -1;
	path_of(fd, path);
	for (; attachment.count < count; attachment.count++) {
		LIBBPF_OPTS(bpf_uprobe_opts, options,
			    .ref_ctr_offset = sites[attachment.count].semaphore,
			    .bpf_cookie = cookies[attachment.count]);
		struct bpf_link *link = bpf_program__attach_uprobe_opts(
			program, -1, path, sites[attachment.count].offset, &options);

		if (!link) {
			int error = errno;

			attach_close(&attachment);
			errno = error;
			return -1;
		}
		attachment.links[attachment.count] = link;
	}
	*ret_attachment = attachment;
	return 0;
}

void attach_close(struct attachment *attachment)
{
	if (attachment->link >= 0)
		close(attachment->link);
	for (size_t i = 0; i < attachment->count; i++)
		bpf_link__destroy(attachment->links[i]);
	free(attachment->links);
	*attachment = (struct attachment){ .link = -1 };
}
