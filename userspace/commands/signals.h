/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals as events: blocked from now on, and read from a descriptor. */
#ifndef GCSCOPE_SIGNALS_H
#define GCSCOPE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

struct signals {
	int fd;
	sigset_t before; /* the mask as it was, for programs that we start */
};

/* Take the signals of a list that 0 ends. 0, or -1 with errno. */
int signals_open(struct signals *signals, const int *list);

/* The next signal that has come; false when there is none. */
bool signals_next(const struct signals *signals, struct signalfd_siginfo *ret_signal);

/* Wait until a signal comes, fd is readable (-1: none is), or the clock reaches until_ns. */
void signals_wait(const struct signals *signals, int fd, uint64_t until_ns);

#endif
