/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of codes.def. "unknown" for 0 and for codes of a newer version. */
#ifndef GCSCOPE_MODEL_NAMES_H
#define GCSCOPE_MODEL_NAMES_H

#include <stdint.h>

const char *kind_name(uint32_t kind);
const char *cause_name(uint32_t cause);
const char *phase_name(uint32_t phase);
const char *part_name(uint32_t part); /* enum gcscope_part */
const char *plan_name(uint32_t plan);
const char *end_name(uint32_t end);
const char *lost_name(uint32_t reason);
const char *sort_name(uint32_t sort);

#endif
