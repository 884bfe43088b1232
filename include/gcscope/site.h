/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A probe site, as userspace describes it to kernel programs.
 *
 * Every site of every runtime calls the same program; the attach cookie tells
 * it where it is:
 *
 *	bits 0-15   event, a number of the runtime's own (gcscope: enum gcs_event)
 *	bits 16-31  where the arguments are: an index of the map `layouts`, or 0,
 *		    in the registers of the calling convention, in order
 *	bits 32-63  enum gcscope_runtime
 */
#ifndef GCSCOPE_SITE_H
#define GCSCOPE_SITE_H

#include <linux/types.h>

static inline __u64 gcscope_cookie(__u32 runtime, __u16 layout, __u16 event)
{
	return (__u64)runtime << 32 | (__u32)layout << 16 | event;
}

static inline __u32 gcscope_cookie_runtime(__u64 cookie)
{
	return (__u32)(cookie >> 32);
}

static inline __u16 gcscope_cookie_layout(__u64 cookie)
{
	return (__u16)(cookie >> 16);
}

static inline __u16 gcscope_cookie_event(__u64 cookie)
{
	return (__u16)cookie;
}

enum gcscope_argument_place {
	GCSCOPE_ARGUMENT_NONE = 0,     /* the site has fewer */
	GCSCOPE_ARGUMENT_CONSTANT = 1, /* value itself */
	GCSCOPE_ARGUMENT_REGISTER = 2,
	GCSCOPE_ARGUMENT_MEMORY = 3,   /* at the address register + value */
	GCSCOPE_ARGUMENT_HIDDEN = 4,   /* where kernel programs cannot read it */
};

/* Where one argument is, parsed from its ELF note. */
struct gcscope_argument {
	__s64 value;
	__u16 place;	       /* enum gcscope_argument_place */
	__u16 register_offset; /* in struct pt_regs, bytes */
	__u16 size;	       /* 1, 2, 4 or 8 bytes */
	__u16 is_signed;
};

#define GCSCOPE_ARGUMENTS 8
#define GCSCOPE_LAYOUTS	  256

/* Value of the map `layouts`. Sites whose arguments lie alike share one. */
struct gcscope_layout {
	struct gcscope_argument arguments[GCSCOPE_ARGUMENTS];
};

#endif
