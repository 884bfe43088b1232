/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/pace.h"

#define NURSERY_LEAST (256.0 * 1024)
/* Of the goal: the rest is for what varies from one collection to the next. */
#define GOAL_SHARE 0.6
/* Below this, a collection's time says little about the cost of a byte. */
#define TELLING_BYTES 65536

uint64_t budget_after(const struct gcs_options *options, uint64_t live)
{
	uint64_t budget = live / 100 * options->growth;

	if (options->budget)
		return options->budget;
	return budget > options->heap_min ? budget : options->heap_min;
}

void pace_begin(struct pace *pace, uint64_t goal_us, uint64_t nursery_most)
{
	*pace = (struct pace){
		.goal_ns = (double)goal_us * 1e3,
		.ns_per_byte = 1,
		.nursery_most = nursery_most,
		.nursery = nursery_most,
	};
}

static double between(double value, double least, double most)
{
	if (value < least)
		value = least;
	return value > most ? most : value;
}

void pace_minor(struct pace *pace, const struct minor_facts *facts)
{
	double survival, room;

	if (!facts->emptied)
		return;
	survival = (double)facts->survived / (double)facts->emptied;
	pace->survival = survival > pace->survival ? survival
						   : pace->survival + (survival - pace->survival) / 8;
	if (facts->survived >= TELLING_BYTES)
		pace->ns_per_byte += ((double)facts->ns / (double)facts->survived - pace->ns_per_byte) / 8;
	room = GOAL_SHARE * pace->goal_ns / (pace->ns_per_byte * pace->survival + 1e-9);
	pace->nursery = (uint64_t)between(room, NURSERY_LEAST, (double)pace->nursery_most);
}
