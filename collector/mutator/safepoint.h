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
 * looks at heap->stop after each such write, so none is lost (limit written,
 * then stop read, against stop written, then limit lowered).
 *
 * tests/model/safepoint.pml is this protocol for Spin, tests/model/heaps.pml what follows.
 *
 * Several heaps. A thread may be a mutator of many, and parks in all of them
 * before it waits for anything: for heap->world, for a stop to end, for the
 * registry. So whoever stops a heap waits only for threads that run the program,
 * and never for one that waits in turn: there is no cycle. (Were only the one
 * heap's mutator parked, a thread that collects heap 1 and one that collects heap
 * 2 would wait for each other's other mutator for ever.) thread_unpark lets all of
 * them run or none.
 *
 * A mutator in a blocking bracket is parked already and stays so, whatever else its
 * thread does meanwhile: allocate from another heap, fork, exit.
 */
#ifndef GCSCOPE_MUTATOR_SAFEPOINT_H
#define GCSCOPE_MUTATOR_SAFEPOINT_H

#include "mutator/mutator.h"

/* Values of heap->stop, a futex word. */
enum stop { STOP_NONE = 0, STOP_REQUESTED = 1 };

/* The end of this function's frame: behind the saved frame pointer and the return address. */
#define ABOVE_THIS_FRAME ((uintptr_t)__builtin_frame_address(0) + 2 * sizeof(uintptr_t))

/*
 * Park all mutators of the calling thread but those in a blocking bracket: from here
 * on their references are where the collector finds them. A thread that has none
 * may call this, too. `leaving` is the address above the frames that may be gone before
 * thread_unpark: what lies below, registers that these frames have saved, is copied,
 * since their place is overwritten when they have returned while the registers may
 * still hold the program's only reference to an object.
 * `caller` is where in the program it came from, for the mutator_stopped event.
 */
void thread_park(uintptr_t leaving, const void *caller);

/* Let them run again, after any stop that is under way. Restores the soft limits. */
void thread_unpark(void);

/* Park the thread, wait for world, and own it. */
void world_lock(struct gcs_heap *heap, const void *caller);
void world_unlock(struct gcs_heap *heap);

/* Wait for world until deadline_ns, parked already. False: it was not to be had. */
bool world_lock_until(struct gcs_heap *heap, uint64_t deadline_ns);

/* Stop all mutators, as a pause. world is held, so the calling thread is parked. */
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
 * Draw a run's next sample from its cursor on, and write its limit so that a stop
 * request is not lost: the owner calls this after it has taken a new run, or more of one.
 */
void run_publish_limit(struct mutator *mutator, unsigned class);

#endif
