/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What profiling needs of the kernel, each thing really tried, in small, on
 * ourselves. Each returns 0 when it works, else a negative errno: -EPERM or
 * -EACCES when it is not permitted, -EOPNOTSUPP when this kernel has no such
 * thing, -ENODATA when all succeeded but the probe did not fire.
 */
#ifndef GCSCOPE_TRIES_H
#define GCSCOPE_TRIES_H

int try_load(void);	    /* load a kernel program */
int try_ring_buffer(void);  /* make the map that records come through */
int try_tracepoint(void);   /* attach to a tracepoint through BTF */
int try_uprobe_multi(void); /* attach to a function of ours at once, and hit it */
int try_uprobe_event(void); /* the same by a perf event */
int try_ptrace(void);	    /* trace a child, as `gcscope run' does */

#endif
