/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of packages, as in Depends: "a (>= 1) | b:any, c [amd64] <!nocheck>".
 *
 * Only the names are read. An index is one release, in which the versions,
 * architectures and profiles that it asks for are there.
 */
#ifndef WORKLOADS_DEPGRAPH_RELATION_H
#define WORKLOADS_DEPGRAPH_RELATION_H

#include <stdbool.h>
#include <stddef.h>

struct relation {
	const char *rest; /* of the list; NULL once it turned out malformed */
	const char *name; /* length characters, not ended */
	size_t length;
	bool alternative; /* to the one before */
};

/* Before the first relation of a list. */
struct relation relation_start(const char *list);

/* Go on to the next one. False: there is none, or the list is malformed. */
bool relation_next(struct relation *relation);

bool relations_valid(const char *list);

/* How many characters at the start of text make a package's name; may be 0. */
size_t relation_name_length(const char *text);

#endif
