/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/names.h"

#include "gcscope/codes.h"
#include "gcscope/profile.h"

#define NAME_CASE(NAME, code, name, prose) \
	case code:                         \
		return name;

#define NAME_FUNCTION(function, TABLE)      \
	const char *function(uint32_t code) \
	{                                   \
		switch (code) {             \
			TABLE(NAME_CASE)    \
		}                           \
		return "unknown";           \
	}

NAME_FUNCTION(kind_name, GCS_KIND_TABLE)
NAME_FUNCTION(cause_name, GCS_CAUSE_TABLE)
NAME_FUNCTION(phase_name, GCS_PHASE_TABLE)
NAME_FUNCTION(plan_name, GCS_PLAN_TABLE)
NAME_FUNCTION(end_name, GCS_END_TABLE)

const char *part_name(uint32_t part)
{
	static const char *const names[GCSCOPE_PARTS] = {
		[GCSCOPE_PART_CPU] = "cpu",	   [GCSCOPE_PART_RUNQUEUE] = "runqueue",
		[GCSCOPE_PART_THROTTLED] = "throttled", [GCSCOPE_PART_IO] = "io",
		[GCSCOPE_PART_FUTEX] = "futex",	   [GCSCOPE_PART_OTHER] = "other",
	};

	return part < GCSCOPE_PARTS ? names[part] : "unknown";
}

const char *lost_name(uint32_t reason)
{
	switch (reason) {
	case GCSCOPE_LOST_RECORD:
		return "ring_buffer_full";
	case GCSCOPE_LOST_MAP:
		return "map_full";
	case GCSCOPE_LOST_READ:
		return "unreadable_memory";
	case GCSCOPE_LOST_PROBE:
		return "probe_skipped";
	}
	return "unknown";
}

const char *sort_name(uint32_t sort)
{
	switch (sort) {
	case GCSCOPE_SORT_ALLOCATION:
		return "allocation";
	case GCSCOPE_SORT_STORE:
		return "store";
	case GCSCOPE_SORT_STOP:
		return "stop";
	}
	return "unknown";
}
