/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the arguments of a probe site are: from the notation of its ELF note,
 * "8@%rdi -4@$7 8@16(%rsp)" (size, a minus sign for signed, @, an assembler operand).
 */
#ifndef GCSCOPE_SESSION_ARGUMENTS_H
#define GCSCOPE_SESSION_ARGUMENTS_H

#include <stdbool.h>

#include "gcscope/site.h"

/*
 * An operand that kernel programs cannot read (an address with an index, one
 * relative to the instruction, a float, one past GCSCOPE_ARGUMENTS) is left as
 * GCSCOPE_ARGUMENT_HIDDEN: that argument is unknown, the others are not.
 */
void arguments_parse(const char *text, struct gcscope_layout *ret_layout);

/* The arguments are whole registers, those of the calling convention, in order. */
bool arguments_conventional(const struct gcscope_layout *layout);

#endif
