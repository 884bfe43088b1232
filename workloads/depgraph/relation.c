/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/relation.h"

#include <ctype.h>
#include <string.h>

static const char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* Past the version, architectures and profiles at text; NULL if one is not closed. */
static const char *skip_conditions(const char *text)
{
	static const char opening[] = "([<", closing[] = ")]>";

	for (text = skip_spaces(text); *text; text = skip_spaces(text + 1)) {
		const char *open = strchr(opening, *text);

		if (!open)
			break;
		text = strchr(text, closing[open - opening]);
		if (!text)
			return NULL;
	}
	return text;
}

size_t relation_name_length(const char *text)
{
	size_t length = 0;

	if (!isalnum((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[length]) ||
	       (text[length] && strchr("+-._", text[length])))
		length++;
	return length;
}

struct relation relation_start(const char *list)
{
	return (struct relation){ .rest = skip_spaces(list) };
}

bool relation_next(struct relation *relation)
{
	const char *text = relation->rest;

	if (!*text)
		return false;
	relation->alternative = *text == '|';
	if (relation->name) /* at the comma or bar that ended the one before */
		text = skip_spaces(text + 1);
	relation->name = text;
	relation->length = relation_name_length(text);
	text += relation->length;
	if (*text == ':')
		text += 1 + relation_name_length(text + 1);
	text = skip_conditions(text);
	relation->rest = relation->length && text && strchr(",|", *text) ? text : NULL;
	return relation->rest != NULL;
}

bool relations_valid(const char *list)
{
	struct relation relation = relation_start(list);

	while (relation_next(&relation))
		;
	return relation.rest != NULL;
}
