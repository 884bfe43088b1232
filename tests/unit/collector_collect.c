/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What survives a collection, by each kind of root and each kind of reference,
 * counted exactly: size_live_bytes says what they take. All of it under each plan.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "gcscope/gcscope.h"

struct node {
	struct node *next;
	uint64_t value;
};
#define NODE_CELL 24

struct fixture {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *node, *references, *bytes;
};

static const uint32_t zero_offset[] = { 0 };

static enum gcs_plan plan; /* under test */

static struct gcs_type *register_type(struct gcs_heap *heap, struct gcs_type_info info)
{
	struct gcs_type *type;

	assert_int_equal(gcs_type_register(&type, heap, &info), 0);
	return type;
}

/* A heap whose only roots are those that a test names. */
static struct fixture create(enum gcs_roots roots, struct gcs_options options)
{
	struct fixture f;

	options.plan = plan;
	assert_int_equal(gcs_heap_create(&f.heap, &options), 0);
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, roots), 0);
	f.node = register_type(f.heap, (struct gcs_type_info){ .name = "node",
							       .size = sizeof(struct node),
							       .pointers = zero_offset,
							       .pointer_count = 1 });
	f.references =
		register_type(f.heap, (struct gcs_type_info){ .name = "references",
							      .element_size = 8,
							      .element_pointers = zero_offset,
							      .element_pointer_count = 1 });
	f.bytes =
		register_type(f.heap, (struct gcs_type_info){ .name = "bytes", .element_size = 1 });
	return f;
}

static void destroy(struct fixture *f)
{
	assert_int_equal(gcs_mutator_detach(f->mutator), 0);
	assert_int_equal(gcs_heap_destroy(f->heap), 0);
}

static struct gcscope_stats stats(const struct fixture *f)
{
	struct gcscope_stats stats;

	gcs_stats_read(f->heap, &stats);
	return stats;
}

static uint64_t live_after_collecting(struct fixture *f)
{
	gcs_collect(f->mutator);
	assert_int_equal(gcs_verify(f->heap, f->mutator), 0);
	return stats(f).size_live_bytes;
}

static struct node *list(struct fixture *f, int length)
{
	struct node *head = NULL, *node;
	void **slots[] = { (void **)&head };
	struct gcs_frame frame;

	gcs_frame_push(f->mutator, &frame, slots, 1);
	while (length--) {
		node = gcs_alloc(f->mutator, f->node);
		assert_non_null(node);
		assert_null(node->next);
		assert_int_equal(node->value, 0);
		gcs_init((void **)&node->next, head);
		node->value = 0x5a5a;
		head = node;
	}
	gcs_frame_pop(f->mutator, &frame);
	return head;
}

/* A list of one node into an element of the array that a handle holds. */
static void store_list(struct fixture *f, const struct gcs_handle *handle, size_t element)
{
	struct node *node = list(f, 1);
	void **array = handle->object;

	gcs_store(f->mutator, array, &array[element], node);
}

static void handles_and_named_slots_are_roots(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, list(&f, 10));
	static void *slots[3];

	(void)state;
	slots[1] = list(&f, 100);
	assert_int_equal(gcs_root_add(f.heap, slots, 3), 0);
	assert_int_equal(live_after_collecting(&f), 110 * NODE_CELL);
	gcs_handle_free(f.heap, handle);
	assert_int_equal(live_after_collecting(&f), 100 * NODE_CELL);
	assert_int_equal(gcs_root_remove(f.heap, slots), 0);
	assert_int_equal(gcs_root_remove(f.heap, slots), -ENOENT);
	assert_int_equal(live_after_collecting(&f), 0);
	destroy(&f);
}

static void many_handles(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *handles[1000];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		handles[i] = gcs_handle_new(f.heap, list(&f, 1));
	assert_int_equal(live_after_collecting(&f), 1000 * NODE_CELL);
	for (i = 0; i < 1000; i += 2)
		gcs_handle_free(f.heap, handles[i]);
	assert_int_equal(live_after_collecting(&f), 500 * NODE_CELL);
	for (i = 0; i < 1000; i += 2)
		handles[i] = gcs_handle_new(f.heap, NULL);
	assert_int_equal(live_after_collecting(&f), 500 * NODE_CELL);
	destroy(&f);
}

static void frames_are_roots(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct node *a, *b = NULL;
	void **outer[] = { (void **)&a }, **inner[] = { (void **)&b };
	struct gcs_frame first, second;

	(void)state;
	a = list(&f, 3);
	gcs_frame_push(f.mutator, &first, outer, 1);
	gcs_frame_push(f.mutator, &second, inner, 1);
	b = list(&f, 4);
	assert_int_equal(live_after_collecting(&f), 7 * NODE_CELL);
	assert_int_equal(gcs_mutator_detach(f.mutator), -EBUSY);
	assert_non_null(strstr(gcs_error_message(), "frames"));
	gcs_frame_pop(f.mutator, &second);
	assert_int_equal(live_after_collecting(&f), 3 * NODE_CELL);
	gcs_frame_pop(f.mutator, &first);
	assert_int_equal(live_after_collecting(&f), 0);
	destroy(&f);
}

/* Only an interior address, on the stack, keeps each list alive. */
static __attribute__((noinline)) uint64_t *last_value(struct fixture *f)
{
	return &list(f, 50)->value;
}

static void stacks_are_scanned_conservatively(void **state)
{
	struct fixture f = create(GCS_ROOTS_CONSERVATIVE, (struct gcs_options){ 0 });
	uint64_t *volatile inside = last_value(&f);

	(void)state;
	assert_true(live_after_collecting(&f) >= 50 * NODE_CELL);
	assert_int_equal(*inside, 0x5a5a);
	gcs_blocking_begin(f.mutator);
	gcs_blocking_end(f.mutator);
	assert_true(live_after_collecting(&f) >= 50 * NODE_CELL);
	inside = NULL;
	destroy(&f);
}

struct odd {
	uint64_t tag;
	struct node *hidden; /* the node's address, shifted up by one bit */
};

static void trace_odd(void *object, struct gcs_tracer *tracer)
{
	struct odd *odd = object;
	void *node = (void *)((uintptr_t)odd->hidden >> 1);

	gcs_trace_slot(tracer, &node);
	odd->hidden = (struct node *)((uintptr_t)node << 1);
}

static void trace_functions_are_called(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_type *type = register_type(
		f.heap, (struct gcs_type_info){
				.name = "odd", .size = sizeof(struct odd), .trace = trace_odd });
	struct odd *odd = gcs_alloc(f.mutator, type);
	struct gcs_handle *handle = gcs_handle_new(f.heap, odd);

	(void)state;
	odd->hidden = (struct node *)((uintptr_t)list(&f, 9) << 1);
	assert_int_equal(live_after_collecting(&f), 10 * 24);
	gcs_handle_free(f.heap, handle);
	destroy(&f);
}

static void cycles_die(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct node *head = list(&f, 1000), *tail = head;

	(void)state;
	while (tail->next)
		tail = tail->next;
	gcs_store(f.mutator, tail, (void **)&tail->next, head);
	assert_int_equal(live_after_collecting(&f), 0);
	assert_int_equal(stats(&f).barrier_stores, 1);
	destroy(&f);
}

/* Arrays of all sizes, in cells and in blocks of their own, keep what they hold. */
static void arrays_of_all_sizes(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 100, 1022, 1023, 1024, 5000, 100000 };
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct gcs_handle *handle = gcs_handle_new(f.heap, NULL);
		void **array = gcs_alloc_array(f.mutator, f.references, lengths[i]);
		uint64_t empty;

		assert_non_null(array);
		assert_int_equal(gcs_array_length(array), lengths[i]);
		for (j = 0; j < lengths[i]; j++)
			assert_null(array[j]);
		handle->object = array;
		empty = live_after_collecting(&f);
		assert_true(empty >= 8 + 8 * lengths[i]);
		for (j = 0; j < lengths[i]; j += 3)
			store_list(&f, handle, j);
		assert_int_equal(live_after_collecting(&f),
				 empty + (lengths[i] + 2) / 3 * NODE_CELL);
		gcs_handle_free(f.heap, handle);
		assert_int_equal(live_after_collecting(&f), 0);
	}
	destroy(&f);
}

/* The header has 32 bits for a length; more stands in the word before it. */
static void very_long_arrays(void **state)
{
	struct fixture f =
		create(GCS_ROOTS_PRECISE, (struct gcs_options){ .heap_max = 8ULL << 30 });
	size_t length = (1ULL << 32) + 12345;
	char *bytes = gcs_alloc_array(f.mutator, f.bytes, length);
	struct gcs_handle *handle = gcs_handle_new(f.heap, bytes);

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(gcs_array_length(bytes), length);
	bytes[length - 1] = 'x';
	assert_true(live_after_collecting(&f) > length);
	assert_int_equal(bytes[length - 1], 'x');
	gcs_handle_free(f.heap, handle);
	assert_null(gcs_alloc_array(f.mutator, f.references, SIZE_MAX / 4));
	/* Where there are no elements there is no length, long or short. */
	assert_null(gcs_alloc_array(f.mutator, f.node, length));
	assert_null(gcs_alloc_array(f.mutator, f.node, 1));
	assert_non_null(gcs_alloc_array(f.mutator, f.node, 0));
	destroy(&f);
}

static void payloads_are_aligned(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_type *type;
	size_t size;
	int i;

	(void)state;
	for (size = 1; size < 20000; size = size * 3 / 2 + 1) {
		type = register_type(f.heap, (struct gcs_type_info){ .name = "aligned",
								     .size = size,
								     .align = 16 });
		for (i = 0; i < 100; i++)
			assert_int_equal((uintptr_t)gcs_alloc(f.mutator, type) % 16, 0);
	}
	destroy(&f);
}

/* More than there are addresses, rounded up to an alignment. */
static void impossible_lengths_are_refused(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .heap_max = 1 << 20 });
	struct gcs_type *type = register_type(
		f.heap, (struct gcs_type_info){ .name = "wide", .element_size = 16, .align = 16 });
	size_t length;

	(void)state;
	assert_null(gcs_alloc_array(f.mutator, type, SIZE_MAX));
	for (length = SIZE_MAX / 16 - 4; length <= SIZE_MAX / 16; length++) {
		assert_null(gcs_alloc_array(f.mutator, type, length));
		assert_null(gcs_alloc_array(f.mutator, f.references, 2 * length));
	}
	destroy(&f);
}

/*
 * At the limit: NULL, and the heap goes on working. What is allocated again
 * after letting go of everything is zeroed.
 */
static void memory_runs_out_politely(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .heap_max = 1 << 20 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, NULL);
	struct node *node;
	size_t count, first = 0;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (count = 0; (node = gcs_alloc(f.mutator, f.node)); count++) {
			assert_null(node->next);
			assert_int_equal(node->value, 0);
			gcs_init((void **)&node->next, handle->object);
			node->value = ~0ULL;
			handle->object = node;
		}
		assert_in_range(count * NODE_CELL, (1 << 20) * 9 / 10, 1 << 20);
		assert_true(!first || count == first);
		first = count;
		assert_null(gcs_alloc_array(f.mutator, f.bytes, 100000));
		assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
		handle->object = NULL;
	}
	assert_non_null(gcs_alloc_array(f.mutator, f.bytes, 500000));
	assert_null(gcs_alloc_array(f.mutator, f.bytes, 2 << 20));
	destroy(&f);
}

/*
 * Marked although the stack may not grow: a long array of distinct objects, and a
 * wide, deep tree of arrays.
 */
static void marking_survives_a_full_stack(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .mark_stack_max = 16 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, NULL);
	size_t length = 200000, i;
	void **array = gcs_alloc_array(f.mutator, f.references, length);
	uint64_t before;

	(void)state;
	handle->object = array;
	before = live_after_collecting(&f);
	for (i = 0; i < length; i++)
		gcs_store(f.mutator, array, &array[i], list(&f, i % 7 == 0 ? 3 : 1));
	assert_int_equal(live_after_collecting(&f),
			 before + (length + 2 * ((length + 6) / 7)) * NODE_CELL);
	destroy(&f);
}

static void *tree(struct fixture *f, int depth)
{
	void **array = NULL, **slots[] = { (void **)&array };
	struct gcs_frame frame;
	int i;

	gcs_frame_push(f->mutator, &frame, slots, 1);
	array = gcs_alloc_array(f->mutator, f->references, 20);
	for (i = 0; depth && i < 20; i++) {
		void *child = tree(f, depth - 1);

		gcs_store(f->mutator, array, &array[i], child);
	}
	gcs_frame_pop(f->mutator, &frame);
	return array;
}

static void trees_survive_a_full_stack(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .mark_stack_max = 17 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, tree(&f, 3));

	(void)state;
	/* 8 + 20 * 8 bytes, which marksweep rounds to a size class */
	assert_int_equal(live_after_collecting(&f),
			 (1 + 20 + 400 + 8000) * (plan == GCS_PLAN_MARKSWEEP ? 176 : 168));
	gcs_handle_free(f.heap, handle);
	destroy(&f);
}

static void the_verifier_finds_a_bad_reference(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct node *node = list(&f, 2);
	struct gcs_handle *handle = gcs_handle_new(f.heap, node);
	char expected[160];

	(void)state;
	node->next = (struct node *)((char *)node + 8);
	snprintf(expected, sizeof(expected),
		 "node at %p, field at byte 0: it refers to %p, which is no allocated object",
		 (void *)node, (void *)node->next);
	assert_int_equal(gcs_verify(f.heap, f.mutator), -EUCLEAN);
	assert_string_equal(gcs_error_message(), expected);
	node->next = (struct node *)&f;
	assert_int_equal(gcs_verify(f.heap, f.mutator), -EUCLEAN);
	assert_non_null(strstr(gcs_error_message(), "which is not in this heap"));
	node->next = NULL;
	*gcs_header(node) = 0x7ULL << GCS_HEADER_TYPE_SHIFT;
	assert_int_equal(gcs_verify(f.heap, f.mutator), -EUCLEAN);
	assert_non_null(strstr(gcs_error_message(), "which has no registered type"));
	handle->object = NULL;
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	destroy(&f);
}

static void identity_hashes_stay(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct node *node = list(&f, 2);
	struct gcs_handle *handle = gcs_handle_new(f.heap, node);
	uint64_t hash = gcs_identity_hash(f.mutator, node);

	(void)state;
	assert_int_not_equal(hash, 0);
	assert_int_not_equal(hash, gcs_identity_hash(f.mutator, node->next));
	gcs_collect(f.mutator);
	assert_int_equal(gcs_identity_hash(f.mutator, handle->object), hash);
	destroy(&f);
}

/* Every counter, from sizes alone. */
static void counters_are_exact(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct node *a = list(&f, 1000), *b = list(&f, 1);
	struct gcs_handle *handle = gcs_handle_new(f.heap, a);
	void *copied[5] = { 0 }, **array = gcs_alloc_array(f.mutator, f.references, 5);
	struct gcscope_stats block;
	int i;

	(void)state;
	for (i = 0; i < 77; i++)
		gcs_store(f.mutator, a, (void **)&a->next, b);
	gcs_copy_refs(f.mutator, array, array, copied, 5);
	gcs_collect(f.mutator);
	gcs_collect(f.mutator);
	block = stats(&f);
	assert_int_equal(block.allocation_objects, 1002);
	assert_int_equal(block.allocation_bytes, 1001 * NODE_CELL + 48);
	assert_int_equal(block.barrier_stores, 82);
	assert_int_equal(block.barrier_slow, 0);
	assert_int_equal(block.collections[GCS_KIND_MAJOR][GCS_CAUSE_EXPLICIT], 2);
	assert_int_equal(block.collections[GCS_KIND_MAJOR][GCS_CAUSE_ALLOCATION], 0);
	assert_int_equal(block.pauses, 2);
	assert_int_equal(block.size_live_bytes, 2 * NODE_CELL);
	assert_int_equal(block.heap > 0, 1);
	gcs_handle_free(f.heap, handle);
	destroy(&f);
}

/* A fixed budget makes the number of collections a matter of arithmetic. */
static void a_fixed_budget_repeats(void **state)
{
	/*
	 * marksweep: a run of at most 4096 bytes holds 170 nodes, 4080 bytes; ten of them are the
	 * budget. generational: a nursery is spent to the last node.
	 */
	uint64_t collection = plan == GCS_PLAN_MARKSWEEP ? 10 * 170 : 65536 / NODE_CELL;
	struct fixture f = create(GCS_ROOTS_PRECISE,
				  (struct gcs_options){ .budget = 40800, .nursery = 65536 });
	struct gcscope_stats block;
	uint64_t i;

	(void)state;
	for (i = 0; i < 10 * collection; i++)
		gcs_alloc(f.mutator, f.node);
	gcs_verify(f.heap, f.mutator);
	block = stats(&f);
	assert_in_range(block.collections[GCS_KIND_MAJOR][GCS_CAUSE_ALLOCATION] +
				block.collections[GCS_KIND_MINOR][GCS_CAUSE_ALLOCATION],
			9, 10);
	destroy(&f);
}

static void stress_collects_at_every_nth(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE,
				  (struct gcs_options){ .stress = 5, .verify = 1, .poison = 1 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, NULL);
	struct gcscope_stats block;
	struct node *node;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		node = gcs_alloc(f.mutator, f.node);
		gcs_init((void **)&node->next, handle->object);
		handle->object = node;
	}
	block = stats(&f);
	assert_int_equal(block.collections[GCS_KIND_MAJOR][GCS_CAUSE_STRESS] +
				 block.collections[GCS_KIND_MINOR][GCS_CAUSE_STRESS],
			 20);
	assert_int_equal(live_after_collecting(&f), 100 * NODE_CELL);
	destroy(&f);
}

static void heaps_are_apart(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct fixture g = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_mutator *again;

	(void)state;
	assert_ptr_not_equal(f.mutator, g.mutator);
	assert_int_equal(gcs_mutator_attach(&again, f.heap, GCS_ROOTS_PRECISE), 0);
	assert_ptr_equal(again, f.mutator);
	list(&f, 10);
	list(&g, 20);
	gcs_collect(g.mutator);
	assert_int_equal(stats(&g).allocation_objects, 20);
	assert_int_equal(stats(&f).allocation_objects, 0); /* its world has not stood yet */
	gcs_collect(f.mutator);
	assert_int_equal(stats(&f).allocation_objects, 10);
	assert_int_equal(gcs_heap_destroy(g.heap), -EBUSY);
	destroy(&g);
	destroy(&f);
}

static int under_marksweep(void **state)
{
	(void)state;
	plan = GCS_PLAN_MARKSWEEP;
	return 0;
}

static int under_generational(void **state)
{
	(void)state;
	plan = GCS_PLAN_GENERATIONAL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handles_and_named_slots_are_roots),
		cmocka_unit_test(many_handles),
		cmocka_unit_test(frames_are_roots),
		cmocka_unit_test(stacks_are_scanned_conservatively),
		cmocka_unit_test(trace_functions_are_called),
		cmocka_unit_test(cycles_die),
		cmocka_unit_test(arrays_of_all_sizes),
		cmocka_unit_test(very_long_arrays),
		cmocka_unit_test(payloads_are_aligned),
		cmocka_unit_test(impossible_lengths_are_refused),
		cmocka_unit_test(memory_runs_out_politely),
		cmocka_unit_test(marking_survives_a_full_stack),
		cmocka_unit_test(trees_survive_a_full_stack),
		cmocka_unit_test(the_verifier_finds_a_bad_reference),
		cmocka_unit_test(identity_hashes_stay),
		cmocka_unit_test(counters_are_exact),
		cmocka_unit_test(a_fixed_budget_repeats),
		cmocka_unit_test(stress_collects_at_every_nth),
		cmocka_unit_test(heaps_are_apart),
	};

	return cmocka_run_group_tests_name("marksweep", tests, under_marksweep, NULL) +
	       cmocka_run_group_tests_name("generational", tests, under_generational, NULL);
}
