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

/* One process, with what there is to attach to. */
struct row {
	pid_t pid;
	struct process_name comm;
	struct target *targets;
	size_t target_count;
};

struct list {
	struct row *rows;
	size_t count;
	size_t closed; /* processes that we may not look into */
	bool memory;   /* ran out */
};

static void add_process(pid_t pid, void *context)
{
	struct list *list = context;
	struct row row = { .pid = pid }, *rows;

	if (targets_of_process(pid, &row.targets, &row.target_count)) {
		list->closed += errno == EACCES || errno == EPERM;
		return;
	}
	rows = row.target_count ? reallocarray(list->rows, list->count + 1, sizeof(*rows)) : NULL;
	if (!rows) {
		list->memory |= row.target_count > 0;
		targets_free(row.targets, row.target_count);
		return;
	}
	row.comm = process_name(pid);
	list->rows = rows;
	list->rows[list->count++] = row;
}

static void free_list(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		targets_free(list->rows[i].targets, list->rows[i].target_count);
	free(list->rows);
}

static void print_row(FILE *out, const struct row *row, const struct target *target)
{
	make_printable(target->file);
	fprintf(out, "%8d  %-16s %-10s %-10s %s\n", row->pid, row->comm.text, target->runtime,
		target->tier, target->file);
}

static void print_text(FILE *out, const struct list *list)
{
	if (list->count)
		fprintf(out, "%8s  %-16s %-10s %-10s %s\n", "PID", "COMM", "RUNTIME", "TIER",
			"FILE");
	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < list->rows[i].target_count; j++)
			print_row(out, &list->rows[i], &list->rows[i].targets[j]);
	}
}

static json_t *row_to_json(const struct row *row, const struct target *target)
{
	char *comm = utf8_clean(row->comm.text), *file = utf8_clean(target->file);
	json_t *json = NULL;

	if (comm && file)
		json = json_pack("{si ss ss ss ss}", "pid", row->pid, "comm", comm, "runtime",
				 target->runtime, "tier", target->tier, "file", file);
	free(comm);
	free(file);
	return json;
}

static json_t *to_json(const struct list *list)
{
	json_t *processes = json_array();

	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < list->rows[i].target_count; j++)
			json_array_append_new(processes, row_to_json(&list->rows[i],
								     &list->rows[i].targets[j]));
	}
	return json_pack("{ss so}", "schema", "gcscope.list/1", "processes", processes);
}

static const struct argp list_argp = {
	.parser = options_parser,
	.doc = "The processes that can be profiled now: those that have mapped a file with a known "
	       "runtime's probes.",
	.children =
		(const struct argp_child[]){
			{ &options_data, 0, "", 1 },
			{ &options_messages, 0, "", 2 },
			{ 0 },
		},
};

static int write_list(struct output *output, const struct list *list)
{
	if (output->options->format == FORMAT_JSON)
		return output_json(output, to_json(list));
	print_text(output->stream, list);
	return output_close(output);
}

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
		status = STATUS_FAILED;
	} else {
		if (list.closed)
			say("%zu process%s could not be looked into (gcscope doctor tells what is "
			    "missing)",
			    list.closed, list.closed == 1 ? "" : "es");
		if (!list.count)
			say("no process that runs now has mapped a runtime that gcscope knows");
		status = write_list(&output, &list);
	}
	free_list(&list);
	return status;
}
