/* SPDX-License-Identifier: BSD-2-Clause */
/* Layout, size classes, bitmaps, blocks, ambiguous addresses, sweeping. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/mman.h>

#include "heap/bitmap.h"
#include "heap/size_class.h"
#include "heap/find.h"
#include "heap/space.h"
#include "heap/sweep.h"
#include "platform/platform.h"

static void classes_cover_all_sizes(void **state)
{
	size_t bytes, cell;
	unsigned class;

	(void)state;
	for (bytes = 1; bytes <= CELL_MAX; bytes++) {
		class = class_of(bytes);
		assert_in_range(class, 1, CLASS_COUNT - 1);
		cell = class_bytes(class);
		assert_true(cell >= bytes && cell >= CELL_MIN && cell % GCS_GRANULE == 0);
		if (class > 1)
			assert_true(class_bytes(class - 1) < bytes);
		/* At most a ninth is lost to rounding, beside the granule itself. */
		assert_true(cell - bytes <= 7 || cell - bytes <= cell / 9 || bytes < CELL_MIN);
		assert_int_equal(class_bytes(class_of_aligned(bytes)) % 16, 0);
	}
	assert_int_equal(class_of(CELL_MAX + 1), CLASS_LARGE);
	assert_int_equal(class_of_aligned(CELL_MAX + 1), CLASS_LARGE);
	assert_int_equal(class_of_aligned(SIZE_MAX), CLASS_LARGE);
}

static void fill_equals_bit_by_bit(void **state)
{
	size_t stride, first, end, bit;

	(void)state;
	for (stride = 2; stride < 150; stride++) {
		for (first = 0; first < 130; first += 7) {
			for (end = first; end < 600; end += 13) {
				uint64_t filled[10] = { 0 }, expected[10] = { 0 };

				bit_fill(filled, first, end, stride, true);
				for (bit = first; bit < end; bit += stride)
					bit_set(expected, bit);
				assert_memory_equal(filled, expected, sizeof(filled));
				bit_fill(filled, first, end, stride, false);
				memset(expected, 0, sizeof(expected));
				assert_memory_equal(filled, expected, sizeof(filled));
			}
		}
	}
}

static void find_finds_the_first(void **state)
{
	uint64_t bits[4] = { 0 };

	(void)state;
	assert_int_equal(bit_find(bits, 0, 256), 256);
	bit_set(bits, 130);
	assert_int_equal(bit_find(bits, 0, 256), 130);
	assert_int_equal(bit_find(bits, 130, 256), 130);
	assert_int_equal(bit_find(bits, 131, 256), 256);
	assert_int_equal(bit_find(bits, 0, 130), 130);
	assert_false(bit_claim(bits, 130));
	assert_true(bit_claim(bits, 131));
}

static void take_all_cells(struct space *space, struct block *block)
{
	uintptr_t position = block_address(space, block) + BLOCK_FIRST_CELL, start, end;

	while (sweep_next_run(space, block, &position, RUN_BYTES, &start, &end))
		;
}

/* From the payload's start to one past its end; never by the header. */
static void addresses_find_their_object(void **state)
{
	struct space space;
	struct block *block;
	uintptr_t first, cell, address;
	size_t i;

	(void)state;
	assert_true(space_create(&space, 1 << 20));
	block = space_take_small(&space, class_of(24));
	assert_null(find_object(&space, NULL, block_address(&space, block) + 32));
	take_all_cells(&space, block);
	first = block_address(&space, block) + BLOCK_FIRST_CELL;
	for (i = 0; i < block_cells(block); i++) {
		cell = first + i * 24;
		for (address = cell + 8; address <= cell + 24; address++)
			assert_ptr_equal(find_object(&space, NULL, address), (void *)(cell + 8));
		for (address = cell + 1; address < cell + 8; address++)
			assert_null(find_object(&space, NULL, address));
	}
	assert_null(find_object(&space, NULL, first)); /* the first header */
	assert_null(find_object(&space, NULL, first - 1));
	assert_null(find_object(&space, NULL, space.base + space.reserved - 1));
	space_destroy(&space);
}

static void large_objects_are_found_from_inside(void **state)
{
	struct space space;
	struct block *block;
	uintptr_t payload;

	(void)state;
	assert_true(space_create(&space, 4 << 20));
	block = space_take_large(&space, 300000, 0);
	payload = large_header(&space, block) + HEADER_BYTES;
	assert_int_equal(payload % 16, 0);
	assert_int_equal(block->bytes, 303104); /* 74 pages */
	assert_ptr_equal(find_object(&space, NULL, payload), (void *)payload);
	assert_ptr_equal(find_object(&space, NULL, payload + 250000), (void *)payload);
	assert_ptr_equal(find_object(&space, NULL, block_address(&space, block) + 303104),
			 (void *)payload);
	assert_null(find_object(&space, NULL, block_address(&space, block) + 303105));
	assert_null(find_object(&space, NULL, payload - 8));
	space_free(&space, block);
	assert_null(find_object(&space, NULL, payload));
	assert_int_equal(space.capacity, 0);
	space_destroy(&space);
}

/* With a random set of live cells, runs are exactly the dead ones, zeroed. */
static void sweeping_finds_all_dead_cells(void **state)
{
	static const size_t sizes[] = { 16, 24, 56, 144, 1024, 8192 };
	struct space space;
	size_t s, i;

	(void)state;
	assert_true(space_create(&space, 4 << 20));
	srand(1);
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct block *block = space_take_small(&space, class_of(sizes[s]));
		uintptr_t first = block_address(&space, block) + BLOCK_FIRST_CELL, position = first,
			  start, end;
		size_t cells = block_cells(block), dead = 0, found = 0;

		memset((void *)first, 0xaa, cells * sizes[s]);
		block->dirty = 1;
		for (i = 0; i < cells; i++) {
			if (rand() % 3)
				bit_set(space.marks, space_granule(&space, first + i * sizes[s]));
			else
				dead++;
		}
		sweep_show_marked(&space, block);
		while (sweep_next_run(&space, block, &position, RUN_BYTES, &start, &end)) {
			assert_true(end > start && (end - start) % sizes[s] == 0);
			assert_true(end - start <= RUN_BYTES || end - start == sizes[s]);
			for (; start < end; start += sizes[s], found++) {
				assert_false(bit_test(space.marks, space_granule(&space, start)));
				assert_true(bit_test(space.starts, space_granule(&space, start)));
				assert_int_equal(*(uint64_t *)start, 0);
				assert_int_equal(*(uint64_t *)(start + sizes[s] - 8), 0);
			}
		}
		assert_int_equal(found, dead);
	}
	space_destroy(&space);
}

/* What is held never passes the limit, and free blocks are used again before new ones. */
static void capacity_is_kept(void **state)
{
	struct block *blocks[16], *more;
	struct space space;
	int i;

	(void)state;
	assert_true(space_create(&space, 16 * BLOCK_BYTES));
	for (i = 0; i < 16; i++)
		assert_non_null(blocks[i] = space_take_small(&space, 1));
	assert_null(space_take_small(&space, 1));
	assert_null(space_take_large(&space, 100000, 0));
	for (i = 4; i < 8; i++)
		space_free(&space, blocks[i]);
	assert_int_equal(space.capacity, 16 * BLOCK_BYTES); /* held, though free */
	assert_ptr_equal(space_take_small(&space, 2), blocks[4]);
	more = space_take_large(&space, 3 * BLOCK_BYTES, 0);
	assert_non_null(more); /* the free blocks' memory made room for it */
	assert_int_equal(space.capacity, 16 * BLOCK_BYTES);
	assert_null(space_take_small(&space, 1));
	space_free(&space, more);
	space_trim(&space, 0);
	assert_int_equal(space.capacity, 13 * BLOCK_BYTES);
	assert_int_equal(space.capacity_peak, 16 * BLOCK_BYTES);
	space_destroy(&space);
}

/* Also where the system refuses to take it: the program has locked its memory. */
static void released_memory_is_zero(void **state)
{
	size_t bytes = 4 * platform_page_size(), i;
	char *memory = platform_reserve(bytes, platform_page_size());
	int locked;

	(void)state;
	assert_non_null(memory);
	for (locked = 0; locked < 2; locked++) {
		assert_true(platform_commit(memory, bytes));
		memset(memory, 0xaa, bytes);
		if (locked)
			assert_int_equal(mlock(memory, bytes), 0);
		platform_release(memory, bytes);
		for (i = 0; i < bytes; i++)
			assert_int_equal(memory[i], 0);
	}
	platform_unreserve(memory, bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_cover_all_sizes),
		cmocka_unit_test(fill_equals_bit_by_bit),
		cmocka_unit_test(find_finds_the_first),
		cmocka_unit_test(addresses_find_their_object),
		cmocka_unit_test(large_objects_are_found_from_inside),
		cmocka_unit_test(sweeping_finds_all_dead_cells),
		cmocka_unit_test(capacity_is_kept),
		cmocka_unit_test(released_memory_is_zero),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
