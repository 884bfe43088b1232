/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several heaps (collector/mutator/safepoint.h), for Spin:
 *
 *	spin -a heaps.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * Two threads, both mutators of two heaps, each collect a heap of their choice
 * twice. A thread parks in all heaps before it waits for world or for a stop to
 * end, and runs in all or none.
 *
 * Safety: nobody touches a heap whose world stands. No invalid end state: whoever
 * collects one heap is never waited for, in the other, by one that it waits for.
 */
#define THREADS 2
#define HEAPS	2
#define ROUNDS	2

#define RUNNING 0
#define PARKED	1

/* [thread * HEAPS + heap] */
#define AT(t, h) ((t) * HEAPS + (h))

bit state[THREADS * HEAPS];
bit stop[HEAPS], world[HEAPS], stands[HEAPS];

inline park(me)
{
	state[AT(me, 0)] = PARKED;
	state[AT(me, 1)] = PARKED
}

inline unpark(me)
{
	do
	:: true ->
		(stop[0] == 0);
		state[AT(me, 0)] = RUNNING;
		if
		:: stop[0] == 0 -> skip
		:: else -> state[AT(me, 0)] = PARKED; goto_again = 1
		fi;
		if
		:: goto_again -> goto_again = 0
		:: else ->
			if
			:: stop[1] == 0 ->
				state[AT(me, 1)] = RUNNING;
				if
				:: stop[1] == 0 -> break
				:: else -> park(me); (stop[1] == 0)
				fi
			:: else ->
				state[AT(me, 0)] = PARKED;
				(stop[1] == 0)
			fi
		fi
	od
}

inline touch(h)
{
	assert(!stands[h])
}

inline collect(me, h)
{
	park(me);
	atomic { world[h] == 0 -> world[h] = 1 }
	stop[h] = 1;
	(state[AT(1 - me, h)] == PARKED);
	stands[h] = 1;
	stands[h] = 0;
	stop[h] = 0;
	world[h] = 0;
	unpark(me)
}

proctype thread(byte me)
{
	byte round = 0;
	bit goto_again = 0;

	unpark(me);
	do
	:: round == ROUNDS -> break
	:: round < ROUNDS ->
		if
		:: stop[0] || stop[1] -> park(me); unpark(me) /* a poll */
		:: true -> touch(0); touch(1)
		:: true -> collect(me, 0); round++
		:: true -> collect(me, 1); round++
		fi
	od;
	park(me) /* it detaches */
}

init {
	byte i;

	for (i : 0 .. THREADS * HEAPS - 1) {
		state[i] = PARKED
	}
	atomic {
		run thread(0);
		run thread(1)
	}
}
