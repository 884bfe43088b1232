/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"
#include "heap/plan.h"
#include "heap/region.h"
#include "platform/platform.h"

#define TYPES_MAX   ((size_t)1 << 20)
#define TYPES_BYTES (TYPES_MAX * sizeof(struct type))
#define COMMIT_STEP ((size_t)65536)
#define SIZE_LIMIT  ((size_t)UINT32_MAX)

_Static_assert(TYPES_BYTES % COMMIT_STEP == 0, "types are committed in whole steps");
_Static_assert(TYPES_MAX - 1 == GCS_HEADER_TYPE_MASK >> GCS_HEADER_TYPE_SHIFT,
	       "type ids fill their field");

bool types_create(struct type_table *table)
{
	table->types = platform_reserve(TYPES_BYTES, platform_page_size());
	if (!table->types)
		return false;
	table->count = 1;
	table->committed = 0;
	table->data = NULL;
	pthread_mutex_init(&table->lock, NULL);
	return true;
}

void types_destroy(struct type_table *table)
{
	struct type_data *data, *next;

	for (data = table->data; data; data = next) {
		next = data->next;
		free(data);
	}
	platform_unreserve(table->types, TYPES_BYTES);
	pthread_mutex_destroy(&table->lock);
}

static int check_offsets(const char *name, const char *part, const uint32_t *offsets, size_t count,
			 size_t size)
{
	size_t i;

	if (count && !offsets)
		return fail(-EINVAL, "type %s: %zu pointers in its %s, and no offsets", name, count,
			    part);
	for (i = 0; i < count; i++) {
		if (offsets[i] % sizeof(void *))
			return fail(-EINVAL,
				    "type %s: pointer offset %u of its %s is not a multiple of %zu",
				    name, offsets[i], part, sizeof(void *));
		if (size < sizeof(void *) || offsets[i] > size - sizeof(void *))
			return fail(-EINVAL,
				    "type %s: pointer offset %u lies outside its %s of %zu bytes",
				    name, offsets[i], part, size);
	}
	return 0;
}

static const char *type_name(const struct gcs_type_info *info)
{
	return info->name ? info->name : "(no name)";
}

static int check_info(const struct gcs_type_info *info)
{
	const char *name = type_name(info);
	int error;

	if (info->align != 0 && info->align != 8 && info->align != 16)
		return fail(-EINVAL, "type %s: alignment %zu is not 8 or 16", name, info->align);
	if (info->size > SIZE_LIMIT || info->element_size > SIZE_LIMIT)
		return fail(-EINVAL, "type %s: its fixed part or its element has 4 GiB or more",
			    name);
	if (info->trace && (info->pointer_count || info->element_pointer_count))
		return fail(-EINVAL,
			    "type %s: it has a trace function and pointer offsets beside it", name);
	if (info->element_size % sizeof(void *) && info->element_pointer_count)
		return fail(-EINVAL, "type %s: elements of %zu bytes would misalign their pointers",
			    name, info->element_size);
	if (info->size % sizeof(void *) && info->element_pointer_count)
		return fail(
			-EINVAL,
			"type %s: a fixed part of %zu bytes would misalign its elements' pointers",
			name, info->size);
	error = check_offsets(name, "fixed part", info->pointers, info->pointer_count, info->size);
	if (error)
		return error;
	return check_offsets(name, "element", info->element_pointers, info->element_pointer_count,
			     info->element_size);
}

static bool fill(struct type_table *table, struct type *type, const struct gcs_type_info *info)
{
	size_t count = info->pointer_count, element_count = info->element_pointer_count;
	const char *name = type_name(info);
	size_t name_bytes = strlen(name) + 1;
	struct type_data *data =
		malloc(sizeof(*data) + (count + element_count) * sizeof(uint32_t) + name_bytes);

	if (!data)
		return false;
	if (count)
		memcpy(data->offsets, info->pointers, count * sizeof(uint32_t));
	if (element_count)
		memcpy(data->offsets + count, info->element_pointers,
		       element_count * sizeof(uint32_t));
	memcpy(data->offsets + count + element_count, name, name_bytes);
	data->next = table->data;
	table->data = data;
	type->name = (const char *)(data->offsets + count + element_count);
	type->pointers = data->offsets;
	type->element_pointers = data->offsets + count;
	type->pointer_count = (uint32_t)count;
	type->element_pointer_count = (uint32_t)element_count;
	type->size = info->size;
	type->element_size = info->element_size;
	type->bytes = type_bytes(type, 0);
	type->trace = info->trace;
	type->align = info->align ? info->align : 8;
	return true;
}

#define MAP_WORDS 24U

/* All its objects are alike and short, and their header has room for where references are. */
static bool is_plain(const struct type *type, struct fit fit)
{
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++)
		if (type->pointers[i] % sizeof(void *) ||
		    type->pointers[i] / sizeof(void *) >= MAP_WORDS)
			return false;
	return !type->element_size && !type->trace && type->align == GCS_GRANULE &&
	       fit.run != NO_RUN && fit.cell <= MEDIUM_BYTES;
}

static uint64_t reference_map(const struct type *type)
{
	uint64_t map = 0;
	uint32_t i;

	for (i = 0; i < type->pointer_count; i++)
		map |= 1ULL << type->pointers[i] / sizeof(void *);
	return map;
}

/* What inline code needs: the run, the cell and the header of a new object. */
static void fill_abi(struct type *type, size_t id, const struct plan *plan)
{
	struct fit fit = plan->fit(type->bytes, type->align);

	type->abi.header = (uint64_t)id << GCS_HEADER_TYPE_SHIFT;
	type->abi.run = fit.run;
	if (is_plain(type, fit))
		type->abi.header |= GCS_HEADER_PLAIN |
				    (uint64_t)(fit.cell >> GRANULE_SHIFT) << GCS_HEADER_CELL_SHIFT |
				    reference_map(type) << GCS_HEADER_MAP_SHIFT;
	type->abi.cell = fit.run == NO_RUN ? GCS_GRANULE : (uint32_t)fit.cell;
}

static int register_locked(struct type **ret_type, struct gcs_heap *heap,
			   const struct gcs_type_info *info)
{
	struct type_table *table = &heap->types;
	struct type *type = &table->types[table->count];

	if (table->count == TYPES_MAX)
		return fail(-ENOSPC, "type %s: a heap has room for %zu types", type_name(info),
			    TYPES_MAX - 1);
	if ((table->count + 1) * sizeof(*type) > table->committed) {
		if (!platform_commit((char *)table->types + table->committed, COMMIT_STEP))
			return fail(-ENOMEM, "type %s: no memory", type_name(info));
		table->committed += COMMIT_STEP;
	}
	if (!fill(table, type, info))
		return fail(-ENOMEM, "type %s: no memory", type_name(info));
	fill_abi(type, table->count, heap->plan);
	__atomic_store_n(&table->count, table->count + 1, __ATOMIC_RELEASE);
	*ret_type = type;
	return 0;
}

int gcs_type_register(struct gcs_type **ret_type, struct gcs_heap *heap,
		      const struct gcs_type_info *info)
{
	struct type *type = NULL;
	int error = check_info(info);

	if (error)
		return error;
	pthread_mutex_lock(&heap->types.lock);
	error = register_locked(&type, heap, info);
	pthread_mutex_unlock(&heap->types.lock);
	if (!error)
		*ret_type = &type->abi;
	return error;
}
