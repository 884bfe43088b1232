/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The remembered set as roots of a minor collection: dirty cards in the order of their
 * addresses, then logged slots. Cards are armed again where nothing young is left behind.
 */
#ifndef GCSCOPE_TRACING_SCAN_REMEMBERED_H
#define GCSCOPE_TRACING_SCAN_REMEMBERED_H

#include "tracing/evacuate.h"

/* Scanned cards were useful or wasted. */
struct remembered {
	uint64_t scanned, useful;
};

struct remembered scan_remembered(struct evacuation *evacuation);

#endif
