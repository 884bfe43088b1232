/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/program.h"

_Noreturn static void help(const char *prose, const struct argument *arguments, size_t count)
{
	printf("Usage: %s", program_invocation_short_name);
	for (size_t i = 0; i < count; i++)
		printf(" [%s]", arguments[i].name);
	printf("\n%s\n", prose);
	for (size_t i = 0; i < count; i++)
		printf("  %-12s %s (%" PRIu64 " to %" PRIu64 ", default %" PRIu64 ")\n",
		       arguments[i].name, arguments[i].prose, arguments[i].lowest,
		       arguments[i].highest, arguments[i].preset);
	exit(0);
}

uint64_t argument_value(const struct argument *argument, const char *text)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end)
		usage_error("%s: '%s' is not a whole number", argument->name, text);
	if (errno || value < argument->lowest || value > argument->highest)
		usage_error("%s: %s is not between %" PRIu64 " and %" PRIu64, argument->name, text,
			    argument->lowest, argument->highest);
	return value;
}

void arguments_parse(int argc, char *argv[], const char *prose, const struct argument *arguments,
		     size_t count, uint64_t *values)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			help(prose, arguments, count);
	if ((size_t)argc - 1 > count)
		usage_error("%d arguments, but %zu at most (see --help)", argc - 1, count);
	for (size_t i = 0; i < count; i++)
		values[i] = i + 1 < (size_t)argc ? argument_value(&arguments[i], argv[i + 1])
						 : arguments[i].preset;
}
