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
#include <string.h>

#include "heap/cards.h"
#include "heap/plan.h"
#include "heap/recycle.h"
#include "mutator/collection.h"
#include "mutator/safepoint.h"
#include "platform/platform.h"
#include "plans/phases.h"
#include "plans/plans.h"
#include "tracing/evacuate.h"
#include "tracing/scan_remembered.h"
#include "tracing/scan_roots.h"

#define PIECE_BYTES ((size_t)16384)

/* A block that is fuller is not worth sweeping; one that is emptier is worth emptying. */
#define RECYCLE_BELOW (BLOCK_BYTES * 15 / 16)
#define EMPTY_BELOW   (BLOCK_BYTES / 4)

/* Option stress: one in so many collections is a major one. */
#define STRESS_MAJOR 4U

/* Runs of a mutator. Without generations, cells longer than MEDIUM_BYTES have runs of their own. */
enum { RUN_SMALL = 1, RUN_ALIGNED, RUN_MEDIUM, RUN_MEDIUM_ALIGNED };

static struct fit fit(size_t bytes, size_t align)
{
	size_t cell = region_cell(bytes, align);

	if (bytes > CELL_MAX)
		return (struct fit){ NO_RUN, bytes };
	return (struct fit){ align == 16 ? RUN_ALIGNED : RUN_SMALL, cell };
}

/* Handing out memory. */

/*
 * How much to zero at once: so that it stays in the nearest cache until it is used, and that
 * the budget is spent to the byte where one thread allocates alone.
 */
static uint64_t next_piece(const struct gcs_heap *heap)
{
	uint64_t charged = __atomic_load_n(&heap->charged, __ATOMIC_RELAXED);

	if (heap->options.stress) /* each allocation comes to the library */
		return 0;
	return charged < heap->budget && heap->budget - charged < PIECE_BYTES
		       ? heap->budget - charged
		       : PIECE_BYTES;
}

/* Have `bytes` more in a run, zeroed, if its hole has them. */
static bool extend(struct mutator *mutator, unsigned index, size_t bytes)
{
	struct gcs_heap *heap = mutator->heap;
	struct run *run = &mutator->runs[index];
	uintptr_t need = mutator->abi.runs[index].cursor + bytes, end;

	if (!run->block || need > run->room)
		return false;
	end = run->end + (next_piece(heap) & ~(uint64_t)(GCS_GRANULE - 1));
	end = end < need ? need : end > run->room ? run->room : end;
	if (run->block->dirty)
		memset((void *)run->end, 0, end - run->end);
	/* A child forked between the two finds a header of zero, never a stale one. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	run->block->top = (uint32_t)(end - block_address(&heap->space, run->block));
	__atomic_fetch_add(&heap->charged, end - run->end, __ATOMIC_RELAXED);
	run->end = end;
	run_publish_limit(mutator, index);
	return true;
}

static void start_run(struct mutator *mutator, unsigned index, const struct hole *hole)
{
	bool aligned = index == RUN_ALIGNED || index == RUN_MEDIUM_ALIGNED;
	uintptr_t start = align_header(hole->cursor, aligned ? 16 : GCS_GRANULE);
	struct block *block = hole->block;

	/* A block has one part without start bits: an earlier hole of it gets them now. */
	region_record(&mutator->heap->space, &mutator->heap->types, block);
	block->open = block->top = (uint32_t)(start - block_address(&mutator->heap->space, block));
	mutator->runs[index] =
		(struct run){ .block = block, .end = start, .room = hole->end, .counted = start };
	mutator->abi.runs[index].cursor = start;
}

/* The next hole for a run without generations: holes for small cells, else empty blocks. */
static bool next_hole(struct gcs_heap *heap, unsigned index, struct hole *hole)
{
	bool small = index == RUN_SMALL || index == RUN_ALIGNED;

	return (small && recycle_next_hole(heap, hole)) || recycle_empty_block(heap, hole, 0);
}

static unsigned refill(struct mutator *mutator, unsigned index, size_t bytes)
{
	struct gcs_heap *heap = mutator->heap;
	struct hole hole;

	if (!heap->generational && bytes > MEDIUM_BYTES && index <= RUN_ALIGNED)
		index += RUN_MEDIUM - RUN_SMALL;
	while (!extend(mutator, index, bytes)) {
		hole = (struct hole){ mutator->runs[index].block, 0, mutator->runs[index].room };
		mutator_retire_run(mutator, index);
		if (!(heap->generational ? recycle_empty_block(heap, &hole, FATE_MOVE)
					 : next_hole(heap, index, &hole)))
			return NO_RUN;
		start_run(mutator, index, &hole);
	}
	return index;
}

static uint8_t birth(const struct gcs_heap *heap)
{
	return heap->generational ? FATE_LARGE : 0;
}

/* Minor and major. */

static void retire_all(struct gcs_heap *heap)
{
	struct mutator *mutator;

	for (mutator = heap->mutators; mutator; mutator = mutator->next)
		mutator_retire_runs(mutator);
}

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

static uint64_t drain(struct evacuation *evacuation)
{
	evacuate_drain(evacuation);
	return evacuation->tracer.marked;
}

static void add_large(struct amount *amount, const struct block *block)
{
	amount->objects++;
	amount->bytes += block->bytes;
}

/* Dead memory that somebody still refers to should be noticed soon. */
static void poison(struct gcs_heap *heap, uintptr_t start, uintptr_t end)
{
	if (heap->options.poison)
		memset((void *)start, 0xdb, end - start);
}

static void poison_holes(struct gcs_heap *heap, struct block *block)
{
	uintptr_t from = block_address(&heap->space, block);
	struct hole hole = { block, from, from };

	while (heap->options.poison &&
	       region_next_hole(&heap->space, &heap->types, block, hole.end, &hole))
		poison(heap, hole.cursor, hole.end);
}

/*
 * A young block that has lost all its objects, or some: then it stays young, or is old now,
 * with holes, if it has been through this before.
 */
static void release_region(struct gcs_heap *heap, struct block *block, bool last)
{
	struct space *space = &heap->space;
	unsigned fate = space->fates[block_index(space, block)];
	uintptr_t start = block_address(space, block);

	if (!(fate & FATE_MARKS)) {
		poison(heap, start, start + block->top);
		space_free(space, block);
		return;
	}
	region_sweep(space, block);
	block->open = block->top;
	block->dirty = 1;
	poison_holes(heap, block);
	if (last || fate & FATE_AGED) {
		space_set_fate(space, block, 0);
		recycle_offer(heap, block);
	} else {
		space_set_fate(space, block, FATE_MOVE | FATE_AGED);
		push_young(heap, block);
	}
}

static void release_large(struct gcs_heap *heap, struct block *block, struct amount *survived)
{
	struct space *space = &heap->space;
	size_t header = space_granule(space, large_header(space, block));

	if (!bit_test(space->marks, header)) {
		space_free(space, block);
		return;
	}
	bit_clear(space->marks, header);
	space_set_fate(space, block, 0);
	add_large(survived, block);
}

/* What was young when a minor collection began. Returns how many blocks. */
static uint64_t release_young(struct gcs_heap *heap, uint32_t list, bool last, struct amount *large,
			      uint64_t *ret_emptied)
{
	uint64_t blocks = 0;

	for (*ret_emptied = 0; list != NO_BLOCK; blocks++) {
		struct block *block = &heap->space.blocks[list];

		list = block->next;
		if (block->state == BLOCK_LARGE) {
			*ret_emptied += block->bytes;
			release_large(heap, block, large);
		} else {
			if (!(heap->space.fates[block_index(&heap->space, block)] & FATE_AGED))
				*ret_emptied += block->top - BLOCK_FIRST_CELL;
			release_region(heap, block, last);
		}
	}
	return blocks;
}

/* Blocks that survivors have been copied into. */
static void age_survivors(struct gcs_heap *heap)
{
	uint32_t list;

	for (list = heap->young; list != NO_BLOCK; list = heap->space.blocks[list].next)
		space_set_fate(&heap->space, &heap->space.blocks[list], FATE_MOVE | FATE_AGED);
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
	uint64_t slow = heap->stats.barrier_slow, since = slow - heap->slow_stores;

	heap->slow_stores = slow;
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
	retire_all(heap);
	evacuation_begin(&evacuation, heap, false, last);
	PHASE(heap, GCS_PHASE_ROOTS, evacuate_roots(heap, &evacuation));
	PHASE(heap, GCS_PHASE_CARDS, scan_cards(heap, &evacuation));
	PHASE(heap, GCS_PHASE_EVACUATE, drain(&evacuation));
	PHASE(heap, GCS_PHASE_SWEEP, release_young(heap, young, last, &large, &emptied));
	evacuation_end(&evacuation);
	age_survivors(heap);
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
		if (!space->fates[i] && (heap->options.evacuate || block->live < EMPTY_BELOW))
			space->fates[i] = FATE_MOVE | FATE_TENURED;
		block->live = 0;
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

static uint8_t old_card(const struct gcs_heap *heap)
{
	return heap->generational ? CARD_ARMED : CARD_OPEN;
}

static void sort_region(struct gcs_heap *heap, struct block *block, uint64_t *ret_fragmented)
{
	struct space *space = &heap->space;

	block->dirty = 1;
	if (!block->live) {
		poison(heap, block_address(space, block),
		       block_address(space, block) + BLOCK_BYTES);
		space_free(space, block);
		return;
	}
	block->unswept = 1;
	block->open = block->top;
	poison_holes(heap, block);
	space_set_fate(space, block, 0);
	cards_set(space, block, old_card(heap));
	*ret_fragmented += BLOCK_BYTES - block->live;
	if (block->live < RECYCLE_BELOW)
		recycle_offer(heap, block);
}

static void sort_large(struct gcs_heap *heap, struct block *block, struct amount *large,
		       struct amount *survived)
{
	struct space *space = &heap->space;
	size_t header = space_granule(space, large_header(space, block));

	if (!bit_test(space->marks, header)) {
		space_free(space, block);
		return;
	}
	if (space->fates[block_index(space, block)])
		add_large(survived, block);
	add_large(large, block);
	bit_clear(space->marks, header);
	space_set_fate(space, block, 0);
	cards_set(space, block, old_card(heap));
}

/* From the top down, so that the list of holes is in the order of addresses. */
static uint64_t sort(struct gcs_heap *heap, struct amount *large, struct amount *young_large)
{
	uint64_t blocks = 0, fragmented = 0;
	size_t i;

	for (i = heap->space.frontier; i-- > 0;) {
		struct block *block = &heap->space.blocks[i];

		if (block->state == BLOCK_REGION)
			sort_region(heap, block, &fragmented);
		else if (block->state == BLOCK_LARGE)
			sort_large(heap, block, large, young_large);
		else
			continue;
		blocks++;
	}
	pthread_mutex_lock(&heap->stats_lock);
	heap->stats.size_fragmented_bytes = fragmented;
	pthread_mutex_unlock(&heap->stats_lock);
	return blocks;
}

static void collect_major(struct gcs_heap *heap)
{
	uint64_t begin = platform_now_ns(), end, grown;
	struct amount large = { 0 }, young_large = { 0 };
	struct evacuation evacuation;
	struct survivors survivors;

	PHASE(heap, GCS_PHASE_PREPARE, prepare_major(heap));
	evacuation_begin(&evacuation, heap, true, true);
	PHASE(heap, GCS_PHASE_ROOTS, evacuate_roots(heap, &evacuation));
	PHASE(heap, GCS_PHASE_MARK, drain(&evacuation));
	PHASE(heap, GCS_PHASE_SWEEP, sort(heap, &large, &young_large));
	evacuation_end(&evacuation);
	survivors = survivors_of(&evacuation, young_large);
	count_survivors(heap, &survivors, 0);
	grown = heap->promoted + (heap->generational ? survivors.promoted.bytes : heap->charged);
	heap->survivors = 0;
	heap->promoted = 0;
	heap->live = evacuation.tracer.cells + large.bytes;
	end = platform_now_ns();
	pace_major(&heap->pace, &(struct major_facts){
					.ns = end - begin,
					.end_ns = end,
					.promoted = grown,
					.live = heap->live,
				});
}

/* When to collect again. */

/* What can still be taken without a collection. */
static uint64_t free_bytes(const struct gcs_heap *heap)
{
	const struct space *space = &heap->space;

	return space->capacity_max - space->capacity + space->dirty_blocks * BLOCK_BYTES;
}

/* A nursery and as much to copy it to would find room. */
static bool has_room(const struct gcs_heap *heap)
{
	return free_bytes(heap) >= 2 * (NURSERY_LEAST + BLOCK_BYTES);
}

static uint64_t promotion_budget(const struct gcs_heap *heap)
{
	return heap->options.budget ? heap->options.budget : heap->pace.budget;
}

/* Option nursery asks for generations; else they have to pay, and to find room. */
static bool wants_generations(const struct gcs_heap *heap)
{
	return heap->options.nursery || (heap->pace.generational && has_room(heap));
}

static enum gcs_kind kind(const struct gcs_heap *heap, enum gcs_cause cause)
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

static uint64_t next_nursery(const struct gcs_heap *heap)
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
	set_budget(heap);
	return heap->live + heap->promoted + heap->survivors;
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
	.fit = fit,
	.refill = refill,
	.birth = birth,
	.kind = kind,
	.collect = collect_generational,
};
