/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options that commands share. Each command's argp takes as children the
 * groups that it honours, and no others; all of them fill one struct options.
 */
#ifndef GCSCOPE_OPTIONS_H
#define GCSCOPE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_FOLDED };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	pid_t *pids; /* -p, in the order given, none twice; ours to free */
	size_t pid_count;
	const char *comm;   /* --comm; NULL: not given */
	double duration;    /* -d, seconds; 0: not given */
	double interval;    /* -i, seconds; its value before parsing is the default */
	const char *output; /* -o; NULL: standard output */
	enum format format;
	enum color color;
	unsigned details; /* enum detail */
	bool perf_events;
	bool quiet;
	bool verbose;
};

extern const struct argp options_processes; /* -p --comm, one of which has to be given */
extern const struct argp options_duration;  /* -d */
extern const struct argp options_interval;  /* -i */
extern const struct argp options_details;   /* --card-map --sites */
extern const struct argp options_data;	    /* --format -j -o --color */
extern const struct argp options_attaching; /* --perf-events */
extern const struct argp options_messages;  /* -q -v */

/* To be called by a command's own parser at ARGP_KEY_INIT: hand the options to its children. */
void options_to_children(struct argp_state *state, struct options *options);

/* The parser of a command with no options of its own; its input is struct options. */
error_t options_parser(int key, char *value, struct argp_state *state);

void options_free(struct options *options);

#endif
