/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope: from the command line to a subcommand. */
#include <argp.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "exit_status.h"

const char *argp_program_version = "gcscope " GCSCOPE_VERSION;

/* X(name, "what it does") */
#define COMMAND_TABLE(X)                                                  \
	X(run, "start a program under the profiler, report when it ends") \
	X(attach, "profile running processes")                            \
	X(export, "keep a metrics file current for Prometheus")           \
	X(list, "processes that can be profiled now, and how")            \
	X(doctor, "what this kernel, user and machine allow")             \
	X(events, "the event table")

static const struct command {
	const char *name;
	const char *what;
	char *full_name; /* its argv[0] */
	int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND_ROW(name, what) { #name, what, "gcscope " #name, command_##name },
	COMMAND_TABLE(COMMAND_ROW)
#undef COMMAND_ROW
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* What is to be run: a command and its arguments, argv[0] being the command's. */
struct call {
	const struct command *command;
	int argc;
	char **argv;
};

static void find_command(struct argp_state *state, struct call *call, const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name))
			continue;
		call->command = &commands[i];
		return;
	}
	argp_failure(state, STATUS_USAGE, 0, "there is no command '%s' (see gcscope --help)", name);
}

/* `gcscope help COMMAND' is `gcscope COMMAND --help', and without COMMAND `gcscope --help'. */
static void call_help(struct argp_state *state, struct call *call)
{
	static char *help_arguments[] = { NULL, "--help", NULL };

	if (state->next == state->argc)
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	find_command(state, call, state->argv[state->next]);
	call->argc = 2;
	call->argv = help_arguments;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct call *call = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!strcmp(value, "help")) {
			call_help(state, call);
		} else {
			find_command(state, call, value);
			call->argc = state->argc - state->next + 1;
			call->argv = state->argv + state->next - 1;
		}
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_state_help(state, stderr,
				ARGP_HELP_SHORT_USAGE | ARGP_HELP_DOC | ARGP_HELP_EXIT_ERR);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The table of commands, as a text that argp frees. */
static char *list_commands(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\n`gcscope COMMAND --help' tells more of each.", out);
	fclose(out);
	return text;
}

static char *fill_help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_POST_DOC ? list_commands() : (char *)text;
}

static const struct argp main_argp = {
	.parser = parse,
	.args_doc = "COMMAND [OPTION...]",
	.doc = "What garbage collectors do to running programs.\v ",
	.help_filter = fill_help,
};

/* Files that we open must not become standard input, output or error where those are closed. */
static void fill_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			exit(STATUS_FAILED);
	}
}

int main(int argc, char **argv)
{
	struct call call = { 0 };

	fill_standard_files();
	setlocale(LC_CTYPE, "");
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &call);
	call.argv[0] = call.command->full_name;
	return call.command->run(call.argc, call.argv);
}
