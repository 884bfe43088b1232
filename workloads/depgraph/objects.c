/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/objects.h"

#include <stddef.h>
#include <string.h>

#include "common/heap.h"

/* A type of fixed size whose references lie in these fields. */
static struct gcs_type *object_type(struct memory *memory, const char *name, size_t size,
				    const uint32_t *pointers, size_t count)
{
	return type_register(memory->heap, &(struct gcs_type_info){
						   .name = name,
						   .size = size,
						   .pointers = pointers,
						   .pointer_count = count,
					   });
}

#define AT(type, field) offsetof(struct type, field)
#define REGISTER(type, ...)                                                              \
	do {                                                                             \
		static const uint32_t pointers[] = { __VA_ARGS__ };                      \
		memory->type = object_type(memory, #type, sizeof(struct type), pointers, \
					   sizeof(pointers) / sizeof(*pointers));        \
	} while (0)

static void register_objects(struct memory *memory)
{
	REGISTER(stanza, AT(stanza, fields[FIELD_PACKAGE]), AT(stanza, fields[FIELD_VERSION]),
		 AT(stanza, fields[FIELD_PRE_DEPENDS]), AT(stanza, fields[FIELD_DEPENDS]),
		 AT(stanza, fields[FIELD_RECOMMENDS]), AT(stanza, fields[FIELD_PROVIDES]));
	REGISTER(name, AT(name, chain), AT(name, text), AT(name, package), AT(name, providers),
		 AT(name, dependents));
	REGISTER(package, AT(package, stanza), AT(package, name), AT(package, dependencies),
		 AT(package, provisions));
	REGISTER(dependency, AT(dependency, next), AT(dependency, package),
		 AT(dependency, alternatives));
	REGISTER(alternative, AT(alternative, next), AT(alternative, dependency),
		 AT(alternative, name), AT(alternative, before), AT(alternative, behind));
	REGISTER(provision, AT(provision, next), AT(provision, package), AT(provision, name),
		 AT(provision, behind));
	REGISTER(vector, AT(vector, items));
	REGISTER(visit, AT(visit, from), AT(visit, package));
	REGISTER(frame, AT(frame, below), AT(frame, package), AT(frame, successors));
}

static void register_arrays(struct memory *memory)
{
	static const uint32_t element_pointers[] = { 0 };

	memory->text = type_register(memory->heap, &(struct gcs_type_info){
							   .name = "text",
							   .element_size = 1,
						   });
	memory->references =
		type_register(memory->heap, &(struct gcs_type_info){
						    .name = "references",
						    .element_size = sizeof(void *),
						    .element_pointers = element_pointers,
						    .element_pointer_count = 1,
					    });
}

void memory_open(struct memory *memory)
{
	memory->heap = heap_create();
	memory->mutator = mutator_attach(memory->heap);
	register_objects(memory);
	register_arrays(memory);
}

void memory_close(struct memory *memory)
{
	heap_close(memory->heap, memory->mutator);
}

void *object_new(struct memory *memory, const struct gcs_type *type)
{
	void *object = gcs_alloc(memory->mutator, type);

	if (!object)
		out_of_memory(memory->heap);
	return object;
}

static void *array_new(struct memory *memory, const struct gcs_type *type, size_t length)
{
	void *array = gcs_alloc_array(memory->mutator, type, length);

	if (!array)
		out_of_memory(memory->heap);
	return array;
}

char *text_new(struct memory *memory, const char *characters, size_t length)
{
	char *text = array_new(memory, memory->text, length + 1);

	memcpy(text, characters, length);
	return text;
}

void *references_new(struct memory *memory, size_t length)
{
	return array_new(memory, memory->references, length);
}

struct vector *vector_new(struct memory *memory)
{
	void **items = references_new(memory, 4);
	struct vector *vector = object_new(memory, memory->vector);

	gcs_init(SLOT(vector->items), items);
	return vector;
}

static void vector_grow(struct memory *memory, struct vector *vector)
{
	void **items = references_new(memory, 2 * vector->count);

	gcs_copy_refs(memory->mutator, items, items, vector->items, vector->count);
	gcs_store(memory->mutator, vector, SLOT(vector->items), items);
}

void vector_push(struct memory *memory, struct vector *vector, void *item)
{
	if (vector->count == gcs_array_length(vector->items))
		vector_grow(memory, vector);
	gcs_store(memory->mutator, vector->items, &vector->items[vector->count++], item);
}
