/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gcscope/codes.h"
#include "gcscope/profile.h"
#include "model/names.h"
#include "model/unit.h"

#define ID "3f9a0c5d1e2b4a6978695a4b3c2d1e0f3f9a0c5d1e2b4a6978695a4b3c2d1e0f"

static const struct {
	const char *cgroup;
	const char *unit;
} units[] = {
	{ "/system.slice/nginx.service", "nginx.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-foo.service",
	  "app-foo.service" },
	{ "/system.slice/a.service/workers", "a.service" },
	{ "/system.slice/docker-" ID ".scope", "3f9a0c5d1e2b" },
	{ "/docker/" ID, "3f9a0c5d1e2b" },
	{ "/machine.slice/libpod-" ID ".scope/container", "3f9a0c5d1e2b" },
	{ "/kubepods/burstable/pod0b1f-22/" ID, "3f9a0c5d1e2b" },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", "3f9a0c5d1e2b" },
	{ "/docker/" ID "/system.slice/cron.service", "cron.service" },
	{ "/docker/" ID "0", NULL }, /* 65 digits are no id */
	{ "/user.slice", NULL },
	{ "/.service", NULL },
	{ "/", NULL },
	{ "", NULL },
	{ NULL, NULL },
};

static void test_units(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(units) / sizeof(*units); i++) {
		char *unit = unit_name(units[i].cgroup);

		if (units[i].unit)
			assert_string_equal(unit, units[i].unit);
		else
			assert_null(unit);
		free(unit);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(kind_name(GCS_KIND_MAJOR), "major");
	assert_string_equal(cause_name(GCS_CAUSE_LIMIT), "limit");
	assert_string_equal(phase_name(GCS_PHASE_MARK), "mark");
	assert_string_equal(plan_name(GCS_PLAN_MARKSWEEP), "marksweep");
	assert_string_equal(lost_name(GCSCOPE_LOST_RECORD), "ring_buffer_full");
	assert_string_equal(kind_name(0), "unknown");
	assert_string_equal(cause_name(9999), "unknown");
	for (uint32_t reason = 0; reason < GCSCOPE_LOST_REASONS; reason++)
		assert_string_not_equal(lost_name(reason), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
