/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pauses of a heap were made of, in words that tell where to look. */
#ifndef GCSCOPE_MODEL_BLAME_H
#define GCSCOPE_MODEL_BLAME_H

#include "model/report.h"

#define BLAMES 7

struct blame {
	const char *what; /* static: "waiting for a CPU" */
	double share;	  /* of the sum of all pauses */
};

/*
 * The largest first; what is nothing is left out. Waiting for a CPU is one, whether on the way
 * to the safepoint or behind it; what else went by before all mutators stood is another.
 * Returns how many, 0 if a pause has no ledger.
 */
size_t blame_pauses(const struct heap_report *heap, struct blame ret_shares[BLAMES]);

#endif
