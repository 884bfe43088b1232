/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Safepoints: stopping the mutators of a heap and letting them go.
 *
 * The protocol, for one stopping thread (it holds heap->world) and any number
 * of mutators. All accesses named here are sequentially consistent.
 *
 *	stopping thread			mutator
 *	S1 heap->stop = 1		M1 state = RUNNING
 *	S2 for each mutator:		M2 if heap->stop: state = PARKED,
 *	     read its state		     sleep until stop is 0, go to M1
 *	S3 wait for those that run	   else leave
 *
 * M1 before M2 and S1 before S2 (as in Dekker's algorithm): either the mutator
 * sees the stop, or the stopping thread sees that it runs and waits for it. So
 * whoever was seen PARKED at S2 stays so until stop is 0 again.
 *
 * A running mutator notices in two ways: its poll word is set, and the limits of
 * its runs are lowered to 0, which sends its next allocation into the library.
 * Both are hints that its owner may overwrite while it takes a new run; the owner
 * looks at heap->stop after each such write, so none is lost (D12: limit written,
 * then stop read, against stop written, then limit lowered).
 *
 * tests/model/safepoint.pml is this protocol for Spin.
 */
#ifndef GCSCOPE_MUTATOR_SAFEPOINT_H
#define GCSCOPE_MUTATOR_SAFEPOINT_H

#include "mutator/mutator.h"

/* Values of heap->stop, a futex word. */
enum stop { STOP_NONE = 0, STOP_REQUESTED = 1 };

/*
 * Park the calling thread's mutator: from here on its references are where the
 * collector finds them. `leaving` is the address above the frames that will be
 * gone before mutator_unpark (what they saved is copied), or 0 if all stay.
 * `caller` is where in the program it came from, for the mutator_stopped event.
 */
void mutator_park(struct mutator *mutator, uintptr_t leaving, const void *caller);

/* Run again, after any stop that is under way. Restores the soft limits. */
void mutator_unpark(struct mutator *mutator);

/* Park, wait for world, and own it. mutator may be NULL: a thread that is none. */
void world_lock(struct gcs_heap *heap, struct mutator *mutator, const void *caller);
void world_unlock(struct gcs_heap *heap, struct mutator *mutator);

/* Stop all mutators, as a pause. world is held and the caller's own mutator is parked. */
void world_stop(struct gcs_heap *heap, uint64_t collection, enum gcs_kind kind,
		enum gcs_cause cause);

/* End the pause: count it, tell it, and let the mutators go. */
void world_resume(struct gcs_heap *heap);

/*
 * The same for the last snapshot at exit: no pause of the program, so neither
 * counted nor told. Waits until deadline_ns at most; false: some mutator still
 * runs, and nothing may be assumed about those.
 */
bool world_stop_quietly(struct gcs_heap *heap, uint64_t deadline_ns);
void world_resume_quietly(struct gcs_heap *heap);

/*
 * Write a run's limit so that a stop request is not lost: the owner calls this
 * after it has taken a new run.
 */
void run_publish_limit(struct mutator *mutator, unsigned class, uintptr_t limit);

#endif
