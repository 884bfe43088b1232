/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/output.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands/say.h"
#include "exit_status.h"

#define DEFAULT_WIDTH 80

int output_open(struct output *output, const struct options *options)
{
	output->options = options;
	output->stream = stdout;
	if (!options->output)
		return 0;
	if (publication_open(&output->file, options->output, 0)) {
		say_error("%s", output->file.error);
		return STATUS_FAILED;
	}
	output->stream = output->file.stream;
	return 0;
}

static bool wants_color(const struct output *output, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");

	if (output->options->color != COLOR_AUTO)
		return output->options->color == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && kind && strcmp(kind, "dumb");
}

struct text_style output_style(const struct output *output)
{
	int fd = fileno(output->stream);
	struct winsize window;
	struct text_style style = {
		.color = wants_color(output, isatty(fd)),
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.width = DEFAULT_WIDTH,
	};

	if (!ioctl(fd, TIOCGWINSZ, &window) && window.ws_col)
		style.width = window.ws_col;
	return style;
}

int output_close(struct output *output)
{
	if (output->options->output) {
		if (!publication_commit(&output->file))
			return 0;
		say_error("%s", output->file.error);
		return STATUS_FAILED;
	}
	errno = EIO; /* for a stream that failed earlier, and now has nothing left to flush */
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	say_error("cannot write to standard output: %s", strerror(errno));
	return STATUS_FAILED;
}

void output_abandon(struct output *output)
{
	if (output->options->output)
		publication_abandon(&output->file);
}

int output_report(struct output *output, const struct report *report)
{
	const struct text_style style = output_style(output);

	/* A failure to write stays with the stream, for output_close to tell. */
	if (output->options->format == FORMAT_JSON)
		render_json(output->stream, report);
	else
		render_text(output->stream, report, &style);
	return output_close(output);
}

int output_json(struct output *output, json_t *document)
{
	if (!document) {
		say_error("out of memory");
		output_abandon(output);
		return STATUS_FAILED;
	}
	json_dumpf(document, output->stream, JSON_INDENT(2));
	fputc('\n', output->stream);
	json_decref(document);
	return output_close(output);
}
