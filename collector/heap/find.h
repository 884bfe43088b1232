/* SPDX-License-Identifier: BSD-2-Clause */
/* From an address to the object there. */
#ifndef GCSCOPE_HEAP_FIND_H
#define GCSCOPE_HEAP_FIND_H

#include "heap/space.h"
#include "heap/type.h"

/*
 * The payload of the object that an ambiguous address points at, from its
 * payload's start to one past its cell's end; NULL if there is none. An address
 * that is equal to a header is one past the end of the object before it and
 * never refers to the header's own. The world stands; start bits of blocks of
 * cells are true, and a region block gets those that it lacks.
 */
void *find_object(const struct space *space, const struct type_table *types, uintptr_t address);

#endif
