/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/session.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "session/arguments.h"
#include "session/privileges.h"
#include "session/readout.h"
#include "session/state.h"

/* The inode of the initial pid namespace, the same on every Linux. */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU

static bool verbose;

static int print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return verbose ? vfprintf(stderr, format, arguments) : 0;
}

int session_fail(struct session *session, int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(session->error, sizeof(session->error), format, arguments);
	va_end(arguments);
	return status;
}

/* Refused or failed, by errno; `needed` is what it would have taken. */
static int refused(struct session *session, const char *tried, int error, unsigned needed)
{
	if (error != EPERM && error != EACCES)
		return session_fail(session, STATUS_FAILED, "%s: %s", tried, strerror(error));
	privileges_explain(session->error, sizeof(session->error), tried, error, needed);
	return STATUS_NOT_PERMITTED;
}

static int on_record(void *context, void *data, size_t size)
{
	struct session *session = context;
	const struct gcscope_record *record = data;

	(void)size;
	/* The caller first: a process that has just begun may wait for it, or run away from it. */
	if (session->options.on_record)
		session->options.on_record(record, session->options.context);
	processes_record(session, record);
	return 0;
}

uint64_t session_now(const struct session *session)
{
	return clock_ns() - (uint64_t)session->monotonic_offset;
}

/* Lines such as "monotonic 100 0": seconds and nanoseconds. No such file: no such namespaces. */
static void read_clock_offsets(struct session *session)
{
	FILE *offsets = fopen("/proc/self/timens_offsets", "re");
	int64_t seconds, nanoseconds;
	char clock[16];

	if (!offsets)
		return;
	while (fscanf(offsets, "%15s %" SCNd64 " %" SCNd64, clock, &seconds, &nanoseconds) == 3) {
		int64_t offset = seconds * (int64_t)NS_PER_SECOND + nanoseconds;

		if (!strcmp(clock, "monotonic"))
			session->monotonic_offset = offset;
		else if (!strcmp(clock, "boottime"))
			session->boottime_offset = offset;
	}
	fclose(offsets);
}

/* An empty hash that already takes as much as a full one: it tells what it could grow to. */
static bool maps_tell_use(struct bpf_map *empty)
{
	uint64_t bytes, full = (uint64_t)bpf_map__max_entries(empty) * bpf_map__value_size(empty);

	return readout_map_bytes(empty, &bytes) && bytes < full;
}

/* Load the kernel programs, and follow processes from now on. 0, or -errno. */
static int load(struct session *session)
{
	struct gcscope_bpf *bpf = gcscope_bpf__open();
	struct stat namespace;
	int error;

	if (!bpf)
		return -errno;
	session->bpf = bpf;
	if (!stat("/proc/self/ns/pid", &namespace) && namespace.st_ino != INITIAL_PID_NAMESPACE)
		bpf->rodata->session_namespace = namespace.st_ino;
	bpf->rodata->records_timeline = session->options.timeline;
	bpf->rodata->sites_wanted = (session->options.details & DETAIL_SITES) != 0;
	if (!(session->options.details & DETAIL_SITES)) {
		bpf_map__set_max_entries(bpf->maps.sites, 1);
		bpf_map__set_max_entries(bpf->maps.stacks, 1);
	}
	bpf_program__set_autoattach(bpf->progs.probe, false);
	bpf_program__set_autoattach(bpf->progs.threads_seen, false);
	if (session->multi)
		bpf_program__set_expected_attach_type(bpf->progs.probe, ATTACH_TYPE_UPROBE_MULTI);
	error = gcscope_bpf__load(bpf);
	error = error ? error : gcscope_bpf__attach(bpf);
	if (error)
		return error;
	session->maps_tell_use = maps_tell_use(bpf->maps.histograms);
	session->ring = ring_buffer__new(bpf_map__fd(bpf->maps.records), on_record, session, NULL);
	return session->ring ? 0 : -errno;
}

int session_open(struct session **ret_session, const struct session_options *options)
{
	static const char tried[] = "cannot load kernel programs";
	const unsigned needed = PRIVILEGE_BPF | PRIVILEGE_PERFMON;
	struct session *session = calloc(1, sizeof(*session));
	int error;

	*ret_session = session;
	if (!session)
		return STATUS_FAILED;
	session->options = *options;
	session->files.details = options->details;
	verbose = options->verbose;
	libbpf_set_print(print);
	read_clock_offsets(session);
	if (attach_ability_read(&session->ability))
		return refused(session, tried, errno, needed);
	session->multi = session->ability.uprobe_multi && !options->perf_events;
	error = load(session);
	/* Without the right to, it is EPERM. */
	if (error == -EACCES)
		return session_fail(session, STATUS_FAILED,
				    "%s: this kernel's verifier refuses them; -v tells why", tried);
	return error ? refused(session, tried, -error, needed) : 0;
}

/* The index of a layout that kernel programs know; 0: calling convention. -1: no room. */
static int layout_index(struct session *session, const struct gcscope_layout *layout)
{
	uint32_t index;

	if (arguments_conventional(layout))
		return 0;
	for (index = 1; index <= session->layout_count; index++)
		if (!memcmp(&session->layouts[index], layout, sizeof(*layout)))
			return index;
	if (index == GCSCOPE_LAYOUTS ||
	    bpf_map_update_elem(bpf_map__fd(session->bpf->maps.layouts), &index, layout, BPF_ANY))
		return -1;
	session->layouts[index] = *layout;
	session->layout_count = index;
	return index;
}

static uint64_t *make_cookies(struct session *session, const struct file *file)
{
	uint64_t *cookies = calloc(file->site_count, sizeof(*cookies));

	for (size_t i = 0; cookies && i < file->site_count; i++) {
		const struct site *site = &file->sites[i];
		int layout = layout_index(session, &site->layout);

		if (layout < 0) {
			free(cookies);
			errno = ENOSPC;
			return NULL;
		}
		cookies[i] = gcscope_cookie(site->runtime->code, layout, site->event);
	}
	return cookies;
}

/*
 * Whom an attachment is for. For one process where the kernel can: attaching
 * writes into every process that the link is for and maps the file, so that with
 * hundreds of processes on one libjvm.so, watching one of them would cost all of
 * them private pages and a trap at each event, and us the time.
 *
 * For all when descendants are wanted too, since a link cannot be told of new
 * processes; and when the leader has ended before its process, since the kernel
 * compares with the leader's memory.
 */
static pid_t attach_scope(const struct session *session, pid_t pid, const struct mapping *mapping)
{
	bool one = session->multi && session->ability.filter && !session->tree &&
		   mapping->thread == pid;

	return one ? pid : 0;
}

/* Attach to a file for a process that maps it; nothing to do when that is done. */
static int attach_file(struct session *session, struct file *file, pid_t pid,
		       const struct mapping *mapping)
{
	pid_t scope = attach_scope(session, pid, mapping);
	struct bpf_program *program = session->bpf->progs.probe;
	struct attachment attachment;
	uint64_t *cookies;
	char tried[4200];
	int error;

	if (file_attached(file, pid))
		return 0;
	cookies = make_cookies(session, file);
	if (!cookies)
		goto fail;
	if (session->multi ? attach_uprobe_multi(&attachment, program, file->fd, file->sites,
						 cookies, file->site_count, scope)
			   : attach_perf_events(&attachment, program, file->fd, file->sites,
						cookies, file->site_count))
		goto fail;
	free(cookies);
	if (!file_keep(file, scope, &attachment))
		return 0;
	error = errno;
	attach_close(&attachment);
	return session_fail(session, STATUS_FAILED, "cannot attach: %s", strerror(error));
fail:
	error = errno;
	free(cookies);
	snprintf(tried, sizeof(tried), "cannot attach to %s", file->path);
	if (error == ESRCH)
		return session_fail(session, STATUS_NO_TARGET, "process %d has ended", pid);
	return refused(session, tried, error,
		       session->multi ? PRIVILEGE_BPF | PRIVILEGE_PERFMON : PRIVILEGE_SYS_ADMIN);
}

/* Why the files of a process could not be looked at. */
static int unreadable(struct session *session, pid_t pid, int error, unsigned needed)
{
	char tried[64];

	if (error == ESRCH || error == ENOENT)
		return session_fail(session, STATUS_NO_TARGET, "no process %d", pid);
	snprintf(tried, sizeof(tried), "cannot look into process %d", pid);
	return refused(session, tried, error, needed);
}

/*
 * Attach to the runtimes in what a process maps now. A file that is new to it
 * while it runs on (late) may have been in use for a while.
 */
static int attach_files(struct session *session, pid_t pid, bool late, unsigned *ret_count)
{
	struct mapping *mappings;
	int status = 0, hidden = 0;
	unsigned carrying = 0;
	size_t count;

	if (mappings_read(pid, &mappings, &count))
		return unreadable(session, pid, errno, PRIVILEGE_SYS_PTRACE);
	for (size_t i = 0; !status && i < count; i++) {
		struct file *file;

		if (mappings_repeat(mappings, i))
			continue;
		if (files_look(&session->files, &mappings[i], &file)) {
			if (errno == EACCES || errno == EPERM)
				hidden = errno;
			continue;
		}
		if (!file->site_count)
			continue;
		carrying++;
		if (late && !file_attached(file, pid))
			processes_late(session, pid);
		status = attach_file(session, file, pid, &mappings[i]);
	}
	if ((session->options.details & DETAIL_SITES) && carrying)
		processes_code(session, pid);
	mappings_free(mappings, count);
	if (!status && !carrying && hidden)
		status = unreadable(session, pid, hidden,
				    PRIVILEGE_SYS_PTRACE | PRIVILEGE_CHECKPOINT_RESTORE);
	*ret_count = carrying;
	return status;
}

/* The same, and the time it takes is what reports tell. */
int session_attach_mapped(struct session *session, pid_t pid, bool late, unsigned *ret_count)
{
	uint64_t begin = clock_ns();
	int status = attach_files(session, pid, late, ret_count);

	session->attach_seconds += (double)(clock_ns() - begin) / NS_PER_SECOND;
	return status;
}

/* Have the kernel follow the threads that the listed processes have by now. 0, or -errno. */
static int follow_threads(struct session *session)
{
	int link = bpf_link_create(bpf_program__fd(session->bpf->progs.threads_seen), 0,
				   BPF_TRACE_ITER, NULL);
	int iterator = link < 0 ? link : bpf_iter_create(link);
	int error = iterator < 0 ? -errno : 0;
	char nothing;

	/* It prints nothing: the end is the first that can be read. */
	if (!error && read(iterator, &nothing, 1) < 0)
		error = -errno;
	if (iterator >= 0)
		close(iterator);
	if (link >= 0)
		close(link);
	return error;
}

/* Enter a process into the kernel's list. 0, or -errno: -EEXIST it is there. */
static int list_process(struct session *session, pid_t pid, bool tree)
{
	struct gcscope_process process = {
		.process = __atomic_add_fetch(&session->bpf->bss->last_process, 1,
					      __ATOMIC_RELAXED),
		.follow = tree,
		.late = !tree,
	};
	uint32_t key = pid;

	return bpf_map_update_elem(bpf_map__fd(session->bpf->maps.processes), &key, &process,
				   BPF_NOEXIST) ? -errno : 0;
}

static void unlist_process(struct session *session, pid_t pid)
{
	uint32_t key = pid;

	bpf_map_delete_elem(bpf_map__fd(session->bpf->maps.processes), &key);
	files_detach(&session->files, pid);
}

/* Why no descriptor of a process could be had. EINVAL, since Linux 6.15 ENOENT: it is a thread. */
static int unopened(struct session *session, pid_t pid, int error)
{
	if (error == ESRCH || error == EINVAL || error == ENOENT)
		return session_fail(session, STATUS_NO_TARGET, "no process %d", pid);
	return session_fail(session, STATUS_FAILED, "cannot watch process %d: %s", pid,
			    strerror(error));
}

static bool has_ended(int pidfd)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	return poll(&ended, 1, 0) > 0;
}

/*
 * The order makes sure who is watched: the process is held by a descriptor,
 * then listed, so that its exit unlists it, then seen to be there still. So
 * the entry can never be another process's that got its pid.
 */
static int watch(struct session *session, pid_t pid, bool tree)
{
	int fd = syscall(SYS_pidfd_open, pid, 0), status = 0, error;
	unsigned count = 0;

	if (fd < 0)
		return unopened(session, pid, errno);
	error = list_process(session, pid, tree);
	if (error == -EEXIST)
		goto close_fd;
	if (error) {
		status = session_fail(session, STATUS_FAILED, "cannot watch process %d: %s", pid,
				      strerror(-error));
		goto close_fd;
	}
	if (!session->begin_ns)
		session->begin_ns = session_now(session);
	error = follow_threads(session);
	if (error) {
		status = session_fail(session, STATUS_FAILED, "cannot follow the threads of %d: %s",
				      pid, strerror(-error));
		goto unlist;
	}
	if (!tree)
		status = session_attach_mapped(session, pid, false, &count);
	if (has_ended(fd))
		status = session_fail(session, STATUS_NO_TARGET, "process %d has ended", pid);
	else if (!status && !tree && !count)
		status = session_fail(session, STATUS_NOTHING_TO_ATTACH,
				      "process %d has nothing that gcscope can attach to", pid);
unlist:
	if (status)
		unlist_process(session, pid);
close_fd:
	close(fd);
	return status;
}

int session_watch(struct session *session, pid_t pid)
{
	return watch(session, pid, false);
}

int session_watch_tree(struct session *session, pid_t pid)
{
	session->tree = true;
	return watch(session, pid, true);
}

int session_drain(struct session *session)
{
	int error = ring_buffer__consume(session->ring);

	if (error < 0)
		return session_fail(session, STATUS_FAILED, "cannot read records: %s",
				    strerror(-error));
	if (session->options.details & DETAIL_SITES)
		processes_follow_code(session);
	return 0;
}

int session_fd(const struct session *session)
{
	return ring_buffer__epoll_fd(session->ring);
}

unsigned session_alive(const struct session *session)
{
	int fd = bpf_map__fd(session->bpf->maps.processes);
	uint32_t key, *previous = NULL;
	unsigned alive = 0;

	for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key)
		alive++;
	return alive;
}

int session_report(struct session *session, struct report **ret_report)
{
	int status = session_drain(session);

	if (status)
		return status;
	*ret_report = readout(session);
	return *ret_report ? 0 : session_fail(session, STATUS_FAILED, "no memory for the report");
}

void session_detach(struct session *session)
{
	if (!session->end_ns)
		session->end_ns = session_now(session);
	session->bpf->bss->over = true;
	files_clear(&session->files);
}

void session_close(struct session *session)
{
	if (!session)
		return;
	files_clear(&session->files);
	ring_buffer__free(session->ring);
	gcscope_bpf__destroy(session->bpf);
	processes_free(&session->processes);
	modules_free(&session->modules);
	free(session);
}

const char *session_error(const struct session *session)
{
	return session->error;
}
