/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/arguments.h"

#include <asm/ptrace.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__x86_64__)
#error "which registers does this machine have?"
#endif

struct machine_register {
	uint16_t offset;
	const char *names[4]; /* of its lowest 8, 4, 2 and 1 bytes */
};

#define REGISTER(field, ...) { offsetof(struct pt_regs, field), { __VA_ARGS__ } }

static const struct machine_register registers[] = {
	REGISTER(rax, "rax", "eax", "ax", "al"),
	REGISTER(rbx, "rbx", "ebx", "bx", "bl"),
	REGISTER(rcx, "rcx", "ecx", "cx", "cl"),
	REGISTER(rdx, "rdx", "edx", "dx", "dl"),
	REGISTER(rsi, "rsi", "esi", "si", "sil"),
	REGISTER(rdi, "rdi", "edi", "di", "dil"),
	REGISTER(rbp, "rbp", "ebp", "bp", "bpl"),
	REGISTER(rsp, "rsp", "esp", "sp", "spl"),
	REGISTER(r8, "r8", "r8d", "r8w", "r8b"),
	REGISTER(r9, "r9", "r9d", "r9w", "r9b"),
	REGISTER(r10, "r10", "r10d", "r10w", "r10b"),
	REGISTER(r11, "r11", "r11d", "r11w", "r11b"),
	REGISTER(r12, "r12", "r12d", "r12w", "r12b"),
	REGISTER(r13, "r13", "r13d", "r13w", "r13b"),
	REGISTER(r14, "r14", "r14d", "r14w", "r14b"),
	REGISTER(r15, "r15", "r15d", "r15w", "r15b"),
};

static const uint16_t convention[] = {
	offsetof(struct pt_regs, rdi), offsetof(struct pt_regs, rsi), offsetof(struct pt_regs, rdx),
	offsetof(struct pt_regs, rcx), offsetof(struct pt_regs, r8),  offsetof(struct pt_regs, r9),
};

/* Exactly "%rdi". */
static bool parse_register(const char *text, size_t length, uint16_t *ret_offset)
{
	if (length < 2 || *text != '%')
		return false;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		for (int width = 0; width < 4; width++) {
			const char *name = registers[i].names[width];

			if (strlen(name) == length - 1 && !memcmp(name, text + 1, length - 1)) {
				*ret_offset = registers[i].offset;
				return true;
			}
		}
	return false;
}

/* $7, %rdi, (%rax), -8(%rsp) */
static bool parse_operand(const char *text, size_t length, struct gcscope_argument *argument)
{
	const char *end = text + length;
	char *rest;

	if (*text == '$') {
		argument->place = GCSCOPE_ARGUMENT_CONSTANT;
		argument->value = strtoll(text + 1, &rest, 0);
		return rest == end && rest > text + 1;
	}
	if (*text == '%') {
		argument->place = GCSCOPE_ARGUMENT_REGISTER;
		return parse_register(text, length, &argument->register_offset);
	}
	argument->place = GCSCOPE_ARGUMENT_MEMORY;
	argument->value = strtoll(text, &rest, 0);
	return rest < end && *rest == '(' && end[-1] == ')' &&
	       parse_register(rest + 1, end - rest - 2, &argument->register_offset);
}

static bool parse_argument(const char *text, size_t length, struct gcscope_argument *argument)
{
	char *rest;
	long size = strtol(text, &rest, 10);

	if (rest == text || *rest != '@' || size < -8 || size > 8)
		return false;
	argument->is_signed = size < 0;
	argument->size = labs(size);
	if (argument->size != 1 && argument->size != 2 && argument->size != 4 &&
	    argument->size != 8)
		return false;
	rest++;
	return rest < text + length && parse_operand(rest, text + length - rest, argument);
}

void arguments_parse(const char *text, struct gcscope_layout *ret_layout)
{
	static const struct gcscope_argument hidden = { .place = GCSCOPE_ARGUMENT_HIDDEN };

	memset(ret_layout, 0, sizeof(*ret_layout));
	for (int i = 0; i < GCSCOPE_ARGUMENTS; i++) {
		size_t length;

		text += strspn(text, " ");
		length = strcspn(text, " ");
		if (!length)
			return;
		if (!parse_argument(text, length, &ret_layout->arguments[i]))
			ret_layout->arguments[i] = hidden;
		text += length;
	}
}

bool arguments_conventional(const struct gcscope_layout *layout)
{
	for (int i = 0; i < GCSCOPE_ARGUMENTS; i++) {
		const struct gcscope_argument *argument = &layout->arguments[i];

		if (argument->place == GCSCOPE_ARGUMENT_NONE)
			return true;
		if (argument->place != GCSCOPE_ARGUMENT_REGISTER || argument->size != 8 ||
		    i >= (int)(sizeof(convention) / sizeof(convention[0])) ||
		    argument->register_offset != convention[i])
			return false;
	}
	return false;
}
