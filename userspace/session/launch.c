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

/* How often those that have run for so long are looked at. */
#define LOOK_NS (NS_PER_SECOND / 2)

/*
 * While a process is stepped its next stop is microseconds away, and going to
 * sleep costs more than to ask again (measured: 15 us a stop, not 23 to 50).
 */
#define SPIN_NS 50000

/* How many events are handled before the caller gets its turn. */
#define EVENTS_A_TURN 64

#define TRACE_OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

/* A process in which no runtime was found yet. Of the others nothing is kept. */
struct tracee {
	pid_t pid;
	bool stepped;
	bool maps_code; /* it is in an mmap that maps a file to be executed */
	unsigned calls;
	uint64_t since_ns;
};

struct launch {
	pid_t pid;
	int channel; /* to the child: "go", and back the errno of its exec */
	struct session *session;
	struct sigaction child_action; /* for SIGCHLD, as it was inherited */
	struct tracee *tracees;
	size_t count, room;
	size_t stepped; /* how many of them are */
	uint64_t next_look_ns;
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

static struct tracee *find(struct launch *launch, pid_t pid)
{
	for (size_t i = 0; i < launch->count; i++) {
		if (launch->tracees[i].pid == pid)
			return &launch->tracees[i];
	}
	return NULL;
}

static void stop_stepping(struct launch *launch, struct tracee *tracee)
{
	launch->stepped -= tracee->stepped;
	tracee->stepped = false;
}

static void forget(struct launch *launch, struct tracee *tracee)
{
	if (!tracee)
		return;
	stop_stepping(launch, tracee);
	*tracee = launch->tracees[--launch->count];
}

/* Step a process that has just begun. Without memory it runs at full speed, unwatched. */
static void meet(struct launch *launch, pid_t pid)
{
	forget(launch, find(launch, pid));
	if (launch->count == launch->room) {
		size_t room = launch->room ? 2 * launch->room : 16;
		struct tracee *more = reallocarray(launch->tracees, room, sizeof(*more));

		if (!more)
			return;
		launch->tracees = more;
		launch->room = room;
	}
	launch->tracees[launch->count++] =
		(struct tracee){ .pid = pid, .stepped = true, .since_ns = clock_ns() };
	launch->stepped++;
}

/*
 * Attach to what a process has mapped; whether there is a runtime. late: it has
 * run meanwhile. One that has been killed is no failure.
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

/*
 * A stepped process enters a system call or leaves one. Whether that brought a
 * runtime. The number is compared without its architecture: at worst a 32-bit
 * program is looked at in vain.
 */
static bool on_system_call(struct launch *launch, struct tracee *tracee)
{
	struct __ptrace_syscall_info call;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(call), &call) <= 0)
		return false;
	if (call.op == PTRACE_SYSCALL_INFO_ENTRY)
		tracee->maps_code = call.entry.nr == SYS_mmap && call.entry.args[2] & PROT_EXEC &&
				    !(call.entry.args[3] & MAP_ANONYMOUS);
	if (call.op != PTRACE_SYSCALL_INFO_EXIT)
		return false;
	if (tracee->maps_code && !call.exit.is_error && look(launch, tracee->pid, false))
		return true;
	if (++tracee->calls >= STEP_CALLS || clock_ns() - tracee->since_ns >= STEP_NS)
		stop_stepping(launch, tracee);
	return false;
}

/*
 * Let a process that stands go on, with a signal or 0. It fails only for one
 * that was killed meanwhile, whose end waitpid tells.
 */
static void resume(struct launch *launch, pid_t pid, int signal)
{
	const struct tracee *tracee = find(launch, pid);

	ptrace(tracee && tracee->stepped ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
}

static void on_stop(struct launch *launch, pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	struct tracee *tracee = find(launch, pid);
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
	if (event == PTRACE_EVENT_EXEC || (event == PTRACE_EVENT_STOP && !tracee)) {
		/* It begins, anew or by fork. */
		meet(launch, pid);
		found = look(launch, pid, false);
	} else if (event == PTRACE_EVENT_STOP) {
		/* It was adopted, or goes on after it was stopped by job control. */
		found = look(launch, pid, true);
	} else if (!event && tracee) {
		found = on_system_call(launch, tracee);
	}
	if (!found) {
		resume(launch, pid, 0);
		return;
	}
	forget(launch, find(launch, pid));
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void on_end(struct launch *launch, pid_t pid, int status)
{
	forget(launch, find(launch, pid));
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
	while (!pid && launch->stepped && clock_ns() < until);
	return pid;
}

/*
 * Look again at those that have run for a while: what they have mapped since,
 * at any time and by any thread. They are not stopped for it, since a system
 * call that is interrupted can fail.
 */
static void look_again(struct launch *launch)
{
	const uint64_t now = clock_ns();

	if (now < launch->next_look_ns)
		return;
	launch->next_look_ns = now + LOOK_NS;
	for (size_t i = launch->count; i-- > 0;) {
		struct tracee *tracee = &launch->tracees[i];

		if (now - tracee->since_ns >= LOOK_NS && look(launch, tracee->pid, true))
			forget(launch, tracee);
	}
}

bool launch_handle(struct launch *launch)
{
	int status;

	look_again(launch);
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
	meet(launch, pid);
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
	free(launch->tracees);
	free(launch->attach_error);
	free(launch);
}
