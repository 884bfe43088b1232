/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of the graph, as they lie in the heap.
 *
 *   name --package--> package --dependencies--> dependency --alternatives--> alternative
 *     \--providers--> provision                                                  |
 *      \--dependents-------------------------------------------------------------+
 *
 * A dependency leads to names and a name to whatever package has it now, so a
 * package can go and come back without its dependents being touched. Text is
 * an array object of bytes that ends with NUL.
 */
#ifndef WORKLOADS_DEPGRAPH_OBJECTS_H
#define WORKLOADS_DEPGRAPH_OBJECTS_H

#include <gcscope/gcscope.h>
#include <stdint.h>

/* The fields of a stanza that are kept. */
enum field {
	FIELD_PACKAGE,
	FIELD_VERSION,
	FIELD_PRE_DEPENDS,
	FIELD_DEPENDS,
	FIELD_RECOMMENDS,
	FIELD_PROVIDES,
	FIELDS,
};

/* What an index says of one package. A field that it lacks is NULL. */
struct stanza {
	char *fields[FIELDS];
};

/* A name that is in the graph, of a package, of something provided, or of neither. */
struct name {
	struct name *chain; /* the next in its bucket of the name table */
	char *text;
	struct package *package;
	struct provision *providers;	/* ordered by the names of the packages */
	struct alternative *dependents; /* all alternatives with this name */
	uint64_t hash;
};

struct package {
	struct stanza *stanza;
	struct name *name;
	struct dependency *dependencies; /* in the order of the stanza */
	struct provision *provisions;
	uint64_t position;   /* in the graph's vector of packages */
	uint64_t visited;    /* the last search that came here */
	uint64_t order, low; /* of the search for components; order 0: not seen */
};

/* One element of a list of dependencies: any of its alternatives will do. */
struct dependency {
	struct dependency *next;
	struct package *package; /* that has it */
	struct alternative *alternatives;
	uint64_t field;
};

struct alternative {
	struct alternative *next; /* of the dependency */
	struct dependency *dependency;
	struct name *name;
	struct alternative *before, *behind; /* in the name's dependents */
};

/* A name that a package provides beside its own. */
struct provision {
	struct provision *next; /* of the package */
	struct package *package;
	struct name *name;
	struct provision *behind; /* in the name's providers */
};

/* References that grow in number. */
struct vector {
	void **items; /* an array object */
	uint64_t count;
};

/* A package that a search has reached, and from where. */
struct visit {
	struct visit *from;
	struct package *package;
	uint64_t distance;
};

/* A package whose successors the search for components is going through. */
struct frame {
	struct frame *below;
	struct package *package;
	struct vector *successors;
	uint64_t next;
};

/* The heap, this thread's way into it, and the types. */
struct memory {
	struct gcs_heap *heap;
	struct gcs_mutator *mutator;
	struct gcs_type *text, *references;
	struct gcs_type *stanza, *name, *package, *dependency, *alternative, *provision;
	struct gcs_type *vector, *visit, *frame;
};

/* Fill memory: create the heap, attach, register the types. Ends the program on failure. */
void memory_open(struct memory *memory);
void memory_close(struct memory *memory);

/* A new object, zeroed. Out of memory ends the program. */
void *object_new(struct memory *memory, const struct gcs_type *type);

/* A copy of this many characters, and a NUL. */
char *text_new(struct memory *memory, const char *characters, size_t length);

/* An array of length references. */
void *references_new(struct memory *memory, size_t length);

struct vector *vector_new(struct memory *memory);
void vector_push(struct memory *memory, struct vector *vector, void *item);

#endif
