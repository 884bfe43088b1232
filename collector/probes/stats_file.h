/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GCSCOPE_STATS_FILE: the library's own last counters, as JSON
 * (gcscope.stats/1), to compare with what a profiler saw.
 */
#ifndef GCSCOPE_PROBES_STATS_FILE_H
#define GCSCOPE_PROBES_STATS_FILE_H

#include "gcscope/stats.h"

/*
 * Keep a heap's last snapshot for the file; nothing if none was asked for. The
 * registry's lock is held.
 */
void stats_file_add(const struct gcscope_stats *stats);

/* Write them all, at exit. What goes wrong is told on standard error. The same lock is held. */
void stats_file_write(void);

#endif
