/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The probe sites.
 *
 * Each function is naked, so that nothing touches the argument registers before
 * the site, and builds a frame, so that a frame-pointer walk from the site finds
 * the caller. The ELF note is version 3 of SystemTap's
 * (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation): the
 * site's address, the address of .stapsdt.base to undo prelinking, the
 * semaphore's, then provider, name and arguments.
 *
 * The site is one byte long on purpose: on Linux 6.18 the kernel turns a 5-byte
 * nop into a call, which overwrites a leaf function's red zone and kills children
 * forked while their parent is traced.
 */
#include "probes/probes.h"

#if !defined(__x86_64__)
#error "gcscope's probe sites know the registers of x86-64 only, so far"
#endif

#define PROBE_COUNT(...)			     PROBE_COUNT_(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define PROBE_COUNT_(none, a, b, c, d, e, f, n, ...) n

/* Where the first n arguments are, in the notation of the note. */
#define PROBE_WHERE(n)	PROBE_WHERE_(n)
#define PROBE_WHERE_(n) PROBE_WHERE_##n
#define PROBE_WHERE_1	"8@%rdi"
#define PROBE_WHERE_2	PROBE_WHERE_1 " 8@%rsi"
#define PROBE_WHERE_3	PROBE_WHERE_2 " 8@%rdx"
#define PROBE_WHERE_4	PROBE_WHERE_3 " 8@%rcx"
#define PROBE_WHERE_5	PROBE_WHERE_4 " 8@%r8"
#define PROBE_WHERE_6	PROBE_WHERE_5 " 8@%r9"

__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

#define PROBE_ARGUMENT(name, unit, prose) , uint64_t name
#define PROBE_DEFINE(name, number, rate, prose, args)                                 \
	volatile unsigned short gcscope_##name##_semaphore                            \
		__attribute__((section(".probes"), visibility("hidden")));            \
	__attribute__((naked, noinline)) void gcs_probe_##name(PROBE_TAIL(args))      \
	{                                                                             \
		__asm__("push %rbp\n"                                                 \
			"mov %rsp, %rbp\n"                                            \
			"990: nop\n"                                                  \
			"pop %rbp\n"                                                  \
			"ret\n"                                                       \
			".pushsection .note.stapsdt,\"\",\"note\"\n"                  \
			".balign 4\n"                                                 \
			".4byte 992f-991f, 994f-993f, 3\n"                            \
			"991: .asciz \"stapsdt\"\n"                                   \
			"992: .balign 4\n"                                            \
			"993: .8byte 990b\n"                                          \
			".8byte _.stapsdt.base\n"                                     \
			".8byte gcscope_" #name "_semaphore\n"                        \
			".asciz \"" GCS_EVENTS_PROVIDER "\"\n"                        \
			".asciz \"" #name "\"\n"                                      \
			".asciz \"" PROBE_WHERE(PROBE_COUNT(args)) "\"\n"             \
								   "994: .balign 4\n" \
								   ".popsection\n");  \
	}

#pragma GCC diagnostic ignored "-Wunused-parameter"
GCS_EVENT_TABLE(PROBE_DEFINE, PROBE_ARGUMENT)
