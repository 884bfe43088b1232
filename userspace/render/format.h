/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as people read them, and as machines read them back. Each function
 * fills the caller's buffer and returns its text. LC_NUMERIC has to be "C",
 * as it is in a program that never sets it.
 */
#ifndef GCSCOPE_RENDER_FORMAT_H
#define GCSCOPE_RENDER_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

struct number_text {
	char text[32];
};

/* Three digits and a unit: "873 ns", "1.20 µs" (or "us"), "18.3 ms", "214 s", "12,345 s". */
const char *format_duration(struct number_text *out, uint64_t ns, bool utf8);

/* Three digits and a unit: "24 B", "1.50 KiB", "256 MiB". */
const char *format_bytes(struct number_text *out, uint64_t bytes);

/* "12,345,678" */
const char *format_count(struct number_text *out, uint64_t count);

/* "0.04 %", "3.2 %", "78.1 %" */
const char *format_share(struct number_text *out, double share);

/* The shortest decimal that reads back as the same value: "1e-06", "0.001", "10". */
const char *format_exact(struct number_text *out, double value);

#endif
