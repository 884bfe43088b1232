/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session: kernel programs loaded, probes attached, records drained, and in
 * the end a report.
 *
 *	session_open      load the programs; probes nowhere yet
 *	session_watch     watch one process that runs, attaching to what it maps
 *	session_drain     handle the records that wait: processes that come and go, pauses
 *	session_report    what was counted so far; may be called again and again
 *	session_close     detach and free
 *
 * Kernel programs look at watched processes alone, and where the kernel can do
 * it, no other process is attached to. Nothing is pinned: when gcscope dies, by
 * kill -9 too, the kernel takes probes and programs away and the targets run on.
 *
 * Functions return 0 or an enum exit_status; on failure the session's sentence
 * (session_error) says what happened and what to do.
 */
#ifndef GCSCOPE_SESSION_H
#define GCSCOPE_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "clock.h"
#include "exit_status.h"
#include "model/report.h"
#include "session/runtimes.h"

struct session;

struct session_options {
	bool perf_events; /* attach with one perf event a site although uprobe_multi is there */
	bool verbose;
	unsigned details; /* enum detail: what else reports are to tell */
	bool timeline; /* all collections and pauses are wanted as records; reports need few */
	/* Called for each record; NULL: none. The record lives only during the call. */
	void (*on_record)(const struct gcscope_record *record, void *context);
	void *context;
};

/* *ret_session is set on failure too, for its sentence; NULL only without memory. */
int session_open(struct session **ret_session, const struct session_options *options);

/* Watch a running process: STATUS_NO_TARGET, STATUS_NOT_PERMITTED, STATUS_NOTHING_TO_ATTACH. */
int session_watch(struct session *session, pid_t pid);

/*
 * Watch a process that has just been made and is stopped by its tracer, with
 * all its descendants. Files are attached by session_attach_mapped as they come,
 * for all processes that map them now or later.
 */
int session_watch_tree(struct session *session, pid_t pid);

/*
 * Attach to the runtimes in the files that this process maps now. late: it has
 * run with them already, so when there is one that was not attached to before,
 * the report says that it was attached late.
 * *ret_count: how many of its files carry a known runtime (attached now or before).
 */
int session_attach_mapped(struct session *session, pid_t pid, bool late, unsigned *ret_count);

/* Records are to be drained at least so often: most do not make session_fd readable. */
#define SESSION_DRAIN_NS (100 * NS_PER_MS)

/* Handle the records that wait now. 0, or STATUS_FAILED. */
int session_drain(struct session *session);

/* Readable when many records wait, or one about a process: then session_drain. */
int session_fd(const struct session *session);

/* How many watched processes still run. */
unsigned session_alive(const struct session *session);

/* A new report of all that was counted, what waits included; the caller frees it. */
int session_report(struct session *session, struct report **ret_report);

/* Take the probes off (kernel programs stay), so that a last session_report is final. */
void session_detach(struct session *session);

void session_close(struct session *session);

const char *session_error(const struct session *session);

#endif
