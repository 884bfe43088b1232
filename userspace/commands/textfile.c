/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "commands/say.h"
#include "exit_status.h"

int textfile_claim(struct textfile *textfile, const char *directory)
{
	struct publication trial;
	int fd, length;

	length = snprintf(textfile->path, sizeof(textfile->path), "%s/" TEXTFILE_NAME, directory);
	if (length >= (int)sizeof(textfile->path)) {
		say_error("cannot write to %s: %s", directory, strerror(ENAMETOOLONG));
		return STATUS_FAILED;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		say_error("cannot open the directory %s: %s", directory, strerror(errno));
		return STATUS_FAILED;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		say_error("another gcscope writes to %s already", textfile->path);
		return STATUS_FAILED;
	}
	if (publication_open(&trial, textfile->path, 0644)) {
		say_error("%s", trial.error);
		return STATUS_FAILED;
	}
	publication_abandon(&trial);
	return 0;
}

int textfile_write(const struct textfile *textfile, const struct report *report,
		   struct publication *file)
{
	if (publication_open(file, textfile->path, 0644))
		return -1;
	if (!render_prometheus(file->stream, report, &textfile->style))
		return publication_commit(file);
	snprintf(file->error, sizeof(file->error), "cannot write to %s: %s", textfile->path,
		 strerror(errno));
	publication_abandon(file);
	return -1;
}
