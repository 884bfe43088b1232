/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/mappings.h"
#include "session/sites.h"

struct list {
	struct target *targets;
	size_t count;
};

static int add(struct list *list, const struct runtime *runtime, const char *path)
{
	struct target *more = reallocarray(list->targets, list->count + 1, sizeof(*more));

	if (!more)
		return -1;
	list->targets = more;
	more[list->count] = (struct target){
		.runtime = runtime->name,
		.tier = runtime->tier,
		.file = strdup(path),
	};
	if (!more[list->count].file)
		return -1;
	list->count++;
	return 0;
}

/* The runtimes in an open file, of which there are sites side by side. */
static int look(struct list *list, int fd, const char *path)
{
	struct site *sites;
	size_t count;
	int failed;

	failed = sites_read(fd, 0, &sites, &count);
	if (failed)
		return -1;
	for (size_t i = 0; !failed && i < count; i++)
		if (!i || sites[i].runtime != sites[i - 1].runtime)
			failed = add(list, sites[i].runtime, path);
	free(sites);
	return failed;
}

/* Hand the list over, or free it. */
static int finish(struct list *list, int failed, struct target **ret_targets, size_t *ret_count)
{
	if (failed) {
		targets_free(list->targets, list->count);
		return -1;
	}
	*ret_targets = list->targets;
	*ret_count = list->count;
	return 0;
}

int targets_of_process(pid_t pid, struct target **ret_targets, size_t *ret_count)
{
	struct list list = { 0 };
	struct mapping *mappings;
	int failed = 0, hidden = 0;
	size_t count;

	if (mappings_read(pid, &mappings, &count)) {
		if (errno == ENOENT)
			errno = ESRCH;
		return -1;
	}
	for (size_t i = 0; !failed && i < count; i++) {
		int fd;

		if (mappings_repeat(mappings, i))
			continue;
		fd = mapping_open(&mappings[i]);
		if (fd < 0) {
			if (errno == EACCES || errno == EPERM)
				hidden = errno;
			continue;
		}
		failed = look(&list, fd, mappings[i].path);
		close(fd);
	}
	mappings_free(mappings, count);
	if (!failed && !list.count && hidden) {
		errno = hidden;
		failed = -1;
	}
	return finish(&list, failed, ret_targets, ret_count);
}

int targets_of_file(const char *path, struct target **ret_targets, size_t *ret_count)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed;
	struct list list = { 0 };

	if (fd < 0)
		return -1;
	failed = look(&list, fd, path);
	close(fd);
	return finish(&list, failed, ret_targets, ret_count);
}

void targets_free(struct target *targets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(targets[i].file);
	free(targets);
}
