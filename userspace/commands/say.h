/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages for people: one line each on standard error, "gcscope: " in front. */
#ifndef GCSCOPE_SAY_H
#define GCSCOPE_SAY_H

#include <stdbool.h>

/* What is said from now on; errors always are. */
void say_set(bool quiet, bool verbose);

void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Worth knowing; silent under -q. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Details; only under -v. */
void say_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
