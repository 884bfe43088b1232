/* SPDX-License-Identifier: BSD-2-Clause */
#include "pause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/heap.h"
#include "common/program.h"

#define OLD_AFTER_MINOR 8U /* collections; more than any object stays young */
#define OLD_AFTER_MAJOR 2U
#define TRIES_PER_PAUSE 10U
#define BATCH		64U /* objects of garbage between two looks */

struct garbage {
	uint64_t words[2];
};

static uint64_t collections(const struct gcscope_stats *stats, enum gcs_kind kind)
{
	uint64_t sum = 0;

	for (unsigned cause = 0; cause < GCS_CAUSES; cause++)
		sum += stats->collections[kind][cause];
	return sum;
}

/* Allocate garbage until the program was stopped. Returns the counters afterwards. */
static struct gcscope_stats provoke(struct pause_meter *meter)
{
	struct gcscope_stats stats;
	uint64_t before;

	gcs_stats_read(meter->heap, &stats);
	before = stats.pauses;
	while (stats.pauses == before) {
		for (unsigned i = 0; i < BATCH; i++)
			if (!gcs_alloc(meter->mutator, meter->garbage))
				out_of_memory(meter->heap);
		gcs_stats_read(meter->heap, &stats);
	}
	return stats;
}

static void grow_old(struct pause_meter *meter)
{
	uint64_t minor, major;
	struct gcscope_stats stats;

	gcs_stats_read(meter->heap, &stats);
	minor = collections(&stats, GCS_KIND_MINOR) + OLD_AFTER_MINOR;
	major = collections(&stats, GCS_KIND_MAJOR) + OLD_AFTER_MAJOR;
	while (collections(&stats, GCS_KIND_MINOR) < minor &&
	       collections(&stats, GCS_KIND_MAJOR) < major)
		stats = provoke(meter);
	meter->kind = collections(&stats, GCS_KIND_MINOR) ? GCS_KIND_MINOR : GCS_KIND_MAJOR;
}

void pause_meter_open(struct pause_meter *meter, struct gcs_heap *heap, struct gcs_mutator *mutator,
		      uint64_t wanted)
{
	*meter = (struct pause_meter){ .heap = heap, .mutator = mutator, .wanted = wanted };
	meter->taken_ns = calloc(wanted, sizeof(*meter->taken_ns));
	if (!meter->taken_ns)
		fail("no memory for %" PRIu64 " pauses", wanted);
	meter->garbage = type_register(heap, &(struct gcs_type_info){
						     .name = "garbage",
						     .size = sizeof(struct garbage),
					     });
	grow_old(meter);
}

bool pause_meter_wants(struct pause_meter *meter)
{
	if (meter->count == meter->wanted)
		return false;
	if (meter->tries++ == meter->wanted * TRIES_PER_PAUSE)
		fail("only %" PRIu64 " of %" PRIu64 " pauses came alone: the collector has too "
		     "little room for what happens between two",
		     meter->count, meter->tries - 1);
	return true;
}

void pause_meter_start(struct pause_meter *meter)
{
	meter->start = provoke(meter);
}

/* Whether nothing but one collection of this kind has stopped the program in between. */
static bool is_alone(const struct gcscope_stats *start, const struct gcscope_stats *stop,
		     enum gcs_kind wanted)
{
	for (enum gcs_kind kind = 0; kind < GCS_KINDS; kind++)
		if (collections(stop, kind) != collections(start, kind) + (kind == wanted))
			return false;
	return stop->pauses == start->pauses + 1;
}

void pause_meter_stop(struct pause_meter *meter)
{
	struct gcscope_stats stop = provoke(meter);

	if (is_alone(&meter->start, &stop, meter->kind))
		meter->taken_ns[meter->count++] = stop.pause_ns - meter->start.pause_ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void pause_meter_close(struct pause_meter *meter)
{
	uint64_t *taken = meter->taken_ns, count = meter->count;

	qsort(taken, count, sizeof(*taken), compare);
	printf("pauses %" PRIu64 " %s\nmedian %.3f us\nleast %.3f us\n", count,
	       meter->kind == GCS_KIND_MINOR ? "minor" : "major",
	       (double)(taken[(count - 1) / 2] + taken[count / 2]) / 2000, (double)taken[0] / 1000);
	free(taken);
}
