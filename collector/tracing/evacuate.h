/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evacuation: what is found in a condemned block moves out of it, and the reference by
 * which it was found is changed; a header that says *forwarded* tells where to. What
 * cannot move is marked and stays: a large object, one that is pinned or that an
 * ambiguous root points at, and any for which there is no room.
 *
 *	minor	the young blocks are condemned; nothing else is looked at but what the
 *		remembered set names. Copies go into holes of old blocks.
 *	major	the young blocks, and old ones that are worth emptying, are condemned; all
 *		else that is found is marked. Copies go into empty blocks and are marked.
 *
 * Ambiguous roots come first, before anything has moved. What they hold in a new block
 * stays young, for it is often dead by the next time, and becomes old if it has to stay
 * again. With option tenure=2 all that survives a minor collection for the first time is
 * copied into blocks that are young again. An old object that refers to a survivor which
 * is young has its card made dirty.
 *
 * One thread does all this while the world stands.
 */
#ifndef GCSCOPE_TRACING_EVACUATE_H
#define GCSCOPE_TRACING_EVACUATE_H

#include "heap/reclaim.h"
#include "heap/recycle.h"
#include "tracing/trace.h"

/* Whence an object moves: a block that was new, that had survived, or that was old. */
enum origin { ORIGIN_NEW, ORIGIN_AGED, ORIGIN_OLD = 4, ORIGINS };

static inline enum origin origin_of(unsigned fate)
{
	_Static_assert(FATE_AGED == 8 && FATE_TENURED == 32, "an origin is two bits of a fate");
	return fate >> 3 & (ORIGIN_AGED | ORIGIN_OLD);
}

struct evacuation {
	struct gcs_tracer tracer; /* first: what trace functions are given */
	bool major;
	bool aging;	   /* what survives for the first time stays young */
	bool last;	   /* nothing stays young */
	unsigned may_stay; /* fates of blocks in which some objects do not move */
	struct target old, young;
	/* Out of condemned blocks; ORIGIN_NEW when all is done, as what is left of `copied`. */
	struct amount moved[ORIGINS];
	struct amount kept[ORIGINS]; /* in condemned blocks */
	uint64_t copied_objects;
	uint64_t copied_bytes;
	uint64_t until_pinned; /* option stress_pin */
	/* Slots of old memory in which something young was found, while cards are scanned. */
	uint64_t found;
};

/* last: the last minor collection before generations are given up; or a major one. */
void evacuation_begin(struct evacuation *evacuation, struct gcs_heap *heap, bool major, bool last);

/* What an ambiguous root points at. All of them before anything else. */
void evacuate_pinned(void *object, void *evacuation);

/* A slot outside the heap, or one that is looked at again when all slots have been. */
void evacuate_slot(void **slot, void *evacuation);

/* A slot of an old object, in a minor collection. */
void evacuate_old_slot(void **slot, struct evacuation *evacuation);

/* Scan until nothing is grey. Returns how many objects have been found by now. */
uint64_t evacuate_drain(struct evacuation *evacuation);

/* Leave the room that is left to the next one. */
void evacuation_end(struct evacuation *evacuation);

#endif
