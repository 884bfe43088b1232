/* SPDX-License-Identifier: BSD-2-Clause */
#include "tracing/mark.h"

TRACE_INLINE void visit(struct gcs_tracer *tracer, void **slot)
{
	if (*slot)
		mark_object(tracer, *slot);
}

static void visit_from_outside(struct gcs_tracer *tracer, void **slot)
{
	visit(tracer, slot);
}

void gcs_trace_slot(struct gcs_tracer *tracer, void **slot)
{
	tracer->visit(tracer, slot);
}

void marker_create(struct gcs_tracer *tracer, struct gcs_heap *heap)
{
	*tracer = tracer_of(heap, visit_from_outside);
}

static void scan_grey(struct gcs_tracer *tracer, uintptr_t object)
{
	scan_object(tracer, object, visit);
	drain_prefetching(tracer, visit);
}

void mark_drain(struct gcs_tracer *tracer)
{
	drain_prefetching(tracer, visit);
	while (tracer->overflowed)
		rescan(tracer, scan_grey);
	mark_stack_trim(tracer->stack);
}
