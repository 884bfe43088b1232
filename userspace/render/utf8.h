/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's names (a comm, a cgroup) may be any bytes, cut off anywhere;
 * readers of JSON and of metrics refuse a whole file for one that is not UTF-8.
 */
#ifndef GCSCOPE_RENDER_UTF8_H
#define GCSCOPE_RENDER_UTF8_H

#include <stddef.h>

/*
 * How many bytes the character at the start of a NUL-terminated text has: 1 to
 * 4, or 0 when it is not well-formed (Unicode 15, table 3-7: no overlong
 * forms, no surrogates, nothing above U+10FFFF) or the text is at its end.
 */
size_t utf8_length(const char *text);

/* A copy in which each byte of no character is U+FFFD, to be freed. NULL without memory. */
char *utf8_clean(const char *text);

#endif
