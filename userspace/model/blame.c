/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/blame.h"

#include <stdlib.h>

/* Their places in the sums. */
enum { RUNNING, RUNQUEUE, THROTTLED, IO, FUTEX, OTHER, SAFEPOINT };

static const char *const words[BLAMES] = {
	[RUNNING] = "running",
	[RUNQUEUE] = "waiting for a CPU",
	[THROTTLED] = "throttled by a quota",
	[IO] = "waiting for I/O",
	[FUTEX] = "waiting for a futex",
	[OTHER] = "asleep",
	[SAFEPOINT] = "waiting for mutators to stop",
};

static int compare(const void *left, const void *right)
{
	const struct blame *a = left, *b = right;

	return a->share > b->share ? -1 : a->share < b->share;
}

static void add_parts(uint64_t sums[BLAMES], const struct gcscope_ledger *ledger)
{
	for (unsigned part = 0; part < GCSCOPE_PARTS; part++)
		sums[part] += ledger->ns[part];
}

static void add_safepoint(uint64_t sums[BLAMES], const struct gcscope_ledger *ledger)
{
	for (unsigned part = 0; part < GCSCOPE_PARTS; part++) {
		bool scheduler = part == GCSCOPE_PART_RUNQUEUE || part == GCSCOPE_PART_THROTTLED;

		sums[scheduler ? part : SAFEPOINT] += ledger->ns[part];
	}
}

size_t blame_pauses(const struct heap_report *heap, struct blame ret_shares[BLAMES])
{
	uint64_t sums[BLAMES] = { 0 }, all = 0;
	size_t count = 0;

	_Static_assert((int)OTHER == (int)GCSCOPE_PART_OTHER && SAFEPOINT == (int)GCSCOPE_PARTS,
		       "the parts of a ledger, and one more");
	for (size_t i = 0; i < heap->pause_count; i++) {
		if (!has_ledger(&heap->pauses[i]))
			return 0;
		add_parts(sums, &heap->pauses[i].ledger);
	}
	if (has_ledger(&heap->time_to_safepoint))
		add_safepoint(sums, &heap->time_to_safepoint.ledger);
	for (unsigned i = 0; i < BLAMES; i++)
		all += sums[i];
	for (unsigned i = 0; i < BLAMES; i++)
		if (sums[i])
			ret_shares[count++] =
				(struct blame){ words[i], (double)sums[i] / (double)all };
	qsort(ret_shares, count, sizeof(*ret_shares), compare);
	return count;
}
