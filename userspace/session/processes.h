/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What userspace knows of watched processes: who they are, their longest
 * pauses and their card maps, and for those that have ended, all that was counted, taken out of
 * the kernel's maps so that these hold running processes only.
 */
#ifndef GCSCOPE_SESSION_PROCESSES_H
#define GCSCOPE_SESSION_PROCESSES_H

#include "gcscope/profile.h"
#include "model/card_map.h"
#include "model/report.h"
#include "session/modules.h"

struct session;

/*
 * A value of the map `heaps` or `histograms`, of which most words are zero:
 * the words that are not.
 */
struct kept {
	struct gcscope_histogram_key key; /* metric 0: a heap's state */
	unsigned count;
	struct {
		unsigned index;
		uint64_t word;
	} words[];
};

/* The card map of a heap. */
struct heap_cards {
	uint64_t heap;
	struct card_map map;
};

struct process {
	struct process_report about; /* without heaps */
	struct kept **kept;	     /* once it has ended */
	size_t kept_count;
	struct heap_cards **cards; /* of its heaps that told some */
	size_t cards_count;
	struct code code; /* where sites are wanted */
};

struct processes {
	struct process *entries; /* by number, ascending */
	size_t count, room;
};

/* A record from the ring buffer. */
void processes_record(struct session *session, const struct gcscope_record *record);

/* A process that has this pid now was not attached to from its start on. */
void processes_late(struct session *session, pid_t pid);

/* Remember what a process maps now, whose addresses samples will name. */
void processes_code(struct session *session, pid_t pid);

/* The code of a process that is there. */
const struct code *processes_code_of(const struct session *session, uint64_t number);

/* Stacks may lead to code that running processes have mapped since the last look. */
void processes_follow_code(struct session *session);

/* Notice what records that were lost would have told. */
void processes_reconcile(struct session *session);

void processes_free(struct processes *processes);

/* The value of size bytes that was kept; value has been zeroed. */
void kept_unpack(const struct kept *kept, void *value);

#endif
