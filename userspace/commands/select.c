/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/select.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/say.h"
#include "exit_status.h"
#include "gcscope/profile.h"
#include "session/privileges.h"
#include "session/targets.h"

static void read_comm(pid_t pid, char comm[GCSCOPE_COMM + 1])
{
	char path[64];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file) {
		length = fread(comm, 1, GCSCOPE_COMM, file);
		fclose(file);
	}
	if (length && comm[length - 1] == '\n')
		length--;
	comm[length] = 0;
}

void make_printable(char *text)
{
	for (; *text; text++) {
		if (iscntrl((unsigned char)*text))
			*text = '?';
	}
}

struct process_name process_name(pid_t pid)
{
	struct process_name name;

	read_comm(pid, name.text);
	make_printable(name.text);
	return *name.text ? name : (struct process_name){ "?" };
}

int each_process(void (*call)(pid_t pid, void *context), void *context)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return -1;
	while ((entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid())
			call(pid, context);
	}
	closedir(proc);
	return 0;
}

/*
 * The process that a thread belongs to: `id` itself for a process, 0 when there
 * is none. A zombie with threads is a process whose leader alone has ended.
 */
static pid_t process_of(pid_t id)
{
	char path[64], line[256], state = 0;
	pid_t process = 0;
	int threads = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", id);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!threads && fgets(line, sizeof(line), file)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "Tgid: %d", &process);
		sscanf(line, "Threads: %d", &threads);
	}
	fclose(file);
	return strchr("ZX", state) && threads <= 1 ? 0 : process;
}

/* Whether there is something to attach to in a process: 0, or the status that says why not. */
static int look_into(pid_t pid)
{
	struct target *targets;
	size_t count;

	if (targets_of_process(pid, &targets, &count))
		return errno == ESRCH || errno == ENOENT   ? STATUS_NO_TARGET
		       : errno == EACCES || errno == EPERM ? STATUS_NOT_PERMITTED
							   : STATUS_FAILED;
	targets_free(targets, count);
	return count ? 0 : STATUS_NOTHING_TO_ATTACH;
}

static int explain(pid_t pid, int status)
{
	int error = errno;
	char tried[64], text[1024];

	snprintf(tried, sizeof(tried), "process %d (%s)", pid, process_name(pid).text);
	switch (status) {
	case STATUS_NO_TARGET:
		say_error("process %d has ended", pid);
		break;
	case STATUS_NOTHING_TO_ATTACH:
		say_error("%s has mapped nothing that gcscope knows how to watch "
			  "(gcscope list shows what could be)",
			  tried);
		break;
	case STATUS_NOT_PERMITTED:
		privileges_explain(text, sizeof(text), tried, error,
				   PRIVILEGE_BPF | PRIVILEGE_PERFMON | PRIVILEGE_SYS_PTRACE);
		say_error("%s", text);
		break;
	default:
		say_error("%s: %s", tried, strerror(error));
	}
	return status;
}

static int check_pid(pid_t pid)
{
	pid_t process = process_of(pid);
	int status;

	if (!process) {
		say_error("there is no process %d", pid);
		return STATUS_NO_TARGET;
	}
	if (process != pid) {
		say_error("%d is a thread: to watch its process, give -p %d", pid, process);
		return STATUS_NO_TARGET;
	}
	status = look_into(pid);
	return status ? explain(pid, status) : 0;
}

struct by_comm {
	struct options *options;
	int status; /* of the last that would not do */
	int error;
	pid_t pid;
	bool found;
	bool memory; /* ran out */
};

static void add_by_comm(pid_t pid, void *context)
{
	struct by_comm *by_comm = context;
	struct options *options = by_comm->options;
	char comm[GCSCOPE_COMM + 1];
	pid_t *pids;
	int status;

	read_comm(pid, comm);
	/* The kernel has kept no more than this of a longer name. */
	if (strncmp(comm, options->comm, GCSCOPE_COMM - 1))
		return;
	status = look_into(pid);
	if (status) {
		by_comm->status = status;
		by_comm->error = errno;
		by_comm->pid = pid;
		return;
	}
	by_comm->found = true;
	for (size_t i = 0; i < options->pid_count; i++) {
		if (options->pids[i] == pid)
			return;
	}
	pids = reallocarray(options->pids, options->pid_count + 1, sizeof(*pids));
	if (!pids) {
		by_comm->memory = true;
		return;
	}
	options->pids = pids;
	options->pids[options->pid_count++] = pid;
}

int select_processes(struct options *options)
{
	struct by_comm by_comm = { .options = options };

	for (size_t i = 0; i < options->pid_count; i++) {
		int status = check_pid(options->pids[i]);

		if (status)
			return status;
	}
	if (!options->comm)
		return 0;
	if (each_process(add_by_comm, &by_comm) || by_comm.memory) {
		say_error("cannot look for '%s': %s", options->comm, strerror(errno));
		return STATUS_FAILED;
	}
	if (by_comm.found)
		return 0;
	if (by_comm.status) {
		errno = by_comm.error;
		return explain(by_comm.pid, by_comm.status);
	}
	say_error("no process is named '%s'", options->comm);
	return STATUS_NO_TARGET;
}
