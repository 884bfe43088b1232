/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of a workload: positional whole numbers, and --help. */
#ifndef WORKLOADS_ARGUMENTS_H
#define WORKLOADS_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

struct argument {
	const char *name;
	const char *prose;
	uint64_t lowest, highest, preset;
};

/* The number that text is, if it is one that fits; else one sentence and exit status 2. */
uint64_t argument_value(const struct argument *argument, const char *text);

/*
 * Fill values[0..count) from the command line, an argument that is not given
 * with its preset. --help prints the usage and exits with 0; anything else
 * that does not fit is one sentence on standard error and exit status 2.
 */
void arguments_parse(int argc, char *argv[], const char *prose, const struct argument *arguments,
		     size_t count, uint64_t *values);

#endif
