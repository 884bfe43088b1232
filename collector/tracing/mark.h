/* SPDX-License-Identifier: BSD-2-Clause */
/* Marking: what is found gets its mark bit and stays where it is. */
#ifndef GCSCOPE_TRACING_MARK_H
#define GCSCOPE_TRACING_MARK_H

#include "tracing/trace.h"

void marker_create(struct gcs_tracer *tracer, struct gcs_heap *heap);

/* Mark an object (not NULL) and make it grey, unless it is marked already. */
static inline void mark_object(struct gcs_tracer *tracer, void *object)
{
	if (!bit_claim(tracer->marks, header_granule((uintptr_t)object)))
		return;
	tracer->marked++;
	push_grey(tracer, (uintptr_t)object);
}

/* Scan until nothing is grey. */
void mark_drain(struct gcs_tracer *tracer);

#endif
