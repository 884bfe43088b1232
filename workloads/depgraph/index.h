/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a Debian package index, as `Packages` files and dpkg's status are: stanzas of
 * "Field: text" lines, each continued by lines that start with a space or a tab, each
 * stanza ended by an empty line.
 */
#ifndef WORKLOADS_DEPGRAPH_INDEX_H
#define WORKLOADS_DEPGRAPH_INDEX_H

#include <stdbool.h>

#include "depgraph/objects.h"

/*
 * Append the stanzas of a file to stanzas. False: the file cannot be read to its end or is
 * not such an index from some line on; a sentence on standard error has named the line,
 * and the stanzas before it stay.
 */
bool index_read(struct memory *memory, const char *path, struct vector *stanzas);

#endif
