/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lazy sweeping: after a mark, a block's free cells are found as a mutator needs
 * them, one run of neighbours at a time. The mark bits of live headers are the
 * only set bits in a block, so a run is what lies before the next set bit.
 *
 * Everything here is done by the mutator that owns the block.
 */
#ifndef GCSCOPE_HEAP_SWEEP_H
#define GCSCOPE_HEAP_SWEEP_H

#include "heap/space.h"

/* Runs are cut to this size: what is zeroed at once should stay in the nearest cache. */
#define RUN_BYTES ((size_t)4096)

/* Make the start bits of an unswept block true: what was marked is what is allocated. */
void sweep_show_marked(struct space *space, struct block *block);

/*
 * The next run of free cells at or after *position, a header's address in the
 * block, and at most `most` bytes long (but one cell at least): zeroed, its start
 * bits set. *position moves behind it. False: the block has no more.
 */
bool sweep_next_run(struct space *space, struct block *block, uintptr_t *position, size_t most,
		    uintptr_t *ret_start, uintptr_t *ret_end);

#endif
