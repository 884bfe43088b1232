/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/graph.h"

#include <string.h>

#include "common/heap.h"
#include "common/program.h"
#include "depgraph/relation.h"
#include "depgraph/version.h"

#define FIRST_BUCKETS 1024

/* object->field = value, where object is in the graph's heap. */
#define SET(graph, object, field, value) \
	gcs_store((graph)->memory->mutator, object, SLOT((object)->field), value)

static void *graph_new(struct graph *graph, const struct gcs_type *type)
{
	return object_new(graph->memory, type);
}

/*
 * Names.
 */

static uint64_t hash_of(const char *text, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct name **bucket_of(struct name **buckets, uint64_t hash)
{
	return &buckets[hash & (gcs_array_length(buckets) - 1)];
}

static void bucket_push(struct graph *graph, struct name **buckets, struct name *name)
{
	struct name **bucket = bucket_of(buckets, name->hash);

	SET(graph, name, chain, *bucket);
	gcs_store(graph->memory->mutator, buckets, SLOT(*bucket), name);
}

static void names_grow(struct graph *graph)
{
	size_t count = gcs_array_length(graph->buckets);
	struct name **buckets = references_new(graph->memory, 2 * count);

	for (size_t i = 0; i < count; i++)
		for (struct name *name = graph->buckets[i], *next; name; name = next) {
			next = name->chain;
			bucket_push(graph, buckets, name);
		}
	graph->buckets = buckets;
}

/* The name with these characters, made if there is none. */
static struct name *name_of(struct graph *graph, const char *text, size_t length)
{
	uint64_t hash = hash_of(text, length);
	struct name *name = *bucket_of(graph->buckets, hash);
	char *copy;

	for (; name; name = name->chain)
		if (name->hash == hash && !strncmp(name->text, text, length) && !name->text[length])
			return name;
	if (graph->names++ == gcs_array_length(graph->buckets))
		names_grow(graph);
	copy = text_new(graph->memory, text, length);
	name = graph_new(graph, graph->memory->name);
	gcs_init(SLOT(name->text), copy);
	name->hash = hash;
	bucket_push(graph, graph->buckets, name);
	return name;
}

/*
 * Edges.
 */

/* At the head of the dependents of its name. */
static void alternative_link(struct graph *graph, struct alternative *alternative)
{
	struct name *name = alternative->name;

	SET(graph, alternative, behind, name->dependents);
	if (name->dependents)
		SET(graph, name->dependents, before, alternative);
	SET(graph, name, dependents, alternative);
}

/*
 * What is unlinked loses its links: else one word on the stack that looks like a
 * reference to it would keep alive all that took its place later.
 */
static void alternative_unlink(struct graph *graph, struct alternative *alternative)
{
	struct alternative *before = alternative->before, *behind = alternative->behind;

	if (before)
		SET(graph, before, behind, behind);
	else
		SET(graph, alternative->name, dependents, behind);
	if (behind)
		SET(graph, behind, before, before);
	SET(graph, alternative, before, NULL);
	SET(graph, alternative, behind, NULL);
}

/* Among the providers of its name, in the order of the packages' names. */
static void provision_link(struct graph *graph, struct provision *provision)
{
	const char *text = provision->package->name->text;
	struct provision *before = NULL, *behind = provision->name->providers;

	while (behind && strcmp(behind->package->name->text, text) < 0) {
		before = behind;
		behind = behind->behind;
	}
	SET(graph, provision, behind, behind);
	if (before)
		SET(graph, before, behind, provision);
	else
		SET(graph, provision->name, providers, provision);
}

static void provision_unlink(struct graph *graph, struct provision *provision)
{
	struct provision *before = provision->name->providers;

	if (before == provision) {
		SET(graph, provision->name, providers, provision->behind);
	} else {
		while (before->behind != provision)
			before = before->behind;
		SET(graph, before, behind, provision->behind);
	}
	SET(graph, provision, behind, NULL);
}

static struct alternative *alternative_new(struct graph *graph, struct dependency *dependency,
					   struct name *name)
{
	struct alternative *alternative = graph_new(graph, graph->memory->alternative);

	gcs_init(SLOT(alternative->dependency), dependency);
	gcs_init(SLOT(alternative->name), name);
	alternative_link(graph, alternative);
	return alternative;
}

/*
 * Packages.
 */

/* Append what a field asks for behind the package's last dependency. Returns the new last. */
static struct dependency *add_dependencies(struct graph *graph, struct package *package,
					   enum field field, struct dependency *last)
{
	struct relation relation = relation_start(package->stanza->fields[field] ?: "");
	struct alternative *before = NULL, *alternative;

	while (relation_next(&relation)) {
		struct name *name = name_of(graph, relation.name, relation.length);

		if (!relation.alternative) {
			struct dependency *dependency = graph_new(graph, graph->memory->dependency);

			gcs_init(SLOT(dependency->package), package);
			dependency->field = field;
			if (last)
				SET(graph, last, next, dependency);
			else
				SET(graph, package, dependencies, dependency);
			last = dependency;
		}
		alternative = alternative_new(graph, last, name);
		if (relation.alternative)
			SET(graph, before, next, alternative);
		else
			SET(graph, last, alternatives, alternative);
		before = alternative;
	}
	return last;
}

static void add_provisions(struct graph *graph, struct package *package)
{
	struct relation relation = relation_start(package->stanza->fields[FIELD_PROVIDES] ?: "");

	while (relation_next(&relation)) {
		struct name *name = name_of(graph, relation.name, relation.length);
		struct provision *provision = graph_new(graph, graph->memory->provision);

		gcs_init(SLOT(provision->package), package);
		gcs_init(SLOT(provision->name), name);
		gcs_init(SLOT(provision->next), package->provisions);
		SET(graph, package, provisions, provision);
		provision_link(graph, provision);
	}
}

/* A package of this stanza under its name, at a position where there is none. */
static void package_add(struct graph *graph, struct stanza *stanza, struct name *name,
			uint64_t position)
{
	struct package *package = graph_new(graph, graph->memory->package);
	struct dependency *last;

	gcs_init(SLOT(package->stanza), stanza);
	gcs_init(SLOT(package->name), name);
	package->position = position;
	SET(graph, name, package, package);
	gcs_store(graph->memory->mutator, graph->packages->items, &graph->packages->items[position],
		  package);
	last = add_dependencies(graph, package, FIELD_PRE_DEPENDS, NULL);
	last = add_dependencies(graph, package, FIELD_DEPENDS, last);
	add_dependencies(graph, package, FIELD_RECOMMENDS, last);
	add_provisions(graph, package);
}

/* Nothing in the graph refers to the package afterwards. */
static void package_remove(struct graph *graph, struct package *package)
{
	for (struct dependency *it = package->dependencies; it; it = it->next)
		for (struct alternative *other = it->alternatives; other; other = other->next)
			alternative_unlink(graph, other);
	for (struct provision *it = package->provisions; it; it = it->next)
		provision_unlink(graph, it);
	SET(graph, package->name, package, NULL);
	gcs_store(graph->memory->mutator, graph->packages->items,
		  &graph->packages->items[package->position], NULL);
}

static struct stanza *stanza_copy(struct graph *graph, const struct stanza *stanza)
{
	struct stanza *copy = graph_new(graph, graph->memory->stanza);

	for (enum field field = 0; field < FIELDS; field++) {
		const char *text = stanza->fields[field];

		if (text)
			SET(graph, copy, fields[field],
			    text_new(graph->memory, text, strlen(text)));
	}
	return copy;
}

void graph_open(struct graph *graph, struct memory *memory)
{
	*graph = (struct graph){ .memory = memory };
	if (gcs_root_add(memory->heap, SLOT(graph->buckets), 1) < 0 ||
	    gcs_root_add(memory->heap, SLOT(graph->packages), 1) < 0)
		fail("cannot add a root: %s", gcs_error_message());
	graph->buckets = references_new(memory, FIRST_BUCKETS);
	graph->packages = vector_new(memory);
}

void graph_close(struct graph *graph)
{
	gcs_root_remove(graph->memory->heap, SLOT(graph->buckets));
	gcs_root_remove(graph->memory->heap, SLOT(graph->packages));
}

void graph_insert(struct graph *graph, struct stanza *stanza)
{
	const char *text = stanza->fields[FIELD_PACKAGE];
	struct name *name = name_of(graph, text, strlen(text));
	struct package *old = name->package;

	if (!old) {
		vector_push(graph->memory, graph->packages, NULL);
		package_add(graph, stanza, name, graph->packages->count - 1);
	} else if (version_compare(stanza->fields[FIELD_VERSION] ?: "",
				   old->stanza->fields[FIELD_VERSION] ?: "") > 0) {
		package_remove(graph, old);
		package_add(graph, stanza, name, old->position);
	}
}

void graph_replace(struct graph *graph, uint64_t position)
{
	struct package *old = graph_package(graph, position);

	package_remove(graph, old);
	package_add(graph, stanza_copy(graph, old->stanza), old->name, position);
	graph->replaced++;
}
