/* SPDX-License-Identifier: BSD-2-Clause */
#include "heap/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "heap/heap.h"
#include "heap/plan.h"
#include "platform/platform.h"

enum option_type { PLAN, SIZE, COUNT };

struct option {
	const char *name;
	enum option_type type;
	uint64_t lowest, highest;
	size_t offset;
	const char *preset; /* a value, or words about how it comes to be */
};

static const struct option option_table[] = {
#define OPTION(name, type, lowest, highest, preset, prose) \
	{ #name, type, lowest, highest, offsetof(struct gcs_options, name), preset },
	GCS_OPTION_TABLE(OPTION)
#undef OPTION
};
#define OPTIONS (sizeof(option_table) / sizeof(option_table[0]))

static uint64_t *field(struct gcs_options *options, const struct option *option)
{
	return (uint64_t *)((char *)options + option->offset);
}

static const struct option *find_option(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		if (strlen(option_table[i].name) == length &&
		    !memcmp(option_table[i].name, name, length))
			return &option_table[i];
	return NULL;
}

/* A plan's code by its name; 0: none of that name. */
static uint64_t parse_plan(const char *text)
{
#define PLAN_CODE(NAME, code, name, prose) \
	if (!strcmp(text, name))           \
		return code;
	GCS_PLAN_TABLE(PLAN_CODE)
#undef PLAN_CODE
	return 0;
}

/* A whole number, with K, M or G behind it for a size. */
static bool parse_number(const char *text, bool suffix, uint64_t *ret_value)
{
	unsigned shift = 0;
	uint64_t value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return false;
	if (suffix && *end) {
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
		end += shift ? 1 : 0;
	}
	if (*end || value > UINT64_MAX >> shift)
		return false;
	*ret_value = value << shift;
	return true;
}

static bool parse_value(uint64_t *ret_value, const struct option *option, const char *text)
{
	if (option->type != PLAN)
		return parse_number(text, option->type == SIZE, ret_value);
	*ret_value = parse_plan(text);
	return *ret_value != 0;
}

static int set(struct gcs_options *options, const struct option *option, const char *text)
{
	if (parse_value(field(options, option), option, text))
		return 0;
	if (option->type == PLAN)
		return fail(-EINVAL, "GCSCOPE_OPTIONS: there is no plan %s", text);
	return fail(-EINVAL, "GCSCOPE_OPTIONS: %s: '%s' is not a %s", option->name, text,
		    option->type == SIZE ? "size, such as 256M" : "whole number");
}

/* One "key=value" of the environment; item is writable. */
static int parse_item(struct gcs_options *options, char *item)
{
	char *equals = strchr(item, '=');
	const struct option *option;

	if (!equals)
		return fail(-EINVAL, "GCSCOPE_OPTIONS: %s has no value", item);
	*equals = '\0';
	option = find_option(item, (size_t)(equals - item));
	if (!option)
		return fail(-EINVAL, "GCSCOPE_OPTIONS: there is no option %s", item);
	return set(options, option, equals + 1);
}

static int parse_environment(struct gcs_options *options, const char *environment)
{
	char *copy = strdup(environment), *rest = copy, *item;
	int error = 0;

	if (!copy)
		return fail(-ENOMEM, "no memory for GCSCOPE_OPTIONS");
	while (!error && (item = strsep(&rest, ",")))
		if (*item)
			error = parse_item(options, item);
	free(copy);
	return error;
}

static int check_ranges(struct gcs_options *options)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		const struct option *option = &option_table[i];
		uint64_t value = *field(options, option);

		if (value == 0)
			continue;
		if (option->type == PLAN) {
			if (!plan_of(value))
				return fail(-EINVAL, "option plan: there is no plan of number %llu",
					    (unsigned long long)value);
			continue;
		}
		if (value < option->lowest || value > option->highest)
			return fail(-EINVAL, "option %s: %llu is not within %llu and %llu",
				    option->name, (unsigned long long)value,
				    (unsigned long long)option->lowest,
				    (unsigned long long)option->highest);
	}
	return 0;
}

static void fill_defaults(struct gcs_options *options)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		const struct option *option = &option_table[i];
		uint64_t preset;

		if (*field(options, option) == 0 && parse_value(&preset, option, option->preset))
			*field(options, option) = preset;
	}
	if (options->heap_max == 0)
		options->heap_max = platform_memory_bytes() / 2;
}

/* It has to find room beside what it is copied to. */
static int check_nursery(const struct gcs_options *options)
{
	if (options->nursery <= options->heap_max / 2)
		return 0;
	return fail(-EINVAL, "option nursery: %llu is more than half of heap_max, which is %llu",
		    (unsigned long long)options->nursery, (unsigned long long)options->heap_max);
}

int options_resolve(struct gcs_options *ret_options, const struct gcs_options *chosen,
		    const char *environment)
{
	struct gcs_options options = { 0 };
	int error = 0;

	if (chosen)
		options = *chosen;
	if (environment)
		error = parse_environment(&options, environment);
	if (!error)
		error = check_ranges(&options);
	if (error)
		return error;
	fill_defaults(&options);
	error = check_nursery(&options);
	if (error)
		return error;
	*ret_options = options;
	return 0;
}
