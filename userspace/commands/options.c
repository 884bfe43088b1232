/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "commands/say.h"
#include "exit_status.h"
#include "session/runtimes.h"

enum { KEY_COMM = 256, KEY_FORMAT, KEY_COLOR, KEY_PERF_EVENTS, KEY_CARD_MAP, KEY_SITES };

/* Decimal digits with at most one point, nothing else; a millisecond at least. */
static double parse_seconds(struct argp_state *state, const char *option, const char *text)
{
	const char *end = text + strspn(text, "0123456789");
	double seconds;

	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	seconds = *end ? 0 : strtod(text, NULL);
	if (!(seconds >= 0.001 && seconds <= 1e9))
		argp_failure(state, STATUS_USAGE, 0,
			     "%s takes a number of seconds from 0.001 on, such as 10 or 0.5, "
			     "not '%s'",
			     option, text);
	return seconds;
}

static void add_pid(struct argp_state *state, struct options *options, const char *text)
{
	pid_t *pids;
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || pid < 1 || pid > INT_MAX)
		argp_failure(state, STATUS_USAGE, 0, "-p takes a process id, not '%s'", text);
	for (size_t i = 0; i < options->pid_count; i++) {
		if (options->pids[i] == pid)
			return;
	}
	pids = reallocarray(options->pids, options->pid_count + 1, sizeof(*pids));
	if (!pids)
		argp_failure(state, STATUS_FAILED, errno, "-p");
	options->pids = pids;
	options->pids[options->pid_count++] = (pid_t)pid;
}

/* The place of a word in a list that ends with NULL. */
static int parse_word(struct argp_state *state, const char *option, const char *text,
		      const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
	}
	argp_failure(state, STATUS_USAGE, 0, "%s does not know '%s' (see --help)", option, text);
	return 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	static const char *const formats[] = { "text", "json", "folded", NULL };
	static const char *const colors[] = { "auto", "always", "never", NULL };
	struct options *options = state->input;

	switch (key) {
	case 'p':
		add_pid(state, options, value);
		return 0;
	case KEY_COMM:
		options->comm = value;
		return 0;
	case 'd':
		options->duration = parse_seconds(state, "-d", value);
		return 0;
	case 'i':
		options->interval = parse_seconds(state, "-i", value);
		return 0;
	case 'o':
		options->output = value;
		return 0;
	case 'j':
		options->format = FORMAT_JSON;
		return 0;
	case KEY_FORMAT:
		options->format = (enum format)parse_word(state, "--format", value, formats);
		return 0;
	case KEY_COLOR:
		options->color = (enum color)parse_word(state, "--color", value, colors);
		return 0;
	case KEY_CARD_MAP:
		options->details |= DETAIL_CARD_MAP;
		return 0;
	case KEY_SITES:
		options->details |= DETAIL_SITES;
		return 0;
	case KEY_PERF_EVENTS:
		options->perf_events = true;
		return 0;
	case 'q':
	case 'v':
		options->quiet = key == 'q';
		options->verbose = key == 'v';
		say_set(options->quiet, options->verbose);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_data(int key, char *value, struct argp_state *state)
{
	const struct options *options = state->input;

	if (key == ARGP_KEY_END && options->format == FORMAT_FOLDED &&
	    !(options->details & DETAIL_SITES))
		argp_failure(state, STATUS_USAGE, 0,
			     "--format folded shows what --sites samples: give both, to run or "
			     "attach");
	return parse_option(key, value, state);
}

static error_t parse_process(int key, char *value, struct argp_state *state)
{
	const struct options *options = state->input;

	if (key == ARGP_KEY_END && !options->pid_count && !options->comm)
		argp_failure(state, STATUS_USAGE, 0, "which process? Give -p PID or --comm NAME");
	return parse_option(key, value, state);
}

static const struct argp_option process_options[] = {
	{ "pid", 'p', "PID", 0, "Watch this process; may be given several times", 0 },
	{ "comm", KEY_COMM, "NAME", 0, "Watch the running processes of this name", 0 },
	{ 0 },
};

static const struct argp_option duration_options[] = {
	{ "duration", 'd', "SEC", 0, "End after so many seconds", 0 },
	{ 0 },
};

static const struct argp_option interval_options[] = {
	{ "interval", 'i', "SEC", 0, "Write every so many seconds; 10 if not given", 0 },
	{ 0 },
};

static const struct argp_option detail_options[] = {
	{ "card-map", KEY_CARD_MAP, NULL, 0,
	  "Show which parts of the old generation were written to, and when: dirty cards at each "
	  "minor collection",
	  0 },
	{ "sites", KEY_SITES, NULL, 0,
	  "Tell where: sample allocations and stores that make cards dirty, see where mutators are "
	  "waited for, and name the lines of the program. --format folded then prints their "
	  "stacks for flame graphs: PROCESS, its functions from the outermost on, [allocation] "
	  "with bytes, [store] with stores or [stop] with ns",
	  0 },
	{ 0 },
};

static const struct argp_option data_options[] = {
	{ "format", KEY_FORMAT, "FORMAT", 0,
	  "text (if not given) or json; with --sites also folded", 0 },
	{ "json", 'j', NULL, 0, "The same as --format json", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE, not to standard output", 0 },
	{ "color", KEY_COLOR, "WHEN", 0,
	  "auto (if not given), always or never; NO_COLOR in the environment means never", 0 },
	{ 0 },
};

static const struct argp_option attaching_options[] = {
	{ "perf-events", KEY_PERF_EVENTS, NULL, 0,
	  "Attach to probes one by one, as on kernels before 6.6, although this one can do it at "
	  "once; slow to end",
	  0 },
	{ 0 },
};

static const struct argp_option message_options[] = {
	{ "quiet", 'q', NULL, 0, "On standard error tell nothing but errors", 0 },
	{ "verbose", 'v', NULL, 0, "Tell more on standard error", 0 },
	{ 0 },
};

const struct argp options_processes = { .options = process_options, .parser = parse_process };
const struct argp options_duration = { .options = duration_options, .parser = parse_option };
const struct argp options_interval = { .options = interval_options, .parser = parse_option };
const struct argp options_data = { .options = data_options, .parser = parse_data };
const struct argp options_details = { .options = detail_options, .parser = parse_option };
const struct argp options_attaching = { .options = attaching_options, .parser = parse_option };
const struct argp options_messages = { .options = message_options, .parser = parse_option };

void options_to_children(struct argp_state *state, struct options *options)
{
	/* argp's own root has the command's as its first child, beside --help and --version. */
	const struct argp_child *children = state->root_argp->children[0].argp->children;

	for (const struct argp_child *child = children; child->argp; child++)
		state->child_inputs[child - children] = options;
}

error_t options_parser(int key, char *value, struct argp_state *state)
{
	(void)value;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	options_to_children(state, state->input);
	return 0;
}

void options_free(struct options *options)
{
	free(options->pids);
	options->pids = NULL;
	options->pid_count = 0;
}
