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

static const char *output_name(const struct output *output)
{
	return output->options->output ? output->options->output : "standard output";
}

/* Give up what could not be written. */
static int fail(struct output *output, int error)
{
	say_error("cannot write to %s: %s", output_name(output), strerror(error));
	output_abandon(output);
	return STATUS_FAILED;
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
	return fflush(stdout) || ferror(stdout) ? fail(output, errno) : 0;
}

void output_abandon(struct output *output)
{
	if (output->options->output)
		publication_abandon(&output->file);
}

int output_report(struct output *output, const struct report *report)
{
	const struct text_style style = output_style(output);
	int failed;

	switch (output->options->format) {
	case FORMAT_JSON:
		failed = render_json(output->stream, report);
		break;
	case FORMAT_FOLDED:
		failed = render_folded(output->stream, report);
		break;
	default:
		failed = render_text(output->stream, report, &style);
		break;
	}
	return failed ? fail(output, errno) : output_close(output);
}

int output_json(struct output *output, json_t *document)
{
	int failed;

	if (!document)
		return fail(output, ENOMEM);
	failed = json_dumpf(document, output->stream, JSON_INDENT(2)) ||
		 fputc('\n', output->stream) < 0;
	json_decref(document);
	return failed ? fail(output, errno) : output_close(output);
}
