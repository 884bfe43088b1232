/* SPDX-License-Identifier: BSD-2-Clause */
/* What attach and export share: a session on running processes, watched until something ends it. */
#ifndef GCSCOPE_WATCH_H
#define GCSCOPE_WATCH_H

#include <stdint.h>

#include "commands/options.h"
#include "commands/signals.h"
#include "session/session.h"

/*
 * Open a session on the processes of options->pids, all or none, and give up
 * all capabilities (keep_files as for privileges_drop). 0, or an enum
 * exit_status, having said why. *ret_session is for session_close in any case; NULL is fine
 * there.
 */
int watch_open(struct session **ret_session, const struct options *options, bool keep_files);

/* When options->duration is over, counted from now; UINT64_MAX when there is none. */
uint64_t watch_end(const struct options *options);

enum watch_event {
	WATCH_TIME,   /* until_ns has come */
	WATCH_SIGNAL, /* we are asked to end */
	WATCH_GONE,   /* no watched process is left */
	WATCH_FAILED, /* it was said why */
};

enum watch_event watch_until(struct session *session, const struct signals *signals,
			     uint64_t until_ns);

/* A list for signals_open: what asks a command to end. */
const int *watch_signals(void);

#endif
