/* SPDX-License-Identifier: BSD-2-Clause */
/* What is printed to a stream, as a string. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>
#include <stdio.h>

struct capture {
	FILE *stream; /* to print to */
	char *text;
	size_t length;
};

void capture_begin(struct capture *capture);

/* Close the stream. The text is NUL-terminated, never NULL, and the caller's to free. */
char *capture_end(struct capture *capture);

#endif
