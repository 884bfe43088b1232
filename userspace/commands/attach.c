/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope attach: watch running processes, report at the end. */
#include <argp.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/say.h"
#include "commands/select.h"
#include "commands/signals.h"
#include "commands/watch.h"

static const struct argp attach_argp = {
	.parser = options_parser,
	.doc = "Watch running processes, from now on, and report at Ctrl-C, after -d seconds, or "
	       "when all have ended. They are not restarted, and run on as before when gcscope "
	       "ends, in whatever way."
	       "\vExit status: 0 fine; 1 failed; 2 usage; 3 no such process; 4 not permitted; "
	       "5 nothing to attach to in a process.",
	.children =
		(const struct argp_child[]){
			{ &options_processes, 0, "", 1 },
			{ &options_duration, 0, NULL, 1 },
			{ &options_details, 0, "", 2 },
			{ &options_data, 0, "", 2 },
			{ &options_attaching, 0, NULL, 3 },
			{ &options_messages, 0, "", 3 },
			{ 0 },
		},
};

/* Probes off, what is on the way drained, and the report. */
static int finish(struct session *session, struct output *output)
{
	struct report *report;
	int status;

	session_detach(session);
	status = session_report(session, &report);
	if (status) {
		say_error("%s", session_error(session));
		output_abandon(output);
		return status;
	}
	status = output_report(output, report);
	report_free(report);
	return status;
}

static int watch(const struct options *options, struct output *output)
{
	struct session *session = NULL;
	struct signals signals;
	enum watch_event event;
	int status;

	if (signals_open(&signals, watch_signals())) {
		say_error("cannot listen to signals");
		status = STATUS_FAILED;
	} else {
		status = watch_open(&session, options, options->output);
	}
	if (status) {
		output_abandon(output);
	} else {
		say("watching %zu process%s%s", options->pid_count,
		    options->pid_count == 1 ? "" : "es", options->duration ? "" : " (Ctrl-C ends)");
		event = watch_until(session, &signals, watch_end(options));
		status = finish(session, output);
		if (event == WATCH_FAILED)
			status = STATUS_FAILED;
	}
	session_close(session);
	return status;
}

int command_attach(int argc, char **argv)
{
	struct options options = { 0 };
	struct output output;
	int status;

	argp_parse(&attach_argp, argc, argv, 0, NULL, &options);
	status = select_processes(&options);
	status = status ? status : output_open(&output, &options);
	status = status ? status : watch(&options, &output);
	options_free(&options);
	return status;
}
