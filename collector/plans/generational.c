/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan generational: a nursery that minor collections evacuate, and an old generation of
 * region blocks that major collections mark, sweep lazily, and evacuate where it is
 * fragmented. (Appel: Simple generational garbage collection, 1989, with the old
 * generation of Blackburn and McKinley's Immix, 2008.)
 *
 * Where minor collections do not pay, since most of the nursery survives them, the plan
 * does without generations for a while: mutators allocate in the holes of old blocks, no
 * card is armed, and each collection is a major one (heap/pace.h decides).
 */
#include "heap/cards.h"
#include "heap/plan.h"
#include "heap/reclaim.h"
#include "mutator/bump.h"
#include "mutator/collection.h"
#include "mutator/mutator.h"
#include "platform/platform.h"
#include "plans/phases.h"
#include "plans/plans.h"
#include "tracing/evacuate.h"
#include "tracing/scan_remembered.h"
#include "tracing/scan_roots.h"

/* A block that is emptier is worth emptying. */
#define EMPTY_BELOW (BLOCK_BYTES / 4)

/* Option stress: one in so many collections is a major one. */
#define STRESS_MAJOR 4U

static uint64_t evacuate_roots(struct gcs_heap *heap, struct evacuation *evacuation)
{
	const struct root_visitor visitor = {
		.ambiguous = evacuate_pinned,
		.precise = evacuate_slot,
		.context = evacuation,
		.young_only = !evacuation->major,
	};

	return scan_roots(heap, &visitor);
}

/* What has survived, by what it survived, and what of it is old from now on. */
struct survivors {
	struct amount first, again, promoted, pinned;
	uint64_t young; /* bytes */
};

static struct amount sum(struct amount a, struct amount b)
{
	return (struct amount){ a.objects + b.objects, a.bytes + b.bytes };
}

static struct survivors survivors_of(const struct evacuation *evacuation, struct amount large)
{
	const struct amount *moved = evacuation->moved, *kept = evacuation->kept;
	struct survivors survivors = {
		.first = sum(sum(moved[ORIGIN_NEW], kept[ORIGIN_NEW]), large),
		.again = sum(moved[ORIGIN_AGED], kept[ORIGIN_AGED]),
		.pinned = sum(kept[ORIGIN_NEW], kept[ORIGIN_AGED]),
	};

	if (evacuation->last)
		survivors.promoted = sum(survivors.first, survivors.again);
	else if (evacuation->aging)
		survivors.promoted = sum(large, survivors.again);
	else
		survivors.promoted = sum(sum(moved[ORIGIN_NEW], large), survivors.again);
	survivors.young = survivors.first.bytes + survivors.again.bytes - survivors.promoted.bytes;
	return survivors;
}

static void count_survivors(struct gcs_heap *heap, const struct survivors *survivors,
			    uint64_t emptied)
{
	struct gcscope_stats *stats = &heap->stats;

	pthread_mutex_lock(&heap->stats_lock);
	stats->nursery_collected_bytes += emptied;
	stats->nursery_survived_bytes += survivors->first.bytes;
	stats->nursery_survived_objects += survivors->first.objects;
	stats->nursery_aged_bytes += survivors->again.bytes;
	stats->nursery_aged_objects += survivors->again.objects;
	stats->promotion_bytes += survivors->promoted.bytes;
	stats->promotion_objects += survivors->promoted.objects;
	stats->promotion_pinned_bytes += survivors->pinned.bytes;
	stats->promotion_pinned_objects += survivors->pinned.objects;
	pthread_mutex_unlock(&heap->stats_lock);
}

static uint64_t scan_cards(struct gcs_heap *heap, struct evacuation *evacuation)
{
	struct remembered remembered = scan_remembered(evacuation);

	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.cards_scanned += remembered.scanned;
	heap->stats.cards_useful += remembered.useful;
	heap->stats.cards_wasted += remembered.scanned - remembered.useful;
	pthread_mutex_unlock(&heap->stats_lock);
	return remembered.scanned;
}

static uint64_t slow_stores_since(struct gcs_heap *heap)
{
	uint64_t since = heap->slow_stores;

	heap->slow_stores = 0;
	return since;
}

static void collect_minor(struct gcs_heap *heap, bool last)
{
	uint64_t begin = platform_now_ns(), emptied;
	struct amount large = { 0 };
	struct evacuation evacuation;
	struct survivors survivors;
	uint32_t young = heap->young;

	heap->young = NO_BLOCK;
	mutators_retire_runs(heap);
	evacuation_begin(&evacuation, heap, false, last);
	PHASE(heap, GCS_PHASE_ROOTS, evacuate_roots(heap, &evacuation));
	PHASE(heap, GCS_PHASE_CARDS, scan_cards(heap, &evacuation));
	PHASE(heap, GCS_PHASE_EVACUATE, evacuate_drain(&evacuation));
	PHASE(heap, GCS_PHASE_SWEEP, reclaim_young(heap, young, last, &large, &emptied));
	evacuation_end(&evacuation);
	reclaim_survivors(heap);
	survivors = survivors_of(&evacuation, large);
	count_survivors(heap, &survivors, emptied);
	heap->promoted += survivors.promoted.bytes;
	heap->survivors = survivors.young;
	pace_minor(&heap->pace, &(struct minor_facts){
					.ns = platform_now_ns() - begin,
					.allocated = emptied,
					.survived = survivors.first.bytes,
					.slow_stores = slow_stores_since(heap),
				});
}

/* Old blocks that were found fragmented, and that nobody has filled since, are to be emptied. */
static uint64_t condemn_fragmented(struct gcs_heap *heap)
{
	struct space *space = &heap->space;
	uint64_t blocks = 0;
	size_t i;

	for (i = 0; i < space->frontier; i++) {
		struct block *block = &space->blocks[i];

		if (block->state != BLOCK_REGION)
			continue;
		blocks++;
		if (!space->fates[i] && (heap->options.evacuate || space->live[i] < EMPTY_BELOW))
			space->fates[i] = FATE_MOVE | FATE_TENURED;
		space->live[i] = 0;
	}
	return blocks;
}

static uint64_t prepare_major(struct gcs_heap *heap)
{
	struct mutator *mutator;

	heap_make_walkable(heap);
	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		mutator->log->count = 0;
	heap->young = heap->recyclable = NO_BLOCK;
	return condemn_fragmented(heap);
}

static void collect_major(struct gcs_heap *heap)
{
	uint64_t begin = platform_now_ns(), end, grown;
	struct amount young_large = { 0 };
	struct evacuation evacuation;
	struct survivors survivors;

	PHASE(heap, GCS_PHASE_PREPARE, prepare_major(heap));
	evacuation_begin(&evacuation, heap, true, true);
	PHASE(heap, GCS_PHASE_ROOTS, evacuate_roots(heap, &evacuation));
	PHASE(heap, GCS_PHASE_MARK, evacuate_drain(&evacuation));
	PHASE(heap, GCS_PHASE_SWEEP, reclaim_all(heap, &young_large, &heap->live));
	evacuation_end(&evacuation);
	survivors = survivors_of(&evacuation, young_large);
	count_survivors(heap, &survivors, 0);
	grown = heap->promoted + (heap->generational ? survivors.promoted.bytes : heap->charged);
	heap->survivors = 0;
	heap->promoted = 0;
	end = platform_now_ns();
	pace_major(&heap->pace, &(struct major_facts){
					.ns = end - begin,
					.end_ns = end,
					.promoted = grown,
					.live = heap->live,
				});
}

/* When to collect again. */

/* What can still be taken without a collection. Mutators may be taking it. */
static uint64_t free_bytes(struct gcs_heap *heap)
{
	struct space *space = &heap->space;
	uint64_t bytes;

	pthread_mutex_lock(&space->lock);
	bytes = space->capacity_max - space->capacity + space->dirty_blocks * BLOCK_BYTES;
	pthread_mutex_unlock(&space->lock);
	return bytes;
}

/* A nursery and as much to copy it to would find room. */
static bool has_room(struct gcs_heap *heap)
{
	uint64_t nursery = heap->options.nursery;

	if (!nursery || nursery > NURSERY_LEAST)
		nursery = NURSERY_LEAST;
	return free_bytes(heap) >= 2 * (nursery + BLOCK_BYTES);
}

static uint64_t promotion_budget(const struct gcs_heap *heap)
{
	return heap->options.budget ? heap->options.budget : heap->pace.budget;
}

/* They have to find room, and to pay, unless option nursery asks for them. */
static bool wants_generations(struct gcs_heap *heap)
{
	return has_room(heap) && (heap->options.nursery || heap->pace.generational);
}

static enum gcs_kind kind(struct gcs_heap *heap, enum gcs_cause cause)
{
	bool spent = heap->promoted >= promotion_budget(heap);

	if (!heap->generational)
		return GCS_KIND_MAJOR;
	switch (cause) {
	case GCS_CAUSE_ALLOCATION:
		return spent || !has_room(heap) ? GCS_KIND_MAJOR : GCS_KIND_MINOR;
	case GCS_CAUSE_STRESS:
		return heap->collection % STRESS_MAJOR ? GCS_KIND_MINOR : GCS_KIND_MAJOR;
	default:
		return GCS_KIND_MAJOR;
	}
}

/* Memory of free blocks that will not be wanted before the next major collection goes back. */
static void trim(struct gcs_heap *heap)
{
	pthread_mutex_lock(&heap->space.lock);
	space_trim(&heap->space, promotion_budget(heap) + heap->pace.nursery_most);
	pthread_mutex_unlock(&heap->space.lock);
}

/* Work by generations or without, from the end of a collection on that has left nothing young. */
static void switch_generational(struct gcs_heap *heap)
{
	bool generational = wants_generations(heap);

	if (heap->generational == generational)
		return;
	heap->generational = generational;
	heap->promotion = (struct target){ 0 };
	cards_set_all(&heap->space, generational ? CARD_ARMED : CARD_OPEN);
}

static uint64_t next_nursery(struct gcs_heap *heap)
{
	uint64_t nursery = heap->pace.nursery, most = free_bytes(heap) / 2;

	if (heap->options.nursery)
		return heap->options.nursery;
	return nursery < most ? nursery : most;
}

static void set_budget(struct gcs_heap *heap)
{
	uint64_t budget = promotion_budget(heap);

	if (heap->generational)
		heap->budget = next_nursery(heap);
	else
		heap->budget = budget > heap->promoted ? budget - heap->promoted : 1;
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.size_nursery_bytes = heap->generational ? heap->budget : GCSCOPE_STATS_UNKNOWN;
	pthread_mutex_unlock(&heap->stats_lock);
}

static uint64_t collect_generational(struct gcs_heap *heap, enum gcs_kind kind)
{
	bool last = kind == GCS_KIND_MAJOR || !wants_generations(heap);

	if (kind == GCS_KIND_MINOR)
		collect_minor(heap, last);
	else
		collect_major(heap);
	if (last)
		switch_generational(heap);
	if (kind == GCS_KIND_MAJOR)
		trim(heap);
	set_budget(heap);
	return heap->live + heap->promoted + heap->survivors;
}

static uint8_t birth(const struct gcs_heap *heap)
{
	return heap->generational ? FATE_LARGE : 0;
}

static void begin(struct gcs_heap *heap)
{
	heap->generational = true;
	pace_begin(&heap->pace, &heap->options);
	set_budget(heap);
}

const struct plan plan_generational = {
	.code = GCS_PLAN_GENERATIONAL,
	.begin = begin,
	.fit = bump_fit,
	.refill = bump_refill,
	.birth = birth,
	.kind = kind,
	.collect = collect_generational,
};
