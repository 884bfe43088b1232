/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a program under the profiler, so that probes are on before its
 * first instruction runs, and following what it starts.
 *
 *	launch_start	fork and trace; the child waits, before its exec
 *	launch_go	let it execute, to be called when the session watches it
 *	launch_handle	to be called at each SIGCHLD: let the program go on
 *	launch_adopt	to be called at each exec that the session tells of
 *	launch_free
 *
 * How. The child is a ptrace tracee (PTRACE_SEIZE) from before its exec, and
 * what it forks becomes one by itself. From each fork or exec on, a process is
 * stepped from system call to system call; at the exec, and after each mmap
 * that maps a file to be executed, it stands while session_attach_mapped looks
 * at what is mapped. So the program's own file, its shared libraries and what
 * it opens with dlopen are all seen after they are mapped and before an
 * instruction of theirs has run. Once a runtime is found, the process is traced
 * no more: it is as if it had been started without us, and a debugger or a leak
 * checker can trace it. When a budget is spent without one, it runs at full
 * speed and stops only at fork and exec. Those that run for longer are looked
 * at twice a second.
 *
 * What the program notices. Nothing is written into it: there are no
 * breakpoints of ours, no injected calls and no seccomp filter (which would
 * outlive us), and the kernel forgets a tracee's options when its tracer dies.
 * PTRACE_O_EXITKILL is not set. So gcscope can be killed at any instant, the
 * kernel resumes what stood, and the program runs on. One thing has to be
 * right for that: a process that stands at a system call when its tracer dies
 * is sent the signal of that stop. PTRACE_O_TRACESYSGOOD makes it SIGTRAP|0x80,
 * which is no signal, so that nothing is sent; without it SIGTRAP would kill.
 *
 * Limits. Only the leader of a process is traced, never its other threads: a
 * library that another thread maps first is met late, and so is one that comes
 * after the budget. An exec that we do not trace (of another thread, of a child
 * that one has forked, of a process that has a runtime, or of its children) is
 * met a moment late: the session tells of it, and launch_adopt does the rest.
 * What was met late, the report calls so. A file with the set-user-id bit gains
 * its owner's rights only when gcscope itself has CAP_SYS_PTRACE, as under every
 * tracer; without it, it runs without them. And while a process is traced by
 * us, nobody else can: strace and debuggers cannot start programs inside.
 */
#ifndef GCSCOPE_LAUNCH_H
#define GCSCOPE_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "session/session.h"

struct launch;

/* What shells and env(1) return for a program that was not found, or could not be executed. */
enum { LAUNCH_NOT_EXECUTABLE = 126, LAUNCH_NOT_FOUND = 127 };

/*
 * Fork a child that will execute argv (found as execvp does), with this signal
 * mask. To be called before anything that a child could inherit is changed,
 * but with SIGCHLD blocked: it is what tells that launch_handle has work.
 * Returns 0, or -1 with errno; EPERM: it may not be traced.
 */
int launch_start(struct launch **ret_launch, char *const argv[], const sigset_t *mask);

/* Let the child execute. What it maps is attached to in the session, which outlives launch. */
void launch_go(struct launch *launch, struct session *session);

/*
 * Handle what has happened to the program; never waits. Returns true while
 * more is at hand, so that the caller can drain the session in between.
 */
bool launch_handle(struct launch *launch);

/* A process of the program's has made an exec: trace it, in case it is not traced yet. */
void launch_adopt(struct launch *launch, pid_t pid);

pid_t launch_pid(const struct launch *launch);

/* Whether the program has ended; then *ret_status is its wait status. */
bool launch_ended(const struct launch *launch, int *ret_status);

/* Why it could not be executed, an errno; 0 when it was. Known once it has ended. */
int launch_exec_error(const struct launch *launch);

/* Whether a runtime was found in it or in what it started. */
bool launch_found_runtime(const struct launch *launch);

/* Why a runtime that was found could not be attached to, one sentence; NULL when all could. */
const char *launch_attach_error(const struct launch *launch);

/* NULL is fine. A child that was not let go ends here; what runs, runs on. */
void launch_free(struct launch *launch);

#endif
