/* SPDX-License-Identifier: BSD-2-Clause */
/* To whom a process belongs, as its operator calls it. */
#ifndef GCSCOPE_MODEL_UNIT_H
#define GCSCOPE_MODEL_UNIT_H

/*
 * The innermost container or systemd unit in a cgroup's path: the first 12
 * digits of the container's id, as container tools print it, or the name of a
 * service or scope. NULL when there is none, when cgroup is NULL, or without
 * memory; else the caller frees it.
 */
char *unit_name(const char *cgroup);

#endif
