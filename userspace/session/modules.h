/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The code of watched processes, kept beyond their ends: which file lay where, and the
 * symbols of these files.
 */
#ifndef GCSCOPE_SESSION_MODULES_H
#define GCSCOPE_SESSION_MODULES_H

#include "session/mappings.h"
#include "session/symbols.h"

/* A file that some process executes. */
struct module {
	dev_t device;
	ino_t inode;
	char *path; /* as the first process that mapped it sees it */
	struct symbols *symbols;
};

/* All of a session, each once. */
struct modules {
	struct module **entries;
	size_t count;
};

struct code_range {
	uint64_t start, end, offset;
	dev_t device; /* as struct mapping has them */
	ino_t inode;
	struct module *module;
};

/* The addresses of one process. */
struct code {
	struct code_range *ranges; /* where two overlap, the later is true now */
	size_t count;
	FILE *maps; /* while it runs: of mappings_open; NULL before the first look */
};

/*
 * Remember what a process maps now, which runs still. What cannot be opened, or finds no
 * memory, is not there: its addresses have no names then.
 */
void modules_keep(struct modules *modules, struct code *code, const struct mapping *mappings,
		  size_t count);

/* The module of a return address, and its place in it. False: unknown, or no memory. */
bool code_find(const struct code *code, uint64_t address, const struct module **ret_module,
	       const struct place **ret_place);

/* The process has ended: what was kept stays. */
void code_ended(struct code *code);

void code_free(struct code *code);
void modules_free(struct modules *modules);

#endif
