/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CONTAINER_ID	   64 /* hexadecimal digits, alone or as in "docker-ID.scope" */
#define CONTAINER_ID_SHORT 12

static const char *container_id(const char *component, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t start = 0; start + CONTAINER_ID <= length;) {
		size_t run = strspn(component + start, digits);

		if (run == CONTAINER_ID)
			return component + start;
		start += run + 1;
	}
	return NULL;
}

static bool ends_with(const char *component, size_t length, const char *suffix)
{
	size_t tail = strlen(suffix);

	return length > tail && memcmp(component + length - tail, suffix, tail) == 0;
}

/* The unit that one component of the path names, or NULL. */
static char *unit_of(const char *component, size_t length)
{
	const char *id = container_id(component, length);

	if (id)
		return strndup(id, CONTAINER_ID_SHORT);
	if (ends_with(component, length, ".service") || ends_with(component, length, ".scope"))
		return strndup(component, length);
	return NULL;
}

char *unit_name(const char *cgroup)
{
	size_t end = cgroup ? strlen(cgroup) : 0;

	while (end > 0) {
		size_t start = end;
		char *unit;

		while (start > 0 && cgroup[start - 1] != '/')
			start--;
		unit = unit_of(cgroup + start, end - start);
		if (unit || start == 0)
			return unit;
		end = start - 1;
	}
	return NULL;
}
