/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/query.h"

#include "common/heap.h"

/* The package that stands for a name: its own, else the first that provides it, else NULL. */
static struct package *package_for(const struct name *name)
{
	if (name->package)
		return name->package;
	return name->providers ? name->providers->package : NULL;
}

/* The first package that satisfies a dependency, or NULL. */
static struct package *chosen(const struct dependency *dependency)
{
	struct package *package = NULL;

	for (struct alternative *it = dependency->alternatives; it && !package; it = it->next)
		package = package_for(it->name);
	return package;
}

static void push_needs(struct memory *memory, struct vector *vector, const struct package *package)
{
	for (struct dependency *it = package->dependencies; it; it = it->next) {
		struct package *needed = it->field == FIELD_RECOMMENDS ? NULL : chosen(it);

		if (needed)
			vector_push(memory, vector, needed);
	}
}

static void push_candidates(struct memory *memory, struct vector *vector, const struct name *name)
{
	if (name->package)
		vector_push(memory, vector, name->package);
	for (struct provision *it = name->providers; it; it = it->behind)
		vector_push(memory, vector, it->package);
}

static void push_may_use(struct memory *memory, struct vector *vector,
			 const struct package *package)
{
	for (struct dependency *it = package->dependencies; it; it = it->next)
		for (struct alternative *other = it->alternatives; other; other = other->next)
			push_candidates(memory, vector, other->name);
}

static void push_dependents_of(struct memory *memory, struct vector *vector,
			       const struct name *name)
{
	for (struct alternative *it = name->dependents; it; it = it->behind)
		if (it->dependency->field != FIELD_RECOMMENDS)
			vector_push(memory, vector, it->dependency->package);
}

static void push_dependents(struct memory *memory, struct vector *vector,
			    const struct package *package)
{
	push_dependents_of(memory, vector, package->name);
	for (struct provision *it = package->provisions; it; it = it->next)
		push_dependents_of(memory, vector, it->name);
}

struct vector *query_neighbours(struct graph *graph, struct package *package, enum step step)
{
	struct vector *vector = vector_new(graph->memory);

	switch (step) {
	case STEP_NEEDS:
		push_needs(graph->memory, vector, package);
		break;
	case STEP_MAY_USE:
		push_may_use(graph->memory, vector, package);
		break;
	case STEP_DEPENDENTS:
		push_dependents(graph->memory, vector, package);
		break;
	}
	return vector;
}

/* Note that the search has come to a package, unless it has been there. */
static void visit(struct graph *graph, struct vector *visits, struct visit *from,
		  struct package *package)
{
	struct visit *visit;

	if (package->visited == graph->searches)
		return;
	package->visited = graph->searches;
	graph->visits++;
	visit = object_new(graph->memory, graph->memory->visit);
	gcs_init(SLOT(visit->from), from);
	gcs_init(SLOT(visit->package), package);
	visit->distance = from ? from->distance + 1 : 0;
	vector_push(graph->memory, visits, visit);
}

/* Breadth first from a package until all is reached, or the goal: then returns its visit. */
static struct visit *search(struct graph *graph, struct package *start, enum step step,
			    const struct package *goal, struct vector *visits)
{
	graph->searches++;
	visit(graph, visits, NULL, start);
	for (uint64_t i = 0; i < visits->count; i++) {
		struct visit *from = visits->items[i];
		struct vector *neighbours;

		if (from->package == goal)
			return from;
		neighbours = query_neighbours(graph, from->package, step);
		for (uint64_t j = 0; j < neighbours->count; j++)
			visit(graph, visits, from, neighbours->items[j]);
	}
	return NULL;
}

struct vector *query_reach(struct graph *graph, struct package *package, enum step step)
{
	struct vector *visits = vector_new(graph->memory);

	search(graph, package, step, NULL, visits);
	return visits;
}

struct visit *query_chain(struct graph *graph, struct package *from, struct package *to)
{
	return search(graph, from, STEP_MAY_USE, to, vector_new(graph->memory));
}

/*
 * Tarjan's algorithm. The calls of its usual form are frames in the heap, since
 * chains of dependencies are longer than a stack is deep.
 *
 * order: when a package was first seen, from 1. low: the least order known to be
 * reachable from it; DONE once it belongs to a component.
 */
#define DONE UINT64_MAX

struct tarjan {
	struct graph *graph;
	struct frame *top;	/* the innermost frame */
	struct vector *pending; /* seen, in no component yet */
	uint64_t seen;
	struct components components;
};

static void lower(struct package *package, uint64_t low)
{
	if (low < package->low)
		package->low = low;
}

static void enter(struct tarjan *tarjan, struct package *package)
{
	struct graph *graph = tarjan->graph;
	struct vector *successors = query_neighbours(graph, package, STEP_MAY_USE);
	struct frame *frame = object_new(graph->memory, graph->memory->frame);

	gcs_init(SLOT(frame->below), tarjan->top);
	gcs_init(SLOT(frame->package), package);
	gcs_init(SLOT(frame->successors), successors);
	tarjan->top = frame;
	package->order = package->low = ++tarjan->seen;
	vector_push(graph->memory, tarjan->pending, package);
}

/* All that is pending from this package on is one component. */
static void close_component(struct tarjan *tarjan, const struct package *root)
{
	struct vector *pending = tarjan->pending;
	struct package *package;
	uint64_t size = 0;

	do {
		package = pending->items[--pending->count];
		package->low = DONE;
		size++;
	} while (package != root);
	tarjan->components.cycles += size > 1;
	if (size > tarjan->components.largest)
		tarjan->components.largest = size;
}

static void leave(struct tarjan *tarjan)
{
	struct package *package = tarjan->top->package;

	tarjan->top = tarjan->top->below;
	if (package->low == package->order)
		close_component(tarjan, package);
	else
		lower(tarjan->top->package, package->low);
}

static void explore(struct tarjan *tarjan, struct package *start)
{
	enter(tarjan, start);
	while (tarjan->top) {
		struct frame *frame = tarjan->top;
		struct package *successor;

		if (frame->next == frame->successors->count) {
			leave(tarjan);
			continue;
		}
		successor = frame->successors->items[frame->next++];
		if (!successor->order)
			enter(tarjan, successor);
		else if (successor->low != DONE)
			lower(frame->package, successor->order);
	}
}

struct components query_components(struct graph *graph)
{
	struct tarjan tarjan = { .graph = graph, .pending = vector_new(graph->memory) };

	for (uint64_t i = 0; i < graph->packages->count; i++)
		if (!graph_package(graph, i)->order)
			explore(&tarjan, graph_package(graph, i));
	return tarjan.components;
}

uint64_t query_unsatisfied(const struct graph *graph)
{
	uint64_t unsatisfied = 0;

	for (uint64_t i = 0; i < graph->packages->count; i++)
		for (struct dependency *it = graph_package(graph, i)->dependencies; it;
		     it = it->next)
			unsatisfied += it->field != FIELD_RECOMMENDS && !chosen(it);
	return unsatisfied;
}
