/* SPDX-License-Identifier: BSD-2-Clause */
/* The enums of codes.def: GCS_KIND_MINOR, GCS_CAUSE_LIMIT, GCS_PHASE_MARK, ... */
#ifndef GCSCOPE_CODES_H
#define GCSCOPE_CODES_H

#include "codes.def"

#define GCS_CODE_KIND(NAME, code, name, prose)	GCS_KIND_##NAME = code,
#define GCS_CODE_CAUSE(NAME, code, name, prose) GCS_CAUSE_##NAME = code,
#define GCS_CODE_PHASE(NAME, code, name, prose) GCS_PHASE_##NAME = code,
#define GCS_CODE_PLAN(NAME, code, name, prose)	GCS_PLAN_##NAME = code,
#define GCS_CODE_END(NAME, code, name, prose)	GCS_END_##NAME = code,

enum gcs_kind { GCS_KIND_TABLE(GCS_CODE_KIND) };
enum gcs_cause { GCS_CAUSE_TABLE(GCS_CODE_CAUSE) };
enum gcs_phase { GCS_PHASE_TABLE(GCS_CODE_PHASE) };
enum gcs_plan { GCS_PLAN_TABLE(GCS_CODE_PLAN) };
enum gcs_end { GCS_END_TABLE(GCS_CODE_END) };

#undef GCS_CODE_KIND
#undef GCS_CODE_CAUSE
#undef GCS_CODE_PHASE
#undef GCS_CODE_PLAN
#undef GCS_CODE_END

/* Room in arrays indexed by a kind or a cause; codes stay below. */
#define GCS_KINDS  8
#define GCS_CAUSES 16

#endif
