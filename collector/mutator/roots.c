/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "heap/heap.h"

#define HANDLE_FREE ((uintptr_t)1)

void roots_create(struct roots *roots)
{
	*roots = (struct roots){ 0 };
	pthread_mutex_init(&roots->lock, NULL);
}

void roots_destroy(struct roots *roots)
{
	struct handle_slab *slab, *next;

	for (slab = roots->slabs; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
	free(roots->ranges);
	pthread_mutex_destroy(&roots->lock);
}

static void push_free(struct roots *roots, struct gcs_handle *handle)
{
	handle->object = (void *)((uintptr_t)roots->free_handle | HANDLE_FREE);
	roots->free_handle = handle;
}

static bool add_slab(struct roots *roots)
{
	struct handle_slab *slab = malloc(sizeof(*slab));
	size_t i;

	if (!slab)
		return false;
	slab->next = roots->slabs;
	roots->slabs = slab;
	for (i = 0; i < HANDLES_PER_SLAB; i++)
		push_free(roots, &slab->handles[i]);
	return true;
}

struct gcs_handle *gcs_handle_new(struct gcs_heap *heap, void *object)
{
	struct roots *roots = &heap->roots;
	struct gcs_handle *handle = NULL;

	pthread_mutex_lock(&roots->lock);
	if (roots->free_handle || add_slab(roots)) {
		handle = roots->free_handle;
		roots->free_handle =
			(struct gcs_handle *)((uintptr_t)handle->object & ~HANDLE_FREE);
		handle->object = object;
	}
	pthread_mutex_unlock(&roots->lock);
	return handle;
}

void gcs_handle_free(struct gcs_heap *heap, struct gcs_handle *handle)
{
	if (!handle)
		return;
	pthread_mutex_lock(&heap->roots.lock);
	push_free(&heap->roots, handle);
	pthread_mutex_unlock(&heap->roots.lock);
}

static bool grow_ranges(struct roots *roots)
{
	size_t room = roots->range_room ? 2 * roots->range_room : 16;
	struct root_range *ranges = realloc(roots->ranges, room * sizeof(*ranges));

	if (!ranges)
		return false;
	roots->ranges = ranges;
	roots->range_room = room;
	return true;
}

int gcs_root_add(struct gcs_heap *heap, void **slots, size_t count)
{
	struct roots *roots = &heap->roots;
	int error = 0;

	pthread_mutex_lock(&roots->lock);
	if (roots->range_count < roots->range_room || grow_ranges(roots))
		roots->ranges[roots->range_count++] = (struct root_range){ slots, count };
	else
		error = fail(-ENOMEM, "no memory for a root");
	pthread_mutex_unlock(&roots->lock);
	return error;
}

int gcs_root_remove(struct gcs_heap *heap, void **slots)
{
	struct roots *roots = &heap->roots;
	size_t i;

	pthread_mutex_lock(&roots->lock);
	for (i = 0; i < roots->range_count && roots->ranges[i].slots != slots; i++)
		;
	if (i < roots->range_count)
		roots->ranges[i] = roots->ranges[--roots->range_count];
	else
		i = SIZE_MAX;
	pthread_mutex_unlock(&roots->lock);
	return i == SIZE_MAX ? fail(-ENOENT, "no root was added at %p", (void *)slots) : 0;
}

void roots_visit(struct roots *roots, void (*visit)(void **slot, void *context), void *context)
{
	struct handle_slab *slab;
	size_t i, j;

	pthread_mutex_lock(&roots->lock);
	for (slab = roots->slabs; slab; slab = slab->next)
		for (i = 0; i < HANDLES_PER_SLAB; i++)
			if (!((uintptr_t)slab->handles[i].object & HANDLE_FREE))
				visit(&slab->handles[i].object, context);
	for (i = 0; i < roots->range_count; i++)
		for (j = 0; j < roots->ranges[i].count; j++)
			visit(&roots->ranges[i].slots[j], context);
	pthread_mutex_unlock(&roots->lock);
}
