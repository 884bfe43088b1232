/* SPDX-License-Identifier: BSD-2-Clause */
/* From the kernel's maps, and what was kept of processes that ended, to the report model. */
#ifndef GCSCOPE_SESSION_READOUT_H
#define GCSCOPE_SESSION_READOUT_H

#include "model/report.h"

struct session;

/* What was counted so far. NULL: no memory. */
struct report *readout(struct session *session);

#endif
