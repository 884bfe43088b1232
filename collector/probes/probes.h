/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emission of the event table.
 *
 * Each event has one probe site, in probes.c, at the start of a function that
 * takes the event's arguments: so they are where the calling convention puts
 * them, and a kernel program reads them from the registers.
 *
 * gcs_emit(EVENT, ...) evaluates its arguments and calls that function only
 * while somebody listens, which the event's semaphore tells: the kernel counts
 * it up for each attachment. Otherwise it costs a load and a branch.
 */
#ifndef GCSCOPE_PROBES_H
#define GCSCOPE_PROBES_H

#include <stdint.h>

#include "gcscope/abi.h"
#include "gcscope/events.h"

/* A list of arguments comes as ", a, b, c": drop what is before the first comma. */
#define PROBE_TAIL(...)		PROBE_TAIL_(__VA_ARGS__)
#define PROBE_TAIL_(first, ...) __VA_ARGS__

#define PROBE_PARAMETER(name, unit, prose) , uint64_t name
#define PROBE_DECLARE(name, number, rate, prose, args)            \
	extern volatile unsigned short gcscope_##name##_semaphore \
		__attribute__((visibility("hidden")));            \
	void gcs_probe_##name(PROBE_TAIL(args));
GCS_EVENT_TABLE(PROBE_DECLARE, PROBE_PARAMETER)
#undef PROBE_DECLARE
#undef PROBE_PARAMETER

/* GCSCOPE_NO_PROBES: a build for measuring what the probes cost (tests/system/probes.bats). */
#ifdef GCSCOPE_NO_PROBES
#define PROBES_BUILT 0
#else
#define PROBES_BUILT 1
#endif

#define gcs_emit(event, ...)                                                   \
	do {                                                                   \
		if (PROBES_BUILT && gcs_unlikely(gcscope_##event##_semaphore)) \
			gcs_probe_##event(__VA_ARGS__);                        \
	} while (0)

#endif
