/* SPDX-License-Identifier: BSD-2-Clause */
/* A heap of plan generational with precise roots, and one minor collection at a time. */
#ifndef TESTS_UNIT_COLLECTOR_FIXTURE_H
#define TESTS_UNIT_COLLECTOR_FIXTURE_H

#include "gcscope/gcscope.h"
#include "mutator/collection.h"
#include "mutator/mutator.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

struct node {
	struct node *next;
	uint64_t value;
};
#define NODE_CELL 24

/* A reference that only a trace function can read: shifted up by one bit. */
struct odd {
	uint64_t value;
	uintptr_t hidden;
};

struct fixture {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *node, *odd, *references, *bytes;
};

static const uint32_t first_word[] = { 0 };

static inline void *odd_target(const struct odd *odd)
{
	return (void *)(odd->hidden >> 1);
}

static inline void trace_odd(void *object, struct gcs_tracer *tracer)
{
	struct odd *odd = object;
	void *target = odd_target(odd);

	gcs_trace_slot(tracer, &target);
	odd->hidden = (uintptr_t)target << 1;
}

static inline struct gcs_type *register_type(struct gcs_heap *heap, struct gcs_type_info info)
{
	struct gcs_type *type;

	assert_int_equal(gcs_type_register(&type, heap, &info), 0);
	return type;
}

#define ADAPTS UINT64_MAX /* for a nursery */

/*
 * What no option says: 64 MiB, of which 1 MiB is the nursery, no major collection that is not
 * asked for, and the checker at each collection.
 */
static inline struct fixture create(enum gcs_roots roots, struct gcs_options options)
{
	struct fixture f;

	options.plan = GCS_PLAN_GENERATIONAL;
	options.heap_max = options.heap_max ? options.heap_max : 64 << 20;
	options.nursery = options.nursery == ADAPTS ? 0 : options.nursery ? options.nursery : 1 << 20;
	options.budget = options.budget ? options.budget : 1 << 30;
	options.card_budget = options.card_budget ? options.card_budget : 1 << 30;
	options.verify = options.poison = 1;
	assert_int_equal(gcs_heap_create(&f.heap, &options), 0);
	assert_int_equal(gcs_mutator_attach(&f.mutator, f.heap, roots), 0);
	f.node = register_type(f.heap, (struct gcs_type_info){ .name = "node",
							       .size = sizeof(struct node),
							       .pointers = first_word,
							       .pointer_count = 1 });
	f.odd = register_type(f.heap, (struct gcs_type_info){ .name = "odd",
							      .size = sizeof(struct odd),
							      .trace = trace_odd });
	f.references =
		register_type(f.heap, (struct gcs_type_info){ .name = "references",
							      .element_size = 8,
							      .element_pointers = first_word,
							      .element_pointer_count = 1 });
	f.bytes =
		register_type(f.heap, (struct gcs_type_info){ .name = "bytes", .element_size = 1 });
	return f;
}

static inline void destroy(struct fixture *f)
{
	assert_int_equal(gcs_mutator_detach(f->mutator), 0);
	assert_int_equal(gcs_heap_destroy(f->heap), 0);
}

static inline struct gcscope_stats stats(const struct fixture *f)
{
	struct gcscope_stats stats;

	gcs_stats_read(f->heap, &stats);
	return stats;
}

static inline uint64_t minor_collections(const struct fixture *f)
{
	return stats(f).collections[GCS_KIND_MINOR][GCS_CAUSE_ALLOCATION];
}

/* As if the nursery were full. */
static inline void collect_minor(struct fixture *f)
{
	uint64_t before = minor_collections(f);

	collect(mutator_of(f->mutator), GCS_CAUSE_ALLOCATION, NULL);
	assert_int_equal(minor_collections(f), before + 1);
}

static inline struct node *new_node(struct fixture *f, uint64_t value)
{
	struct node *node = gcs_alloc(f->mutator, f->node);

	assert_non_null(node);
	node->value = value;
	return node;
}

/* Nodes of values length - 1 down to 0, and a handle of the first. */
static inline struct gcs_handle *new_list(struct fixture *f, uint64_t length)
{
	struct gcs_handle *handle = gcs_handle_new(f->heap, NULL);
	uint64_t i;

	for (i = 0; i < length; i++) {
		struct node *node = new_node(f, i);

		gcs_init((void **)&node->next, handle->object);
		handle->object = node;
	}
	return handle;
}

static inline void assert_list(const struct gcs_handle *handle, uint64_t length)
{
	const struct node *node;

	for (node = handle->object; node; node = node->next)
		assert_int_equal(node->value, --length);
	assert_int_equal(length, 0);
}

static inline struct gcs_handle *new_array(struct fixture *f, const struct gcs_type *type,
					   size_t length)
{
	struct gcs_handle *handle = gcs_handle_new(f->heap, NULL);

	handle->object = gcs_alloc_array(f->mutator, type, length);
	assert_non_null(handle->object);
	return handle;
}

/* An array of references that is old. */
static inline struct gcs_handle *new_old_array(struct fixture *f, size_t length)
{
	struct gcs_handle *handle = new_array(f, f->references, length);

	collect_minor(f);
	assert_int_equal(space_fate(&f->heap->space, handle->object), 0);
	return handle;
}

static inline bool is_young(const struct fixture *f, const void *object)
{
	return space_fate(&f->heap->space, object) != 0;
}

#endif
