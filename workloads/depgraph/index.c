/* SPDX-License-Identifier: BSD-2-Clause */
#include "depgraph/index.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/heap.h"
#include "common/program.h"
#include "depgraph/relation.h"

#define LINE_MAX_BYTES (1U << 20)

static const char *const field_names[FIELDS] = {
	[FIELD_PACKAGE] = "Package",	     [FIELD_VERSION] = "Version",
	[FIELD_PRE_DEPENDS] = "Pre-Depends", [FIELD_DEPENDS] = "Depends",
	[FIELD_RECOMMENDS] = "Recommends",   [FIELD_PROVIDES] = "Provides",
};

enum line {
	LINE_FIELD, /* in text[0..length), its continuations joined to it by spaces */
	LINE_EMPTY,
	LINE_END,
	LINE_BAD, /* complained */
};

struct reader {
	const char *path;
	FILE *file;
	uint64_t first, lines; /* the first physical line of text; lines read so far */
	uint64_t packages;     /* whole stanzas so far */
	size_t length;
	char text[LINE_MAX_BYTES];
};

/* What is wrong with the line just read. */
static void complain(const struct reader *reader, const char *what)
{
	fprintf(stderr, "%s: %s:%" PRIu64 ": %s; packages kept from before it: %" PRIu64 "\n",
		program_invocation_short_name, reader->path, reader->first, what, reader->packages);
}

static bool continued(struct reader *reader)
{
	int next = getc_unlocked(reader->file);

	if (next == ' ' || next == '\t')
		return true;
	if (next != EOF)
		ungetc(next, reader->file);
	return false;
}

static enum line bad_line(const struct reader *reader, const char *what)
{
	complain(reader, what);
	return LINE_BAD;
}

static enum line last_line(const struct reader *reader)
{
	if (ferror(reader->file))
		return bad_line(reader, strerror(errno));
	if (reader->length)
		return bad_line(reader, "the file is cut off in this line");
	return LINE_END;
}

static enum line read_line(struct reader *reader)
{
	reader->first = reader->lines + 1;
	reader->length = 0;
	for (;;) {
		int character = getc_unlocked(reader->file);

		if (character == EOF)
			return last_line(reader);
		if (character == '\n') {
			reader->lines++;
			if (!reader->length)
				return LINE_EMPTY;
			if (!continued(reader))
				return LINE_FIELD;
			character = ' ';
		}
		if (!character)
			return bad_line(reader, "a NUL byte: not a package index");
		if (reader->length == LINE_MAX_BYTES)
			return bad_line(reader, "a field over 1 MiB: not a package index");
		reader->text[reader->length++] = (char)character;
	}
}

/* Where the field's name ends; NULL if that is no "Name:". */
static const char *colon(const struct reader *reader)
{
	const char *end = reader->text + reader->length;

	for (const char *at = reader->text; at < end; at++) {
		if (*at == ':')
			return at > reader->text ? at : NULL;
		if (!isgraph((unsigned char)*at))
			return NULL;
	}
	return NULL;
}

/* Which of the fields that are kept; FIELDS if none. */
static enum field field_named(const char *name, size_t length)
{
	for (enum field field = 0; field < FIELDS; field++)
		if (strlen(field_names[field]) == length &&
		    !strncasecmp(field_names[field], name, length))
			return field;
	return FIELDS;
}

static const char *field_fault(enum field field, const char *text, size_t length)
{
	switch (field) {
	case FIELD_PACKAGE:
		return length && relation_name_length(text) == length ? NULL
								      : "not a package's name";
	case FIELD_VERSION:
		return length ? NULL : "an empty version";
	default:
		return relations_valid(text) ? NULL : "not a list of packages";
	}
}

/* Keep the field in the line just read, if it is wanted. */
static bool read_field(struct memory *memory, struct reader *reader, struct stanza *stanza)
{
	const char *text = colon(reader), *fault, *end;
	enum field field;
	char *value;

	if (!text) {
		complain(reader, "no \"Field:\" at its start: not a package index");
		return false;
	}
	field = field_named(reader->text, text - reader->text);
	if (field == FIELDS)
		return true;
	end = reader->text + reader->length;
	do
		text++;
	while (text < end && isspace((unsigned char)*text));
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	value = text_new(memory, text, end - text);
	fault = stanza->fields[field] ? "a second field of this name in a stanza"
				      : field_fault(field, value, end - text);
	if (fault) {
		complain(reader, fault);
		return false;
	}
	gcs_store(memory->mutator, stanza, SLOT(stanza->fields[field]), value);
	return true;
}

static bool end_stanza(struct memory *memory, struct reader *reader, struct stanza *stanza,
		       struct vector *stanzas)
{
	if (!stanza->fields[FIELD_PACKAGE]) {
		complain(reader, "the stanza that ends here has no Package field");
		return false;
	}
	vector_push(memory, stanzas, stanza);
	reader->packages++;
	return true;
}

static bool read_stanzas(struct memory *memory, struct reader *reader, struct vector *stanzas)
{
	struct stanza *stanza = NULL;

	for (;;) {
		switch (read_line(reader)) {
		case LINE_FIELD:
			if (!stanza)
				stanza = object_new(memory, memory->stanza);
			if (!read_field(memory, reader, stanza))
				return false;
			break;
		case LINE_EMPTY:
			if (stanza && !end_stanza(memory, reader, stanza, stanzas))
				return false;
			stanza = NULL;
			break;
		case LINE_END:
			if (stanza)
				complain(reader, "the file is cut off in the stanza before "
						 "(no empty line ends it)");
			return !stanza;
		case LINE_BAD:
			return false;
		}
	}
}

bool index_read(struct memory *memory, const char *path, struct vector *stanzas)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	bool good;

	if (!reader)
		fail("%s: %s", path, strerror(errno));
	reader->path = path;
	reader->file = fopen(path, "re");
	if (!reader->file) {
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, path,
			strerror(errno));
		free(reader);
		return false;
	}
	good = read_stanzas(memory, reader, stanzas);
	if (good && !reader->packages) {
		complain(reader, "the file holds no package");
		good = false;
	}
	fclose(reader->file);
	free(reader);
	return good;
}
