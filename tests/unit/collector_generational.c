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

/* Stacks. */

#define LENGTH 100

static uintptr_t addresses[LENGTH];

/* A list whose nodes' addresses are only where nobody looks; but for one, from inside. */
static __attribute__((noinline)) uint64_t *list_with_a_look_inside(struct fixture *f,
								    struct gcs_handle **ret_list)
{
	struct node *node, *middle = NULL;

	*ret_list = new_list(f, LENGTH);
	for (node = (*ret_list)->object; node; node = node->next) {
		addresses[node->value] = (uintptr_t)node;
		if (node->value == LENGTH / 2)
			middle = node;
	}
	return &middle->value;
}

static __attribute__((noinline)) unsigned count_unmoved(const struct gcs_handle *list)
{
	const struct node *node;
	unsigned count = 0;

	for (node = list->object; node; node = node->next)
		count += addresses[node->value] == (uintptr_t)node;
	return count;
}

/* What an address on the stack points into stays; its neighbours leave, but for a stale few. */
static void ambiguous_roots_pin(void **state)
{
	struct fixture f = create(GCS_ROOTS_CONSERVATIVE, (struct gcs_options){ 0 });
	struct gcs_handle *list;
	uint64_t *volatile inside = list_with_a_look_inside(&f, &list);

	(void)state;
	collect_minor(&f);
	assert_int_equal((uintptr_t)inside, addresses[LENGTH / 2] + 8);
	assert_int_equal(*inside, LENGTH / 2);
	assert_true(is_young(&f, inside));
	assert_in_range(count_unmoved(list), 1, 10);
	assert_list(list, LENGTH);
	collect_minor(&f);
	assert_false(is_young(&f, inside));
	assert_int_equal(*inside, LENGTH / 2);
	assert_in_range(count_unmoved(list), 1, 10);
	assert_list(list, LENGTH);
	destroy(&f);
}

/* Nothing but the address keeps it, and what it refers to. */
static void ambiguous_roots_keep(void **state)
{
	struct fixture f = create(GCS_ROOTS_CONSERVATIVE, (struct gcs_options){ .tenure = 2 });
	struct gcs_handle *list;
	uint64_t *volatile inside = list_with_a_look_inside(&f, &list);
	const struct node *node;
	uint64_t value = LENGTH / 2;
	int i;

	(void)state;
	gcs_handle_free(f.heap, list);
	for (i = 0; i < 3; i++)
		collect_minor(&f);
	assert_int_equal((uintptr_t)inside, addresses[LENGTH / 2] + 8);
	for (node = (struct node *)((uintptr_t)inside - 8); node; node = node->next)
		assert_int_equal(node->value, value--);
	assert_int_equal(value, UINT64_MAX);
	destroy(&f);
}

/* Large objects. */

static __attribute__((noinline)) char *inside_a_large_object(struct fixture *f)
{
	char *bytes = gcs_alloc_array(f->mutator, f->bytes, 200000);

	memset(bytes, 'x', 200000);
	return bytes + 150000;
}

static void stacks_keep_large_objects(void **state)
{
	struct fixture f = create(GCS_ROOTS_CONSERVATIVE, (struct gcs_options){ 0 });
	char *volatile inside = inside_a_large_object(&f);
	int i;

	(void)state;
	assert_true(is_young(&f, inside));
	for (i = 0; i < 3; i++) {
		collect_minor(&f);
		assert_false(is_young(&f, inside));
		assert_int_equal(stats(&f).size_capacity_bytes, 49 * 4096);
		assert_int_equal(*inside, 'x');
	}
	gcs_collect(f.mutator);
	assert_int_equal(*inside, 'x');
	destroy(&f);
}

static void old_objects_keep_large_ones(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 10);
	uint64_t before = stats(&f).size_capacity_bytes;
	void **slots = array->object;

	(void)state;
	gcs_store(f.mutator, slots, &slots[3], gcs_alloc_array(f.mutator, f.bytes, 200000));
	gcs_alloc_array(f.mutator, f.bytes, 200000);
	collect_minor(&f);
	assert_int_equal(stats(&f).size_capacity_bytes, before + 49 * 4096);
	assert_int_equal(gcs_array_length(slots[3]), 200000);
	/* It is old, and stays until a major collection. */
	gcs_store(f.mutator, slots, &slots[3], NULL);
	collect_minor(&f);
	assert_int_equal(stats(&f).size_capacity_bytes, before + 49 * 4096);
	gcs_collect(f.mutator);
	assert_int_equal(stats(&f).size_capacity_bytes, before);
	destroy(&f);
}

/* Old in place, while something that it refers to has to stay where it is, and young. */
static void large_arrays_refer_to_what_stays_young(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_array(&f, f.references, 50000);
	void **slots = array->object;
	struct node *pinned = new_node(&f, 4711);

	(void)state;
	gcs_pin(f.mutator, pinned);
	gcs_store(f.mutator, slots, &slots[40000], pinned);
	gcs_store(f.mutator, slots, &slots[10], new_node(&f, 42));
	collect_minor(&f);
	assert_ptr_equal(array->object, slots);
	assert_false(is_young(&f, slots));
	assert_ptr_equal(slots[40000], pinned);
	assert_true(is_young(&f, pinned));
	gcs_unpin(f.mutator, pinned);
	collect_minor(&f);
	assert_ptr_not_equal(slots[40000], pinned);
	assert_int_equal(((struct node *)slots[40000])->value, 4711);
	assert_int_equal(((struct node *)slots[10])->value, 42);
	destroy(&f);
}

static void an_object_may_be_most_of_the_heap(void **state)
{
	static const struct gcs_options options = { .heap_max = 4 << 20 };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *list = new_list(&f, 1000), *most = new_array(&f, f.bytes, 3 << 20);
	int i;

	(void)state;
	((char *)most->object)[12345] = 'x';
	for (i = 0; i < 3; i++) {
		assert_null(gcs_alloc_array(f.mutator, f.bytes, 3 << 20));
		assert_int_equal(((char *)most->object)[12345], 'x');
		assert_list(list, 1000);
		most->object = gcs_alloc_array(f.mutator, f.bytes, 1000);
		assert_non_null(most->object);
		most->object = gcs_alloc_array(f.mutator, f.bytes, 3 << 20);
		assert_non_null(most->object);
		assert_int_equal(((char *)most->object)[12345], 0);
		((char *)most->object)[12345] = 'x';
	}
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

/* Let go of every other pair of nodes in a list. */
static void thin_out(struct fixture *f, const struct gcs_handle *list)
{
	struct node *node = list->object;

	while (node && node->next) {
		struct node *second = node->next, *fifth = second;
		int i;

		for (i = 0; i < 3 && fifth; i++)
			fifth = fifth->next;
		gcs_store(f->mutator, second, (void **)&second->next, fifth);
		node = fifth;
	}
}

static uint64_t fill_heap(struct fixture *f, struct gcs_handle *list)
{
	struct node *node;
	uint64_t count;

	for (count = 0; (node = gcs_alloc(f->mutator, f->node)); count++) {
		assert_null(node->next);
		assert_int_equal(node->value, 0);
		node->value = count;
		gcs_init((void **)&node->next, list->object);
		list->object = node;
	}
	return count;
}

/* There is room for a part of what survives: the rest stays where it is. */
static void assert_promotion_fails_half_way(uint64_t tenure)
{
	struct gcs_options options = {
		.heap_max = 2 << 20, .nursery = 1 << 20, .tenure = tenure
	};
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *old = new_list(&f, 15000), *list, *more;
	struct gcscope_stats block;
	uint64_t length = (1 << 20) / NODE_CELL - 1000, count, first = 0;
	int round;

	for (round = 0; round < 2; round++)
		collect_minor(&f);
	list = new_list(&f, length);
	collect_minor(&f);
	block = stats(&f);
	assert_in_range(block.promotion_pinned_objects, 1, length - 1);
	assert_int_equal(block.nursery_survived_objects, 15000 + length);
	assert_list(old, 15000);
	assert_list(list, length);
	more = gcs_handle_new(f.heap, NULL);
	for (round = 0; round < 3; round++) {
		count = fill_heap(&f, more);
		assert_null(gcs_alloc_array(f.mutator, f.bytes, 1 << 20));
		assert_list(old, 15000);
		assert_list(list, length);
		more->object = NULL;
		assert_true(!first || count >= first);
		first = count;
	}
	gcs_handle_free(f.heap, list);
	gcs_handle_free(f.heap, old);
	assert_in_range(fill_heap(&f, more) * NODE_CELL, (2 << 20) * 8 / 10, 2 << 20);
	destroy(&f);
}

static void promotion_may_fail_half_way(void **state)
{
	(void)state;
	assert_promotion_fails_half_way(1);
	assert_promotion_fails_half_way(2);
}

/* The same of a major collection that is to move everything. */
static void evacuation_may_fail_half_way(void **state)
{
	static const struct gcs_options options = {
		.heap_max = 1 << 20, .nursery = ADAPTS, .evacuate = 1
	};
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *list = gcs_handle_new(f.heap, NULL);
	uint64_t length = fill_heap(&f, list);
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		gcs_collect(f.mutator);
		assert_list(list, length);
		assert_null(gcs_alloc_array(f.mutator, f.bytes, 100000));
	}
	list->object = NULL;
	assert_int_equal(fill_heap(&f, list), length);
	destroy(&f);
}

/* A full heap of half dead blocks: there is no empty one, but holes enough. */
static void holes_are_memory(void **state)
{
	static const struct gcs_options options = { .heap_max = 1 << 20, .nursery = ADAPTS };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *list = gcs_handle_new(f.heap, NULL), *more;
	uint64_t first = fill_heap(&f, list);

	(void)state;
	assert_in_range(first * NODE_CELL, (1 << 20) * 9 / 10, 1 << 20);
	thin_out(&f, list);
	more = gcs_handle_new(f.heap, NULL);
	assert_in_range(fill_heap(&f, more), first * 4 / 10, first * 6 / 10);
	destroy(&f);
}

/* Doing without generations. */

/* Let the pace say so; the next major collection asks it. */
static void set_generational(struct fixture *f, bool generational)
{
	f->heap->pace.generational = generational;
	f->heap->pace.patience = 1000;
	gcs_collect(f->mutator);
	assert_int_equal(f->heap->generational, generational);
	assert_int_equal(stats(f).size_nursery_bytes == GCSCOPE_STATS_UNKNOWN, !generational);
}

static struct fixture create_without_generations(void)
{
	struct fixture f =
		create(GCS_ROOTS_PRECISE, (struct gcs_options){ .nursery = ADAPTS });

	set_generational(&f, false);
	return f;
}

/* New nodes lie between old ones, and are old themselves: no store to them is slow. */
static void nodes_are_born_in_holes(void **state)
{
	struct fixture f = create_without_generations();
	struct gcs_handle *list = new_list(&f, 10000), *more;
	uint64_t capacity = stats(&f).size_capacity_bytes, slow;
	struct node *node;

	(void)state;
	gcs_collect(f.mutator);
	thin_out(&f, list);
	gcs_collect(f.mutator);
	capacity = stats(&f).size_capacity_bytes;
	assert_int_equal(stats(&f).size_live_bytes, 5000 * NODE_CELL);
	more = new_list(&f, 4000);
	slow = stats(&f).barrier_slow;
	node = more->object;
	gcs_store(f.mutator, node, (void **)&node->next, node->next);
	assert_false(is_young(&f, node));
	gcs_collect(f.mutator);
	assert_int_equal(stats(&f).size_live_bytes, 9000 * NODE_CELL);
	assert_int_equal(stats(&f).size_capacity_bytes, capacity);
	assert_int_equal(stats(&f).barrier_slow, slow);
	assert_int_equal(minor_collections(&f), 0);
	assert_list(more, 4000);
	destroy(&f);
}

/* Objects of all sizes die and are born in each other's holes. */
static void sizes_mix_without_generations(void **state)
{
	struct fixture f = create_without_generations();
	struct gcs_handle *all = new_array(&f, f.references, 4 * SIZES);
	struct sample samples[4 * SIZES];
	size_t i, round;

	(void)state;
	fill_with_samples(&f, all, samples);
	for (round = 0; round < 20; round++) {
		void **array = all->object;

		for (i = round; i < 4 * SIZES; i += 3)
			gcs_store(f.mutator, array, &array[i], NULL);
		gcs_collect(f.mutator);
		array = all->object;
		for (i = 0; i < 4 * SIZES; i++) {
			if (!array[i])
				gcs_store(f.mutator, array, &array[i],
					  new_sample(&f, &samples[i], i));
			samples[i].address = (uintptr_t)array[i];
		}
		assert_samples(&f, all, samples, false);
	}
	assert_int_equal(minor_collections(&f), 0);
	destroy(&f);
}

/* There and back: what was born old is armed then, and keeps what is young. */
static void generations_come_back(void **state)
{
	struct fixture f = create_without_generations();
	struct gcs_handle *list = new_list(&f, 3000), *large;
	struct node *node;
	int round;

	(void)state;
	large = new_array(&f, f.references, 10000);
	for (round = 0; round < 3; round++) {
		void **slots = large->object;
		uint64_t slow;

		set_generational(&f, true);
		slow = stats(&f).barrier_slow;
		node = list->object;
		while (node->next)
			node = node->next;
		gcs_store(f.mutator, node, (void **)&node->next, new_node(&f, 4711));
		gcs_store(f.mutator, slots, &slots[5000], new_node(&f, 42));
		collect_minor(&f);
		assert_int_equal(stats(&f).barrier_slow, slow + 2);
		assert_int_equal(node->next->value, 4711);
		assert_int_equal(((struct node *)slots[5000])->value, 42);
		/* What is young when generations are given up is promoted. */
		gcs_store(f.mutator, node, (void **)&node->next, new_node(&f, 4712));
		set_generational(&f, false);
		node = list->object;
		while (node->next->next)
			node = node->next;
		assert_int_equal(node->next->value, 4712);
		gcs_store(f.mutator, node, (void **)&node->next, NULL);
		assert_list(list, 3000);
	}
	destroy(&f);
}

/* A minor collection that gives generations up leaves nothing young, pinned or not. */
static void the_last_minor_collection_promotes_all(void **state)
{
	static const struct gcs_options options = { .nursery = ADAPTS, .tenure = 2 };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	struct gcs_handle *list = new_list(&f, 1000);
	struct node *pinned = list->object;
	struct gcscope_stats block;

	(void)state;
	gcs_pin(f.mutator, pinned);
	f.heap->pace.generational = false;
	f.heap->pace.patience = 1000;
	collect_minor(&f);
	block = stats(&f);
	assert_false(f.heap->generational);
	assert_promotion(&block, 1000, 1000 * NODE_CELL, 1, NODE_CELL);
	assert_ptr_equal(list->object, pinned);
	assert_false(is_young(&f, pinned));
	assert_false(is_young(&f, pinned->next));
	new_list(&f, 1000);
	gcs_collect(f.mutator);
	assert_list(list, 1000);
	destroy(&f);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		struct gcs_options options;
		const char *sentence;
	} cases[] = {
		{ { .heap_max = 1 << 20, .nursery = (1 << 19) + 1 },
		  "option nursery: 524289 is more than half of heap_max, which is 1048576" },
		{ { .tenure = 3 }, "option tenure: 3 is not within 1 and 2" },
		{ { .evacuate = 2 }, "option evacuate: 2 is not within 1 and 1" },
	};
	struct gcs_heap *heap;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(gcs_heap_create(&heap, &cases[i].options), -EINVAL);
		assert_string_equal(gcs_error_message(), cases[i].sentence);
	}
	assert_int_equal(gcs_heap_create(&heap, &(struct gcs_options){ .heap_max = 1 << 20,
									.nursery = 1 << 19 }),
			 0);
	assert_int_equal(gcs_heap_destroy(heap), 0);
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
		cmocka_unit_test(ambiguous_roots_pin),
		cmocka_unit_test(ambiguous_roots_keep),
		cmocka_unit_test(stacks_keep_large_objects),
		cmocka_unit_test(old_objects_keep_large_ones),
		cmocka_unit_test(large_arrays_refer_to_what_stays_young),
		cmocka_unit_test(an_object_may_be_most_of_the_heap),
		cmocka_unit_test(trace_functions_do_not_recur),
		cmocka_unit_test(cards_of_traced_objects_stay_dirty),
		cmocka_unit_test(headers_and_payloads_may_be_on_two_cards),
		cmocka_unit_test(slices_survive_a_full_stack),
		cmocka_unit_test(fragmentation_is_what_is_free_beside_objects),
		cmocka_unit_test(promotion_may_fail_half_way),
		cmocka_unit_test(evacuation_may_fail_half_way),
		cmocka_unit_test(holes_are_memory),
		cmocka_unit_test(nodes_are_born_in_holes),
		cmocka_unit_test(sizes_mix_without_generations),
		cmocka_unit_test(generations_come_back),
		cmocka_unit_test(the_last_minor_collection_promotes_all),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("generational", tests, NULL, NULL);
}
