/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the graph. None changes it; each leaves garbage. */
#ifndef WORKLOADS_DEPGRAPH_QUERY_H
#define WORKLOADS_DEPGRAPH_QUERY_H

#include "depgraph/graph.h"

/* Where a search goes on from a package. */
enum step {
	STEP_NEEDS,	 /* what it depends on, of each dependency the first that is there */
	STEP_MAY_USE,	 /* all that could satisfy a dependency or recommendation of it */
	STEP_DEPENDENTS, /* what could depend on it */
};

/* The packages one step away from this one, perhaps more than once. */
struct vector *query_neighbours(struct graph *graph, struct package *package, enum step step);

/* All that is reached from a package, itself first, as struct visit, the nearest first. */
struct vector *query_reach(struct graph *graph, struct package *package, enum step step);

/* The end of a shortest chain of STEP_MAY_USE; its start, through from, is `from`. NULL: none. */
struct visit *query_chain(struct graph *graph, struct package *from, struct package *to);

struct components {
	uint64_t cycles;  /* strongly connected components of more than one package */
	uint64_t largest; /* packages in the largest */
};

/* The strongly connected components under STEP_MAY_USE. */
struct components query_components(struct graph *graph);

/* How many dependencies, recommendations apart, nothing in the graph satisfies. */
uint64_t query_unsatisfied(const struct graph *graph);

#endif
