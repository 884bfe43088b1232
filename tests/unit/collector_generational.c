/* SPDX-License-Identifier: BSD-2-Clause */
/* Plan generational: what survives a minor collection, where it goes, and what is counted. */
#include "heap/recycle.h"

#include "collector_fixture.h"

#define TENURE_TWICE { .tenure = 2 }

static void assert_nursery(const struct gcscope_stats *stats, uint64_t collected,
			   uint64_t survived_objects, uint64_t survived, uint64_t aged_objects,
			   uint64_t aged)
{
	assert_int_equal(stats->nursery_collected_bytes, collected);
	assert_int_equal(stats->nursery_survived_objects, survived_objects);
	assert_int_equal(stats->nursery_survived_bytes, survived);
	assert_int_equal(stats->nursery_aged_objects, aged_objects);
	assert_int_equal(stats->nursery_aged_bytes, aged);
}

static void assert_promotion(const struct gcscope_stats *stats, uint64_t objects, uint64_t bytes,
			     uint64_t pinned_objects, uint64_t pinned)
{
	assert_int_equal(stats->promotion_objects, objects);
	assert_int_equal(stats->promotion_bytes, bytes);
	assert_int_equal(stats->promotion_pinned_objects, pinned_objects);
	assert_int_equal(stats->promotion_pinned_bytes, pinned);
}

static void survivors_are_counted(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *kept;
	struct gcscope_stats block;
	int i;

	(void)state;
	for (i = 0; i < 9000; i++)
		new_node(&f, 0);
	kept = new_list(&f, 1000);
	collect_minor(&f);
	block = stats(&f);
	assert_int_equal(block.allocation_objects, 10000);
	assert_int_equal(block.allocation_bytes, 10000 * NODE_CELL);
	assert_nursery(&block, 10000 * NODE_CELL, 1000, 1000 * NODE_CELL, 0, 0);
	assert_promotion(&block, 1000, 1000 * NODE_CELL, 0, 0);
	assert_int_equal(block.pauses, 1);
	/* Once. */
	new_list(&f, 10);
	collect_minor(&f);
	block = stats(&f);
	assert_nursery(&block, 10010 * NODE_CELL, 1010, 1010 * NODE_CELL, 0, 0);
	assert_promotion(&block, 1010, 1010 * NODE_CELL, 0, 0);
	assert_list(kept, 1000);
	destroy(&f);
}

/* A pinned object stays young once, and is old when it has stayed twice. */
static void pinned_objects_are_counted(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *list = new_list(&f, 100);
	struct gcscope_stats block;
	struct node *first = list->object, *second = first->next;

	(void)state;
	gcs_pin(f.mutator, first);
	gcs_pin(f.mutator, second);
	collect_minor(&f);
	block = stats(&f);
	assert_nursery(&block, 100 * NODE_CELL, 100, 100 * NODE_CELL, 0, 0);
	assert_promotion(&block, 98, 98 * NODE_CELL, 2, 2 * NODE_CELL);
	assert_ptr_equal(list->object, first);
	assert_ptr_equal(first->next, second);
	assert_true(is_young(&f, first));
	gcs_unpin(f.mutator, second);
	collect_minor(&f);
	block = stats(&f);
	assert_nursery(&block, 100 * NODE_CELL, 100, 100 * NODE_CELL, 2, 2 * NODE_CELL);
	assert_promotion(&block, 100, 100 * NODE_CELL, 3, 3 * NODE_CELL);
	assert_ptr_equal(list->object, first);
	assert_ptr_not_equal(first->next, second);
	assert_false(is_young(&f, first));
	assert_list(list, 100);
	destroy(&f);
}

/* Whole pages, the block's first granule and the header included. */
static void large_objects_are_counted(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *kept = new_array(&f, f.bytes, 100000);
	uint64_t large = 25 * 4096;
	struct gcscope_stats block;
	void *before = kept->object;

	(void)state;
	assert_non_null(gcs_alloc_array(f.mutator, f.bytes, 100000));
	collect_minor(&f);
	block = stats(&f);
	assert_int_equal(block.allocation_bytes, 2 * large);
	assert_nursery(&block, 2 * large, 1, large, 0, 0);
	assert_promotion(&block, 1, large, 0, 0);
	assert_int_equal(block.size_capacity_bytes, large); /* the other one is gone */
	assert_ptr_equal(kept->object, before);
	collect_minor(&f);
	block = stats(&f);
	assert_promotion(&block, 1, large, 0, 0);
	destroy(&f);
}

/* tenure=2: after one minor collection elsewhere and young, after two old. */
static void aging_takes_two_collections(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options)TENURE_TWICE);
	struct gcs_handle *list = new_list(&f, 100);
	void *first = list->object, *second;
	struct gcscope_stats block;

	(void)state;
	collect_minor(&f);
	second = list->object;
	assert_ptr_not_equal(second, first);
	assert_true(is_young(&f, second));
	block = stats(&f);
	assert_nursery(&block, 100 * NODE_CELL, 100, 100 * NODE_CELL, 0, 0);
	assert_promotion(&block, 0, 0, 0, 0);
	collect_minor(&f);
	assert_ptr_not_equal(list->object, second);
	assert_false(is_young(&f, list->object));
	block = stats(&f);
	assert_nursery(&block, 100 * NODE_CELL, 100, 100 * NODE_CELL, 100, 100 * NODE_CELL);
	assert_promotion(&block, 100, 100 * NODE_CELL, 0, 0);
	assert_list(list, 100);
	destroy(&f);
}

/* A single store, and two minor collections: the first one leaves something young behind it. */
static void old_objects_keep_survivors(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options)TENURE_TWICE);
	struct gcs_handle *list = new_list(&f, 1);
	struct node *old;

	(void)state;
	collect_minor(&f);
	collect_minor(&f);
	old = list->object;
	gcs_store(f.mutator, old, (void **)&old->next, new_node(&f, 4711));
	collect_minor(&f);
	assert_true(is_young(&f, old->next));
	assert_int_equal(old->next->value, 4711);
	collect_minor(&f);
	assert_false(is_young(&f, old->next));
	assert_int_equal(old->next->value, 4711);
	collect_minor(&f);
	assert_int_equal(old->next->value, 4711);
	destroy(&f);
}

/* What becomes old in a collection may refer to what stays young in the same one. */
static void promoted_objects_keep_survivors(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options)TENURE_TWICE);
	struct gcs_handle *list = new_list(&f, 1);
	struct node *node;
	int i;

	(void)state;
	collect_minor(&f);
	node = list->object;
	gcs_store(f.mutator, node, (void **)&node->next, new_node(&f, 4711));
	for (i = 0; i < 3; i++) {
		collect_minor(&f);
		node = list->object;
		assert_false(is_young(&f, node));
		assert_int_equal(is_young(&f, node->next), i == 0);
		assert_int_equal(node->next->value, 4711);
	}
	destroy(&f);
}

/* Roots of all kinds hold the new address. */
static void roots_follow(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	static void *named[3];
	struct node *local = NULL;
	void **slots[] = { (void **)&local }, *before;
	struct gcs_frame frame;
	struct gcs_handle *handle;

	(void)state;
	assert_int_equal(gcs_root_add(f.heap, named, 3), 0);
	gcs_frame_push(f.mutator, &frame, slots, 1);
	local = new_node(&f, 4711);
	before = local;
	handle = gcs_handle_new(f.heap, local);
	named[1] = local;
	collect_minor(&f);
	assert_ptr_not_equal(local, before);
	assert_int_equal(local->value, 4711);
	assert_ptr_equal(handle->object, local);
	assert_ptr_equal(named[1], local);
	gcs_frame_pop(f.mutator, &frame);
	assert_int_equal(gcs_root_remove(f.heap, named), 0);
	destroy(&f);
}

/* Objects of all sizes: fixed ones, arrays, and both with an alignment. */

#define SIZES 60

struct sample {
	size_t bytes, align;
	bool array;
	uint64_t hash;
	uintptr_t address;
};

static struct sample sample_at(size_t i)
{
	size_t bytes = i / 4 < 40 ? i / 4 * 8 : (i / 4 - 38) * 400;

	return (struct sample){
		.bytes = i / 4 == SIZES - 1 ? 8184 : bytes ? bytes : 1,
		.align = i & 1 ? 16 : 8,
		.array = i & 2,
	};
}

static char letter(size_t sample, size_t byte)
{
	return (char)(sample * 31 + byte * 7 + byte / 256);
}

static void *new_sample(struct fixture *f, const struct sample *sample, size_t index)
{
	struct gcs_type *type = register_type(
		f->heap, (struct gcs_type_info){ .name = "sample",
						 .size = sample->array ? 0 : sample->bytes,
						 .element_size = sample->array ? 1 : 0,
						 .align = sample->align });
	char *object = sample->array ? gcs_alloc_array(f->mutator, type, sample->bytes)
				     : gcs_alloc(f->mutator, type);
	size_t i;

	assert_non_null(object);
	for (i = 0; i < sample->bytes; i++) {
		assert_int_equal(object[i], 0);
		object[i] = letter(index, i);
	}
	return object;
}

static void fill_with_samples(struct fixture *f, const struct gcs_handle *all,
			      struct sample *samples)
{
	size_t i;

	for (i = 0; i < 4 * SIZES; i++) {
		void *object;

		samples[i] = sample_at(i);
		object = new_sample(f, &samples[i], i);
		samples[i].address = (uintptr_t)object;
		gcs_store(f->mutator, all->object, (void **)all->object + i, object);
	}
}

/* They are elsewhere if they were told to, and else as they were. */
static void assert_samples(struct fixture *f, const struct gcs_handle *all,
			   struct sample *samples, bool moved)
{
	size_t i, j;

	for (i = 0; i < 4 * SIZES; i++) {
		const char *object = ((char **)all->object)[i];

		assert_int_equal((uintptr_t)object != samples[i].address, moved);
		assert_int_equal((uintptr_t)object % samples[i].align, 0);
		samples[i].address = (uintptr_t)object;
		if (samples[i].array)
			assert_int_equal(gcs_array_length(object), samples[i].bytes);
		for (j = 0; j < samples[i].bytes; j++)
			assert_int_equal(object[j], letter(i, j));
		if (samples[i].hash)
			assert_int_equal(gcs_identity_hash(f->mutator, (void *)object),
					 samples[i].hash);
	}
}

static void contents_move_with_their_objects(void **state)
{
	static const struct gcs_options options = { .evacuate = 1, .tenure = 2 };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *all = new_array(&f, f.references, 4 * SIZES);
	struct sample samples[4 * SIZES];

	(void)state;
	fill_with_samples(&f, all, samples);
	collect_minor(&f);
	assert_samples(&f, all, samples, true); /* to the young ones */
	collect_minor(&f);
	assert_samples(&f, all, samples, true); /* to the old ones */
	collect_minor(&f);
	assert_samples(&f, all, samples, false);
	gcs_collect(f.mutator);
	assert_samples(&f, all, samples, true);
	destroy(&f);
}

/* Every other object has its hash from before the first move, the rest from in between. */
static void hashes_move_with_their_objects(void **state)
{
	static const struct gcs_options options = { .evacuate = 1 };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *all = new_array(&f, f.references, 4 * SIZES);
	struct sample samples[4 * SIZES];
	size_t i;
	int round;

	(void)state;
	fill_with_samples(&f, all, samples);
	for (i = 0; i < 4 * SIZES; i += 3)
		samples[i].hash =
			gcs_identity_hash(f.mutator, ((void **)all->object)[i]);
	collect_minor(&f);
	assert_samples(&f, all, samples, true);
	for (i = 0; i < 4 * SIZES; i++)
		samples[i].hash =
			gcs_identity_hash(f.mutator, ((void **)all->object)[i]);
	for (round = 0; round < 3; round++) {
		gcs_collect(f.mutator);
		assert_samples(&f, all, samples, true);
	}
	destroy(&f);
}

/* A large young object keeps its address, and so its hash. */
static void hashes_of_large_objects_stay(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .evacuate = 1 });
	struct gcs_handle *large = new_array(&f, f.bytes, 100000);
	uint64_t hash = gcs_identity_hash(f.mutator, large->object);

	(void)state;
	collect_minor(&f);
	assert_int_equal(gcs_identity_hash(f.mutator, large->object), hash);
	gcs_collect(f.mutator);
	assert_int_equal(gcs_identity_hash(f.mutator, large->object), hash);
	destroy(&f);
}

static void pins_hold_until_they_are_undone(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .evacuate = 1 });
	struct gcs_handle *list = new_list(&f, 3);
	struct node *pinned = list->object;

	(void)state;
	gcs_pin(f.mutator, pinned);
	collect_minor(&f);
	assert_ptr_equal(list->object, pinned);
	collect_minor(&f);
	gcs_collect(f.mutator);
	gcs_collect(f.mutator);
	assert_ptr_equal(list->object, pinned);
	assert_list(list, 3);
	gcs_unpin(f.mutator, pinned);
	gcs_collect(f.mutator);
	assert_ptr_not_equal(list->object, pinned);
	assert_list(list, 3);
	destroy(&f);
}

/* Option stress_pin: everything stays, and is old when it has stayed twice. */
static void all_survivors_may_be_pinned(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .stress_pin = 1 });
	struct gcs_handle *list = new_list(&f, 10000);
	void *first = list->object;
	struct gcscope_stats block;

	(void)state;
	collect_minor(&f);
	block = stats(&f);
	assert_ptr_equal(list->object, first);
	assert_promotion(&block, 0, 0, 10000, 10000 * NODE_CELL);
	collect_minor(&f);
	block = stats(&f);
	assert_promotion(&block, 10000, 10000 * NODE_CELL, 20000, 20000 * NODE_CELL);
	collect_minor(&f);
	block = stats(&f);
	assert_promotion(&block, 10000, 10000 * NODE_CELL, 20000, 20000 * NODE_CELL);
	assert_ptr_equal(list->object, first);
	assert_list(list, 10000);
	destroy(&f);
}

/* References that only trace functions know. */

/* Chains of hidden references, deeper than any stack of the machine. */
static void assert_odd_chain(struct gcs_options options)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *chain = gcs_handle_new(f.heap, NULL);
	const struct odd *odd;
	uint64_t i, length = 100000;

	for (i = 0; i < length; i++) {
		struct odd *first = gcs_alloc(f.mutator, f.odd);

		first->value = i;
		first->hidden = (uintptr_t)chain->object << 1;
		chain->object = first;
	}
	assert_true(minor_collections(&f) > 0);
	collect_minor(&f);
	collect_minor(&f);
	gcs_collect(f.mutator);
	for (odd = chain->object; odd; odd = odd_target(odd))
		assert_int_equal(odd->value, --i);
	assert_int_equal(i, 0);
	destroy(&f);
}

static void trace_functions_do_not_recur(void **state)
{
	(void)state;
	assert_odd_chain((struct gcs_options){ 0 });
	assert_odd_chain((struct gcs_options)TENURE_TWICE);
	assert_odd_chain((struct gcs_options){ .mark_stack_max = 16 });
}

/* A table that its trace function walks: a reference lies on a card behind the header's. */
#define TABLE_SLOTS 500

static void trace_table(void *object, struct gcs_tracer *tracer)
{
	void **slots = object;
	int i;

	for (i = 0; i < TABLE_SLOTS; i++)
		gcs_trace_slot(tracer, &slots[i]);
}

static void cards_of_traced_objects_stay_dirty(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options)TENURE_TWICE);
	struct gcs_type *type = register_type(
		f.heap, (struct gcs_type_info){ .name = "table",
						.size = TABLE_SLOTS * sizeof(void *),
						.trace = trace_table });
	struct gcs_handle *handle = gcs_handle_new(f.heap, gcs_alloc(f.mutator, type));
	int round, i;

	(void)state;
	collect_minor(&f);
	/* The table becomes old in the first round, and has all its cards opened in the second. */
	for (round = 0; round < 3; round++) {
		int step = round == 1 ? 1 : 97;

		for (i = round; i < TABLE_SLOTS; i += step) {
			void **table = handle->object;

			gcs_store(f.mutator, table, &table[i], new_node(&f, (uint64_t)i));
		}
		collect_minor(&f);
		assert_false(is_young(&f, handle->object));
		for (i = round; i < TABLE_SLOTS; i += step)
			assert_true(is_young(&f, ((void **)handle->object)[i]));
		collect_minor(&f);
		collect_minor(&f);
		for (i = round; i < TABLE_SLOTS; i += step) {
			struct node *node = ((void **)handle->object)[i];

			assert_false(is_young(&f, node));
			assert_int_equal(node->value, i);
		}
	}
	destroy(&f);
}

static void hide(struct fixture *f, struct odd *odd, void *target)
{
	gcs_barrier(f->mutator, odd, &odd->hidden, target);
	odd->hidden = (uintptr_t)target << 1;
}

/* A header is the last word of its card, the payload on the next one; both cards are dirty. */
static void headers_and_payloads_may_be_on_two_cards(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options)TENURE_TWICE);
	struct gcs_handle *handles[100];
	struct odd *odd;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		handles[i] = gcs_handle_new(f.heap, gcs_alloc(f.mutator, f.odd));
	collect_minor(&f);
	collect_minor(&f);
	for (i = 0; i < 100 && (uintptr_t)handles[i]->object % 512; i++)
		;
	assert_true(i < 100);
	odd = handles[i]->object;
	assert_false(is_young(&f, odd));
	hide(&f, odd, new_node(&f, 4711));
	for (i = 0; i < 100; i++) {
		if ((uintptr_t)odd - (uintptr_t)handles[i]->object == NODE_CELL) {
			hide(&f, handles[i]->object, new_node(&f, 42));
			hide(&f, handles[i]->object, NULL);
		}
	}
	collect_minor(&f);
	assert_true(is_young(&f, odd_target(odd)));
	collect_minor(&f);
	assert_false(is_young(&f, odd_target(odd)));
	assert_int_equal(((struct node *)odd_target(odd))->value, 4711);
	destroy(&f);
}

/* Of a long young array that is scanned in slices, with hardly any stack. */
static void slices_survive_a_full_stack(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .mark_stack_max = 16 });
	struct gcs_handle *array = new_array(&f, f.references, 5000);
	uint64_t i;

	(void)state;
	/* Slices that the stack has room for, and one for which it has not. */
	for (i = 0; i < 5000; i++)
		if (i % 1024 < 10 || i / 1024 == 3)
			gcs_store(f.mutator, array->object, (void **)array->object + i,
				  new_node(&f, i));
	assert_int_equal(minor_collections(&f), 0);
	collect_minor(&f);
	for (i = 0; i < 5000; i++)
		if (i % 1024 < 10 || i / 1024 == 3)
			assert_int_equal(((struct node **)array->object)[i]->value, i);
	destroy(&f);
}

/* All that lives is in one block that was empty before the collection. */
static void fragmentation_is_what_is_free_beside_objects(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *list = new_list(&f, 1000);

	(void)state;
	gcs_collect(f.mutator);
	assert_int_equal(stats(&f).size_live_bytes, 1000 * NODE_CELL);
	assert_int_equal(stats(&f).size_fragmented_bytes, 65536 - 1000 * NODE_CELL);
	gcs_collect(f.mutator);
	assert_int_equal(stats(&f).size_fragmented_bytes, 65536 - 1000 * NODE_CELL);
	assert_list(list, 1000);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survivors_are_counted),
		cmocka_unit_test(pinned_objects_are_counted),
		cmocka_unit_test(large_objects_are_counted),
		cmocka_unit_test(aging_takes_two_collections),
		cmocka_unit_test(old_objects_keep_survivors),
		cmocka_unit_test(promoted_objects_keep_survivors),
		cmocka_unit_test(roots_follow),
		cmocka_unit_test(contents_move_with_their_objects),
		cmocka_unit_test(hashes_move_with_their_objects),
		cmocka_unit_test(hashes_of_large_objects_stay),
		cmocka_unit_test(pins_hold_until_they_are_undone),
		cmocka_unit_test(all_survivors_may_be_pinned),
		cmocka_unit_test(trace_functions_do_not_recur),
		cmocka_unit_test(cards_of_traced_objects_stay_dirty),
		cmocka_unit_test(headers_and_payloads_may_be_on_two_cards),
		cmocka_unit_test(slices_survive_a_full_stack),
		cmocka_unit_test(fragmentation_is_what_is_free_beside_objects),
	};

	return cmocka_run_group_tests_name("generational", tests, NULL, NULL);
}
