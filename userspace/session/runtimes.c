/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/runtimes.h"

#include <string.h>

#include "gcscope/events.h"
#include "gcscope/hotspot.h"
#include "model/names.h"

#define EVENT_PROBE(name, number, rate, prose, args) { GCS_EVENTS_PROVIDER, #name, number },
#define NO_ARGUMENT(name, unit, prose)
static const struct runtime_probe gcscope_probes[] = {
	GCS_EVENT_TABLE(EVENT_PROBE, NO_ARGUMENT)
	{ 0 },
};

static const struct runtime_detail gcscope_details[] = {
	{ GCS_EVENT_cards_scanned, DETAIL_CARD_MAP },
	{ GCS_EVENT_allocation_sampled, DETAIL_SITES },
	{ GCS_EVENT_store_sampled, DETAIL_SITES },
	{ 0 },
};

#define HOTSPOT_PROBE(NAME, number, provider, name) { provider, name, number },
static const struct runtime_probe hotspot_probes[] = {
	HOTSPOT_PROBE_TABLE(HOTSPOT_PROBE)
	{ 0 },
};

#define HOTSPOT_FUNCTION(NAME, number, symbol) { symbol, number },
static const struct runtime_function hotspot_functions[] = {
	HOTSPOT_FUNCTION_TABLE(HOTSPOT_FUNCTION)
	{ 0 },
};

static const char *hotspot_plan_name(uint32_t plan)
{
	switch (plan) {
#define HOTSPOT_PLAN_CASE(NAME, code, name) case code: return name;
	HOTSPOT_PLAN_TABLE(HOTSPOT_PLAN_CASE)
	default: return NULL;
	}
}

const struct runtime runtimes[] = {
	{
		.code = GCSCOPE_RUNTIME_GCSCOPE,
		.name = "gcscope",
		.tier = "usdt",
		.has_time_to_safepoint = true,
		.has_stalls = true,
		.has_sites = true,
		.probes = gcscope_probes,
		.details = gcscope_details,
		.opens = GCS_EVENT_pause_requested,
		.plan = plan_name,
	},
	{
		.code = GCSCOPE_RUNTIME_HOTSPOT,
		.name = "hotspot",
		.tier = "usdt",
		.has_time_to_safepoint = true,
		.probes = hotspot_probes,
		.functions = hotspot_functions,
		.opens = HOTSPOT_SYNCHRONIZE,
		.plan = hotspot_plan_name,
	},
};
const size_t runtime_count = sizeof(runtimes) / sizeof(runtimes[0]);

const struct runtime *runtime_by_code(uint32_t code)
{
	for (size_t i = 0; i < runtime_count; i++)
		if (runtimes[i].code == code)
			return &runtimes[i];
	return NULL;
}

bool runtime_wants(const struct runtime *runtime, uint16_t event, unsigned details)
{
	for (const struct runtime_detail *row = runtime->details; row && row->event; row++)
		if (row->event == event)
			return details & row->detail;
	return true;
}

const struct runtime *runtime_by_probe(const char *provider, const char *name,
				       const struct runtime_probe **ret_probe)
{
	for (size_t i = 0; i < runtime_count; i++)
		for (const struct runtime_probe *probe = runtimes[i].probes; probe->name; probe++)
			if (!strcmp(probe->provider, provider) && !strcmp(probe->name, name)) {
				*ret_probe = probe;
				return &runtimes[i];
			}
	return NULL;
}
