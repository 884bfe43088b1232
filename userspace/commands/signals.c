/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/signals.h"

#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "clock.h"

int signals_open(struct signals *signals, const int *list)
{
	sigset_t wanted, blocked;

	sigemptyset(&wanted);
	while (*list)
		sigaddset(&wanted, *list++);
	blocked = wanted;
	/* A file that may not grow is an error to tell of, and no end. */
	sigaddset(&blocked, SIGXFSZ);
	if (sigprocmask(SIG_BLOCK, &blocked, &signals->before))
		return -1;
	signals->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals->fd < 0 ? -1 : 0;
}

bool signals_next(const struct signals *signals, struct signalfd_siginfo *ret_signal)
{
	return read(signals->fd, ret_signal, sizeof(*ret_signal)) == sizeof(*ret_signal);
}

void signals_wait(const struct signals *signals, int fd, uint64_t until_ns)
{
	struct pollfd ready[] = {
		{ .fd = signals->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	uint64_t now = clock_ns(), left = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / NS_PER_SECOND),
		.tv_nsec = (long)(left % NS_PER_SECOND),
	};

	ppoll(ready, 2, &timeout, NULL);
}
