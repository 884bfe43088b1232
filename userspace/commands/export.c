/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope export: keep a file of the Prometheus textfile collector current. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/say.h"
#include "commands/select.h"
#include "commands/signals.h"
#include "commands/textfile.h"
#include "commands/watch.h"

#define DEFAULT_INTERVAL 10

enum { KEY_TEXTFILE = 256, KEY_PID_LABEL };

struct exporter {
	struct options options;
	const char *directory;
	struct textfile textfile;
	bool failing; /* the last write failed, and it was said */
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct exporter *exporter = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_to_children(state, &exporter->options);
		return 0;
	case KEY_TEXTFILE:
		exporter->directory = value;
		return 0;
	case KEY_PID_LABEL:
		exporter->textfile.style.pid_label = true;
		return 0;
	case ARGP_KEY_END:
		if (!exporter->directory)
			argp_failure(state, STATUS_USAGE, 0, "where to? Give --textfile DIRECTORY");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp export_argp = {
	.options =
		(const struct argp_option[]){
			{ "textfile", KEY_TEXTFILE, "DIRECTORY", 0,
			  "The directory that node_exporter's textfile collector reads, on Debian "
			  "/var/lib/prometheus/node-exporter; the file is " TEXTFILE_NAME,
			  0 },
			{ "pid-label", KEY_PID_LABEL, NULL, 0,
			  "Tell processes of one name apart by a label pid", 0 },
			{ 0 },
		},
	.parser = parse,
	.args_doc = "",
	.doc = "Watch running processes and keep a file of metrics current for Prometheus, until "
	       "Ctrl-C, for -d seconds, or until all have ended. A reader finds the file whole at "
	       "any time; at the end it is removed, so that nobody is served old numbers."
	       "\vExit status: 0 fine; 1 failed, such as a directory that cannot be written; "
	       "2 usage; 3 no such process; 4 not permitted; 5 nothing to attach to in a process. "
	       "A write that fails later, on a full disk say, is told once and tried again at "
	       "the next interval, and meanwhile the old file stays whole.",
	.children =
		(const struct argp_child[]){
			{ &options_processes, 0, "", 1 },
			{ &options_interval, 0, NULL, 1 },
			{ &options_duration, 0, NULL, 1 },
			{ &options_attaching, 0, NULL, 2 },
			{ &options_messages, 0, "", 2 },
			{ 0 },
		},
};

/* One round; a file that cannot be written is told once. 0, or a status, having said why. */
static int write_metrics(struct exporter *exporter, struct session *session)
{
	struct publication file;
	struct report *report;
	bool failed;

	if (session_report(session, &report)) {
		say_error("%s", session_error(session));
		return STATUS_FAILED;
	}
	failed = textfile_write(&exporter->textfile, report, &file);
	report_free(report);
	if (failed && !exporter->failing)
		say_error("%s; trying again", file.error);
	if (!failed && exporter->failing)
		say("%s is written again", exporter->textfile.path);
	exporter->failing = failed;
	return 0;
}

static int keep_current(struct exporter *exporter, struct session *session,
			const struct signals *signals)
{
	const uint64_t interval = (uint64_t)(exporter->options.interval * NS_PER_SECOND);
	const uint64_t end = watch_end(&exporter->options);
	uint64_t next = clock_ns();
	enum watch_event event;
	int status;

	do {
		status = write_metrics(exporter, session);
		if (status)
			break;
		/* Rounds that a slow disk has made us miss are left out. */
		do
			next += interval;
		while (next <= clock_ns());
		event = watch_until(session, signals, next < end ? next : end);
		status = event == WATCH_FAILED ? STATUS_FAILED : 0;
	} while (event == WATCH_TIME && clock_ns() < end);
	unlink(exporter->textfile.path);
	return status;
}

static int export_metrics(struct exporter *exporter)
{
	struct session *session = NULL;
	struct signals signals;
	int status;

	/* Nobody may be there to read what we say, all day long. */
	signal(SIGPIPE, SIG_IGN);
	if (signals_open(&signals, watch_signals())) {
		say_error("cannot listen to signals: %s", strerror(errno));
		return STATUS_FAILED;
	}
	status = watch_open(&session, &exporter->options, true);
	if (!status) {
		say("writing %s every %g s", exporter->textfile.path, exporter->options.interval);
		status = keep_current(exporter, session, &signals);
	}
	session_close(session);
	return status;
}

int command_export(int argc, char **argv)
{
	struct exporter exporter = {
		.options = { .interval = DEFAULT_INTERVAL },
		.textfile = { .style = { .version = GCSCOPE_VERSION } },
	};
	int status;

	argp_parse(&export_argp, argc, argv, 0, NULL, &exporter);
	status = textfile_claim(&exporter.textfile, exporter.directory);
	/* What a killed export has left is none of today's. */
	if (!status)
		unlink(exporter.textfile.path);
	status = status ? status : select_processes(&exporter.options);
	status = status ? status : export_metrics(&exporter);
	options_free(&exporter.options);
	return status;
}
