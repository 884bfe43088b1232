/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What could be profiled in a running process: the files that it maps and
 * that carry a known runtime's probes. Nothing is attached, no kernel program
 * is loaded.
 */
#ifndef GCSCOPE_TARGETS_H
#define GCSCOPE_TARGETS_H

#include <stddef.h>
#include <sys/types.h>

struct target {
	const char *runtime; /* static string: "gcscope", "hotspot" */
	const char *tier;    /* static string: "usdt", "symbol", "surrogate" */
	char *file;	     /* as the process itself names it */
};

/*
 * The targets in what `pid` maps now; an array that targets_free frees, empty
 * when there is none. Returns 0, or -1 with errno: ESRCH no such process or
 * it has ended, EACCES or EPERM it is not ours to look into.
 */
int targets_of_process(pid_t pid, struct target **ret_targets, size_t *ret_count);

/*
 * The same for a file that need not be in use (doctor asks about installed
 * runtimes). ENOENT, EACCES; a file that is no ELF object has no targets.
 */
int targets_of_file(const char *path, struct target **ret_targets, size_t *ret_count);

void targets_free(struct target *targets, size_t count);

#endif
