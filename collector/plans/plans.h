/* SPDX-License-Identifier: BSD-2-Clause */
/* The plans. */
#ifndef GCSCOPE_PLANS_PLANS_H
#define GCSCOPE_PLANS_PLANS_H

#include "heap/plan.h"

extern const struct plan plan_marksweep;
extern const struct plan plan_generational;

#endif
