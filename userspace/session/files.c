/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void file_free(struct file *file)
{
	for (size_t i = 0; i < file->attachment_count; i++)
		attach_close(&file->attachments[i].attachment);
	free(file->attachments);
	free(file->sites);
	free(file->path);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

static struct file *find(struct files *files, const struct stat *status)
{
	for (size_t i = 0; i < files->count; i++) {
		struct file *file = files->entries[i];

		if (file->device == status->st_dev && file->inode == status->st_ino)
			return file;
	}
	return NULL;
}

static bool unchanged(const struct file *file, const struct stat *status)
{
	return file->fd >= 0 || (file->changed.tv_sec == status->st_ctim.tv_sec &&
				 file->changed.tv_nsec == status->st_ctim.tv_nsec);
}

static struct file *add(struct files *files)
{
	struct file **more = reallocarray(files->entries, files->count + 1, sizeof(*more));
	struct file *file;

	if (!more)
		return NULL;
	files->entries = more;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->fd = -1;
	more[files->count++] = file;
	return file;
}

/* Read an open file's sites. It takes the descriptor in any case. */
static int file_read(struct file *file, unsigned details, int fd, const struct stat *status,
		     const char *path)
{
	int error;

	if (sites_read(fd, details, &file->sites, &file->site_count))
		goto fail;
	file->device = status->st_dev;
	file->inode = status->st_ino;
	file->changed = status->st_ctim;
	if (!file->site_count) {
		close(fd);
		return 0;
	}
	file->path = strdup(path);
	if (!file->path)
		goto fail;
	file->fd = fd;
	return 0;
fail:
	error = errno;
	free(file->sites);
	file->sites = NULL;
	file->site_count = 0;
	file->changed = (struct timespec){ 0 };
	close(fd);
	errno = error;
	return -1;
}

int files_look(struct files *files, const struct mapping *mapping, struct file **ret_file)
{
	struct stat status;
	struct file *file;
	int fd = mapping_open(mapping);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status))
		goto close_fd;
	file = find(files, &status);
	if (!file || !unchanged(file, &status)) {
		file = file ? file : add(files);
		if (!file)
			goto close_fd;
		if (file_read(file, files->details, fd, &status, mapping->path))
			return -1;
	} else {
		close(fd);
	}
	*ret_file = file;
	return 0;
close_fd:
	close(fd);
	return -1;
}

bool file_attached(const struct file *file, pid_t pid)
{
	for (size_t i = 0; i < file->attachment_count; i++)
		if (!file->attachments[i].pid || file->attachments[i].pid == pid)
			return true;
	return false;
}

int file_keep(struct file *file, pid_t pid, const struct attachment *attachment)
{
	struct file_attachment *more = reallocarray(
		file->attachments, file->attachment_count + 1, sizeof(*more));

	if (!more)
		return -1;
	file->attachments = more;
	more[file->attachment_count++] =
		(struct file_attachment){ .pid = pid, .attachment = *attachment };
	return 0;
}

static void file_detach(struct file *file, pid_t pid)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->attachment_count; i++) {
		if (file->attachments[i].pid == pid)
			attach_close(&file->attachments[i].attachment);
		else
			file->attachments[kept++] = file->attachments[i];
	}
	file->attachment_count = kept;
}

void files_detach(struct files *files, pid_t pid)
{
	for (size_t i = 0; i < files->count; i++)
		file_detach(files->entries[i], pid);
}

void files_clear(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		file_free(files->entries[i]);
	free(files->entries);
	*files = (struct files){ .details = files->details };
}
