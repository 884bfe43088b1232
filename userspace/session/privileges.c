/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/privileges.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct privilege_row privilege_rows[PRIVILEGES] = {
#define PRIVILEGE_ROW(NAME, prose) { CAP_##NAME, "CAP_" #NAME, prose },
	PRIVILEGE_TABLE(PRIVILEGE_ROW)
#undef PRIVILEGE_ROW
};

unsigned privileges_held(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t set;
	unsigned held = 0;

	if (!caps)
		return 0;
	for (int i = 0; i < PRIVILEGES; i++) {
		if (!cap_get_flag(caps, privilege_rows[i].capability, CAP_EFFECTIVE, &set) &&
		    set == CAP_SET)
			held |= 1U << i;
	}
	cap_free(caps);
	if (held & PRIVILEGE_SYS_ADMIN)
		held |= PRIVILEGE_BPF | PRIVILEGE_PERFMON | PRIVILEGE_CHECKPOINT_RESTORE;
	return held;
}

/* "CAP_BPF, CAP_PERFMON" */
static void list_names(FILE *out, unsigned mask)
{
	const char *separator = "";

	for (int i = 0; i < PRIVILEGES; i++) {
		if (!(mask & 1U << i))
			continue;
		fprintf(out, "%s%s", separator, privilege_rows[i].name);
		separator = ", ";
	}
}

/* The same as setcap(8) wants them: "cap_bpf,cap_perfmon" */
static void list_for_setcap(FILE *out, unsigned mask)
{
	bool first = true;

	for (int i = 0; i < PRIVILEGES; i++) {
		if (!(mask & 1U << i))
			continue;
		if (!first)
			fputc(',', out);
		first = false;
		for (const char *c = privilege_rows[i].name; *c; c++)
			fputc(tolower(*c), out);
	}
}

void privileges_explain(char *text, size_t size, const char *tried, int error, unsigned needed)
{
	FILE *out = fmemopen(text, size, "w");
	unsigned missing = needed & ~privileges_held();
	char path[4096];
	ssize_t length;

	if (!out) {
		snprintf(text, size, "%s: %s", tried, strerror(error));
		return;
	}
	fprintf(out, "%s: %s: ", tried, strerror(error));
	if (!missing) {
		list_names(out, needed);
		fputs(" held, so something else refuses: a security module, lockdown, a "
		      "container's seccomp filter (gcscope doctor tells more)",
		      out);
	} else {
		length = readlink("/proc/self/exe", path, sizeof(path) - 1);
		path[length > 0 ? length : 0] = 0;
		list_names(out, missing);
		fputs(" missing: run it as root, or once: sudo setcap ", out);
		list_for_setcap(out, needed);
		fprintf(out, "=ep %s", path);
	}
	fclose(out);
	text[size - 1] = 0;
}

int privileges_drop(bool keep_files)
{
	static const cap_value_t files[] = { CAP_DAC_OVERRIDE, CAP_FOWNER };
	cap_t held = cap_get_proc(), kept = cap_init();
	cap_flag_value_t set;
	int failed = !held || !kept;

	for (int i = 0; !failed && keep_files && i < 2; i++) {
		failed = cap_get_flag(held, files[i], CAP_PERMITTED, &set) ||
			 cap_set_flag(kept, CAP_PERMITTED, 1, &files[i], set) ||
			 cap_set_flag(kept, CAP_EFFECTIVE, 1, &files[i], set);
	}
	failed = failed || cap_set_proc(kept);
	cap_free(held);
	cap_free(kept);
	return failed ? -1 : 0;
}
