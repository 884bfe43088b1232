/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

/* How long a process without a runtime is stepped: 2,000 system calls or 2 s (java needs 200). */
#define STEP_CALLS 2000
#define STEP_NS	   (2 * NS_PER_SECOND)

/*
 * While a process is stepped its next stop is microseconds away, and going to
 * sleep costs more than to ask again (measured: 15 us a stop, not 23 to 50).
 */
#define SPIN_NS 50000

/* How many events are handled before the caller gets its turn. */
#define EVENTS_A_TURN 64

#define TRACE_OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

/* A process that is being stepped. One that is not needs no record. */
struct stepped {
	pid_t pid;
	unsigned calls;
	uint64_t since_ns;
	bool late;	/* it has run since its exec, and was not looked at yet */
	bool maps_code; /* it is in an mmap that maps a file to be executed */
};

struct launch {
	pid_t pid;
	int channel; /* to the child: "go", and back the errno of its exec */
	struct session *session;
	struct sigaction child_action; /* for SIGCHLD, as it was inherited */
	struct stepped *stepped;
	size_t stepped_count, stepped_room;
	bool ended;
	bool found_runtime;
	int status;
	int exec_error;
	char *attach_error; /* the first; NULL: none */
};

/* The child: wait for "go" and execute. When gcscope is gone before that, so is the child. */
static _Noreturn void child(const struct launch *launch, int channel, char *const argv[],
			    const sigset_t *mask)
{
	char go = 0;
	int error;

	/* A copy of a program with file capabilities could not be traced otherwise. */
	prctl(PR_SET_DUMPABLE, 1);
	if (write(channel, &go, 1) != 1 || read(channel, &go, 1) != 1)
		_exit(LAUNCH_NOT_EXECUTABLE);
	sigaction(SIGCHLD, &launch->child_action, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	error = errno;
	if (write(channel, &error, sizeof(error)) != sizeof(error))
		_exit(LAUNCH_NOT_EXECUTABLE);
	_exit(error == ENOENT ? LAUNCH_NOT_FOUND : LAUNCH_NOT_EXECUTABLE);
}

/* Fork the child, wait until it stands before its exec, and trace it. */
static int start_child(struct launch *launch, char *const argv[], const sigset_t *mask)
{
	int channel[2];
	char ready;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		return -1;
	launch->channel = channel[0];
	launch->pid = fork();
	if (!launch->pid) {
		close(channel[0]);
		child(launch, channel[1], argv, mask);
	}
	close(channel[1]);
	if (launch->pid < 0 || read(channel[0], &ready, 1) != 1)
		return -1;
	return ptrace(PTRACE_SEIZE, launch->pid, 0, TRACE_OPTIONS) ? -1 : 0;
}

int launch_start(struct launch **ret_launch, char *const argv[], const sigset_t *mask)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	struct launch *launch = calloc(1, sizeof(*launch));
	int error;

	if (!launch)
		return -1;
	launch->channel = -1;
	/* Where SIGCHLD is ignored, the kernel tells a tracer nothing. */
	sigaction(SIGCHLD, &by_default, &launch->child_action);
	if (start_child(launch, argv, mask)) {
		error = errno;
		launch_free(launch);
		errno = error;
		return -1;
	}
	*ret_launch = launch;
	return 0;
}

static struct stepped *find_stepped(struct launch *launch, pid_t pid)
{
	for (size_t i = 0; i < launch->stepped_count; i++) {
		if (launch->stepped[i].pid == pid)
			return &launch->stepped[i];
	}
	return NULL;
}

static void stop_stepping(struct launch *launch, pid_t pid)
{
	struct stepped *stepped = find_stepped(launch, pid);

	if (stepped)
		*stepped = launch->stepped[--launch->stepped_count];
}

/* Step a process with a full budget. Without memory it runs at full speed. */
static void start_stepping(struct launch *launch, pid_t pid, bool late)
{
	struct stepped *stepped = find_stepped(launch, pid);

	if (!stepped) {
		if (launch->stepped_count == launch->stepped_room) {
			size_t room = launch->stepped_room ? 2 * launch->stepped_room : 16;
			struct stepped *more = reallocarray(launch->stepped, room, sizeof(*more));

			if (!more)
				return;
			launch->stepped = more;
			launch->stepped_room = room;
		}
		stepped = &launch->stepped[launch->stepped_count++];
	}
	*stepped = (struct stepped){ .pid = pid, .since_ns = clock_ns(), .late = late };
}

/*
 * Attach to what a process that stands has mapped; whether there is a runtime.
 * One that has been killed meanwhile is no failure.
 */
static bool look(struct launch *launch, pid_t pid, bool late)
{
	unsigned count = 0;
	int status = session_attach_mapped(launch->session, pid, late, &count);

	if (status && status != STATUS_NO_TARGET && !launch->attach_error)
		launch->attach_error = strdup(session_error(launch->session));
	launch->found_runtime |= count > 0;
	return count > 0;
}

/* A process begins: by fork, or anew by exec. Whether it has a runtime already. */
static bool on_new_image(struct launch *launch, pid_t pid)
{
	const struct stepped *stepped = find_stepped(launch, pid);

	if (look(launch, pid, stepped && stepped->late))
		return true;
	start_stepping(launch, pid, false);
	return false;
}

/*
 * A stepped process enters a system call or leaves one. Whether that brought a
 * runtime. The number is compared without its architecture: at worst a 32-bit
 * program is looked at in vain.
 */
static bool on_system_call(struct launch *launch, pid_t pid)
{
	struct stepped *stepped = find_stepped(launch, pid);
	struct __ptrace_syscall_info call;

	if (!stepped || ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(call), &call) <= 0)
		return false;
	if (call.op == PTRACE_SYSCALL_INFO_ENTRY)
		stepped->maps_code = call.entry.nr == SYS_mmap && call.entry.args[2] & PROT_EXEC &&
				     !(call.entry.args[3] & MAP_ANONYMOUS);
	if (call.op != PTRACE_SYSCALL_INFO_EXIT)
		return false;
	if (stepped->maps_code && !call.exit.is_error && look(launch, pid, false))
		return true;
	if (++stepped->calls >= STEP_CALLS || clock_ns() - stepped->since_ns >= STEP_NS)
		stop_stepping(launch, pid);
	return false;
}

/*
 * Let a process that stands go on, with a signal or 0. It fails only for one
 * that was killed meanwhile, whose end waitpid tells.
 */
static void resume(struct launch *launch, pid_t pid, int signal)
{
	ptrace(find_stepped(launch, pid) ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
}

/* A process with a runtime is traced no more. */
static void let_go(struct launch *launch, pid_t pid)
{
	stop_stepping(launch, pid);
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void on_stop(struct launch *launch, pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	bool found = false;

	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		/* Stopped by job control: it has to stay so, and to hear SIGCONT. */
		ptrace(PTRACE_LISTEN, pid, 0, 0);
		return;
	}
	if (!event && signal != (SIGTRAP | 0x80)) {
		resume(launch, pid, signal);
		return;
	}
	if (event == PTRACE_EVENT_EXEC || event == PTRACE_EVENT_STOP)
		found = on_new_image(launch, pid);
	else if (!event)
		found = on_system_call(launch, pid);
	if (found)
		let_go(launch, pid);
	else
		resume(launch, pid, 0);
}

static void on_end(struct launch *launch, pid_t pid, int status)
{
	stop_stepping(launch, pid);
	if (pid != launch->pid)
		return;
	launch->ended = true;
	launch->status = status;
	if (recv(launch->channel, &launch->exec_error, sizeof(int), MSG_DONTWAIT) != sizeof(int))
		launch->exec_error = 0;
}

void launch_go(struct launch *launch, struct session *session)
{
	launch->session = session;
	/* When the child is gone already, waitpid tells. */
	send(launch->channel, "", 1, MSG_NOSIGNAL);
}

/* The next event, or 0 or -1 when there is none. */
static pid_t next_event(const struct launch *launch, int *ret_status)
{
	const uint64_t until = clock_ns() + SPIN_NS;
	pid_t pid;

	do
		pid = waitpid(-1, ret_status, WNOHANG | __WALL);
	while (!pid && launch->stepped_count && clock_ns() < until);
	return pid;
}

bool launch_handle(struct launch *launch)
{
	int status;

	for (int i = 0; i < EVENTS_A_TURN; i++) {
		pid_t pid = next_event(launch, &status);

		if (pid <= 0)
			return false;
		if (WIFSTOPPED(status))
			on_stop(launch, pid, status);
		else
			on_end(launch, pid, status);
	}
	return true;
}

void launch_adopt(struct launch *launch, pid_t pid)
{
	/* Fails for one that is traced already. */
	if (ptrace(PTRACE_SEIZE, pid, 0, TRACE_OPTIONS))
		return;
	start_stepping(launch, pid, true);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
}

pid_t launch_pid(const struct launch *launch)
{
	return launch->pid;
}

bool launch_ended(const struct launch *launch, int *ret_status)
{
	if (launch->ended)
		*ret_status = launch->status;
	return launch->ended;
}

int launch_exec_error(const struct launch *launch)
{
	return launch->exec_error;
}

bool launch_found_runtime(const struct launch *launch)
{
	return launch->found_runtime;
}

const char *launch_attach_error(const struct launch *launch)
{
	return launch->attach_error;
}

void launch_free(struct launch *launch)
{
	if (!launch)
		return;
	if (launch->channel >= 0)
		close(launch->channel);
	free(launch->stepped);
	free(launch->attach_error);
	free(launch);
}
