/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope events: the event table and the codes that its arguments hold. */
#include <argp.h>
#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "exit_status.h"
#include "gcscope/codes.def"
#include "gcscope/events.h"

struct argument {
	const char *name, *unit, *prose;
};

struct event {
	const char *name;
	int number;
	const char *rate, *prose;
	struct argument arguments[GCS_EVENT_ARGUMENTS_MAX + 1]; /* a NULL name ends them */
};

struct code {
	const char *unit; /* of the arguments that hold it */
	int number;
	const char *name, *prose;
};

#define ARGUMENT_ROW(name, unit, prose) { #name, unit, prose },
#define EVENT_ROW(name, number, rate, prose, arguments) \
	{ #name, number, #rate, prose, { arguments{ 0 } } },
static const struct event events[] = { GCS_EVENT_TABLE(EVENT_ROW, ARGUMENT_ROW) };

#define KIND_ROW(NAME, number, name, prose)  { "kind", number, name, prose },
#define CAUSE_ROW(NAME, number, name, prose) { "cause", number, name, prose },
#define PHASE_ROW(NAME, number, name, prose) { "phase", number, name, prose },
#define PLAN_ROW(NAME, number, name, prose)  { "plan", number, name, prose },
#define END_ROW(NAME, number, name, prose)   { "end", number, name, prose },
/* clang-format off */
static const struct code codes[] = {
	GCS_KIND_TABLE(KIND_ROW)
	GCS_CAUSE_TABLE(CAUSE_ROW)
	GCS_PHASE_TABLE(PHASE_ROW)
	GCS_PLAN_TABLE(PLAN_ROW)
	GCS_END_TABLE(END_ROW)
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_text(FILE *out)
{
	fprintf(out, "provider %s, version %d.%d\n\n", GCS_EVENTS_PROVIDER, GCS_EVENTS_MAJOR,
		GCS_EVENTS_MINOR);
	for (size_t i = 0; i < COUNT(events); i++) {
		const struct event *event = &events[i];

		fprintf(out, "%2d  %-18s %-11s %s\n", event->number, event->name, event->rate,
			event->prose);
		for (const struct argument *a = event->arguments; a->name; a++)
			fprintf(out, "      %-14s %-11s %s\n", a->name, a->unit, a->prose);
	}
	fputs("\ncodes, by unit; 0 is unknown\n\n", out);
	for (size_t i = 0; i < COUNT(codes); i++)
		fprintf(out, "%-6s %2d  %-13s %s\n", codes[i].unit, codes[i].number, codes[i].name,
			codes[i].prose);
}

static json_t *to_json(void)
{
	json_t *event_list = json_array(), *code_list = json_array();

	for (size_t i = 0; i < COUNT(events); i++) {
		const struct event *event = &events[i];
		json_t *arguments = json_array();

		for (const struct argument *a = event->arguments; a->name; a++)
			json_array_append_new(arguments,
					      json_pack("{ss ss ss}", "name", a->name, "unit",
							a->unit, "prose", a->prose));
		json_array_append_new(event_list,
				      json_pack("{si ss ss ss so}", "number", event->number, "name",
						event->name, "rate", event->rate, "prose",
						event->prose, "arguments", arguments));
	}
	for (size_t i = 0; i < COUNT(codes); i++)
		json_array_append_new(code_list, json_pack("{ss si ss ss}", "unit", codes[i].unit,
							   "number", codes[i].number, "name",
							   codes[i].name, "prose", codes[i].prose));
	return json_pack("{ss ss si si so so}", "schema", "gcscope.events/1", "provider",
			 GCS_EVENTS_PROVIDER, "major", GCS_EVENTS_MAJOR, "minor", GCS_EVENTS_MINOR,
			 "events", event_list, "codes", code_list);
}

static const struct argp events_argp = {
	.parser = options_parser,
	.doc = "The event table: what the collector tells through its probes, each event with its "
	       "number, rate and arguments.",
	.children = (const struct argp_child[]){ { &options_data, 0, "", 1 }, { 0 } },
};

int command_events(int argc, char **argv)
{
	struct options options = { 0 };
	struct output output;
	int status;

	argp_parse(&events_argp, argc, argv, 0, NULL, &options);
	status = output_open(&output, &options);
	if (status)
		return status;
	if (options.format == FORMAT_JSON)
		return output_json(&output, to_json());
	print_text(output.stream);
	return output_close(&output);
}
