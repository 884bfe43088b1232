/* SPDX-License-Identifier: BSD-2-Clause */
/* libgcscope: a garbage collector for C that can be seen through. The umbrella header. */
#ifndef GCSCOPE_GCSCOPE_H
#define GCSCOPE_GCSCOPE_H

#include "abi.h"
#include "barrier.h"
#include "heap.h"
#include "mutator.h"
#include "roots.h"
#include "stats.h"
#include "type.h"

#endif
