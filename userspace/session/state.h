/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a session; for this directory alone. */
#ifndef GCSCOPE_SESSION_STATE_H
#define GCSCOPE_SESSION_STATE_H

#include <bpf/libbpf.h>

#include "gcscope.skel.h"
#include "session/attach.h"
#include "session/files.h"
#include "session/modules.h"
#include "session/processes.h"
#include "session/session.h"

struct session {
	struct session_options options;
	struct gcscope_bpf *bpf;
	struct ring_buffer *ring;
	bool maps_tell_use; /* the kernel says what a hash takes; before 6.4, what it could take */
	struct attach_ability ability;
	bool multi; /* attach by uprobe_multi links */
	bool tree;  /* descendants are watched too, so files are attached for everyone */
	struct files files;
	struct gcscope_layout layouts[GCSCOPE_LAYOUTS]; /* [0] unused */
	unsigned layout_count;
	struct processes processes;
	struct modules modules;
	uint64_t sites_seen; /* so many entries of the map `sites` there were at the last look */
	/* What our time namespace adds to the kernel's clocks, in ns. */
	int64_t monotonic_offset, boottime_offset;
	/* By the kernel's clock. */
	uint64_t begin_ns; /* when the first process was watched; 0 none yet */
	uint64_t end_ns;   /* when the probes were taken off; 0 not yet */
	double attach_seconds;
	char error[1024];
};

/* Keep the sentence, printf-like, and return the status. */
__attribute__((format(printf, 3, 4)))
int session_fail(struct session *session, int status, const char *format, ...);

/* The monotonic clock as kernel programs read it. */
uint64_t session_now(const struct session *session);

#endif
