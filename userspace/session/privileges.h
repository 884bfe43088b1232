/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capabilities that profiling may need: which are held, which are missing
 * and how to get them, and giving them up once they are not needed any more.
 */
#ifndef GCSCOPE_PRIVILEGES_H
#define GCSCOPE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>

/* X(NAME, "what it permits here") */
#define PRIVILEGE_TABLE(X)                                                                        \
	X(BPF, "load kernel programs and make their maps")                                        \
	X(PERFMON, "attach them to probes and let them read other programs' memory")              \
	X(SYS_ADMIN, "attach probes one by one, where the kernel has no uprobe_multi")            \
	X(SYS_PTRACE, "look into the processes of other users")                                   \
	X(CHECKPOINT_RESTORE, "open files that a process maps but that were replaced or deleted") \
	X(DAC_READ_SEARCH, "open programs in folders that only others may enter")

enum privilege_index {
#define PRIVILEGE_INDEX(NAME, what) PRIVILEGE_INDEX_##NAME,
	PRIVILEGE_TABLE(PRIVILEGE_INDEX) PRIVILEGES
#undef PRIVILEGE_INDEX
};

enum privilege {
#define PRIVILEGE_MASK(NAME, what) PRIVILEGE_##NAME = 1 << PRIVILEGE_INDEX_##NAME,
	PRIVILEGE_TABLE(PRIVILEGE_MASK)
#undef PRIVILEGE_MASK
};

struct privilege_row {
	cap_value_t capability;
	const char *name; /* "CAP_BPF" */
	const char *what;
};

extern const struct privilege_row privilege_rows[PRIVILEGES];

/* The privileges in effect, as a mask; to the kernel CAP_SYS_ADMIN implies some of the others. */
unsigned privileges_held(void);

/*
 * The sentence for an error that permission explains: what was tried, the
 * kernel's reason, what of `needed` (a mask) is missing, and the fix. Where
 * nothing is missing it says so, and what else may refuse.
 */
void privileges_explain(char *text, size_t size, const char *tried, int error, unsigned needed);

/*
 * Give up all capabilities for good. keep_files: but those with which root
 * writes into other users' directories, for what is still to be written.
 * 0, or -1 with errno.
 */
int privileges_drop(bool keep_files);

#endif
