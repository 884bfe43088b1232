/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The safepoint protocol of collector/mutator/safepoint.h, for Spin:
 *
 *	spin -a safepoint.pml && cc -O2 -o pan pan.c && ./pan -a -f
 *
 * One mutator allocates and never polls, one polls and never allocates, and both
 * block now and then; a collector stops them, looks, and lets them go, twice. Sequentially consistent, as the code's accesses are. A futex
 * is modelled by what it promises: who waits for a word goes on when it changed.
 *
 * Safety: while the collector believes that the world stands no mutator touches
 * the heap. Liveness, with weak fairness: every stop ends, so no request to stop
 * is lost in a limit or a poll word that its owner overwrites.
 */
#define MUTATORS 2
#define ROUNDS	 2

#define RUNNING 0
#define PARKED	1

bit stop;
bit state[MUTATORS];
bit poll[MUTATORS];
bit limit[MUTATORS];	/* 1: as the owner set it; 0: lowered */
bit touching[MUTATORS]; /* in the heap */
bit world_stands;
byte rounds;
bit collector_done;

ltl every_stop_ends { [] (stop -> <> !stop) }

inline unpark(me)
{
	do
	:: true ->
		(stop == 0);		/* sleeps while stop is set */
		state[me] = RUNNING;
		if
		:: stop == 0 ->
			if
			:: poll[me] -> limit[me] = 1; poll[me] = 0
			:: else
			fi;
			if
			:: stop == 0 -> break
			:: else
			fi
		:: else
		fi;
		state[me] = PARKED
	od
}

inline touch_heap(me)
{
	touching[me] = 1;
	assert(!world_stands);
	touching[me] = 0
}

/* Take a new run: the limit is written, then stop is read. */
inline refill(me)
{
	limit[me] = 1;
	if
	:: stop -> limit[me] = 0
	:: else
	fi
}

inline to_the_library(me)
{
	state[me] = PARKED;
	unpark(me)
}

proctype allocating(byte me)
{
	unpark(me);
	do
	:: collector_done -> break
	:: !collector_done ->
		if
		:: limit[me] == 0 -> to_the_library(me)
		:: limit[me] == 1 -> touch_heap(me)
		:: limit[me] == 1 -> touch_heap(me); refill(me)
		:: true -> to_the_library(me) /* a blocking bracket */
		fi
	od;
	state[me] = PARKED
}

proctype polling(byte me)
{
	unpark(me);
	do
	:: collector_done -> break
	:: !collector_done ->
		if
		:: poll[me] -> to_the_library(me)
		:: !poll[me] -> touch_heap(me)
		:: true -> to_the_library(me)
		fi
	od;
	state[me] = PARKED
}

proctype collector()
{
	byte i;

	do
	:: rounds < ROUNDS ->
		stop = 1;
		for (i : 0 .. MUTATORS - 1) {
			if
			:: state[i] == RUNNING -> poll[i] = 1; limit[i] = 0
			:: else
			fi
		}
		for (i : 0 .. MUTATORS - 1) {
			(state[i] == PARKED)	/* sleeps until it is */
		}
		world_stands = 1;
		for (i : 0 .. MUTATORS - 1) {
			assert(!touching[i])
		}
		world_stands = 0;
		stop = 0;
		rounds++
	:: else -> break
	od;
	collector_done = 1
}

init {
	byte i;

	for (i : 0 .. MUTATORS - 1) {
		state[i] = PARKED;
		limit[i] = 1
	}
	atomic {
		run collector();
		run allocating(0);
		run polling(1)
	}
}
