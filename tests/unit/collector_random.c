/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plan generational under random work: a graph of objects of all kinds changes, and a plain
 * copy of it says what each object should hold, under options that bring out what is rare.
 */
#include "collector_fixture.h"

#define ROOTS	  700
#define OBJECTS	  8000
#define SLOTS_MAX 2000

enum kind { NODE, ODD, TABLE, ARRAY, ALIGNED, KINDS };

/* What an object should be. Ids from 1; 0 stands for NULL. */
struct shadow {
	enum kind kind;
	uint32_t slots;
	uint64_t hash;
	uint32_t *children;
};

struct world {
	struct fixture f;
	struct gcs_type *types[KINDS];
	void *roots[ROOTS];
	uint32_t root_ids[ROOTS];
	struct shadow shadows[OBJECTS];
	uint32_t count;
	uint8_t seen[OBJECTS];
	unsigned seed;
};

/* An array's elements begin behind its id; so do a table's slots. */
struct object {
	uint64_t id;
	void *slots[];
};

#define TABLE_SLOTS 150

static void trace_table(void *object, struct gcs_tracer *tracer)
{
	int i;

	for (i = 0; i < TABLE_SLOTS; i++)
		gcs_trace_slot(tracer, &((struct object *)object)->slots[i]);
}

static uint32_t draw(struct world *world, uint32_t below)
{
	return (uint32_t)rand_r(&world->seed) % below;
}

static void register_types(struct world *world)
{
	static const uint32_t second_word[] = { 8 };
	struct gcs_type_info array = { .name = "array",
				       .size = 8,
				       .element_size = 8,
				       .element_pointers = first_word,
				       .element_pointer_count = 1 };

	world->types[NODE] = register_type(
		world->f.heap,
		(struct gcs_type_info){
			.name = "node", .size = 16, .pointers = second_word, .pointer_count = 1 });
	world->types[ODD] = world->f.odd;
	world->types[TABLE] =
		register_type(world->f.heap, (struct gcs_type_info){ .name = "table",
								     .size = 8 + TABLE_SLOTS * 8,
								     .trace = trace_table });
	world->types[ARRAY] = register_type(world->f.heap, array);
	array.align = 16;
	world->types[ALIGNED] = register_type(world->f.heap, array);
}

static uint32_t draw_slots(struct world *world, enum kind kind)
{
	if (kind == TABLE)
		return TABLE_SLOTS;
	if (kind < TABLE)
		return 1;
	return draw(world, 20) ? draw(world, 100) : draw(world, SLOTS_MAX);
}

static struct shadow *new_shadow(struct world *world)
{
	struct shadow *shadow = &world->shadows[++world->count];

	*shadow = (struct shadow){ .kind = draw(world, KINDS) };
	shadow->slots = draw_slots(world, shadow->kind);
	shadow->children = calloc(shadow->slots + 1, sizeof(uint32_t));
	assert_non_null(shadow->children);
	return shadow;
}

static void clear(struct world *world, uint32_t root)
{
	world->roots[root] = NULL;
	world->root_ids[root] = 0;
}

/* Where there is no memory, half of it all is let go. */
static void allocate(struct world *world)
{
	struct shadow *shadow = new_shadow(world);
	struct gcs_type *type = world->types[shadow->kind];
	struct object *object = shadow->kind >= ARRAY
					? gcs_alloc_array(world->f.mutator, type, shadow->slots)
					: gcs_alloc(world->f.mutator, type);
	uint32_t root = draw(world, ROOTS);

	if (!object) {
		for (root = draw(world, 2); root < ROOTS; root += 2)
			clear(world, root);
		return;
	}
	object->id = world->count;
	world->roots[root] = object;
	world->root_ids[root] = world->count;
}

static void *child_of(const struct world *world, struct object *object, uint32_t slot)
{
	return world->shadows[object->id].kind == ODD ? odd_target((struct odd *)object)
						      : object->slots[slot];
}

static void store(struct world *world)
{
	uint32_t owner = draw(world, ROOTS), value = draw(world, ROOTS), slot;
	struct object *object = world->roots[owner];
	struct shadow *shadow = &world->shadows[world->root_ids[owner]];

	if (!object || !shadow->slots)
		return;
	slot = draw(world, shadow->slots);
	shadow->children[slot] = world->root_ids[value];
	if (shadow->kind == ODD) {
		struct odd *odd = (struct odd *)object;

		gcs_barrier(world->f.mutator, odd, &odd->hidden, world->roots[value]);
		odd->hidden = (uintptr_t)world->roots[value] << 1;
		return;
	}
	gcs_store(world->f.mutator, object, &object->slots[slot], world->roots[value]);
}

/* Between two arrays, or within one. */
static void copy(struct world *world)
{
	uint32_t a = draw(world, ROOTS), b = draw(world, ROOTS), count, from, to;
	struct shadow *source = &world->shadows[world->root_ids[a]],
		      *target = &world->shadows[world->root_ids[b]];
	struct object *object = world->roots[b];

	if (!world->roots[a] || !object || source->kind < TABLE || target->kind < TABLE)
		return;
	count = draw(world, 1 + (source->slots < target->slots ? source->slots : target->slots));
	from = draw(world, source->slots - count + 1);
	to = draw(world, target->slots - count + 1);
	memmove(&target->children[to], &source->children[from], count * sizeof(uint32_t));
	gcs_copy_refs(world->f.mutator, object, &object->slots[to],
		      &((struct object *)world->roots[a])->slots[from], count);
}

static void follow(struct world *world)
{
	uint32_t from = draw(world, ROOTS), to = draw(world, ROOTS), slot;
	struct shadow *shadow = &world->shadows[world->root_ids[from]];

	if (!world->roots[from] || !shadow->slots)
		return;
	slot = draw(world, shadow->slots);
	world->roots[to] = child_of(world, world->roots[from], slot);
	world->root_ids[to] = shadow->children[slot];
}

static void ask_something(struct world *world)
{
	uint32_t root = draw(world, ROOTS);
	void *object = world->roots[root];

	if (!object)
		return;
	switch (draw(world, 4)) {
	case 0:
		gcs_pin(world->f.mutator, object);
		break;
	case 1:
		gcs_unpin(world->f.mutator, object);
		break;
	default:
		world->shadows[world->root_ids[root]].hash =
			gcs_identity_hash(world->f.mutator, object);
	}
}

static void assert_object(struct world *world, struct object *object, uint32_t id)
{
	struct shadow *shadow = &world->shadows[id];

	assert_int_equal(object ? object->id : 0, id);
	if (!object)
		return;
	if (shadow->kind >= ARRAY)
		assert_int_equal(gcs_array_length(object), shadow->slots);
	if (shadow->kind == ALIGNED)
		assert_int_equal((uintptr_t)object % 16, 0);
	if (shadow->hash)
		assert_int_equal(gcs_identity_hash(world->f.mutator, object), shadow->hash);
}

/* Everything that can be reached, from a stack of what was found. */
static void assert_graph(struct world *world)
{
	static void *stack[OBJECTS];
	uint32_t count = 0, i;

	memset(world->seen, 0, sizeof(world->seen));
	world->seen[0] = 1;
	for (i = 0; i < ROOTS; i++) {
		assert_object(world, world->roots[i], world->root_ids[i]);
		if (!world->seen[world->root_ids[i]])
			stack[count++] = world->roots[i];
		world->seen[world->root_ids[i]] = 1;
	}
	while (count) {
		struct object *object = stack[--count];
		const struct shadow *shadow = &world->shadows[object->id];

		for (i = 0; i < shadow->slots; i++) {
			uint32_t id = shadow->children[i];

			assert_object(world, child_of(world, object, i), id);
			if (!world->seen[id])
				stack[count++] = child_of(world, object, i);
			world->seen[id] = 1;
		}
	}
}

static void step(struct world *world)
{
	uint32_t what = draw(world, 100);

	if (what < 20) {
		allocate(world);
	} else if (what < 60) {
		store(world);
	} else if (what < 70) {
		copy(world);
	} else if (what < 74) {
		follow(world);
	} else if (what < 80) {
		ask_something(world);
	} else if (what < 82) {
		clear(world, draw(world, ROOTS));
	}
}

static void work(struct gcs_options options, unsigned seed)
{
	struct world *world = calloc(1, sizeof(*world));
	uint32_t i, collection = 0;

	assert_non_null(world);
	world->f = create(GCS_ROOTS_PRECISE, options);
	world->seed = seed;
	register_types(world);
	assert_int_equal(gcs_root_add(world->f.heap, world->roots, ROOTS), 0);
	while (world->count < OBJECTS - 1) {
		step(world);
		if (draw(world, 5000) == 0)
			gcs_collect(world->f.mutator);
		if (world->f.heap->collection == collection)
			continue;
		collection = (uint32_t)world->f.heap->collection;
		assert_graph(world);
	}
	gcs_collect(world->f.mutator);
	assert_graph(world);
	assert_int_equal(gcs_root_remove(world->f.heap, world->roots), 0);
	destroy(&world->f);
	for (i = 1; i <= world->count; i++)
		free(world->shadows[i].children);
	free(world);
}

static const struct gcs_options cases[] = {
	{ .nursery = 64 << 10 },
	{ .nursery = 64 << 10, .tenure = 2 },
	{ .nursery = 64 << 10, .tenure = 2, .mark_stack_max = 16 },
	{ .nursery = 64 << 10, .tenure = 2, .stress_pin = 3, .evacuate = 1 },
	{ .nursery = 64 << 10, .stress_pin = 2, .mark_stack_max = 16, .budget = 100000 },
	{ .nursery = 512 << 10, .heap_max = 1 << 20, .tenure = 2 },
	{ .nursery = 128 << 10, .heap_max = 1 << 20, .evacuate = 1 },
	{ .nursery = ADAPTS, .heap_max = 1 << 20, .heap_min = 65536 },
	{ .nursery = ADAPTS, .heap_min = 65536, .budget = 65536, .card_budget = 1 },
	{ .nursery = 256 << 10, .tenure = 2, .stress = 200 },
};

static void graphs_stay_what_they_are(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		work(cases[i], (unsigned)i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(graphs_stay_what_they_are) };

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
