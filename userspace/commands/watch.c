/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/watch.h"

#include <signal.h>
#include <string.h>

#include "clock.h"
#include "commands/say.h"
#include "session/privileges.h"

int watch_open(struct session **ret_session, const struct options *options, bool keep_files)
{
	const struct session_options how = {
		.perf_events = options->perf_events,
		.details = options->details,
		.verbose = options->verbose,
	};
	int status;

	status = session_open(ret_session, &how);
	for (size_t i = 0; !status && i < options->pid_count; i++)
		status = session_watch(*ret_session, options->pids[i]);
	if (status) {
		say_error("%s", *ret_session ? session_error(*ret_session) : "out of memory");
		return status;
	}
	if (privileges_drop(keep_files))
		say_detail("cannot give up capabilities");
	return 0;
}

uint64_t watch_end(const struct options *options)
{
	if (!options->duration)
		return UINT64_MAX;
	return clock_ns() + (uint64_t)(options->duration * NS_PER_SECOND);
}

enum watch_event watch_until(struct session *session, const struct signals *signals,
			     uint64_t until_ns)
{
	struct signalfd_siginfo signal;

	for (;;) {
		uint64_t now = clock_ns();

		if (session_drain(session)) {
			say_error("%s", session_error(session));
			return WATCH_FAILED;
		}
		if (signals_next(signals, &signal))
			return WATCH_SIGNAL;
		if (!session_alive(session))
			return WATCH_GONE;
		if (now >= until_ns)
			return WATCH_TIME;
		signals_wait(signals, session_fd(session),
			     until_ns - now < SESSION_DRAIN_NS ? until_ns : now + SESSION_DRAIN_NS);
	}
}

const int *watch_signals(void)
{
	static int list[4] = { SIGINT, SIGTERM };
	struct sigaction hangup;

	/* Under nohup(1) a hangup is ignored, and has to stay so. */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		list[2] = SIGHUP;
	return list;
}
