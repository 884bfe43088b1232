/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The remembered set of plan generational: what stores into old objects count, to the unit;
 * what they keep alive; and the checker that finds a store without a barrier. Also run under
 * ThreadSanitizer.
 */
#include "collector_fixture.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap/cards.h"

#define CARD_REFERENCES (CARD_BYTES / sizeof(void *))

/* ThreadSanitizer takes a forked child for a process that has lost its parent's threads. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

/* The first slot of the nth card that an array has for itself. */
static void **card_of(const struct gcs_handle *array, size_t n)
{
	uintptr_t first = ((uintptr_t)array->object + CARD_BYTES - 1) & ~(CARD_BYTES - 1);

	return (void **)(first + n * CARD_BYTES);
}

static void store(struct fixture *f, const struct gcs_handle *array, void **slot, void *value)
{
	gcs_store(f->mutator, array->object, slot, value);
}

struct counts {
	uint64_t stores, slow, dirtied, redirtied, scanned, useful;
};

/* Collect, and compare what was counted since `before`. */
static void assert_counts(struct fixture *f, const struct gcscope_stats *before,
			  struct counts expected)
{
	struct gcscope_stats now;

	collect_minor(f);
	now = stats(f);
	assert_int_equal(now.barrier_stores - before->barrier_stores, expected.stores);
	assert_int_equal(now.barrier_slow - before->barrier_slow, expected.slow);
	assert_int_equal(now.cards_dirtied - before->cards_dirtied, expected.dirtied);
	assert_int_equal(now.cards_redirtied - before->cards_redirtied, expected.redirtied);
	assert_int_equal(now.cards_scanned - before->cards_scanned, expected.scanned);
	assert_int_equal(now.cards_useful - before->cards_useful, expected.useful);
	assert_int_equal(now.cards_wasted - before->cards_wasted,
			 expected.scanned - expected.useful);
}

static void a_slot_twice_is_one_card(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	struct gcscope_stats before = stats(&f);
	void **slot = card_of(array, 0);

	(void)state;
	store(&f, array, slot, new_node(&f, 1));
	store(&f, array, slot, new_node(&f, 2));
	assert_counts(&f, &before, (struct counts){ 2, 2, 1, 0, 1, 1 });
	assert_int_equal(((struct node *)*slot)->value, 2);
	assert_false(is_young(&f, *slot));
	destroy(&f);
}

/* Slots are logged up to CARD_SLOTS_MAX; the next one opens the card, and no more are slow. */
static void a_card_of_many_slots_is_opened(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	uint64_t slots, i;

	(void)state;
	for (slots = 1; slots <= 6; slots++) {
		struct gcscope_stats before = stats(&f);
		void **card = card_of(array, slots);

		for (i = 0; i < slots; i++)
			store(&f, array, &card[10 * i], new_node(&f, i));
		assert_int_equal(mutator_of(f.mutator)->log->count, slots < 5 ? slots : 4);
		assert_int_equal(*space_card(&f.heap->space, (uintptr_t)card),
				 slots < 5 ? CARD_ARMED + slots : CARD_OPEN);
		assert_counts(&f, &before,
			      (struct counts){ slots, slots < 5 ? slots : 5, 1, 0, 1, 1 });
		assert_int_equal(*space_card(&f.heap->space, (uintptr_t)card),
				 CARD_ARMED | CARD_AGAIN);
		for (i = 0; i < slots; i++) {
			assert_int_equal(((struct node *)card[10 * i])->value, i);
			assert_false(is_young(&f, card[10 * i]));
		}
	}
	destroy(&f);
}

/* The young reference is gone when its card is looked at; the node is not kept. */
static void overwritten_slots_are_wasted(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	struct gcscope_stats before = stats(&f);
	void **card = card_of(array, 0);
	uint64_t i;

	(void)state;
	store(&f, array, card, new_node(&f, 1));
	store(&f, array, card, NULL);
	assert_counts(&f, &before, (struct counts){ 2, 2, 1, 0, 1, 0 });
	before = stats(&f);
	store(&f, array, card, new_node(&f, 1));
	store(&f, array, card, array->object);
	assert_counts(&f, &before, (struct counts){ 2, 2, 1, 1, 1, 0 });
	before = stats(&f);
	for (i = 0; i < 5; i++)
		store(&f, array, &card[i], new_node(&f, i));
	for (i = 0; i < 5; i++)
		store(&f, array, &card[i], NULL);
	assert_counts(&f, &before, (struct counts){ 10, 5, 1, 1, 1, 0 });
	assert_int_equal(stats(&f).nursery_survived_objects, 1); /* the array */
	destroy(&f);
}

static void what_is_not_young_dirties_nothing(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000), *young;
	struct gcscope_stats before = stats(&f);
	void **card = card_of(array, 0);

	(void)state;
	store(&f, array, card, NULL);
	store(&f, array, card, array->object);
	assert_counts(&f, &before, (struct counts){ 2, 2, 0, 0, 0, 0 });
	before = stats(&f);
	young = new_array(&f, f.references, 10);
	store(&f, young, young->object, new_node(&f, 1));
	store(&f, young, young->object, array->object);
	assert_counts(&f, &before, (struct counts){ 2, 0, 0, 0, 0, 0 });
	destroy(&f);
}

static void scanned_cards_are_dirtied_again(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	struct gcscope_stats before = stats(&f);
	void **card = card_of(array, 3);
	uint64_t i;

	(void)state;
	store(&f, array, card, new_node(&f, 1));
	assert_counts(&f, &before, (struct counts){ 1, 1, 1, 0, 1, 1 });
	before = stats(&f);
	for (i = 0; i < 10; i++)
		store(&f, array, &card[i], new_node(&f, 1));
	assert_counts(&f, &before, (struct counts){ 10, 5, 1, 1, 1, 1 });
	before = stats(&f);
	store(&f, array, card, new_node(&f, 1));
	store(&f, array, card_of(array, 4), new_node(&f, 1)); /* never before */
	assert_counts(&f, &before, (struct counts){ 2, 2, 2, 1, 2, 2 });
	destroy(&f);
}

/* Half a card, three whole ones, and half a card. */
static void copies_dirty_each_card(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000), *source;
	struct gcscope_stats before = stats(&f);
	void **target = card_of(array, 2) + CARD_REFERENCES / 2;
	uint64_t i, count = 4 * CARD_REFERENCES;

	(void)state;
	source = new_array(&f, f.references, count);
	for (i = 0; i < count; i++)
		store(&f, source, (void **)source->object + i, new_node(&f, i));
	gcs_copy_refs(f.mutator, array->object, target, source->object, count);
	gcs_handle_free(f.heap, source);
	assert_counts(&f, &before, (struct counts){ 2 * count, 25, 5, 0, 5, 5 });
	for (i = 0; i < count; i++)
		assert_int_equal(((struct node *)target[i])->value, i);

	/* Within the array, overlapping, and of old references alone. */
	before = stats(&f);
	gcs_copy_refs(f.mutator, array->object, target + 1, target, count - 1);
	assert_counts(&f, &before, (struct counts){ count - 1, count - 1, 0, 0, 0, 0 });
	for (i = 1; i < count; i++)
		assert_int_equal(((struct node *)target[i])->value, i - 1);
	destroy(&f);
}

/* Where the log has no room, cards take over: nothing is lost. */
static void a_full_log_opens_cards(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	size_t logged = LOG_ROOM / CARD_SLOTS_MAX, cards = logged + 76, i, j;
	struct gcs_handle *array = new_old_array(&f, (cards + 1) * CARD_REFERENCES);
	struct gcscope_stats before = stats(&f);
	struct node *node = new_node(&f, 4711);

	(void)state;
	for (i = 0; i < cards; i++)
		for (j = 0; j < CARD_SLOTS_MAX; j++)
			store(&f, array, card_of(array, i) + j, node);
	assert_int_equal(mutator_of(f.mutator)->log->count, LOG_ROOM);
	assert_counts(&f, &before,
		      (struct counts){ CARD_SLOTS_MAX * cards, LOG_ROOM + 76, cards, 0, cards,
				       cards });
	node = *card_of(array, 0);
	assert_int_equal(node->value, 4711);
	for (i = 0; i < cards; i++)
		for (j = 0; j < CARD_SLOTS_MAX; j++)
			assert_ptr_equal(card_of(array, i)[j], node);
	destroy(&f);
}

/* Mutators tell of 64 slots at a time, and a run ends after 16 KiB at most. */
static void many_slots_set_off_a_minor_collection(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .card_budget = 64 });
	struct gcs_handle *array = new_old_array(&f, 64 * CARD_REFERENCES);
	uint64_t before = minor_collections(&f), i;

	(void)state;
	for (i = 0; i < 63; i++)
		store(&f, array, (void **)array->object + i * CARD_REFERENCES, new_node(&f, i));
	for (i = 0; i < 700; i++)
		new_node(&f, i);
	assert_int_equal(minor_collections(&f), before);
	store(&f, array, (void **)array->object + i, new_node(&f, i));
	for (i = 0; i < 700; i++)
		new_node(&f, i);
	assert_int_equal(minor_collections(&f), before + 1);
	destroy(&f);
}

/* It stays young, and the card dirty, until it has had to stay twice. */
static void cards_stay_dirty_while_objects_stay_young(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	struct gcscope_stats before = stats(&f);
	void **card = card_of(array, 0);
	struct node *node = new_node(&f, 1);

	(void)state;
	gcs_pin(f.mutator, node);
	store(&f, array, card, new_node(&f, 0));
	store(&f, array, card + 1, node);
	store(&f, array, card + 2, new_node(&f, 2));
	assert_counts(&f, &before, (struct counts){ 3, 3, 1, 0, 1, 1 });
	assert_ptr_equal(card[1], node);
	assert_true(is_young(&f, node));
	assert_int_equal(*space_card(&f.heap->space, (uintptr_t)card), CARD_OPEN);
	before = stats(&f);
	assert_counts(&f, &before, (struct counts){ 0, 0, 0, 0, 1, 1 });
	assert_ptr_equal(card[1], node);
	assert_false(is_young(&f, node));
	before = stats(&f);
	assert_counts(&f, &before, (struct counts){ 0 });
	destroy(&f);
}

/* Another thread, which stores, and waits or detaches. */
struct other {
	struct fixture *f;
	const struct gcs_handle *array;
	size_t first, count;
	bool detaches;
	pthread_barrier_t stored, done;
};

static void *store_as_another(void *argument)
{
	struct other *other = argument;
	struct fixture f = *other->f;
	size_t i;

	if (gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE))
		abort();
	for (i = other->first; i < other->first + other->count; i++)
		store(&f, other->array, card_of(other->array, 0) + i, new_node(&f, i));
	if (other->detaches) {
		gcs_mutator_detach(f.mutator);
		pthread_barrier_wait(&other->stored);
		return NULL;
	}
	gcs_blocking_begin(f.mutator);
	pthread_barrier_wait(&other->stored);
	pthread_barrier_wait(&other->done);
	gcs_blocking_end(f.mutator);
	gcs_mutator_detach(f.mutator);
	return NULL;
}

/* Slots 0 and 1 of a card are ours, those behind another mutator's. */
static void assert_shared_card(size_t others, bool detaches, struct counts expected)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct other other = {
		.f = &f, .array = new_old_array(&f, 1000), .first = 2, .count = others,
		.detaches = detaches,
	};
	struct gcscope_stats before = stats(&f);
	pthread_t thread;
	size_t i;

	pthread_barrier_init(&other.stored, NULL, 2);
	pthread_barrier_init(&other.done, NULL, 2);
	for (i = 0; i < 2; i++)
		store(&f, other.array, card_of(other.array, 0) + i, new_node(&f, i));
	assert_int_equal(pthread_create(&thread, NULL, store_as_another, &other), 0);
	gcs_blocking_begin(f.mutator);
	pthread_barrier_wait(&other.stored);
	gcs_blocking_end(f.mutator);
	assert_counts(&f, &before, expected);
	if (!detaches)
		pthread_barrier_wait(&other.done);
	gcs_blocking_begin(f.mutator);
	assert_int_equal(pthread_join(thread, NULL), 0);
	gcs_blocking_end(f.mutator);
	for (i = 0; i < 2 + others; i++)
		assert_int_equal(((struct node *)card_of(other.array, 0)[i])->value, i);
	pthread_barrier_destroy(&other.stored);
	pthread_barrier_destroy(&other.done);
	destroy(&f);
}

static void mutators_share_a_card(void **state)
{
	(void)state;
	assert_shared_card(2, false, (struct counts){ 4, 4, 1, 0, 1, 1 });
	assert_shared_card(3, false, (struct counts){ 5, 5, 1, 0, 1, 1 });
	assert_shared_card(9, false, (struct counts){ 11, 5, 1, 0, 1, 1 });
}

static void slots_of_mutators_that_go_are_kept(void **state)
{
	(void)state;
	assert_shared_card(1, true, (struct counts){ 3, 3, 1, 0, 1, 1 });
	assert_shared_card(9, true, (struct counts){ 11, 5, 1, 0, 1, 1 });
}

/* The checker. */

/* A store as one that has forgotten the barrier. */
static void store_bare(void **slot, void *value)
{
	*slot = value;
}

static void assert_store_found(struct fixture *f, const char *type, void *owner, size_t field,
			       const void *value)
{
	char expected[200];

	snprintf(expected, sizeof(expected),
		 "%s at %p, field at byte %zu: it refers to %p, which is young, and was stored "
		 "there without gcs_store",
		 type, owner, field, value);
	assert_int_equal(gcs_verify(f->heap, f->mutator), -EUCLEAN);
	assert_string_equal(gcs_error_message(), expected);
}

static void stores_without_the_barrier_are_found(void **state)
{
	static const uint32_t second_word[] = { 8 };
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_type *type = register_type(
		f.heap, (struct gcs_type_info){ .name = "pair",
						.size = 16,
						.pointers = second_word,
						.pointer_count = 1 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, gcs_alloc(f.mutator, type));
	struct node *node;
	void **pair;

	(void)state;
	node = new_node(&f, 1);
	pair = handle->object;
	store_bare(&pair[1], node); /* both are young */
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	collect_minor(&f);
	pair = handle->object;
	node = new_node(&f, 1);
	store_bare(&pair[1], node);
	assert_store_found(&f, "pair", pair, 8, node);
	gcs_store(f.mutator, pair, &pair[1], node);
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	destroy(&f);
}

/* Another slot of the card is logged: that says nothing about this one. */
static void stores_into_elements_are_found(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *array = new_old_array(&f, 1000);
	void **card = card_of(array, 2);
	struct node *node = new_node(&f, 1);

	(void)state;
	store(&f, array, card, node);
	store_bare(card + 7, node);
	assert_store_found(&f, "references", array->object,
			   (size_t)((char *)(card + 7) - (char *)array->object), node);
	store(&f, array, card + 7, node);
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	gcs_copy_refs(f.mutator, array->object, card + 100, card, 8);
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	collect_minor(&f);
	store_bare(card, card[7]); /* both are old */
	assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
	destroy(&f);
}

static void hidden_references_have_a_barrier(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	struct gcs_handle *handle = gcs_handle_new(f.heap, gcs_alloc(f.mutator, f.odd));
	struct gcscope_stats before;
	struct node *node;
	struct odd *odd;
	int round;

	(void)state;
	collect_minor(&f);
	odd = handle->object;
	for (round = 0; round < 3; round++) {
		before = stats(&f);
		node = new_node(&f, 4711);
		odd->hidden = (uintptr_t)node << 1;
		assert_store_found(&f, "odd", odd, 0, node);
		gcs_barrier(f.mutator, odd, &odd->hidden, node);
		gcs_barrier(f.mutator, odd, &odd->hidden, node); /* the card is open by now */
		assert_int_equal(gcs_verify(f.heap, f.mutator), 0);
		assert_counts(&f, &before, (struct counts){ 2, 1, 1, round > 0, 1, 1 });
		assert_ptr_not_equal(odd_target(odd), node);
		node = odd_target(odd);
		assert_int_equal(node->value, 4711);
		assert_false(is_young(&f, node));
		before = stats(&f);
		gcs_barrier(f.mutator, odd, &odd->hidden, NULL);
		gcs_barrier(f.mutator, odd, &odd->hidden, node);
		assert_counts(&f, &before, (struct counts){ 2, 2, 0, 0, 0, 0 });
		assert_ptr_equal(odd_target(odd), node);
	}
	destroy(&f);
}

/* Many threads at once. */

#define THREADS	    8
#define SHARED	    2000
#define ROUNDS	    20000
#define LIST_LENGTH 50

static struct gcs_handle *shared;

/* Store lists of nodes into an old array that all share. */
static void *store_lists(void *argument)
{
	struct fixture f = *(struct fixture *)argument;
	unsigned seed = 4711;
	struct node *own = NULL, *node;
	void **slots[] = { (void **)&own };
	struct gcs_frame frame;
	uint64_t i;

	if (gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE))
		abort();
	gcs_frame_push(f.mutator, &frame, slots, 1);
	for (i = 0; i < ROUNDS; i++) {
		void **array;

		node = gcs_alloc(f.mutator, f.node);
		if (!node)
			abort();
		node->value = i % LIST_LENGTH;
		gcs_init((void **)&node->next, i % LIST_LENGTH ? own : NULL);
		own = node;
		array = shared->object;
		gcs_store(f.mutator, array, &array[(unsigned)rand_r(&seed) % SHARED], own);
	}
	gcs_frame_pop(f.mutator, &frame);
	return NULL;
}

static void threads_store_into_old_objects(void **state)
{
	static const struct gcs_options options = { .nursery = 256 << 10, .tenure = 2 };
	struct fixture f = create(GCS_ROOTS_PRECISE, options);
	pthread_t threads[THREADS];
	struct gcscope_stats now;
	int i;

	(void)state;
	shared = new_array(&f, f.references, SHARED);
	collect_minor(&f);
	collect_minor(&f);
	gcs_blocking_begin(f.mutator);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, store_lists, &f), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	gcs_blocking_end(f.mutator);
	collect_minor(&f);
	now = stats(&f);
	assert_int_equal(now.barrier_stores, THREADS * ROUNDS);
	assert_int_equal(now.allocation_objects, THREADS * ROUNDS + 1);
	assert_true(minor_collections(&f) > 10);
	assert_int_equal(now.cards_scanned, now.cards_useful + now.cards_wasted);
	for (i = 0; i < SHARED; i++) {
		const struct node *node = ((struct node **)shared->object)[i];

		for (; node && node->next; node = node->next)
			assert_int_equal(node->next->value, node->value - 1);
	}
	destroy(&f);
}

/* Fork. */

static uint32_t forking;

/* Store into its own half of the shared array until told to stop. */
static void *store_while_forking(void *argument)
{
	struct fixture f = *(struct fixture *)argument;
	uint64_t i;

	if (gcs_mutator_attach(&f.mutator, f.heap, GCS_ROOTS_PRECISE))
		abort();
	for (i = 0; __atomic_load_n(&forking, __ATOMIC_RELAXED); i++) {
		struct node *node = new_node(&f, i % (SHARED / 2));
		void **array = shared->object;

		gcs_store(f.mutator, array, &array[i % (SHARED / 2)], node);
	}
	return NULL;
}

/* What the parent's threads had stored. Status 1: of another place; 2: it is gone. */
static void check_shared(void)
{
	void **array = shared->object;
	uint64_t i;

	for (i = 0; i < SHARED; i++) {
		if (array[i] && ((struct node *)array[i])->value != i)
			_exit(1);
		if (!array[i] && i >= SHARED / 2)
			_exit(2);
	}
}

static void live_as_a_child(struct fixture *f)
{
	int round, i;

	for (round = 0; round < 4; round++) {
		collect(mutator_of(f->mutator),
			round == 3 ? GCS_CAUSE_EXPLICIT : GCS_CAUSE_ALLOCATION, NULL);
		check_shared();
		for (i = 0; i < 1000; i++)
			store(f, shared, shared->object, new_node(f, 0));
	}
	/* A quarter of an hour: the counters of the child are not compared with the parent's. */
	if (f->heap->pace.minor_ns > 1e12)
		_exit(3);
	_exit(0);
}

static void children_of_fork_remember(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ .nursery = 8 << 20 });
	pthread_t thread;
	int i, j, status;
	pid_t child;

	(void)state;
	shared = new_old_array(&f, SHARED);
	for (i = SHARED / 2; i < SHARED; i++)
		store(&f, shared, (void **)shared->object + i, new_node(&f, (uint64_t)i));
	collect_minor(&f);
	__atomic_store_n(&forking, 1, __ATOMIC_RELAXED);
	assert_int_equal(pthread_create(&thread, NULL, store_while_forking, &f), 0);
	for (i = 0; i < 20; i++) {
		for (j = SHARED / 2; j < SHARED; j += 10)
			store(&f, shared, (void **)shared->object + j, new_node(&f, (uint64_t)j));
		child = fork();
		if (child == 0)
			live_as_a_child(&f);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	__atomic_store_n(&forking, 0, __ATOMIC_RELAXED);
	gcs_blocking_begin(f.mutator);
	assert_int_equal(pthread_join(thread, NULL), 0);
	gcs_blocking_end(f.mutator);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_twice_is_one_card),
		cmocka_unit_test(a_card_of_many_slots_is_opened),
		cmocka_unit_test(overwritten_slots_are_wasted),
		cmocka_unit_test(what_is_not_young_dirties_nothing),
		cmocka_unit_test(scanned_cards_are_dirtied_again),
		cmocka_unit_test(copies_dirty_each_card),
		cmocka_unit_test(a_full_log_opens_cards),
		cmocka_unit_test(many_slots_set_off_a_minor_collection),
		cmocka_unit_test(cards_stay_dirty_while_objects_stay_young),
		cmocka_unit_test(mutators_share_a_card),
		cmocka_unit_test(slots_of_mutators_that_go_are_kept),
		cmocka_unit_test(stores_without_the_barrier_are_found),
		cmocka_unit_test(stores_into_elements_are_found),
		cmocka_unit_test(hidden_references_have_a_barrier),
		cmocka_unit_test(threads_store_into_old_objects),
		cmocka_unit_test(children_of_fork_remember),
	};

	return cmocka_run_group_tests_name("remembered", tests, NULL, NULL);
}
