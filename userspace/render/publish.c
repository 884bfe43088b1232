/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Give up: drop what we hold and leave the sentence. errno survives. */
static int fail(struct publication *publication, const char *what)
{
	int error = errno;

	snprintf(publication->error, sizeof(publication->error), "cannot %s %s: %s", what,
		 publication->target, strerror(error));
	publication_abandon(publication);
	errno = error;
	return -1;
}

static const char *base_name(const struct publication *publication)
{
	const char *slash = strrchr(publication->target, '/');

	return slash ? slash + 1 : publication->target;
}

static bool same_file(const struct stat *file, int fd)
{
	struct stat other;

	return fstat(fd, &other) == 0 && other.st_dev == file->st_dev &&
	       other.st_ino == file->st_ino;
}

/* Can another file take this one's place? */
static bool replaceable(const struct stat *file)
{
	return S_ISREG(file->st_mode) && !same_file(file, STDOUT_FILENO) &&
	       !same_file(file, STDERR_FILENO);
}

/* The pid in the name of a temporary file of this target; 0 for any other name. */
static pid_t writer_of(const struct publication *publication, const char *name)
{
	const char *base = base_name(publication);
	size_t length = strlen(base);
	char *end;
	long pid;

	if (name[0] != '.' || strncmp(name + 1, base, length) || name[length + 1] != '.')
		return 0;
	pid = strtol(name + length + 2, &end, 10);
	return pid > 0 && pid <= INT_MAX && strcmp(end, ".tmp") == 0 ? (pid_t)pid : 0;
}

/* Remove what writers left that are gone; with our own pid, one of an earlier life. */
static void remove_leftovers(const struct publication *publication)
{
	int fd = openat(publication->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!entries) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(entries))) {
		pid_t pid = writer_of(publication, entry->d_name);

		if (pid && (pid == getpid() || (kill(pid, 0) && errno == ESRCH)))
			unlinkat(publication->directory, entry->d_name, 0);
	}
	closedir(entries);
}

static int open_directory(const struct publication *publication)
{
	char directory[PATH_MAX + 1];
	size_t length = (size_t)(base_name(publication) - publication->target);

	if (length == 0)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memcpy(directory, publication->target, length);
	directory[length] = '\0';
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The temporary file, or -1. */
static int create_temporary(struct publication *publication)
{
	int length = snprintf(publication->temporary, sizeof(publication->temporary), ".%s.%d.tmp",
			      base_name(publication), getpid());

	if (length >= (int)sizeof(publication->temporary)) {
		publication->temporary[0] = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	remove_leftovers(publication);
	return openat(publication->directory, publication->temporary,
		      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static int open_stream(struct publication *publication, int fd)
{
	publication->stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (publication->stream)
		return 0;
	if (fd >= 0)
		close(fd);
	return -1;
}

int publication_open(struct publication *publication, const char *path, mode_t mode)
{
	struct stat file;
	bool exists;

	*publication = (struct publication){ .directory = -1, .mode = mode };
	snprintf(publication->target, sizeof(publication->target), "%s", path);
	exists = stat(path, &file) == 0;
	if (!exists && (errno != ENOENT || !*path))
		return fail(publication, "write to");
	if (exists && !replaceable(&file)) {
		/* Appending, since a file that is our standard output has text of others in it. */
		if (open_stream(publication,
				open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC)))
			return fail(publication, "write to");
		return 0;
	}
	if (exists && !realpath(path, publication->target))
		return fail(publication, "write to");
	publication->directory = open_directory(publication);
	if (publication->directory < 0)
		return fail(publication, "open the directory of");
	if (open_stream(publication, create_temporary(publication)))
		return fail(publication, "create a temporary file beside");
	return 0;
}

/* All that was written is on its way to the kernel, and the stream is closed. */
static int close_stream(struct publication *publication)
{
	FILE *stream = publication->stream;

	publication->stream = NULL;
	return fclose(stream);
}

static int write_temporary(struct publication *publication)
{
	int fd = fileno(publication->stream);

	if (publication->mode && fchmod(fd, publication->mode))
		return -1;
	if (fsync(fd))
		return -1;
	return close_stream(publication);
}

int publication_commit(struct publication *publication)
{
	int status;

	errno = EIO; /* for a stream that failed earlier, and now has nothing left to flush */
	if (fflush(publication->stream) || ferror(publication->stream))
		return fail(publication, "write to");
	if (publication->directory < 0)
		return close_stream(publication) ? fail(publication, "write to") : 0;
	if (write_temporary(publication))
		return fail(publication, "write to");
	if (renameat(publication->directory, publication->temporary, publication->directory,
		     base_name(publication)))
		return fail(publication, "replace");
	publication->temporary[0] = '\0';
	status = fsync(publication->directory);
	if (status && errno != EINVAL) /* a file system that cannot sync a directory */
		return fail(publication, "sync the directory of");
	publication_abandon(publication);
	return 0;
}

void publication_abandon(struct publication *publication)
{
	if (publication->stream)
		close_stream(publication);
	if (publication->temporary[0])
		unlinkat(publication->directory, publication->temporary, 0);
	if (publication->directory >= 0)
		close(publication->directory);
	publication->temporary[0] = '\0';
	publication->directory = -1;
}
