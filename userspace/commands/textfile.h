/* SPDX-License-Identifier: BSD-2-Clause */
/* The file in which node_exporter's textfile collector finds the metrics. */
#ifndef GCSCOPE_COMMANDS_TEXTFILE_H
#define GCSCOPE_COMMANDS_TEXTFILE_H

#include <limits.h>

#include "render/publish.h"
#include "render/render.h"

#define TEXTFILE_NAME "gcscope.prom"

struct textfile {
	char path[PATH_MAX];
	struct prometheus_style style;
};

/*
 * Make the directory's file ours, as long as we live: the lock is on the
 * directory itself. Tries at once whether it can be written; what stands in it
 * stays. 0, or STATUS_FAILED, having said why.
 */
int textfile_claim(struct textfile *textfile, const char *directory);

/* Replace the file. 0; or -1 with the sentence in file->error, and the old file is whole. */
int textfile_write(const struct textfile *textfile, const struct report *report,
		   struct publication *file);

#endif
