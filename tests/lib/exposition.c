/* SPDX-License-Identifier: BSD-2-Clause */
#include "exposition.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <search.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum type { TYPE_NONE, TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM, TYPE_SUMMARY, TYPE_UNTYPED };

struct family {
	char *name;
	enum type type;
	bool help;
	bool closed; /* another family came after it */
};

/* The samples of one histogram that share all labels but le. */
struct group {
	char *labels;
	size_t line; /* of the first sample */
	double le;   /* of the last bucket; NAN: none yet */
	double bucket;
	double count; /* NAN: not seen */
	bool sum;
};

struct label {
	char *name;
	char *value; /* unescaped */
};

struct sample {
	char *name;
	struct label *labels; /* sorted by name */
	size_t label_count;
	double value;
};

struct check {
	FILE *out;
	unsigned findings;
	size_t line;
	struct family *families;
	size_t family_count;
	struct family *current; /* the family that the last line belonged to */
	struct group *groups;	/* of the current family */
	size_t group_count;
	void *series; /* tree of the keys seen */
};

__attribute__((format(printf, 3, 4))) static void report(struct check *check, size_t line,
							 const char *format, ...)
{
	va_list arguments;

	fprintf(check->out, "line %zu: ", line);
	va_start(arguments, format);
	vfprintf(check->out, format, arguments);
	va_end(arguments);
	fputc('\n', check->out);
	check->findings++;
}

#define FINDING(...) report(check, check->line, __VA_ARGS__)

static void *grown(void *list, size_t count, size_t size)
{
	void *larger = reallocarray(list, count, size);

	if (!larger)
		abort();
	return larger;
}

static char *copied(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && strcmp(text + length - tail, end) == 0;
}

static char *skip_blanks(char *at)
{
	return at + strspn(at, " \t");
}

/* Cut off and return the token at *at; *at moves behind it and the blanks that follow. */
static char *take_token(char **at)
{
	char *token = *at;
	char *end = token + strcspn(token, " \t");

	*at = skip_blanks(end);
	*end = '\0';
	return token;
}

static bool is_name(const char *name, bool colons)
{
	if (!isalpha((unsigned char)*name) && *name != '_' && !(colons && *name == ':'))
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '_' && !(colons && *name == ':'))
			return false;
	}
	return true;
}

/*
 * Families.
 */

static struct family *find_family(struct check *check, const char *name, size_t length)
{
	for (size_t i = 0; i < check->family_count; i++) {
		struct family *family = &check->families[i];

		if (strlen(family->name) == length && memcmp(family->name, name, length) == 0)
			return family;
	}
	return NULL;
}

static const char *const parts[] = { "_bucket", "_sum", "_count" };

/* Has the sample `name` of one family the name of another's? */
static void check_clash(struct check *check, const char *name)
{
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t length = strlen(name);
		size_t tail = strlen(parts[i]);
		struct family *base =
			ends_with(name, parts[i]) ? find_family(check, name, length - tail) : NULL;

		if (base && (base->type == TYPE_HISTOGRAM || base->type == TYPE_SUMMARY))
			FINDING("family %s clashes with the samples of %s", name, base->name);
	}
}

/* The other way round, once a family is known to be a histogram. */
static void check_parts(struct check *check, const char *name)
{
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char part[512];

		snprintf(part, sizeof(part), "%s%s", name, parts[i]);
		if (find_family(check, part, strlen(part)))
			FINDING("family %s clashes with the samples of %s", part, name);
	}
}

static void check_family_name(struct check *check, const char *name)
{
	static const char *const others[] = { "go_", "process_", "promhttp_", "node_", "scrape_" };

	if (!is_name(name, true))
		FINDING("\"%s\" is no metric name", name);
	else if (strchr(name, ':'))
		FINDING("%s has a colon, which is for recording rules", name);
	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (starts_with(name, others[i]))
			FINDING("names in %s belong to others", others[i]);
	}
}

static void end_group(struct check *check, const struct group *group)
{
	const char *name = check->current->name;

	if (!isinf(group->le))
		report(check, group->line, "%s{%s} has no +Inf bucket", name, group->labels);
	if (isnan(group->count))
		report(check, group->line, "%s{%s} has no _count", name, group->labels);
	else if (isinf(group->le) && group->count != group->bucket)
		report(check, group->line, "the +Inf bucket of %s{%s} is not its _count", name,
		       group->labels);
	if (!group->sum)
		report(check, group->line, "%s{%s} has no _sum", name, group->labels);
}

static void end_family(struct check *check)
{
	for (size_t i = 0; i < check->group_count; i++) {
		end_group(check, &check->groups[i]);
		free(check->groups[i].labels);
	}
	check->group_count = 0;
	if (check->current)
		check->current->closed = true;
	check->current = NULL;
}

/* The line at hand belongs to this family. */
static void enter_family(struct check *check, struct family *family)
{
	if (check->current == family)
		return;
	end_family(check);
	if (family->closed)
		FINDING("family %s is in two places", family->name);
	check->current = family;
}

/* The family that a HELP or TYPE line names, which may be its first. */
static struct family *declared_family(struct check *check, const char *name)
{
	struct family *family = find_family(check, name, strlen(name));

	if (!family) {
		end_family(check); /* before the list moves */
		check_family_name(check, name);
		check_clash(check, name);
		check->families =
			grown(check->families, check->family_count + 1, sizeof(*check->families));
		family = &check->families[check->family_count++];
		*family = (struct family){ .name = copied(name) };
	}
	enter_family(check, family);
	return family;
}

/* The family that a sample's name belongs to, by the declarations so far. */
static struct family *sampled_family(struct check *check, const char *name)
{
	struct family *family = find_family(check, name, strlen(name));

	for (unsigned i = 0; !family && i < sizeof(parts) / sizeof(*parts); i++) {
		if (!ends_with(name, parts[i]))
			continue;
		family = find_family(check, name, strlen(name) - strlen(parts[i]));
		if (family && family->type != TYPE_HISTOGRAM &&
		    (family->type != TYPE_SUMMARY || i == 0))
			family = NULL;
	}
	return family;
}

/*
 * HELP and TYPE.
 */

static void read_help(struct check *check, char *at)
{
	struct family *family = declared_family(check, take_token(&at));

	if (family->help)
		FINDING("a second HELP for %s", family->name);
	family->help = true;
	if (*at == '\0')
		FINDING("HELP for %s says nothing", family->name);
	for (; *at; at++) {
		if (*at != '\\')
			continue;
		if (at[1] != '\\' && at[1] != 'n') {
			FINDING("HELP for %s has a backslash that escapes nothing", family->name);
			return;
		}
		at++;
	}
}

static enum type type_of(const char *word)
{
	static const char *const words[] = { "counter", "gauge", "histogram", "summary",
					     "untyped" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(word, words[i]) == 0)
			return TYPE_COUNTER + i;
	}
	return TYPE_NONE;
}

static void read_type(struct check *check, char *at)
{
	struct family *family = declared_family(check, take_token(&at));
	const char *word = take_token(&at);
	enum type type = type_of(word);

	if (family->type != TYPE_NONE)
		FINDING("a second TYPE for %s", family->name);
	if (type == TYPE_NONE || *at)
		FINDING("\"%s%s%s\" is no type", word, *at ? " " : "", at);
	if (type == TYPE_COUNTER && !ends_with(family->name, "_total"))
		FINDING("counter %s does not end in _total", family->name);
	if (type != TYPE_COUNTER && type != TYPE_NONE && ends_with(family->name, "_total"))
		FINDING("%s ends in _total and is no counter", family->name);
	if (type == TYPE_HISTOGRAM || type == TYPE_SUMMARY)
		check_parts(check, family->name);
	family->type = type == TYPE_NONE ? TYPE_UNTYPED : type;
}

static void read_comment(struct check *check, char *at)
{
	const char *word;

	at = skip_blanks(at + 1);
	word = take_token(&at);
	if (strcmp(word, "HELP") == 0)
		read_help(check, at);
	else if (strcmp(word, "TYPE") == 0)
		read_type(check, at);
}

/*
 * Samples.
 */

/* A number as the format has it: not all that strtod takes. */
static bool read_number(const char *text, double *number)
{
	const char *digits = text + strspn(text, "+-");
	char *end;

	if (strcmp(text, "+Inf") && strcmp(text, "-Inf") && strcmp(text, "NaN") &&
	    (strspn(digits, "0123456789.eE+-") != strlen(digits) ||
	     !(isdigit((unsigned char)*digits) || *digits == '.')))
		return false;
	*number = strtod(text, &end);
	return end != text && *end == '\0';
}

/* A quoted value at *at, unescaped in place. False, with the finding made, when it is not one. */
static bool read_label_value(struct check *check, char **at, char **value)
{
	char *from = *at, *to;

	if (*from++ != '"') {
		FINDING("a label's value is not in quotes");
		return false;
	}
	*value = to = from;
	while (*from && *from != '"') {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (!from[1] || !strchr("\\\"n", from[1])) {
			FINDING("a label's value has a backslash that escapes nothing");
			return false;
		}
		*to++ = from[1] == 'n' ? '\n' : from[1];
		from += 2;
	}
	if (*from != '"') {
		FINDING("a label's value has no end");
		return false;
	}
	*at = from + 1;
	*to = '\0';
	return true;
}

static bool read_label(struct check *check, char **at, struct label *label)
{
	char *equals = *at + strcspn(*at, "=\"{},");
	size_t length;

	if (*equals != '=') {
		FINDING("a label has no value");
		return false;
	}
	*equals = '\0';
	label->name = *at;
	length = strcspn(label->name, " \t");
	if (*skip_blanks(label->name + length) == '\0')
		label->name[length] = '\0';
	*at = skip_blanks(equals + 1);
	return read_label_value(check, at, &label->value);
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* The labels from behind the brace; *at moves behind the closing one. */
static bool read_labels(struct check *check, char **at, struct sample *sample)
{
	*at = skip_blanks(*at);
	while (**at != '}') {
		sample->labels =
			grown(sample->labels, sample->label_count + 1, sizeof(*sample->labels));
		if (!read_label(check, at, &sample->labels[sample->label_count]))
			return false;
		sample->label_count++;
		*at = skip_blanks(*at);
		if (**at == ',')
			*at = skip_blanks(*at + 1);
		else if (**at != '}') {
			FINDING("labels are not parted by commas");
			return false;
		}
	}
	++*at;
	if (sample->label_count)
		qsort(sample->labels, sample->label_count, sizeof(*sample->labels), compare_labels);
	return true;
}

/* Value, and nothing behind it. */
static bool read_value(struct check *check, char *at, struct sample *sample)
{
	char *word = take_token(&at), *rest = at;
	double timestamp;

	if (!read_number(word, &sample->value)) {
		FINDING("\"%s\" is no value", word);
		return false;
	}
	if (*rest == '#')
		FINDING("%s has an exemplar", sample->name);
	else if (*rest && read_number(take_token(&at), &timestamp))
		FINDING("%s has a timestamp", sample->name);
	else if (*rest)
		FINDING("something stands behind the value of %s", sample->name);
	return true;
}

static void check_labels(struct check *check, const struct family *family,
			 const struct sample *sample)
{
	bool bucket = family->type == TYPE_HISTOGRAM && ends_with(sample->name, "_bucket");
	bool quantile = family->type == TYPE_SUMMARY && strcmp(sample->name, family->name) == 0;

	for (size_t i = 0; i < sample->label_count; i++) {
		const char *name = sample->labels[i].name;

		if (!is_name(name, false))
			FINDING("\"%s\" is no label name", name);
		else if (starts_with(name, "__") || strcmp(name, "job") == 0 ||
			 strcmp(name, "instance") == 0)
			FINDING("label %s is Prometheus' own", name);
		else if (strcmp(name, "le") == 0 && !bucket)
			FINDING("label le on %s, which is no bucket", sample->name);
		else if (strcmp(name, "quantile") == 0 && !quantile)
			FINDING("label quantile on %s, which is no summary", sample->name);
		if (i && strcmp(name, sample->labels[i - 1].name) == 0)
			FINDING("label %s comes twice", name);
	}
}

/* Labels as a string in which equal sets are equal; an empty value is no label. */
static char *label_key(const struct sample *sample, const char *without)
{
	char *key = NULL;
	size_t length;
	FILE *out = open_memstream(&key, &length);

	if (!out)
		abort();
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct label *label = &sample->labels[i];

		if (strcmp(label->name, without) && *label->value)
			fprintf(out, "%s%s=\"%s\"", ftell(out) ? "," : "", label->name,
				label->value);
	}
	fclose(out);
	return key;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void check_duplicate(struct check *check, const struct sample *sample)
{
	char *labels = label_key(sample, "");
	char *key, **known;

	if (asprintf(&key, "%s{%s}", sample->name, labels) < 0)
		abort();
	free(labels);
	known = tsearch(key, &check->series, compare_keys);
	if (!known)
		abort();
	if (*known == key)
		return;
	FINDING("%s comes twice", key);
	free(key);
}

static struct group *group_of(struct check *check, const struct sample *sample)
{
	char *labels = label_key(sample, "le");
	struct group *group;

	for (size_t i = check->group_count; i > 0; i--) {
		group = &check->groups[i - 1];
		if (strcmp(group->labels, labels) == 0) {
			free(labels);
			return group;
		}
	}
	check->groups = grown(check->groups, check->group_count + 1, sizeof(*check->groups));
	group = &check->groups[check->group_count++];
	*group = (struct group){ .labels = labels, .line = check->line, .le = NAN, .count = NAN };
	return group;
}

static void check_bucket(struct check *check, struct group *group, const struct sample *sample)
{
	const char *edge = NULL;
	double le;

	for (size_t i = 0; i < sample->label_count; i++) {
		if (strcmp(sample->labels[i].name, "le") == 0)
			edge = sample->labels[i].value;
	}
	if (!edge || !read_number(edge, &le) || isnan(le)) {
		FINDING("%s has no le that is a number", sample->name);
		return;
	}
	if (!isnan(group->le) && le <= group->le)
		FINDING("le=\"%s\" comes after a bucket that is not below it", edge);
	if (!isnan(group->le) && sample->value < group->bucket)
		FINDING("the bucket le=\"%s\" holds less than the one before it", edge);
	group->le = le;
	group->bucket = sample->value;
}

static bool is_count(double value)
{
	return isfinite(value) && value >= 0 && value == floor(value);
}

static void check_histogram(struct check *check, const struct family *family,
			    const struct sample *sample)
{
	struct group *group;

	if (strcmp(sample->name, family->name) == 0) {
		FINDING("histogram %s has a sample of its bare name", family->name);
		return;
	}
	group = group_of(check, sample);
	if (ends_with(sample->name, "_sum")) {
		group->sum = true;
		return;
	}
	if (!is_count(sample->value))
		FINDING("%s is no count", sample->name);
	else if (ends_with(sample->name, "_bucket"))
		check_bucket(check, group, sample);
	else
		group->count = sample->value;
}

static void check_sample(struct check *check, const struct sample *sample)
{
	struct family *family = sampled_family(check, sample->name);

	if (!family || family->type == TYPE_NONE || !family->help) {
		FINDING("%s has no HELP and TYPE above it", sample->name);
		return;
	}
	enter_family(check, family);
	check_labels(check, family, sample);
	check_duplicate(check, sample);
	if (family->type == TYPE_HISTOGRAM)
		check_histogram(check, family, sample);
	if (family->type == TYPE_COUNTER && !(sample->value >= 0 && isfinite(sample->value)))
		FINDING("counter %s cannot have that value", sample->name);
}

static void read_sample(struct check *check, char *at)
{
	size_t length = strcspn(at, "{ \t");
	struct sample sample = { .name = strndup(at, length) };
	bool labels;

	if (!sample.name)
		abort();
	at = skip_blanks(at + length);
	labels = *at == '{';
	if (labels)
		at++;
	if ((!labels || read_labels(check, &at, &sample)) &&
	    read_value(check, skip_blanks(at), &sample))
		check_sample(check, &sample);
	free(sample.labels);
	free(sample.name);
}

static void read_line(struct check *check, const char *text, size_t length)
{
	json_t *string = json_stringn(text, length); /* which has to be UTF-8 */
	char *line = strndup(text, length);
	char *at;

	if (!line)
		abort();
	at = skip_blanks(line);
	if (!string)
		FINDING("not UTF-8");
	else if (strlen(line) != length)
		FINDING("a NUL byte");
	else if (*at == '#')
		read_comment(check, at);
	else if (*at)
		read_sample(check, at);
	json_decref(string);
	free(line);
}

unsigned exposition_check(const char *text, size_t length, FILE *findings)
{
	struct check check = { .out = findings };
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		check.line++;
		read_line(&check, text, (size_t)(stop - text));
		if (!newline)
			report(&check, check.line, "the last line has no newline");
		text = stop + 1;
	}
	end_family(&check);
	for (size_t i = 0; i < check.family_count; i++)
		free(check.families[i].name);
	free(check.families);
	free(check.groups);
	tdestroy(check.series, free);
	return check.findings;
}
