/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope list: the processes that can be profiled now, and how. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/say.h"
#include "commands/select.h"
#include "exit_status.h"
#include "render/utf8.h"
#include "session/targets.h"

struct row {
	pid_t pid;
	struct process_name comm;
	struct target target;
};

/* All rows own the targets' files, which live until the program ends. */
struct list {
	struct row *rows;
	size_t count;
	size_t closed; /* processes that we may not look into */
	bool memory;   /* ran out */
};

static void add_process(pid_t pid, void *context)
{
	struct list *list = context;
	struct target *targets;
	struct row *rows;
	size_t count;

	if (targets_of_process(pid, &targets, &count)) {
		list->closed += errno == EACCES || errno == EPERM;
		return;
	}
	if (!count)
		return targets_free(targets, count);
	rows = reallocarray(list->rows, list->count + count, sizeof(*rows));
	if (!rows) {
		list->memory = true;
		return targets_free(targets, count);
	}
	list->rows = rows;
	for (size_t i = 0; i < count; i++)
		rows[list->count++] =
			(struct row){ .pid = pid, .comm = process_name(pid), .target = targets[i] };
}

static void print_text(FILE *out, const struct list *list)
{
	if (list->count)
		fprintf(out, "%8s  %-16s %-10s %-10s %s\n", "PID", "COMM", "RUNTIME", "TIER",
			"FILE");
	for (size_t i = 0; i < list->count; i++) {
		const struct row *row = &list->rows[i];

		make_printable(row->target.file);
		fprintf(out, "%8d  %-16s %-10s %-10s %s\n", row->pid, row->comm.text,
			row->target.runtime, row->target.tier, row->target.file);
	}
}

static json_t *to_json(const struct list *list)
{
	json_t *processes = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct row *row = &list->rows[i];
		char *comm = utf8_clean(row->comm.text), *file = utf8_clean(row->target.file);

		json_array_append_new(processes,
				      json_pack("{si ss ss ss ss}", "pid", row->pid, "comm", comm,
						"runtime", row->target.runtime, "tier",
						row->target.tier, "file", file));
		free(comm);
		free(file);
	}
	return json_pack("{ss so}", "schema", "gcscope.list/1", "processes", processes);
}

static const struct argp list_argp = {
	.parser = options_parser,
	.doc = "The processes that can be profiled now: those that have mapped a file with a known "
	       "runtime's probes.",
	.children = (const struct argp_child[]){
		{ &options_data, 0, "", 1 },
		{ &options_messages, 0, "", 2 },
		{ 0 },
	},
};

int command_list(int argc, char **argv)
{
	struct options options = { 0 };
	struct list list = { 0 };
	struct output output;
	int status;

	argp_parse(&list_argp, argc, argv, 0, NULL, &options);
	status = output_open(&output, &options);
	if (status)
		return status;
	if (each_process(add_process, &list) || list.memory) {
		say_error("cannot look through /proc: %s", strerror(errno));
		output_abandon(&output);
		return STATUS_FAILED;
	}
	if (list.closed)
		say("%zu processes of others could not be looked into (gcscope doctor tells what "
		    "is missing)", list.closed);
	if (!list.count)
		say("no process that runs now has mapped a runtime that gcscope knows");
	if (options.format == FORMAT_JSON)
		return output_json(&output, to_json(&list));
	print_text(output.stream, &list);
	return output_close(&output);
}
