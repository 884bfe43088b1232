/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for addresses in code: function, source file and line, from what debugging
 * information and symbols a file has.
 */
#ifndef GCSCOPE_SESSION_SYMBOLS_H
#define GCSCOPE_SESSION_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* A function, and where in it. */
struct frame {
	const char *function; /* NULL unknown */
	const char *file;     /* as it was compiled; NULL unknown */
	int line;	      /* 0 unknown */
};

/* What a return address is. */
struct place {
	uint64_t offset;  /* in the file */
	uint64_t address; /* as the file itself counts, and addr2line(1) */
	size_t frame_count;
	struct frame frames[]; /* innermost first: each was inlined into the next */
};

struct symbols;

/*
 * For the file behind fd, which they own from now on, and which is read when the first
 * place is asked for. path: to find debugging information that was split off it.
 * NULL: no memory.
 */
struct symbols *symbols_open(int fd, const char *path);

/*
 * What a call at this offset in the file returns to: the place of that call. It lives as
 * long as the symbols; without any there are no frames. NULL: no memory.
 */
const struct place *symbols_find(struct symbols *symbols, uint64_t offset);

void symbols_close(struct symbols *symbols);

#endif
