/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a file so that its readers find the old text or the new one, whole,
 * whatever happens to us: a full disk, a kill -9, a power cut.
 *
 *	publication_open     then write to publication.stream
 *	publication_commit   now path holds what was written
 *	publication_abandon  instead of commit: path stays as it was
 *
 * The text goes to a temporary file in the same directory, ".NAME.PID.tmp",
 * which takes the path's place at the commit. One that a killed writer left
 * behind is removed by the next writer of the same path. A path has one writer
 * at a time; of two processes the last to commit wins.
 *
 * What is no regular file (/dev/null, a pipe, a terminal) has no place to take
 * and is written directly, as is the file that is our own standard output or
 * standard error.
 */
#ifndef GCSCOPE_RENDER_PUBLISH_H
#define GCSCOPE_RENDER_PUBLISH_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

struct publication {
	FILE *stream;  /* the caller writes here, and never closes it */
	int directory; /* of the target; -1: written directly */
	mode_t mode;
	char target[PATH_MAX]; /* the path, symbolic links followed */
	char temporary[NAME_MAX + 1];
	char error[PATH_MAX + 128]; /* one sentence, once a function has returned -1 */
};

/*
 * mode: of a new file, whatever the umask; 0: as the umask says. Opening a
 * named pipe waits for its reader. 0; or -1 with errno, and nothing to abandon.
 */
int publication_open(struct publication *publication, const char *path, mode_t mode);

/* 0; or -1 with errno: path is as it was, or was replaced and may not survive a power cut. */
int publication_commit(struct publication *publication);

void publication_abandon(struct publication *publication);

#endif
