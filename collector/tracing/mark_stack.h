/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mark stack: grey objects. It has address space for its largest size, so
 * growing copies nothing; it may refuse to grow, and the tracer lives with that
 * (mark.h).
 */
#ifndef GCSCOPE_TRACING_MARK_STACK_H
#define GCSCOPE_TRACING_MARK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mark_stack {
	uintptr_t *entries;
	size_t count;
	size_t room;	 /* entries that are committed and allowed */
	size_t most;	 /* entries allowed at all */
	size_t reserved; /* bytes */
};

/* With room for at most `most` entries. False: no address space. */
bool mark_stack_create(struct mark_stack *stack, size_t most);
void mark_stack_destroy(struct mark_stack *stack);

/* Make room for one more. False: it may or can not grow. */
bool mark_stack_grow(struct mark_stack *stack);

/* Give back what a deep graph has used. The stack is empty. */
void mark_stack_trim(struct mark_stack *stack);

static inline bool mark_stack_push(struct mark_stack *stack, uintptr_t entry)
{
	if (__builtin_expect(stack->count == stack->room, 0) && !mark_stack_grow(stack))
		return false;
	stack->entries[stack->count++] = entry;
	return true;
}

#endif
