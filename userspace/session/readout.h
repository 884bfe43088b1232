/* SPDX-License-Identifier: BSD-2-Clause */
/* From the kernel's maps, and what was kept of processes that ended, to the report model. */
#ifndef GCSCOPE_SESSION_READOUT_H
#define GCSCOPE_SESSION_READOUT_H

#include <bpf/libbpf.h>

#include "model/report.h"

struct session;

/* What was counted so far. NULL: no memory. */
struct report *readout(struct session *session);

/*
 * One more zeroed element of this size behind an array of *count; array is the address
 * of its pointer. NULL: no memory.
 */
void *readout_grow(void *array, size_t *count, size_t size);

/* What the kernel says that a map takes, in bytes. False: it does not say. */
bool readout_map_bytes(struct bpf_map *map, uint64_t *ret_bytes);

#endif
