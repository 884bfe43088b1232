/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Region blocks: objects of all sizes in random places, found again from each address, and
 * the holes between them, compared with what an array of bytes says.
 */
#include "heap/find.h"
#include "heap/region.h"
#include "heap/size_class.h"

#include "collector_fixture.h"

#define LAYOUTS 30

/* A block, and for each granule the header of the object that has it; 0: none. */
struct layout {
	struct fixture f;
	struct gcs_type *aligned;
	struct space *space;
	const struct type_table *types;
	struct block *block;
	uintptr_t base;
	uintptr_t owners[BLOCK_GRANULES + 1];
	bool side_by_side; /* no holes, as a mutator allocates */
	unsigned seed;
};

static unsigned draw(struct layout *layout, unsigned below)
{
	return (unsigned)rand_r(&layout->seed) % below;
}

static void begin(struct layout *layout)
{
	*layout = (struct layout){ .f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 }) };
	layout->aligned = register_type(
		layout->f.heap, (struct gcs_type_info){
					.name = "aligned", .element_size = 1, .align = 16 });
	layout->space = &layout->f.heap->space;
	layout->types = &layout->f.heap->types;
	layout->seed = 4711;
}

static void take_block(struct layout *layout)
{
	layout->block = space_take_region(layout->space, 0);
	assert_non_null(layout->block);
	layout->base = block_address(layout->space, layout->block);
	memset(layout->owners, 0, sizeof(layout->owners));
}

/* A length that is short as a rule, and as long as can be now and then. */
static size_t draw_length(struct layout *layout)
{
	switch (draw(layout, 10)) {
	case 0:
		return CELL_MAX - 16 - draw(layout, 16);
	case 1:
		return draw(layout, CELL_MAX - 16);
	default:
		return draw(layout, 200);
	}
}

/* Write some object's header at or above an address. Its address, or 0: the block is full. */
static uintptr_t put_object(struct layout *layout, uintptr_t at)
{
	unsigned sort = draw(layout, 4);
	size_t length = sort == 0 ? 0 : draw_length(layout), cell, granule;
	const struct gcs_type *type = sort == 0   ? layout->f.node
				      : sort == 1 ? layout->aligned
						  : layout->f.bytes;
	uint64_t header = type->header | (uint64_t)length << GCS_HEADER_LENGTH_SHIFT;

	if (sort == 1 && layout->side_by_side && align_header(at, 16) != at)
		return put_object(layout, at);
	if (sort == 1)
		at = align_header(at, 16);
	if (sort == 3)
		header |= 2ULL << GCS_HEADER_HASH_SHIFT; /* kept behind it */
	if (at + CELL_MAX + 16 > layout->base + BLOCK_BYTES)
		return 0;
	*(uint64_t *)at = header;
	cell = object_cell(layout->types, (void *)(at + HEADER_BYTES));
	for (granule = 0; granule < cell / GCS_GRANULE; granule++)
		layout->owners[(at - layout->base) / GCS_GRANULE + granule] = at;
	return at;
}

static uintptr_t end_of(const struct layout *layout, uintptr_t header)
{
	return header + object_cell(layout->types, (void *)(header + HEADER_BYTES));
}

/* Fill the block with objects; between some of them lie holes. Bits are set for each. */
static void fill(struct layout *layout, uint64_t *bits)
{
	uintptr_t at = layout->base + BLOCK_FIRST_CELL, header;

	while ((header = put_object(layout, at))) {
		bit_set(bits, space_granule(layout->space, header));
		at = end_of(layout, header);
		if (!layout->side_by_side && draw(layout, 3) == 0)
			at += (uintptr_t)GCS_GRANULE * draw(layout, draw(layout, 20) ? 10 : 2000);
		if (at >= layout->base + BLOCK_BYTES)
			break;
	}
}

/* One past the end counts, and so an address may be the header of the object behind it. */
static void *expected_at(const struct layout *layout, uintptr_t address)
{
	uintptr_t header = layout->owners[(address - 1 - layout->base) / GCS_GRANULE];

	return header && address >= header + HEADER_BYTES ? (void *)(header + HEADER_BYTES) : NULL;
}

static void assert_found(const struct layout *layout, uintptr_t address)
{
	assert_ptr_equal(find_object(layout->space, layout->types, address),
			 expected_at(layout, address));
}

static void assert_all_found(const struct layout *layout)
{
	size_t offset;

	for (offset = 1; offset <= BLOCK_BYTES; offset++)
		assert_found(layout, layout->base + offset);
}

static void each_address_finds_its_object(void **state)
{
	struct layout layout;
	int i;

	(void)state;
	begin(&layout);
	for (i = 0; i < LAYOUTS; i++) {
		take_block(&layout);
		layout.block->open = layout.block->top = BLOCK_BYTES;
		fill(&layout, layout.space->starts);
		assert_all_found(&layout);
	}
	destroy(&layout.f);
}

/* The start bits of a block that waits to be swept are stale. */
static void marks_say_what_an_unswept_block_has(void **state)
{
	struct layout layout;
	int i;

	(void)state;
	begin(&layout);
	for (i = 0; i < LAYOUTS; i++) {
		take_block(&layout);
		fill(&layout, layout.space->starts);
		memset(layout.owners, 0, sizeof(layout.owners));
		layout.block->open = layout.block->top = BLOCK_BYTES;
		layout.block->unswept = 1;
		fill(&layout, layout.space->marks);
		assert_all_found(&layout);
		region_sweep(layout.space, layout.block);
		assert_all_found(&layout);
		assert_int_equal(bit_find(layout.space->marks,
					  space_granule(layout.space, layout.base),
					  space_granule(layout.space, layout.base) +
						  BLOCK_GRANULES),
				 space_granule(layout.space, layout.base) + BLOCK_GRANULES);
	}
	destroy(&layout.f);
}

/* Mutators write objects behind one another and no bits: these are made up to where one asks. */
static void objects_get_their_bits_when_asked_for(void **state)
{
	struct layout layout;
	int i, j;

	(void)state;
	begin(&layout);
	layout.side_by_side = true;
	for (i = 0; i < LAYOUTS; i++) {
		/* Bits that nobody sees. */
		uint64_t *ignored = calloc(layout.space->block_limit, BLOCK_GRANULES / 8);

		take_block(&layout);
		fill(&layout, ignored);
		free(ignored);
		layout.block->top = BLOCK_BYTES; /* behind the last one is a header of zero */
		for (j = 0; j < 20; j++) {
			uintptr_t address = layout.base + 1 + draw(&layout, BLOCK_BYTES), open;

			assert_found(&layout, address);
			open = layout.base + layout.block->open;
			/* All up to the address; it goes on where none or another one is. */
			assert_true(open > address || open == layout.base + BLOCK_BYTES);
			if (layout.owners[(open - layout.base) / GCS_GRANULE])
				assert_int_equal(layout.owners[(open - layout.base) / GCS_GRANULE],
						 open);
		}
		assert_all_found(&layout);
		assert_int_equal(layout.block->open, BLOCK_BYTES);
	}
	destroy(&layout.f);
}

/* The bits of objects up to one, and none of those behind it. */
static void no_more_bits_are_made_than_asked_for(void **state)
{
	struct layout layout;
	uintptr_t headers[5], at;
	int i;

	(void)state;
	begin(&layout);
	layout.side_by_side = true;
	take_block(&layout);
	at = layout.base + BLOCK_FIRST_CELL;
	for (i = 0; i < 5; i++) {
		headers[i] = put_object(&layout, at);
		at = end_of(&layout, headers[i]);
	}
	layout.block->top = (uint32_t)(at - layout.base);
	for (i = 0; i < 5; i++) {
		size_t granule = space_granule(layout.space, headers[i]);

		region_record_until(layout.space, layout.types, layout.block, headers[i] - 1);
		assert_false(bit_test(layout.space->starts, granule));
		assert_int_equal(layout.base + layout.block->open, headers[i]);
		region_record_until(layout.space, layout.types, layout.block, headers[i]);
		assert_true(bit_test(layout.space->starts, granule));
	}
	assert_int_equal(layout.base + layout.block->open, at);
	destroy(&layout.f);
}

/* The last one that starts below; nothing, only where none could reach so far. */
static void headers_are_found_from_behind(void **state)
{
	struct layout layout;
	int i;

	(void)state;
	begin(&layout);
	for (i = 0; i < LAYOUTS; i++) {
		uintptr_t address, below = 0, found;

		take_block(&layout);
		layout.block->open = layout.block->top = BLOCK_BYTES;
		fill(&layout, layout.space->starts);
		for (address = layout.base + 1; address <= layout.base + BLOCK_BYTES; address++) {
			uintptr_t last =
				layout.owners[(address - 1 - layout.base) / GCS_GRANULE];

			below = last ? last : below;
			found = region_header_before(layout.space, layout.block, address);
			if (found || !below || address - below <= CELL_MAX + HASH_BYTES)
				assert_int_equal(found, below);
		}
	}
	destroy(&layout.f);
}

static size_t free_granules_from(const struct layout *layout, size_t granule)
{
	size_t end = granule;

	while (end < BLOCK_GRANULES && !layout->owners[end])
		end++;
	return end - granule;
}

/* All that is free and not too short, in the order of addresses. */
static void holes_lie_between_objects(void **state)
{
	struct layout layout;
	int i;

	(void)state;
	begin(&layout);
	for (i = 0; i < LAYOUTS; i++) {
		struct hole hole;
		size_t granule, count;

		take_block(&layout);
		layout.block->open = layout.block->top = BLOCK_BYTES;
		layout.block->unswept = i % 2;
		fill(&layout, i % 2 ? layout.space->marks : layout.space->starts);
		hole = (struct hole){ layout.block, layout.base, layout.base };
		for (granule = 1; granule < BLOCK_GRANULES; granule += count ? count : 1) {
			count = free_granules_from(&layout, granule);
			if (count * GCS_GRANULE < HOLE_LEAST)
				continue;
			assert_true(region_next_hole(layout.space, layout.types, layout.block,
						     hole.end, &hole));
			assert_ptr_equal(hole.block, layout.block);
			assert_int_equal(hole.cursor, layout.base + granule * GCS_GRANULE);
			assert_int_equal(hole.end, hole.cursor + count * GCS_GRANULE);
		}
		assert_false(region_next_hole(layout.space, layout.types, layout.block, hole.end,
					      &hole));
	}
	destroy(&layout.f);
}

static void an_empty_block_is_one_hole(void **state)
{
	struct layout layout;
	struct hole hole;

	(void)state;
	begin(&layout);
	take_block(&layout);
	assert_true(region_next_hole(layout.space, layout.types, layout.block, layout.base, &hole));
	assert_int_equal(hole.cursor, layout.base + BLOCK_FIRST_CELL);
	assert_int_equal(hole.end, layout.base + BLOCK_BYTES);
	assert_false(region_next_hole(layout.space, layout.types, layout.block, hole.end, &hole));
	destroy(&layout.f);
}

/* Every other pair of nodes has died: the holes come in the order of their addresses. */
static void holes_are_recycled_from_the_lowest_address(void **state)
{
	struct fixture f = create(GCS_ROOTS_PRECISE, (struct gcs_options){ 0 });
	size_t length = 20000, i, blocks = 0, holes = 0;
	struct gcs_handle *array = new_array(&f, f.references, length);
	uintptr_t last = 0;
	struct hole hole = { 0 };
	uint32_t index;

	(void)state;
	for (i = 0; i < length; i++)
		gcs_store(f.mutator, array->object, (void **)array->object + i, new_node(&f, i));
	gcs_collect(f.mutator);
	for (i = 0; i < length; i++)
		if (i % 4 < 2)
			gcs_store(f.mutator, array->object, (void **)array->object + i, NULL);
	gcs_collect(f.mutator);
	for (index = f.heap->recyclable; index != NO_BLOCK; blocks++) {
		assert_true(block_address(&f.heap->space, &f.heap->space.blocks[index]) > last);
		last = block_address(&f.heap->space, &f.heap->space.blocks[index]);
		index = f.heap->space.blocks[index].next;
	}
	assert_true(blocks >= length * NODE_CELL / BLOCK_BYTES);
	for (last = 0; recycle_next_hole(f.heap, &hole); holes++) {
		assert_true(hole.cursor >= last);
		assert_true(hole.end >= hole.cursor + 2 * NODE_CELL);
		last = hole.end;
	}
	assert_in_range(holes, length / 4, length / 4 + blocks);
	assert_int_equal(f.heap->recyclable, NO_BLOCK);
	assert_null(hole.block);
	destroy(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_finds_its_object),
		cmocka_unit_test(marks_say_what_an_unswept_block_has),
		cmocka_unit_test(objects_get_their_bits_when_asked_for),
		cmocka_unit_test(no_more_bits_are_made_than_asked_for),
		cmocka_unit_test(headers_are_found_from_behind),
		cmocka_unit_test(holes_lie_between_objects),
		cmocka_unit_test(an_empty_block_is_one_hole),
		cmocka_unit_test(holes_are_recycled_from_the_lowest_address),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
