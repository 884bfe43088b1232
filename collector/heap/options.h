/* SPDX-License-Identifier: BSD-2-Clause */
/* Options: from the program, then the environment, then defaults; all checked. */
#ifndef GCSCOPE_HEAP_OPTIONS_H
#define GCSCOPE_HEAP_OPTIONS_H

#include "gcscope/heap.h"

/*
 * Fill ret_options from the program's choice (may be NULL) and the text of
 * GCSCOPE_OPTIONS (may be NULL), which wins. What nobody set gets its default;
 * 0 remains where the default is "adapts", "no limit" or "off".
 * -EINVAL: a sentence that names the key or the value.
 */
int options_resolve(struct gcs_options *ret_options, const struct gcs_options *chosen,
		    const char *environment);

#endif
