/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command returns; a contract (docs, man pages, scripts rely on it). */
#ifndef GCSCOPE_EXIT_STATUS_H
#define GCSCOPE_EXIT_STATUS_H

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	     /* failed while running */
	STATUS_USAGE = 2,
	STATUS_NO_TARGET = 3,	     /* no such target, or it ended before attaching */
	STATUS_NOT_PERMITTED = 4,    /* the message names what is missing and the fix */
	STATUS_NOTHING_TO_ATTACH = 5,
	STATUS_THRESHOLD = 6,	     /* --fail-if */
};

#endif
