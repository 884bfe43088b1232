/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/tries.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/attach.h"

/* clang-format off */
#define RESULT_0 { .code = BPF_ALU64 | BPF_MOV | BPF_K } /* r0 = 0 */
#define EXIT	 { .code = BPF_JMP | BPF_EXIT }
/* clang-format on */

/* 0 for a descriptor, which is closed; -errno for -1. */
static int settle(int fd)
{
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int try_load(void)
{
	const struct bpf_insn program[] = { RESULT_0, EXIT };

	return settle(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "try", "GPL", program, 2, NULL));
}

int try_ring_buffer(void)
{
	return settle(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "try", 0, 0,
				     (uint32_t)sysconf(_SC_PAGESIZE), NULL));
}

int try_tracepoint(void)
{
	const struct bpf_insn program[] = { RESULT_0, EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP);
	int type = libbpf_find_vmlinux_btf_id("sched_process_exit", BPF_TRACE_RAW_TP);
	int fd, result;

	if (type < 0)
		return type;
	options.attach_btf_id = (uint32_t)type;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "try", "GPL", program, 2, &options);
	if (fd < 0)
		return -errno;
	result = settle(bpf_raw_tracepoint_open(NULL, fd));
	close(fd);
	return result;
}

/* The function of ours that probes are tried on. */
static __attribute__((noinline)) void probe_me(void)
{
	__asm__ volatile("");
}

/* The place of probe_me in a file that is loaded; the first is the program's own. */
static int find_offset(struct dl_phdr_info *object, size_t size, void *ret_offset)
{
	const uintptr_t address = (uintptr_t)probe_me - object->dlpi_addr;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && address - part->p_vaddr < part->p_filesz)
			*(uint64_t *)ret_offset = part->p_offset + (address - part->p_vaddr);
	}
	return 1;
}

static uint64_t probe_me_offset(void)
{
	uint64_t offset = 0;

	dl_iterate_phdr(find_offset, &offset);
	return offset;
}

/* A program that adds 1 to a map's only value. */
struct counter {
	int map;
	int program;
};

/* 0, or -errno with nothing open. */
static int counter_open(struct counter *counter, uint32_t attach_type)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
	int error;

	counter->map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "try", sizeof(uint32_t), sizeof(uint64_t),
				      1, NULL);
	if (counter->map < 0)
		return -errno;

	const struct bpf_insn program[] = {
		/* r1 = the value's address; r2 = 1; atomically *r1 += r2 */
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = counter->map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1 },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_2,
		  .imm = BPF_ADD },
		RESULT_0,
		EXIT,
	};

	counter->program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "try", "GPL", program,
					 sizeof(program) / sizeof(program[0]), &options);
	if (counter->program >= 0)
		return 0;
	error = -errno;
	close(counter->map);
	return error;
}

/* Run into the probe, which a link holds; whether it was counted. Closes all. */
static int counter_hit(struct counter *counter, int link)
{
	const uint32_t key = 0;
	uint64_t hits = 0;
	int result = link < 0 ? -errno : 0;

	probe_me();
	if (link >= 0)
		close(link);
	if (!result && (bpf_map_lookup_elem(counter->map, &key, &hits) || !hits))
		result = -ENODATA;
	close(counter->program);
	close(counter->map);
	return result;
}

int try_uprobe_multi(void)
{
	struct attach_ability ability;
	struct counter counter = { -1, -1 };
	const uint64_t offset = probe_me_offset();
	int self, link = -1, error;

	if (attach_ability_read(&ability))
		return -errno;
	if (!ability.uprobe_multi)
		return -EOPNOTSUPP;
	error = counter_open(&counter, ATTACH_TYPE_UPROBE_MULTI);
	if (error)
		return error;
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self >= 0)
		link = attach_link(counter.program, self, &offset, NULL, NULL, 1, getpid());
	error = counter_hit(&counter, link);
	close(self);
	return error;
}

/* The number of the kernel's performance monitoring unit for uprobes, or -1. */
static int uprobe_unit(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int unit = -1;

	if (file) {
		if (fscanf(file, "%d", &unit) != 1)
			unit = -1;
		fclose(file);
	}
	return unit;
}

/* An event for probe_me with the counter's program on it, or -1 with errno. */
static int open_event(int unit, uint64_t offset, int program)
{
	static const char self[] = "/proc/self/exe";
	struct perf_event_attr event = {
		.type = (uint32_t)unit,
		.size = sizeof(event),
		.config1 = (uintptr_t)self,
		.config2 = offset,
	};
	int error, fd = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) && !ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int try_uprobe_event(void)
{
	struct counter counter = { -1, -1 };
	const int unit = uprobe_unit();
	int error;

	if (unit < 0)
		return -EOPNOTSUPP;
	error = counter_open(&counter, 0);
	if (error)
		return error;
	return counter_hit(&counter, open_event(unit, probe_me_offset(), counter.program));
}

int try_ptrace(void)
{
	pid_t child = fork();
	int result;

	if (child < 0)
		return -errno;
	if (!child) {
		pause();
		_exit(0);
	}
	result = ptrace(PTRACE_SEIZE, child, 0, 0) ? -errno : 0;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return result;
}
