/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that were looked at for runtimes, each once, and what is attached to them. */
#ifndef GCSCOPE_SESSION_FILES_H
#define GCSCOPE_SESSION_FILES_H

#include <sys/stat.h>

#include "session/attach.h"
#include "session/mappings.h"

struct file_attachment {
	pid_t pid; /* whom it is for; 0 everyone */
	struct attachment attachment;
};

struct file {
	dev_t device;
	ino_t inode;
	struct timespec changed;
	/*
	 * Open while the file has sites, else -1. That keeps its inode number from
	 * being given to another file, so that device and inode name it; a file
	 * without is looked at again when it has changed.
	 */
	int fd;
	char *path; /* as the first process that mapped it names it */
	struct site *sites;
	size_t site_count;
	struct file_attachment *attachments;
	size_t attachment_count;
};

struct files {
	unsigned details; /* enum detail: what is wanted of their sites */
	struct file **entries;
	size_t count;
};

/*
 * The file of a mapping, its sites read. It belongs to files. 0, or -1 with
 * errno when it cannot be opened or read.
 */
int files_look(struct files *files, const struct mapping *mapping, struct file **ret_file);

/* Whether it is attached to for this process. */
bool file_attached(const struct file *file, pid_t pid);

/* Keep an attachment, which belongs to the file from now on. 0, or -1 with errno. */
int file_keep(struct file *file, pid_t pid, const struct attachment *attachment);

/* Take off what is attached for one process; for everyone with pid 0. */
void files_detach(struct files *files, pid_t pid);

/* Take off all, and forget all. */
void files_clear(struct files *files);

#endif
