/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pauses, provoked and measured one at a time from outside the collector:
 * garbage is allocated until the program was stopped, and gcs_stats_read tells
 * for how long. They are minor ones; under a plan that has none, major ones.
 *
 *	pause_meter_open
 *	while (pause_meter_wants) {
 *		pause_meter_start
 *		what the next pause shall cope with
 *		pause_meter_stop
 *	}
 *	pause_meter_close
 */
#ifndef BENCH_PAUSE_H
#define BENCH_PAUSE_H

#include <gcscope/gcscope.h>
#include <stdbool.h>
#include <stdint.h>

struct pause_meter {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *garbage;
	enum gcs_kind kind;
	struct gcscope_stats start;
	uint64_t *taken_ns, count, wanted, tries;
};

/* To measure so many pauses. Collects until what the program holds is old. */
void pause_meter_open(struct pause_meter *meter, struct gcs_heap *heap, struct gcs_mutator *mutator,
		      uint64_t wanted);

/* Whether more are to be measured. Ends the program if hardly any can be. */
bool pause_meter_wants(struct pause_meter *meter);

/* Collect, so that what was before counts no more. */
void pause_meter_start(struct pause_meter *meter);

/* Collect, and keep the pause, unless there was another collection since pause_meter_start. */
void pause_meter_stop(struct pause_meter *meter);

/* Print how many, of which kind, their median and the least; free what the meter owns. */
void pause_meter_close(struct pause_meter *meter);

#endif
