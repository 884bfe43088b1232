/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exposition_check [FILE…]: read metrics strictly, from standard input when no
 * file is named. Prints each finding with its line and exits 1 when there was
 * one, 2 when a file could not be read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exposition.h"

/* All that is left of a stream, to be freed. NULL when it cannot be read. */
static char *read_all(FILE *in, size_t *length)
{
	char *text = NULL;

	*length = 0;
	for (;;) {
		char *larger = realloc(text, *length + 65536);
		size_t count;

		if (!larger)
			break;
		text = larger;
		count = fread(text + *length, 1, 65536, in);
		*length += count;
		if (count == 0 && !ferror(in))
			return text;
		if (count == 0)
			break;
	}
	free(text);
	return NULL;
}

/* Exit status for one file. */
static int check_stream(FILE *in, const char *name)
{
	size_t length;
	char *text = in ? read_all(in, &length) : NULL;
	unsigned findings;

	if (!text) {
		perror(name);
		return 2;
	}
	findings = exposition_check(text, length, stdout);
	free(text);
	if (findings)
		printf("%s: %u findings\n", name, findings);
	return findings ? 1 : 0;
}

int main(int argc, char **argv)
{
	int worst = 0;

	if (argc < 2)
		return check_stream(stdin, "standard input");
	for (int i = 1; i < argc; i++) {
		FILE *in = fopen(argv[i], "r");
		int status = check_stream(in, argv[i]);

		if (in)
			fclose(in);
		if (status > worst)
			worst = status;
	}
	return worst;
}
