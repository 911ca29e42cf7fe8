/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"

#define S ((int64_t)NSEC_PER_SEC)

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t ns;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "0s", 0, 0 },
		{ "90s", 0, 90 * S },
		{ "1m30s", 0, 90 * S },
		{ "1h2m3.5s", 0, 3723 * S + S / 2 },
		{ "-300ms", 0, -3 * S / 10 },
		{ "+1us", 0, 1000 },
		{ "1\u00b5s", 0, 1000 },
		{ "1\u03bcs", 0, 1000 },
		{ ".5s", 0, S / 2 },
		{ "1.s", 0, S },
		{ "0.1234567890123s", 0, 123456789 },
		{ "9223372036854775807ns", 0, INT64_MAX },
		{ "-9223372036854775808ns", 0, INT64_MIN },
		{ "9223372036854775808ns", DURATION_E_INVALID, 0 },
		{ "99999999999999999999ns", DURATION_E_INVALID, 0 },
		{ "2562048h", DURATION_E_INVALID, 0 },
		{ "2562047h60m", DURATION_E_INVALID, 0 },
		{ "", DURATION_E_INVALID, 0 },
		{ "-", DURATION_E_INVALID, 0 },
		{ ".s", DURATION_E_INVALID, 0 },
		{ "s", DURATION_E_INVALID, 0 },
		{ " 1s", DURATION_E_INVALID, 0 },
		{ "1", DURATION_E_UNIT, 0 },
		{ "1d", DURATION_E_UNIT, 0 },
		{ "1s ", DURATION_E_UNIT, 0 },
		{ "1S", DURATION_E_UNIT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = 42;

		assert_int_equal(duration_parse(cases[i].text, &ns, NULL, NULL), cases[i].r);
		assert_int_equal(ns, cases[i].r ? 42 : cases[i].ns);
	}
}

static void test_unknown_unit_is_named(void **state)
{
	const char *unit = NULL;
	int64_t ns;
	int len;

	assert_int_equal(duration_parse("1h5days3s", &ns, &unit, &len), DURATION_E_UNIT);
	assert_int_equal(len, 4);
	assert_memory_equal(unit, "days", 4);
}

static void test_format(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 1500, "1.5\u00b5s" },
		{ -2500000, "-2.5ms" },
		{ 90 * S, "1m30s" },
		{ 3600 * S, "1h0m0s" },
		{ 3723 * S + S / 2, "1h2m3.5s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
	};
	char text[DURATION_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(duration_format(cases[i].ns, text), cases[i].text);
}

static void test_what_is_written_reads_the_same(void **state)
{
	struct rng rng = test_rng();
	char text[DURATION_TEXT_MAX];

	for (int i = 0; i < 20000; i++) {
		int64_t ns = (int64_t)rng_next(&rng) >> rng_below(&rng, 64), again;

		assert_int_equal(duration_parse(duration_format(ns, text), &again, NULL, NULL), 0);
		assert_int_equal(again, ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_unknown_unit_is_named),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
