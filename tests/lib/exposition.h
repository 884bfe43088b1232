/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A strict reader of Prometheus' text exposition format, version 0.0.4, as a
 * textfile collector gets it. It shares no code with the writer.
 *
 * It finds what the format forbids, and beside that what readers accept and
 * get wrong: timestamps, exemplars, duplicate series, a family in two places
 * or without HELP and TYPE, names and labels that belong to others, histograms
 * whose buckets do not add up.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stddef.h>
#include <stdio.h>

/* How many findings a text has; each is printed as "line N: one sentence". */
unsigned exposition_check(const char *text, size_t length, FILE *findings);

#endif
