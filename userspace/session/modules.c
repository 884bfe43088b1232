/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/modules.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DELETED " (deleted)" /* behind the path of a file that has no name any more */

static struct module *find(const struct modules *modules, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < modules->count; i++)
		if (modules->entries[i]->device == device && modules->entries[i]->inode == inode)
			return modules->entries[i];
	return NULL;
}

static void module_free(struct module *module)
{
	symbols_close(module->symbols);
	free(module->path);
	free(module);
}

/* It takes the descriptor in any case. */
static struct module *new_module(const struct stat *status, int fd, const char *path)
{
	struct module *module = calloc(1, sizeof(*module));
	size_t length = strlen(path), suffix = strlen(DELETED);

	if (!module) {
		close(fd);
		return NULL;
	}
	if (length > suffix && !strcmp(path + length - suffix, DELETED))
		length -= suffix;
	module->device = status->st_dev;
	module->inode = status->st_ino;
	module->path = strndup(path, length);
	module->symbols = symbols_open(fd, module->path ? module->path : "");
	if (module->path && module->symbols)
		return module;
	module_free(module);
	return NULL;
}

static struct module *add(struct modules *modules, const struct stat *status, int fd,
			  const char *path)
{
	struct module *module = new_module(status, fd, path);
	struct module **more = reallocarray(modules->entries, modules->count + 1, sizeof(*more));

	if (more)
		modules->entries = more;
	if (module && more)
		return more[modules->count++] = module;
	if (module)
		module_free(module);
	return NULL;
}

/* The file of a mapping. Its descriptor stays open, so that its inode number stays its own. */
static struct module *open_module(struct modules *modules, const struct mapping *mapping)
{
	int fd = mapping_open(mapping);
	struct module *module;
	struct stat status;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status)) {
		close(fd);
		return NULL;
	}
	module = find(modules, status.st_dev, status.st_ino);
	if (!module)
		return add(modules, &status, fd, mapping->path);
	close(fd);
	return module;
}

static bool is_known(const struct code *code, const struct mapping *mapping)
{
	for (size_t i = 0; i < code->count; i++) {
		const struct code_range *range = &code->ranges[i];

		if (range->start == mapping->start && range->end == mapping->end &&
		    range->offset == mapping->offset && range->inode == mapping->inode &&
		    range->device == mapping->device)
			return true;
	}
	return false;
}

static void keep(struct modules *modules, struct code *code, const struct mapping *mapping)
{
	struct code_range *more = reallocarray(code->ranges, code->count + 1, sizeof(*more));
	struct module *module;

	if (!more)
		return;
	code->ranges = more;
	module = open_module(modules, mapping);
	if (module)
		more[code->count++] = (struct code_range){
			.start = mapping->start,
			.end = mapping->end,
			.offset = mapping->offset,
			.device = mapping->device,
			.inode = mapping->inode,
			.module = module,
		};
}

void modules_keep(struct modules *modules, struct code *code, const struct mapping *mappings,
		  size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_known(code, &mappings[i]))
			keep(modules, code, &mappings[i]);
}

bool code_find(const struct code *code, uint64_t address, const struct module **ret_module,
	       const struct place **ret_place)
{
	for (size_t i = code->count; i-- > 0;) {
		const struct code_range *range = &code->ranges[i];

		/* It returns to behind a call: that lies in the range, the address need not. */
		if (address <= range->start || address > range->end)
			continue;
		*ret_module = range->module;
		*ret_place = symbols_find(range->module->symbols,
					  address - range->start + range->offset);
		return *ret_place;
	}
	return false;
}

void code_ended(struct code *code)
{
	if (code->maps)
		fclose(code->maps);
	code->maps = NULL;
}

void code_free(struct code *code)
{
	code_ended(code);
	free(code->ranges);
	*code = (struct code){ 0 };
}

void modules_free(struct modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		module_free(modules->entries[i]);
	free(modules->entries);
	*modules = (struct modules){ 0 };
}
