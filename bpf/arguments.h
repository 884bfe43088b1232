/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading the arguments of a probe site. */
#ifndef GCSCOPE_BPF_ARGUMENTS_H
#define GCSCOPE_BPF_ARGUMENTS_H

#include "maps.h"

#if defined(__TARGET_ARCH_x86)
#define ARGUMENT_0(ctx) ((ctx)->rdi)
#define ARGUMENT_1(ctx) ((ctx)->rsi)
#define ARGUMENT_2(ctx) ((ctx)->rdx)
#define ARGUMENT_3(ctx) ((ctx)->rcx)
#define ARGUMENT_4(ctx) ((ctx)->r8)
#define ARGUMENT_5(ctx) ((ctx)->r9)
#else
#error "which registers carry arguments here?"
#endif

/*
 * Argument number (from 0) of a site whose note tells where it is. A size
 * below 8 bytes is extended as its sign asks. False: it has none, or memory
 * could not be read, which is counted.
 */
static __noinline bool site_argument(struct pt_regs *ctx, __u64 cookie, __u32 number,
				     __u64 *ret_value)
{
	__u32 index = gcscope_cookie_layout(cookie), size, shift;
	const struct gcscope_argument *argument;
	struct gcscope_layout *layout;
	__u64 value = 0;

	layout = bpf_map_lookup_elem(&layouts, &index);
	if (!layout || number >= GCSCOPE_ARGUMENTS)
		return false;
	argument = &layout->arguments[number];
	size = argument->size;
	if (argument->place == GCSCOPE_ARGUMENT_NONE ||
	    argument->place > GCSCOPE_ARGUMENT_MEMORY || size > sizeof(value))
		return false;
	if (argument->place == GCSCOPE_ARGUMENT_CONSTANT) {
		*ret_value = argument->value;
		return true;
	}
	if (bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + argument->register_offset))
		return false;
	if (argument->place == GCSCOPE_ARGUMENT_MEMORY) {
		void *address = (void *)(value + argument->value);

		value = 0;
		if (bpf_probe_read_user(&value, size, address)) {
			lost(GCSCOPE_LOST_READ);
			return false;
		}
	}
	shift = 64 - 8 * size;
	value <<= shift;
	*ret_value = argument->is_signed ? (__u64)((__s64)value >> shift) : value >> shift;
	return true;
}

#endif
