/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/mark_stack.h"

#include "platform/platform.h"

#define STEP_BYTES ((size_t)64 << 10)
#define KEEP_BYTES ((size_t)1 << 20)

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool mark_stack_create(struct mark_stack *stack, size_t most)
{
	size_t bytes = (most * sizeof(uintptr_t) + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;

	*stack = (struct mark_stack){ .most = most, .reserved = bytes };
	stack->entries = platform_reserve(bytes, platform_page_size());
	if (stack->entries && mark_stack_grow(stack))
		return true;
	mark_stack_destroy(stack);
	return false;
}

void mark_stack_destroy(struct mark_stack *stack)
{
	platform_unreserve(stack->entries, stack->reserved);
}

static size_t committed(const struct mark_stack *stack)
{
	return (stack->room * sizeof(uintptr_t) + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
}

bool mark_stack_grow(struct mark_stack *stack)
{
	size_t have = committed(stack), want = least(have ? 2 * have : STEP_BYTES, stack->reserved);

	if (stack->room == stack->most)
		return false;
	if (!platform_commit((char *)stack->entries + have, want - have))
		return false;
	stack->room = least(want / sizeof(uintptr_t), stack->most);
	return true;
}

void mark_stack_trim(struct mark_stack *stack)
{
	size_t have = committed(stack);

	if (have > KEEP_BYTES)
		platform_release((char *)stack->entries + KEEP_BYTES, have - KEEP_BYTES);
}
