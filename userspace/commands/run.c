/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope run: start a program under the profiler, report when it has ended. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/say.h"
#include "commands/signals.h"
#include "commands/textfile.h"
#include "session/launch.h"
#include "session/privileges.h"

enum { KEY_TEXTFILE = 256 };

struct run {
	struct options options;
	const char *directory; /* for the textfile; NULL: none */
	struct textfile textfile;
	char **command;
	struct output output;
	struct signals signals;
	struct launch *launch;
	struct session *session;
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_to_children(state, &run->options);
		return 0;
	case KEY_TEXTFILE:
		run->directory = value;
		return 0;
	case ARGP_KEY_ARG:
		/* The program and all that follows are its own. */
		run->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_failure(state, STATUS_USAGE, 0, "which program? Give -- COMMAND...");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp run_argp = {
	.options =
		(const struct argp_option[]){
			{ "textfile", KEY_TEXTFILE, "DIRECTORY", 0,
			  "At the end leave the metrics in DIRECTORY, as the file " TEXTFILE_NAME,
			  0 },
			{ 0 },
		},
	.parser = parse,
	.args_doc = "[--] COMMAND [ARGUMENT...]",
	.doc = "Start a program under the profiler, with all that it starts itself, and report "
	       "when it has ended. Its own input and output are left alone; probes are on before "
	       "its first instruction."
	       "\vExit status: the program's own, 128 plus the signal's number when a signal "
	       "ended it; 126 when it could not be executed, 127 when it was not found. When "
	       "gcscope itself fails before the start: 1 failed, 2 usage, 4 not permitted; and 1 "
	       "when a program that returned 0 could not be reported on.\n\n"
	       "Signals that are sent to gcscope (INT, TERM, HUP, QUIT) are passed on to the "
	       "program, and the report comes when it has ended.",
	.children =
		(const struct argp_child[]){
			{ &options_details, 0, "", 1 },
			{ &options_data, 0, "", 1 },
			{ &options_attaching, 0, NULL, 2 },
			{ &options_messages, 0, "", 2 },
			{ 0 },
		},
};

/* A signal from the terminal has reached the program too; one that was sent to us alone has not. */
static void pass_on_signals(const struct run *run)
{
	struct signalfd_siginfo signal;

	while (signals_next(&run->signals, &signal)) {
		if (signal.ssi_signo != SIGCHLD && signal.ssi_code != SI_KERNEL)
			kill(launch_pid(run->launch), (int)signal.ssi_signo);
	}
}

/*
 * Until the program has ended. A session that fails leaves it running as
 * before, and its exit status is still wanted. 0, or STATUS_FAILED.
 */
static int follow(struct run *run)
{
	int failed = 0, status;

	while (!launch_ended(run->launch, &status)) {
		bool more;

		/* Signals first: a SIGCHLD that comes after this ends the wait below. */
		pass_on_signals(run);
		more = launch_handle(run->launch);
		if (!failed && session_drain(run->session)) {
			say_error("%s", session_error(run->session));
			failed = STATUS_FAILED;
		}
		if (!more)
			signals_wait(&run->signals, failed ? -1 : session_fd(run->session),
				     clock_ns() + SESSION_DRAIN_NS);
	}
	return failed;
}

/* Tell why there is little to read in the report. */
static void explain_nothing(const struct run *run, const struct report *report)
{
	const char *failed = launch_attach_error(run->launch);

	if (failed)
		say_error("%s", failed);
	else if (!launch_found_runtime(run->launch))
		say("nothing to see: neither '%s' nor what it started has mapped a runtime that "
		    "gcscope knows",
		    run->command[0]);
	else if (!report->process_count)
		say("nothing to see: '%s' has mapped a runtime, but used no heap of it",
		    run->command[0]);
}

static int report_run(struct run *run)
{
	unsigned left = session_alive(run->session);
	struct publication file;
	struct report *report;
	int status;

	if (left)
		say("%u process%s that it started still run%s, unwatched from now on", left,
		    left == 1 ? "" : "es", left == 1 ? "s" : "");
	session_detach(run->session);
	status = session_report(run->session, &report);
	if (status) {
		say_error("%s", session_error(run->session));
		output_abandon(&run->output);
		return status;
	}
	explain_nothing(run, report);
	status = output_report(&run->output, report);
	if (run->directory && textfile_write(&run->textfile, report, &file)) {
		say_error("%s", file.error);
		status = STATUS_FAILED;
	}
	report_free(report);
	return status;
}

static void on_record(const struct gcscope_record *record, void *context)
{
	const struct run *run = context;

	if (record->type == GCSCOPE_RECORD_EXEC)
		launch_adopt(run->launch, (pid_t)record->tgid);
}

/* A child that waits before its exec. 0, or a status, having said why. */
static int start_child(struct run *run)
{
	char text[1024];

	if (!launch_start(&run->launch, run->command, &run->signals.before))
		return 0;
	if (errno != EPERM) {
		say_error("cannot start a process: %s", strerror(errno));
		return STATUS_FAILED;
	}
	privileges_explain(text, sizeof(text), "cannot trace the program (does another tracer?)",
			   errno, PRIVILEGE_SYS_PTRACE);
	say_error("%s", text);
	return STATUS_NOT_PERMITTED;
}

/* Everything up to the program's first instruction. 0, or a status, having said why. */
static int start(struct run *run)
{
	static const int list[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };
	const struct session_options how = {
		.perf_events = run->options.perf_events,
		.details = run->options.details,
		.verbose = run->options.verbose,
		.on_record = on_record,
		.context = run,
	};
	int status;

	if (signals_open(&run->signals, list)) {
		say_error("cannot listen to signals: %s", strerror(errno));
		return STATUS_FAILED;
	}
	status = start_child(run);
	if (status)
		return status;
	status = session_open(&run->session, &how);
	status = status ? status : session_watch_tree(run->session, launch_pid(run->launch));
	if (status)
		say_error("%s", run->session ? session_error(run->session) : "out of memory");
	else
		launch_go(run->launch, run->session);
	return status;
}

/* What the shell would say of the program: its exit status, or 128 and its signal. */
static int passed_on(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static int run_program(struct run *run)
{
	int status = start(run), ended = 0, error;

	if (status) {
		output_abandon(&run->output);
		return status;
	}
	status = follow(run);
	launch_ended(run->launch, &ended);
	error = launch_exec_error(run->launch);
	if (error) {
		say_error("cannot execute '%s': %s", run->command[0], strerror(error));
		output_abandon(&run->output);
		return passed_on(ended);
	}
	status |= report_run(run);
	return passed_on(ended) ? passed_on(ended) : status;
}

int command_run(int argc, char **argv)
{
	struct run run = { .textfile = { .style = { .version = GCSCOPE_VERSION } } };
	int status;

	argp_parse(&run_argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	status = run.directory ? textfile_claim(&run.textfile, run.directory) : 0;
	status = status ? status : output_open(&run.output, &run.options);
	status = status ? status : run_program(&run);
	session_close(run.session);
	launch_free(run.launch);
	return status;
}
