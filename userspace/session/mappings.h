/* SPDX-License-Identifier: BSD-2-Clause */
/* The files from which a process executes. */
#ifndef GCSCOPE_SESSION_MAPPINGS_H
#define GCSCOPE_SESSION_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* One executable mapping of a file. */
struct mapping {
	uint64_t start, end; /* addresses */
	uint64_t offset;     /* in the file, of what is at start */
	dev_t device;	     /* as the map names them: on some file systems stat(2) differs */
	ino_t inode;
	char *path;	     /* as the process sees it, perhaps with " (deleted)" */
	pid_t thread;	     /* that shows it: the leader, unless it has ended */
};

/*
 * The executable mappings of a process, by address; an array that mappings_free
 * frees. Empty for a kernel thread and for a process that has
 * ended. Returns 0, or -1 with errno: ESRCH or ENOENT no such process, EACCES
 * not ours to look into.
 */
int mappings_read(pid_t pid, struct mapping **ret_mappings, size_t *ret_count);

/*
 * To read them again later, when it is not permitted any more to look into the process:
 * what is opened now stays readable. NULL with errno. Closed by fclose.
 */
FILE *mappings_open(pid_t pid);
int mappings_read_again(FILE *maps, pid_t pid, struct mapping **ret_mappings, size_t *ret_count);

void mappings_free(struct mapping *mappings, size_t count);

/* Whether the file of this one is that of an earlier one too. */
bool mappings_repeat(const struct mapping *mappings, size_t which);

/*
 * Open the mapped file for reading: the very file, be it deleted, replaced or
 * in another mount namespace; the latter where that is permitted. A descriptor, or
 * -1 with errno.
 */
int mapping_open(const struct mapping *mapping);

#endif
