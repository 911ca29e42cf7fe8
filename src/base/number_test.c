/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"

static void test_forms(void **state)
{
	static const struct {
		double v;
		const char *json, *g;
	} cases[] = {
		{ 0, "0", "0" },
		{ 1000000, "1000000", "1e+06" },
		{ 100000, "100000", "100000" },
		{ 1234567, "1234567", "1.234567e+06" },
		{ 0.1, "0.1", "0.1" },
		{ -1.5, "-1.5", "-1.5" },
		{ 100.25, "100.25", "100.25" },
		{ 1e20, "100000000000000000000", "1e+20" },
		{ 1e21, "1e+21", "1e+21" },
		{ 1.5e300, "1.5e+300", "1.5e+300" },
		{ 0.0001, "0.0001", "0.0001" },
		{ 0.00001, "0.00001", "1e-05" },
		{ 1e-6, "0.000001", "1e-06" },
		{ 1e-7, "1e-7", "1e-07" },
		{ 1.25e-10, "1.25e-10", "1.25e-10" },
		{ 5e-324, "5e-324", "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308" },
		{ 0.30000000000000004, "0.30000000000000004", "0.30000000000000004" },
	};
	char text[NUMBER_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(number_format_json(cases[i].v, text), cases[i].json);
		assert_string_equal(number_format_g(cases[i].v, text), cases[i].g);
	}
}

static void test_what_is_written_reads_the_same(void **state)
{
	struct rng rng = test_rng();
	char text[NUMBER_TEXT_MAX];

	for (int i = 0; i < 20000; i++) {
		uint64_t bits = rng_next(&rng);
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (rng_one_in(&rng, 2))
			v = (double)(int64_t)(bits >> rng_below(&rng, 64)) / 64;
		if (!isfinite(v))
			continue;
		assert_true(strtod(number_format_json(v, text), NULL) == v);
		assert_true(strtod(number_format_g(v, text), NULL) == v);
	}
}

static void test_as_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1 = refused */
	} cases[] = { { "64512", 64512 }, { "4294967295", 4294967295 }, { "4294967296", -1 },
		{ "65000.10", 65000LL << 16 | 10 }, { "65535.65535", 4294967295 },
		{ "65536.1", -1 }, { "1.65536", -1 }, { "", -1 }, { ".", -1 }, { "1.", -1 },
		{ "-1", -1 }, { "x", -1 }, { "1.2.3", -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t got = -1;

		number_parse_as(cases[i].text, &got);
		assert_int_equal(got, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_as_numbers),
		cmocka_unit_test(test_what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
