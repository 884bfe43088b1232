/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/mappings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* One line of /proc/PID/maps; false when it is not an executable mapping of a file. */
static bool parse_line(char *line, struct mapping *mapping)
{
	unsigned major_number, minor_number;
	uint64_t inode;
	char executable;
	int path = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%*c%c%*c %" SCNx64 " %x:%x %" SCNu64 " %n",
		   &mapping->start, &mapping->end, &executable, &mapping->offset, &major_number,
		   &minor_number, &inode, &path) < 7)
		return false;
	if (executable != 'x' || !inode || !path || line[path] != '/')
		return false;
	mapping->device = makedev(major_number, minor_number);
	mapping->inode = inode;
	mapping->path = line + path;
	return true;
}

static int add_mapping(struct mapping **mappings, size_t *count, const struct mapping *mapping)
{
	struct mapping *more = reallocarray(*mappings, *count + 1, sizeof(*more));

	if (!more)
		return -1;
	*mappings = more;
	more[*count] = *mapping;
	more[*count].path = strdup(mapping->path);
	if (!more[*count].path)
		return -1;
	++*count;
	return 0;
}

FILE *mappings_open(pid_t pid)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	return fopen(name, "re");
}

int mappings_read_again(FILE *maps, pid_t pid, struct mapping **ret_mappings, size_t *ret_count)
{
	struct mapping *mappings = NULL, mapping = { .thread = pid };
	size_t count = 0, room = 0;
	char *line = NULL;
	int failed = 0, error;

	rewind(maps);
	errno = 0;
	while (!failed && getline(&line, &room, maps) > 0)
		if (parse_line(line, &mapping))
			failed = add_mapping(&mappings, &count, &mapping);
	error = errno;
	failed = failed || ferror(maps);
	free(line);
	if (failed) {
		mappings_free(mappings, count);
		errno = error;
		return -1;
	}
	*ret_mappings = mappings;
	*ret_count = count;
	return 0;
}

/* The mappings as one thread shows them: none once it has ended. 0, or -1 with errno. */
static int read_thread(pid_t thread, struct mapping **ret_mappings, size_t *ret_count)
{
	FILE *maps = mappings_open(thread);
	int failed, error;

	if (!maps)
		return -1;
	failed = mappings_read_again(maps, thread, ret_mappings, ret_count);
	error = errno;
	fclose(maps);
	errno = error;
	return failed;
}

/* By the first other thread that shows anything. */
static int read_other_threads(pid_t pid, struct mapping **ret_mappings, size_t *ret_count)
{
	char name[64];
	struct dirent *entry;
	int failed = 0;
	DIR *threads;

	snprintf(name, sizeof(name), "/proc/%d/task", pid);
	threads = opendir(name);
	if (!threads)
		return -1;
	while (!failed && !*ret_count && (entry = readdir(threads))) {
		pid_t thread = atoi(entry->d_name);

		if (thread && thread != pid)
			failed = read_thread(thread, ret_mappings, ret_count);
		if (failed && (errno == ENOENT || errno == ESRCH))
			failed = 0; /* it has just ended */
	}
	closedir(threads);
	return failed;
}

int mappings_read(pid_t pid, struct mapping **ret_mappings, size_t *ret_count)
{
	*ret_mappings = NULL;
	*ret_count = 0;
	if (read_thread(pid, ret_mappings, ret_count))
		return -1;
	return *ret_count ? 0 : read_other_threads(pid, ret_mappings, ret_count);
}

void mappings_free(struct mapping *mappings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(mappings[i].path);
	free(mappings);
}

bool mappings_repeat(const struct mapping *mappings, size_t which)
{
	const struct mapping *mapping = &mappings[which];

	for (size_t i = 0; i < which; i++)
		if (mappings[i].device == mapping->device && mappings[i].inode == mapping->inode)
			return true;
	return false;
}

/* Open a regular file; opening a device could set something off. */
static int open_regular(const char *path, struct stat *ret_status)
{
	if (stat(path, ret_status))
		return -1;
	if (!S_ISREG(ret_status->st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* By a name, which may have changed its meaning. */
static int open_same(const char *path, const struct mapping *mapping)
{
	struct stat status;
	int fd = open_regular(path, &status);

	if (fd >= 0 && !fstat(fd, &status) && status.st_dev == mapping->device &&
	    status.st_ino == mapping->inode)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int mapping_open(const struct mapping *mapping)
{
	struct stat status;
	char name[4096];
	int fd, error;

	/* What is mapped there, by construction. */
	snprintf(name, sizeof(name), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 mapping->thread, mapping->start, mapping->end);
	fd = open_regular(name, &status);
	if (fd >= 0)
		return fd;
	/* That needs a capability. Its name in its own root needs less, that in ours nothing. */
	error = errno;
	snprintf(name, sizeof(name), "/proc/%d/root%s", mapping->thread, mapping->path);
	fd = open_same(name, mapping);
	if (fd < 0)
		fd = open_same(mapping->path, mapping);
	errno = error;
	return fd;
}
