/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * big list N: a list of N objects. big array N: an array of N distinct objects.
 * Marks it, lets the verifier look at it, and compares what was found with N by
 * arithmetic; then counts it. Says "marked N, verified, counted N".
 */
#include <gcscope/gcscope.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_CELL 24U

struct node {
	struct node *next;
	uint64_t number;
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *node_type, *array_type;

static void expect(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "big: %s: %s\n", what, gcs_error_message());
	exit(1);
}

static struct node *new_node(uint64_t number)
{
	struct node *node = gcs_alloc(mutator, node_type);

	expect(node != NULL, "out of memory");
	node->number = number;
	return node;
}

static struct node *make_list(uint64_t count)
{
	struct node *head = NULL, *node;
	uint64_t i;

	for (i = 0; i < count; i++) {
		node = new_node(i);
		gcs_init((void **)&node->next, head);
		head = node;
	}
	return head;
}

static struct node **make_array(uint64_t count)
{
	struct node **array = gcs_alloc_array(mutator, array_type, count);
	uint64_t i;

	expect(array != NULL, "out of memory");
	for (i = 0; i < count; i++)
		gcs_store(mutator, array, (void **)&array[i], new_node(i));
	return array;
}

static uint64_t count_list(const struct node *node)
{
	uint64_t count = 0;

	for (; node; node = node->next)
		count++;
	return count;
}

static uint64_t count_array(struct node *const *array)
{
	uint64_t i;

	for (i = 0; i < gcs_array_length(array); i++)
		if (array[i]->number != i)
			break;
	return i;
}

int main(int argc, char **argv)
{
	static const uint32_t offsets[] = { 0 };
	struct gcs_type_info node = {
		.name = "node", .size = sizeof(struct node), .pointers = offsets, .pointer_count = 1
	};
	struct gcs_type_info array = { .name = "array",
				       .element_size = 8,
				       .element_pointers = offsets,
				       .element_pointer_count = 1 };
	struct gcscope_stats stats;
	int is_list = argc == 3 && !strcmp(argv[1], "list");
	uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, array_bytes;
	void *all;

	expect(count > 0, "usage: big list|array N");
	expect(!gcs_heap_create(&heap, NULL), "no heap");
	expect(!gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE), "no mutator");
	expect(!gcs_type_register(&node_type, heap, &node), "no type");
	expect(!gcs_type_register(&array_type, heap, &array), "no type");
	all = is_list ? (void *)make_list(count) : (void *)make_array(count);
	gcs_collect(mutator);
	gcs_stats_read(heap, &stats);
	/*
	 * A large object is counted in pages of 4096 bytes, its first granule and header
	 * included.
	 */
	array_bytes = is_list ? 0 : (count * 8 + 16 + 4095) / 4096 * 4096;
	expect(stats.size_live_bytes == count * NODE_CELL + array_bytes,
	       "not all objects were marked");
	expect(!gcs_verify(heap, mutator), "the verifier complains");
	expect((is_list ? count_list(all) : count_array(all)) == count,
	       "not all objects are there");
	printf("marked %" PRIu64 ", verified, counted %" PRIu64 "\n", count, count);
	return 0;
}
