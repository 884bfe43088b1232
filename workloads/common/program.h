/* SPDX-License-Identifier: BSD-2-Clause */
/* How a workload ends and reports its times. */
#ifndef WORKLOADS_PROGRAM_H
#define WORKLOADS_PROGRAM_H

/* One sentence on standard error, after the program's name; exit status 1 or 2. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds of the monotonic clock. */
double seconds(void);

/* Report on standard error how long a part took. */
void report_seconds(const char *part, double taken);

#endif
