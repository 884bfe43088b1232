/* SPDX-License-Identifier: BSD-2-Clause */
/* From -p and --comm to processes that can be watched. */
#ifndef GCSCOPE_SELECT_H
#define GCSCOPE_SELECT_H

#include "commands/options.h"

/*
 * Check each process of -p and add those of --comm, so that options->pids
 * holds only processes that exist and carry a known runtime. Nothing is
 * attached. 0, or an enum exit_status, having said why: one process of -p that
 * will not do is enough, while of --comm one that will is.
 */
int select_processes(struct options *options);

/* The comm of a process, made printable. "?" when it has none. */
struct process_name {
	char text[17];
};
struct process_name process_name(pid_t pid);

/* Control characters become '?': the names of others must not command our terminal. */
void make_printable(char *text);

/* Call back for each process that runs now, ourselves apart. 0, or -1 with errno. */
int each_process(void (*call)(pid_t pid, void *context), void *context);

#endif
