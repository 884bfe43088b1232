/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORKLOADS_DEPGRAPH_VERSION_H
#define WORKLOADS_DEPGRAPH_VERSION_H

/*
 * Compare two versions of a package, "[epoch:]upstream[-revision]", by the
 * rules of Debian's policy manual: below, equal to or above 0 as a is older
 * than, as old as or newer than b.
 */
int version_compare(const char *a, const char *b);

#endif
