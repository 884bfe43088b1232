/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers of events.def: GCS_EVENT_pause_ended and so on. */
#ifndef GCSCOPE_EVENTS_H
#define GCSCOPE_EVENTS_H

#include "events.def"

#define GCS_NO_ARGUMENT(name, unit, prose)
#define GCS_EVENT_NUMBER(name, number, rate, prose, args) GCS_EVENT_##name = number,
enum gcs_event { GCS_EVENT_TABLE(GCS_EVENT_NUMBER, GCS_NO_ARGUMENT) };
#undef GCS_EVENT_NUMBER
#undef GCS_NO_ARGUMENT

#define GCS_EVENT_ARGUMENTS_MAX 6

#endif
