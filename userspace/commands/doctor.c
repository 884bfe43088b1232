/* SPDX-License-Identifier: BSD-2-Clause */
/* gcscope doctor: what this kernel, user and machine allow, and how to get the rest. */
#include <argp.h>
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/say.h"
#include "exit_status.h"
#include "render/utf8.h"
#include "session/privileges.h"
#include "session/session.h"
#include "session/targets.h"
#include "session/tries.h"

enum state {
	STATE_OK,
	STATE_NO,   /* it does not work, and is needed or missed */
	STATE_NOTE, /* good to know */
};

static const char *const state_names[] = { "ok", "no", "note" };

struct finding {
	enum state state;
	const char *name;
	char *detail;
	char *fix; /* NULL: none is needed, or known */
};

struct findings {
	struct finding *rows;
	size_t count;
};

/* Without memory a doctor has nothing to say. */
static void *need(void *memory)
{
	if (memory)
		return memory;
	say_error("out of memory");
	exit(STATUS_FAILED);
}

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *text, ...)
{
	va_list arguments;
	char *result;

	va_start(arguments, text);
	if (vasprintf(&result, text, arguments) < 0)
		result = NULL;
	va_end(arguments);
	return need(result);
}

/* detail and fix are the findings' from now on. */
static void add(struct findings *findings, enum state state, const char *name, char *detail,
		char *fix)
{
	findings->rows =
		need(reallocarray(findings->rows, findings->count + 1, sizeof(*findings->rows)));
	findings->rows[findings->count++] =
		(struct finding){ .state = state, .name = name, .detail = detail, .fix = fix };
}

static bool refused(int error)
{
	return error == -EPERM || error == -EACCES;
}

/* Something that is tried: what it is for, what it needs, and what else may be wrong. */
struct trial {
	const char *name;
	int (*try)(void);
	unsigned needed; /* privileges */
	const char *works;
	const char *absent; /* what to do where the kernel has no such thing; NULL: nothing */
};

enum {
	TRIAL_LOAD,
	TRIAL_RING_BUFFER,
	TRIAL_TRACEPOINT,
	TRIAL_UPROBE_MULTI,
	TRIAL_UPROBE_EVENT,
	TRIAL_PTRACE,
	TRIALS,
};

static const struct trial trials[TRIALS] = {
	[TRIAL_LOAD] = {
		"kernel programs", try_load, PRIVILEGE_BPF | PRIVILEGE_PERFMON,
		"can be loaded", "a kernel with CONFIG_BPF_SYSCALL",
	},
	[TRIAL_RING_BUFFER] = {
		"ring buffer", try_ring_buffer, PRIVILEGE_BPF,
		"records can come through it", "Linux 5.8 or later",
	},
	[TRIAL_TRACEPOINT] = {
		"tracepoints", try_tracepoint, PRIVILEGE_BPF | PRIVILEGE_PERFMON,
		"can be attached to, through the kernel's BTF",
		"a kernel with CONFIG_DEBUG_INFO_BTF (it has /sys/kernel/btf/vmlinux)",
	},
	[TRIAL_UPROBE_MULTI] = {
		"uprobe_multi", try_uprobe_multi, PRIVILEGE_BPF | PRIVILEGE_PERFMON,
		"all probes of a file go on and off at once", "Linux 6.6 or later",
	},
	[TRIAL_UPROBE_EVENT] = {
		"uprobe events", try_uprobe_event,
		PRIVILEGE_BPF | PRIVILEGE_PERFMON | PRIVILEGE_SYS_ADMIN,
		"probes can go on one by one, where there is no uprobe_multi",
		"a kernel with CONFIG_UPROBE_EVENTS",
	},
	[TRIAL_PTRACE] = {
		"ptrace", try_ptrace, PRIVILEGE_SYS_PTRACE,
		"gcscope run can start programs", NULL,
	},
};

/* Returns what the trial returned. spare: there is something better, and that works. */
static int run_trial(struct findings *findings, const struct trial *trial, bool spare)
{
	char text[1024];
	int error = trial->try();

	if (!error) {
		add(findings, STATE_OK, trial->name, format("%s", trial->works), NULL);
	} else if (spare) {
		add(findings, STATE_NOTE, trial->name,
		    format("%s; not needed here", strerror(-error)), NULL);
	} else if (refused(error)) {
		privileges_explain(text, sizeof(text), "refused", -error, trial->needed);
		add(findings, STATE_NO, trial->name, format("%s", text), NULL);
	} else if (error == -ENODATA) {
		add(findings, STATE_NO, trial->name,
		    format("can be attached, but do not fire in this kernel"), NULL);
	} else {
		add(findings, STATE_NO, trial->name, format("%s", strerror(-error)),
		    trial->absent ? format("%s", trial->absent) : NULL);
	}
	return error;
}

/* The kernel programs that sessions use, all of them. 0, or an enum exit_status. */
static int try_session(struct findings *findings)
{
	const struct session_options how = { 0 };
	struct session *session = NULL;
	int status = session_open(&session, &how);

	need(session);
	if (!status)
		add(findings, STATE_OK, "session", format("gcscope's own programs run here"), NULL);
	else
		add(findings, STATE_NO, "session", format("%s", session_error(session)), NULL);
	session_close(session);
	return status;
}

static void look_at_kernel(struct findings *findings)
{
	struct utsname name;

	uname(&name);
	add(findings, STATE_NOTE, "kernel",
	    format("%s %s %s", name.sysname, name.release, name.machine), NULL);
}

static void look_at_privileges(struct findings *findings)
{
	const unsigned held = privileges_held();

	for (int i = 0; i < PRIVILEGES; i++)
		add(findings, STATE_NOTE, privilege_rows[i].name,
		    format("%s; with it one can %s", held & 1U << i ? "held" : "missing",
			   privilege_rows[i].what),
		    NULL);
}

/* The first line of a small file of the kernel's; NULL when there is none. Free it. */
static char *read_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getline(&line, &room, file) < 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = 0;
	}
	fclose(file);
	return line;
}

static void look_at_settings(struct findings *findings)
{
	static const struct {
		const char *name, *path, *absent;
	} settings[] = {
		{ "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", "not there" },
		{ "unprivileged_bpf", "/proc/sys/kernel/unprivileged_bpf_disabled", "not there" },
		{ "ptrace_scope", "/proc/sys/kernel/yama/ptrace_scope", "not there: no Yama" },
		{ "lockdown", "/sys/kernel/security/lockdown", "not there: none" },
	};
	struct rlimit memlock;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char *value = read_line(settings[i].path);

		add(findings, STATE_NOTE, settings[i].name,
		    format("%s (%s)", value ? value : settings[i].absent, settings[i].path), NULL);
		free(value);
	}
	getrlimit(RLIMIT_MEMLOCK, &memlock);
	if (memlock.rlim_cur == RLIM_INFINITY)
		add(findings, STATE_NOTE, "memlock", format("unlimited"), NULL);
	else
		add(findings, STATE_NOTE, "memlock",
		    format("%llu KiB (kernels since 5.11 do not count maps there)",
			   (unsigned long long)memlock.rlim_cur / 1024),
		    NULL);
}

static void look_at_file(struct findings *findings, const char *path)
{
	struct target *targets;
	size_t count;

	if (targets_of_file(path, &targets, &count)) {
		add(findings, STATE_NOTE, "runtime", format("%s: %s", path, strerror(errno)), NULL);
		return;
	}
	if (!count)
		add(findings, STATE_NOTE, "runtime", format("%s: built without probes", path),
		    format("a build with them, as Debian's packages are"));
	for (size_t i = 0; i < count; i++)
		add(findings, STATE_OK, "runtime",
		    format("%s: %s, by %s", path, targets[i].runtime, targets[i].tier), NULL);
	targets_free(targets, count);
}

/* Whether a path leads to a file that one before it leads to as well. */
static bool is_repeated(const glob_t *files, size_t index)
{
	struct stat file, other;

	if (stat(files->gl_pathv[index], &file))
		return false;
	for (size_t i = 0; i < index; i++) {
		if (!stat(files->gl_pathv[i], &other) && other.st_dev == file.st_dev &&
		    other.st_ino == file.st_ino)
			return true;
	}
	return false;
}

/* Runtimes where packages put them. */
static void look_at_runtimes(struct findings *findings)
{
	static const char *const patterns[] = {
		"/usr/lib/jvm/*/lib/server/libjvm.so",
		"/usr/lib/libgcscope.so",
		"/usr/lib/*/libgcscope.so",
		"/usr/local/lib/libgcscope.so",
	};
	glob_t files = { 0 };
	int flags = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob(patterns[i], flags, NULL, &files);
		flags = GLOB_APPEND;
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		if (!is_repeated(&files, i))
			look_at_file(findings, files.gl_pathv[i]);
	}
	if (!files.gl_pathc)
		add(findings, STATE_NOTE, "runtime",
		    format("none is installed where packages put them"), NULL);
	globfree(&files);
}

/*
 * What all the trials come to: STATUS_OK when profiling works, with one of the
 * two ways to attach; STATUS_NOT_PERMITTED when something it needs was refused.
 */
static int judge(const int errors[TRIALS], int session)
{
	const bool attaches = !errors[TRIAL_UPROBE_MULTI] || !errors[TRIAL_UPROBE_EVENT];

	if (!session && attaches)
		return STATUS_OK;
	if (session == STATUS_NOT_PERMITTED || refused(errors[TRIAL_UPROBE_MULTI]) ||
	    refused(errors[TRIAL_UPROBE_EVENT]))
		return STATUS_NOT_PERMITTED;
	return STATUS_FAILED;
}

static int examine(struct findings *findings)
{
	int errors[TRIALS];

	look_at_kernel(findings);
	look_at_privileges(findings);
	look_at_settings(findings);
	look_at_runtimes(findings);
	for (size_t i = 0; i < TRIALS; i++)
		errors[i] = run_trial(findings, &trials[i],
				      i == TRIAL_UPROBE_EVENT && !errors[TRIAL_UPROBE_MULTI]);
	return judge(errors, try_session(findings));
}

static const char *conclusion(int status)
{
	return status == STATUS_OK		? "profiling works here"
	       : status == STATUS_NOT_PERMITTED ? "profiling is not permitted to this user here"
						: "profiling does not work here";
}

static void print_text(FILE *out, const struct findings *findings, int status, bool color)
{
	static const char *const colors[] = { "\033[32m", "\033[31m", "" };

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *row = &findings->rows[i];

		fprintf(out, "%s%-4s%s  %-22s %s\n", color ? colors[row->state] : "",
			state_names[row->state], color ? "\033[0m" : "", row->name, row->detail);
		if (row->fix)
			fprintf(out, "      %-22s needed: %s\n", "", row->fix);
	}
	fprintf(out, "\n%s\n", conclusion(status));
}

static json_t *to_json(const struct findings *findings, int status)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *row = &findings->rows[i];
		char *detail = need(utf8_clean(row->detail));

		json_array_append_new(rows, json_pack("{ss ss ss ss?}", "name", row->name, "state",
						      state_names[row->state], "detail", detail,
						      "needed", row->fix));
		free(detail);
	}
	return json_pack("{ss sb ss so}", "schema", "gcscope.doctor/1", "works",
			 status == STATUS_OK, "conclusion", conclusion(status), "findings", rows);
}

static const struct argp doctor_argp = {
	.parser = options_parser,
	.doc = "What this kernel, user and machine allow, each thing really tried, and how to get "
	       "the rest."
	       "\vExit status: 0 profiling works; 4 it is not permitted; 1 it does not work.",
	.children = (const struct argp_child[]){ { &options_data, 0, "", 1 }, { 0 } },
};

int command_doctor(int argc, char **argv)
{
	struct options options = { 0 };
	struct findings findings = { 0 };
	struct output output;
	int status, written;

	argp_parse(&doctor_argp, argc, argv, 0, NULL, &options);
	written = output_open(&output, &options);
	if (written)
		return written;
	status = examine(&findings);
	if (options.format == FORMAT_JSON) {
		written = output_json(&output, to_json(&findings, status));
	} else {
		print_text(output.stream, &findings, status, output_style(&output).color);
		written = output_close(&output);
	}
	for (size_t i = 0; i < findings.count; i++) {
		free(findings.rows[i].detail);
		free(findings.rows[i].fix);
	}
	free(findings.rows);
	return status ? status : written;
}
