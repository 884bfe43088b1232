/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/pace.h"

#define MIB (1024.0 * 1024.0)

#define NURSERY_FIRST (0.5 * MIB)
#define NURSERY_MOST  (12 * MIB)
/* Of the goal: the rest is for what varies from one collection to the next. */
#define GOAL_SHARE 0.7
/* Minor collections until a high survival is forgotten, about. */
#define FORGETTING 16
/* Below this, a collection's time says little about the cost of a byte. */
#define TELLING_BYTES (0.0625 * MIB)

/* Memory that is worth spending to save one byte's collection at the rate of one a ns... */
#define BUDGET_SCALE (256 * MIB)

/* Minor collections are judged by what they did for so many bytes allocated. */
#define JUDGED_BYTES (4 * MIB)
/* What a store costs that takes the barrier's slow path, in ns. */
#define SLOW_STORE 20
/* Allocation in holes and in cold memory is dearer than in a nursery, by so many ns a byte. */
#define HOLE_COST    0.6
/* Generations are given up if they cost so much more than doing without. */
#define TOO_DEAR      1.1
#define PATIENCE_MOST 16U

static double between(double value, double least, double most)
{
	if (value > most)
		value = most;
	return value < least ? least : value;
}

static double square_root(double value)
{
	double root = value, next;
	int i;

	if (value <= 0)
		return 0;
	/* Newton's method, from any start; 64 steps halve a 64-bit number to its root. */
	for (i = 0; i < 64; i++) {
		next = (root + value / root) / 2;
		if (next >= root && i > 0)
			break;
		root = next;
	}
	return root;
}

uint64_t budget_after(const struct gcs_options *options, uint64_t live)
{
	uint64_t budget = live / 100 * options->growth;

	if (options->budget)
		return options->budget;
	return budget > options->heap_min ? budget : options->heap_min;
}

void pace_begin(struct pace *pace, const struct gcs_options *options)
{
	double most = between(NURSERY_MOST, NURSERY_LEAST, (double)options->heap_max / 4);

	*pace = (struct pace){
		.goal_ns = (double)options->pause_goal * 1e3,
		.nursery_most = (uint64_t)most,
		.growth = options->growth,
		.heap_min = options->heap_min,
		.nursery = (uint64_t)between(NURSERY_FIRST, NURSERY_LEAST, most),
		.copy_cost = 0.5,
		.budget = budget_after(options, 0),
		.generational = true,
		.patience_next = 1,
	};
}

/*
 * A cost that is seldom exceeded: it follows a dearer collection half of the way, and a cheaper
 * one by a 64th. One that was interrupted says too much, one with few survivors says at most too
 * much.
 */
static void learn_cost(struct pace *pace, const struct minor_facts *facts)
{
	double cost = (double)facts->ns / (double)(facts->survived + 1), off;

	if ((double)facts->survived < TELLING_BYTES && cost > pace->copy_cost)
		return;
	off = between(cost, 0, 4 * pace->copy_cost) - pace->copy_cost;
	pace->copy_cost += off > 0 ? off / 2 : off / 64;
}

/* So that what survives can be copied in time; growing is done in steps. */
static void size_nursery(struct pace *pace, const struct minor_facts *facts)
{
	double survival = (double)facts->survived / (double)facts->allocated, room;

	/* Of a smaller nursery all may survive: what lived longer than the larger one lasted. */
	if ((double)facts->survived * pace->copy_cost > GOAL_SHARE * pace->goal_ns)
		survival = 1;
	pace->survival = survival > pace->survival
				 ? survival
				 : pace->survival + (survival - pace->survival) / FORGETTING;
	learn_cost(pace, facts);
	room = GOAL_SHARE * pace->goal_ns / (pace->copy_cost * pace->survival + 1e-9);
	room = between(room, NURSERY_LEAST, 2 * (double)pace->nursery);
	pace->nursery = (uint64_t)between(room, NURSERY_LEAST, (double)pace->nursery_most);
}

/* Costs in ns for each byte that the program allocates. */
static bool generations_pay(const struct pace *pace)
{
	double major = pace->major_ns / (double)pace->budget;
	double minor = pace->minor_ns / pace->allocated;

	return minor + major * pace->promoted / pace->allocated < TOO_DEAR * (major + HOLE_COST);
}

static void give_up(struct pace *pace)
{
	pace->generational = false;
	pace->patience = pace->patience_next;
	pace->patience_next *= 2;
	if (pace->patience_next > PATIENCE_MOST)
		pace->patience_next = PATIENCE_MOST;
}

void pace_minor(struct pace *pace, const struct minor_facts *facts)
{
	if (!facts->allocated)
		return;
	size_nursery(pace, facts);
	pace->allocated += (double)facts->allocated;
	pace->promoted += (double)facts->survived;
	pace->minor_ns += (double)facts->ns + (double)facts->slow_stores * SLOW_STORE;
	if (!pace->generational || pace->allocated < JUDGED_BYTES || !pace->major_ns)
		return;
	if (generations_pay(pace))
		pace->patience_next = 1;
	else
		give_up(pace);
	pace->allocated = pace->promoted = pace->minor_ns = 0;
}

void pace_major(struct pace *pace, const struct major_facts *facts)
{
	double grown = (double)facts->live / 100 * (double)pace->growth;
	double since = (double)(facts->end_ns - pace->major_end_ns), budget = 0;

	if (pace->major_end_ns && since > 0)
		budget = square_root((double)facts->promoted / since * (double)facts->ns *
				     BUDGET_SCALE);
	pace->budget = (uint64_t)between(budget, grown / 2 + (double)pace->heap_min,
					 grown + 4 * (double)pace->heap_min);
	pace->major_ns = (double)facts->ns;
	pace->major_end_ns = facts->end_ns;
	if (!pace->generational && --pace->patience == 0)
		pace->generational = true;
}
