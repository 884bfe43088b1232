/* SPDX-License-Identifier: BSD-2-Clause */
#include "probes/stats_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/platform.h"

struct snapshot {
	struct snapshot *next;
	struct gcscope_stats stats;
};

static struct snapshot *first, **last = &first;

static const char *kind_name(unsigned code)
{
#define NAME(NAME, number, name, prose) \
	if (code == (number))           \
		return name;
	GCS_KIND_TABLE(NAME)
	return "unknown";
}

static const char *cause_name(unsigned code)
{
	GCS_CAUSE_TABLE(NAME)
	return "unknown";
}

static const char *plan_name(unsigned code)
{
	GCS_PLAN_TABLE(NAME)
	return "unknown";
}

static const char *end_name(unsigned code)
{
	GCS_END_TABLE(NAME)
#undef NAME
	return "unknown";
}

void stats_file_add(const struct gcscope_stats *stats)
{
	struct snapshot *snapshot;

	if (!getenv("GCSCOPE_STATS_FILE"))
		return;
	snapshot = malloc(sizeof(*snapshot));
	if (!snapshot) {
		fprintf(stderr, "libgcscope: no memory to keep the counters of heap %llu\n",
			(unsigned long long)stats->heap);
		return;
	}
	*snapshot = (struct snapshot){ .stats = *stats };
	*last = snapshot;
	last = &snapshot->next;
}

static void write_collections(FILE *file, const struct gcscope_stats *stats)
{
	const char *comma = "";
	unsigned kind, cause;

	fputs("\"collections\": [", file);
	for (kind = 0; kind < GCS_KINDS; kind++) {
		for (cause = 0; cause < GCS_CAUSES; cause++) {
			if (!stats->collections[kind][cause])
				continue;
			fprintf(file, "%s{\"kind\": \"%s\", \"cause\": \"%s\", \"count\": %llu}",
				comma, kind_name(kind), cause_name(cause),
				(unsigned long long)stats->collections[kind][cause]);
			comma = ", ";
		}
	}
	fputs("]", file);
}

struct member {
	const char *group, *key;
	uint64_t value;
};

/* Neighbours of one group share an object. */
static void write_members(FILE *file, const struct member *members, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		bool opens = i == 0 || strcmp(members[i].group, members[i - 1].group);
		bool closes = i + 1 == count || strcmp(members[i].group, members[i + 1].group);

		if (opens)
			fprintf(file, ",\n  \"%s\": {", members[i].group);
		fprintf(file, "%s\"%s\": ", opens ? "" : ", ", members[i].key);
		if (members[i].value == GCSCOPE_STATS_UNKNOWN)
			fputs("null", file);
		else
			fprintf(file, "%llu", (unsigned long long)members[i].value);
		fputs(closes ? "}" : "", file);
	}
}

static void write_heap(FILE *file, const struct gcscope_stats *stats)
{
	const struct member members[] = {
#define MEMBER(group, key) { #group, #key, stats->group##_##key },
		GCSCOPE_STATS_COUNTERS(MEMBER) GCSCOPE_STATS_GAUGES(MEMBER)
#undef MEMBER
	};

	fprintf(file, " {\"heap\": %llu, \"plan\": \"%s\", \"end\": \"%s\", \"complete\": %s,\n  ",
		(unsigned long long)stats->heap, plan_name(stats->plan), end_name(stats->end),
		stats->end == GCS_END_EXIT_TIMEOUT ? "false" : "true");
	write_collections(file, stats);
	fprintf(file,
		",\n  \"pauses\": {\"count\": %llu, \"sum_seconds\": %.9f, \"max_seconds\": %.9f}",
		(unsigned long long)stats->pauses, (double)stats->pause_ns / 1e9,
		(double)stats->pause_max_ns / 1e9);
	write_members(file, members, sizeof(members) / sizeof(members[0]));
	fputs("}", file);
}

static void write_all(FILE *file)
{
	const struct snapshot *snapshot;
	const char *comma = "";

	fprintf(file, "{\"schema\": \"gcscope.stats/1\", \"pid\": %u, \"heaps\": [",
		platform_pid());
	for (snapshot = first; snapshot; snapshot = snapshot->next) {
		if (snapshot->stats.pid != platform_pid())
			continue; /* inherited: a parent's heap that ended before the fork */
		fprintf(file, "%s\n", comma);
		write_heap(file, &snapshot->stats);
		comma = ",";
	}
	fputs("\n]}\n", file);
}

/* The file's name, with each %p replaced by the pid. NULL: no memory. */
static char *expand(const char *pattern)
{
	char *name = NULL;
	size_t size;
	FILE *text = open_memstream(&name, &size);

	if (!text)
		return NULL;
	for (; *pattern; pattern++) {
		if (pattern[0] == '%' && pattern[1] == 'p') {
			fprintf(text, "%u", platform_pid());
			pattern++;
		} else {
			fputc(*pattern, text);
		}
	}
	return fclose(text) == 0 ? name : NULL;
}

static bool write_to(const char *name)
{
	FILE *file = fopen(name, "w");
	bool ok;

	if (!file)
		return false;
	write_all(file);
	ok = !ferror(file);
	ok &= fclose(file) == 0;
	return ok;
}

/* Whole or not at all: written aside, then renamed. A link stays, and its target is replaced. */
static bool replace(const char *name)
{
	char *target = realpath(name, NULL), *aside = NULL;
	bool ok = asprintf(&aside, "%s.part", target ? target : name) > 0 && write_to(aside) &&
		  rename(aside, target ? target : name) == 0;
	int error = errno;

	if (aside && !ok)
		remove(aside);
	free(aside);
	free(target);
	errno = error;
	return ok;
}

void stats_file_write(void)
{
	const char *pattern = getenv("GCSCOPE_STATS_FILE");
	char *name;

	if (!pattern)
		return;
	platform_survive_file_limit();
	name = expand(pattern);
	if (!name || !(platform_is_special_file(name) ? write_to(name) : replace(name)))
		fprintf(stderr, "libgcscope: cannot write GCSCOPE_STATS_FILE %s: %s\n", pattern,
			strerror(errno));
	free(name);
	platform_heed_file_limit();
}
