/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtimes that the profiler knows, as one table. A runtime is a row here
 * and an adapter in bpf/adapters/; nothing else has its name in it.
 */
#ifndef GCSCOPE_SESSION_RUNTIMES_H
#define GCSCOPE_SESSION_RUNTIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gcscope/profile.h"
#include "gcscope/site.h"

/* A probe that the adapter understands. */
struct runtime_probe {
	const char *provider; /* of the ELF note */
	const char *name;
	uint16_t event;	      /* the number by which the adapter knows it */
};

/*
 * A function that the adapter wants probed at its entry, where no probe tells
 * what it needs: layout 0, the arguments are in the calling convention's
 * registers. A file without it (stripped, another version) is attached without.
 */
struct runtime_function {
	const char *symbol; /* as in .symtab or .dynsym */
	uint16_t event;
};

/* What a session may be asked for besides. Bits. */
enum detail {
	DETAIL_CARD_MAP = 1 << 0,
	DETAIL_SITES = 1 << 1,
};

/* An event that is listened to only for a detail: while nobody does, it costs the program less. */
struct runtime_detail {
	uint16_t event;
	enum detail detail;
};

struct runtime {
	enum gcscope_runtime code;
	const char *name;
	const char *tier; /* how it is seen: "usdt", "symbol" or "surrogate" */
	bool has_time_to_safepoint;
	bool has_stalls; /* and allocations that fail at the limit */
	bool has_sites;	 /* some of its events tell DETAIL_SITES */
	/* A file belongs to the runtime when it has one of these. NULL name ends them. */
	const struct runtime_probe *probes;
	/* Besides; NULL none. A NULL symbol ends them. */
	const struct runtime_function *functions;
	/* NULL none. An event 0 ends them. */
	const struct runtime_detail *details;
	/*
	 * The event with which all that belongs together begins: attached last, so that
	 * whatever it begins is seen whole.
	 */
	uint16_t opens;
	/* The name of what the adapter gave to model_heap_seen; static, NULL unknown. */
	const char *(*plan)(uint32_t plan);
};

extern const struct runtime runtimes[];
extern const size_t runtime_count;

/* The row with this code, or NULL. */
const struct runtime *runtime_by_code(uint32_t code);

/* Whether an event is to be listened to when these details are asked for. */
bool runtime_wants(const struct runtime *runtime, uint16_t event, unsigned details);

/* The row and probe that a note names, or NULL. */
const struct runtime *runtime_by_probe(const char *provider, const char *name,
				       const struct runtime_probe **ret_probe);

#endif
