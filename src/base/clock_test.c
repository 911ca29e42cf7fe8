/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <errno.h>

#include "base/cleanup.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} cases[] = {
		{ "2026-08-22T13:33:20Z", 1787405600 * NSEC_PER_SEC },
		{ "2026-08-22T15:33:20+02:00", 1787405600 * NSEC_PER_SEC },
		{ "2026-08-22T08:03:20-05:30", 1787405600 * NSEC_PER_SEC },
		{ "2026-08-22T13:33:20.5Z", 1787405600 * NSEC_PER_SEC + 500000000 },
		{ "2026-08-22T13:33:20.123456789999Z", 1787405600 * NSEC_PER_SEC + 123456789 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "2024-02-29T00:00:00Z", 1709164800 * NSEC_PER_SEC },
		{ "2554-07-21T23:34:33Z", 18446744073 * NSEC_PER_SEC },
		{ "2554-07-21T23:34:34Z", 0 },
		{ "9999-12-31T23:59:59Z", 0 },
		{ "1969-12-31T23:59:59Z", 0 },
		{ "2026-02-29T00:00:00Z", 0 },
		{ "2100-02-29T00:00:00Z", 0 },
		{ "2026-04-31T00:00:00Z", 0 },
		{ "2026-13-01T00:00:00Z", 0 },
		{ "2026-00-01T00:00:00Z", 0 },
		{ "2026-01-00T00:00:00Z", 0 },
		{ "2026-08-22T24:00:00Z", 0 },
		{ "2026-08-22T23:59:60Z", 0 },
		{ "2026-08-22 13:33:20Z", 0 },
		{ "2026-08-22T13:33:20", 0 },
		{ "2026-08-22T13:33:20z", 0 },
		{ "2026-08-22T13:33:20.Z", 0 },
		{ "2026-08-22T13:33:20+0200", 0 },
		{ "2026-08-22T13:33:20Z ", 0 },
		{ "2026- 8-22T13:33:20Z", 0 },
		{ "2026-08-22T13:33:+1Z", 0 },
		{ "2026-8-22T13:33:20Z", 0 },
		{ "", 0 },
	};
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = clock_parse_rfc3339(cases[i].text, &ns);

		assert_int_equal(r, cases[i].ns ? 0 : -EINVAL);
		if (!r)
			assert_int_equal(ns, cases[i].ns);
	}
	assert_int_equal(clock_parse_rfc3339(NULL, &ns), -EINVAL);
}

static void test_format_parses_again(void **state)
{
	struct rng rng = test_rng();
	char text[CLOCK_TEXT_MAX];
	uint64_t again;

	assert_string_equal(
		clock_format_rfc3339(1787405600 * NSEC_PER_SEC, text), "2026-08-22T13:33:20Z");
	for (int i = 0; i < 10000; i++) {
		uint64_t ns = rng_next(&rng);

		assert_int_equal(clock_parse_rfc3339(clock_format_rfc3339(ns, text), &again), 0);
		assert_int_equal(again, ns - ns % NSEC_PER_SEC);
	}
}

static void test_clocks_run(void **state)
{
	assert_true(clock_boot_ns() > 0);
	assert_true(clock_wall_ns() > 1700000000 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format_parses_again),
		cmocka_unit_test(test_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
