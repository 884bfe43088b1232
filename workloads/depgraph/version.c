/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/version.h"

#include <ctype.h>
#include <string.h>

/* A part of a version: [at, end). */
struct part {
	const char *at, *end;
};

/* Where a character sorts: '~' before the end of the part, letters before the rest. */
static int rank(const struct part *part)
{
	int character = part->at < part->end ? (unsigned char)*part->at : 0;

	if (character == '~')
		return -1;
	if (!character || isdigit(character))
		return 0;
	return isalpha(character) ? character : character + 256;
}

static int compare_words(struct part *a, struct part *b)
{
	for (;;) {
		int difference = rank(a) - rank(b);

		if (difference)
			return difference;
		if (!rank(a)) /* a digit or the end, in both */
			return 0;
		a->at++;
		b->at++;
	}
}

/* The digits at the start of a part without leading zeros, taken off it. */
static struct part take_number(struct part *part)
{
	struct part number;

	while (part->at < part->end && *part->at == '0')
		part->at++;
	number.at = part->at;
	while (part->at < part->end && isdigit((unsigned char)*part->at))
		part->at++;
	number.end = part->at;
	return number;
}

static int compare_numbers(struct part *a, struct part *b)
{
	struct part x = take_number(a), y = take_number(b);
	size_t x_length = x.end - x.at, y_length = y.end - y.at;

	if (x_length != y_length)
		return x_length < y_length ? -1 : 1;
	return memcmp(x.at, y.at, x_length);
}

static int compare_parts(struct part a, struct part b)
{
	int difference = 0;

	while (!difference && (a.at < a.end || b.at < b.end)) {
		difference = compare_words(&a, &b);
		if (!difference)
			difference = compare_numbers(&a, &b);
	}
	return difference;
}

struct version {
	struct part epoch, upstream, revision;
};

static struct version split(const char *text)
{
	const char *end = text + strlen(text), *colon = strchr(text, ':');
	const char *upstream = colon ? colon + 1 : text, *dash = strrchr(upstream, '-');

	return (struct version){
		.epoch = { text, colon ? colon : text },
		.upstream = { upstream, dash ? dash : end },
		.revision = { dash ? dash + 1 : end, end },
	};
}

int version_compare(const char *a, const char *b)
{
	struct version x = split(a), y = split(b);
	int difference = compare_parts(x.epoch, y.epoch);

	if (!difference)
		difference = compare_parts(x.upstream, y.upstream);
	if (!difference)
		difference = compare_parts(x.revision, y.revision);
	return difference;
}
