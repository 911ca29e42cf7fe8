/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/health.h"

#define SEC NSEC_PER_SEC

static void test_fresh_is_live_not_ready(void **state)
{
	struct health *h = health_new();

	assert_true(health_live(h, 0));
	assert_true(health_ready(h, 0));
	health_register(h, "FelixStartup", HEALTH_LIVE | HEALTH_READY, 0, 0);
	assert_true(health_live(h, 5 * SEC));
	assert_false(health_ready(h, 5 * SEC));
	health_report(h, "FelixStartup", true, true, "", 6 * SEC);
	assert_true(health_ready(h, 1000 * SEC)); /* no timeout: silence is no fault */
	health_free(h);
}

static void test_silence_and_override(void **state)
{
	struct health *h = health_new();

	health_register(h, "Loop", HEALTH_LIVE | HEALTH_READY, 20 * SEC, 0);
	health_report(h, "Loop", true, true, "", SEC);
	assert_true(health_live(h, 21 * SEC));
	assert_false(health_live(h, 22 * SEC));
	assert_false(health_ready(h, 22 * SEC));
	health_set_overrides(h, "Other=1s,Loop=1m30s");
	assert_true(health_ready(h, 91 * SEC));
	assert_false(health_ready(h, 92 * SEC));
	health_set_overrides(h, "Loop=0");
	assert_true(health_ready(h, 9999 * SEC));
	health_free(h);
}

static void test_aspect_not_reported_does_not_count(void **state)
{
	struct health *h = health_new();

	health_register(h, "Driver", HEALTH_READY, 0, 0);
	assert_true(health_live(h, 0));
	assert_false(health_ready(h, 0));
	health_free(h);
}

static void test_table(void **state)
{
	struct health *h = health_new();
	struct buf b = BUF_INIT;

	health_register(h, "Zoo", HEALTH_LIVE, 90 * SEC, 0);
	health_register(h, "Ant", HEALTH_LIVE | HEALTH_READY, 0, 0);
	health_report(h, "Ant", true, true, "fine", 0);
	health_table(h, 91 * SEC, &b);
	assert_string_equal(buf_str(&b),
		"+-----------+---------+----------------+-----------------+--------+\n"
		"| COMPONENT | TIMEOUT | LIVENESS       | READINESS       | DETAIL |\n"
		"+-----------+---------+----------------+-----------------+--------+\n"
		"| Ant       | -       | reporting live | reporting ready | fine   |\n"
		"| Zoo       | 1m30s   | timed out      | -               |        |\n"
		"+-----------+---------+----------------+-----------------+--------+\n");
	buf_done(&b);
	health_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh_is_live_not_ready),
		cmocka_unit_test(test_silence_and_override),
		cmocka_unit_test(test_aspect_not_reported_does_not_count),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
