/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/say.h"

#include <stdarg.h>
#include <stdio.h>

static bool say_notes = true, say_details;

void say_set(bool quiet, bool verbose)
{
	say_notes = !quiet;
	say_details = verbose;
}

/* One write a message, so that lines of several programs do not mix. */
static void write_line(const char *format, va_list arguments)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, arguments);
	fprintf(stderr, "gcscope: %s\n", text);
}

#define SAY_IF(condition)                      \
	do {                                   \
		va_list arguments;             \
		if (!(condition))              \
			return;                \
		va_start(arguments, format);   \
		write_line(format, arguments); \
		va_end(arguments);             \
	} while (0)

void say_error(const char *format, ...)
{
	SAY_IF(true);
}

void say(const char *format, ...)
{
	SAY_IF(say_notes);
}

void say_detail(const char *format, ...)
{
	SAY_IF(say_details);
}
