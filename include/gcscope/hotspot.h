/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernel programs and userspace share about OpenJDK's HotSpot: which of
 * its probes are listened to, by which number, and the names of its collectors.
 */
#ifndef GCSCOPE_HOTSPOT_H
#define GCSCOPE_HOTSPOT_H

/* X(NAME, number, provider, name): USDT probes of libjvm.so. */
#define HOTSPOT_PROBE_TABLE(X)                                                 \
	X(SAFEPOINT_BEGIN, 1, "hs_private", "safepoint__begin")                \
	X(SAFEPOINT_END, 2, "hs_private", "safepoint__end")                    \
	X(OPERATION_BEGIN, 3, "hotspot", "vmops__begin")                       \
	X(OPERATION_END, 4, "hotspot", "vmops__end")                           \
	X(SERVICE_BEGIN, 5, "hotspot", "gc__begin")                            \
	X(POOL_BEGIN, 6, "hotspot", "mem__pool__gc__begin")                    \
	X(POOL_END, 7, "hotspot", "mem__pool__gc__end")

/*
 * X(NAME, number, symbol): functions, probed at their entry. The VM writes the
 * cause of a collection, in words, into its performance data before it begins;
 * no USDT probe tells it. The operation's name does not either: the same one
 * serves System.gc() and collections put off by a critical section. In a VM
 * without a symbol table, or with -XX:-UsePerfData, the cause is unknown.
 */
/*
 * SYNCHRONIZE comes before safepoint__begin, and between them G1 waits for its own
 * concurrent threads, which is part of the pause and of the way to the safepoint.
 * Without a symbol table a pause begins at safepoint__begin, so much too late.
 */
#define HOTSPOT_FUNCTION_TABLE(X)                                              \
	X(PERFORMANCE_STRING, 8, "_ZN10PerfString10set_stringEPKc")            \
	X(SYNCHRONIZE, 9, "_ZN20SafepointSynchronize5beginEv")

/* X(NAME, code, name) */
#define HOTSPOT_PLAN_TABLE(X)                                                  \
	X(SERIAL, 1, "serial")                                                 \
	X(PARALLEL, 2, "parallel")                                             \
	X(G1, 3, "g1")

#define HOTSPOT_CODE_PROBE(NAME, number, provider, name) HOTSPOT_##NAME = number,
#define HOTSPOT_CODE_FUNCTION(NAME, number, symbol)	 HOTSPOT_##NAME = number,
#define HOTSPOT_CODE_PLAN(NAME, code, name)		 HOTSPOT_PLAN_##NAME = code,

enum hotspot_event {
	HOTSPOT_PROBE_TABLE(HOTSPOT_CODE_PROBE)
	HOTSPOT_FUNCTION_TABLE(HOTSPOT_CODE_FUNCTION)
};
enum hotspot_plan { HOTSPOT_PLAN_TABLE(HOTSPOT_CODE_PLAN) };

#undef HOTSPOT_CODE_PROBE
#undef HOTSPOT_CODE_FUNCTION
#undef HOTSPOT_CODE_PLAN

#endif
