/* SPDX-License-Identifier: BSD-2-Clause */
/* What plans share in how they are told. */
#ifndef GCSCOPE_PLANS_PHASES_H
#define GCSCOPE_PLANS_PHASES_H

#include "probes/probes.h"

/* Do a part of a collection, an expression whose value is its work, between its two events. */
#define PHASE(heap, phase, work)                                                        \
	do {                                                                            \
		gcs_emit(phase_begin, (heap)->id, (heap)->collection, phase);           \
		uint64_t phase_work = (work);                                           \
		gcs_emit(phase_end, (heap)->id, (heap)->collection, phase, phase_work); \
		(void)phase_work;                                                       \
	} while (0)

#endif
