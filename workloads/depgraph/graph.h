/* SPDX-License-Identifier: BSD-2-Clause */
/* The graph of packages by name: built from stanzas, and changed afterwards. */
#ifndef WORKLOADS_DEPGRAPH_GRAPH_H
#define WORKLOADS_DEPGRAPH_GRAPH_H

#include "depgraph/objects.h"

struct graph {
	struct memory *memory;
	struct name **buckets;	 /* a root: an array object, as many as a power of two */
	struct vector *packages; /* a root: of struct package */
	uint64_t names;
	uint64_t searches; /* what the last one has written into package->visited */
	uint64_t visits;   /* made by all of them */
	uint64_t replaced;
};

/* An empty graph in this memory. It stays where it is until graph_close. */
void graph_open(struct graph *graph, struct memory *memory);
void graph_close(struct graph *graph);

/*
 * Insert a package with all its edges. One that is there already under this
 * name gives way if the new one's version is newer; else nothing happens.
 */
void graph_insert(struct graph *graph, struct stanza *stanza);

/* Take the package at this position out, and put it in again, made of new objects alone. */
void graph_replace(struct graph *graph, uint64_t position);

static inline struct package *graph_package(const struct graph *graph, uint64_t position)
{
	return graph->packages->items[position];
}

#endif
