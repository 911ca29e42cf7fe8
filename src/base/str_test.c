/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"

static void test_questions(void **state)
{
	assert_true(str_eq(NULL, ""));
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "A"));
	assert_true(str_eq_nocase("aB", "Ab"));
	assert_true(str_empty(NULL) && str_empty("") && !str_empty(" "));
	assert_true(str_starts("cali1", "cali") && str_starts("x", NULL) && !str_starts(NULL, "x"));
	assert_true(str_ends("eu-lab", "-lab") && str_ends("x", "") && !str_ends("lab", "-lab"));
	assert_true(
		str_cmp("Z", "a") < 0 && str_cmp("\xc3\xa9", "z") > 0 && str_cmp(NULL, "") == 0);
}

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 42;

		assert_int_equal(str_to_u64(cases[i].text, &value), cases[i].r);
		assert_int_equal(value, cases[i].r ? 42 : cases[i].value);
	}
}

static void test_i64(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "+5", 0, 5 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "-", -EINVAL, 0 },
		{ "+-5", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 42;

		assert_int_equal(str_to_i64(cases[i].text, &value), cases[i].r);
		assert_int_equal(value, cases[i].r ? 42 : cases[i].value);
	}
}

static void test_split_and_join(void **state)
{
	static const struct {
		const char *text, *joined;
	} cases[] = {
		{ "a,b", "a|b" },
		{ " a\t, b c ,,", "a|b c" },
		{ "", "" },
		{ ",", "" },
		{ "a", "a" },
		{ NULL, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ struct strv l = { 0 };
		_cleanup_free_ char *joined = NULL;

		strv_split(&l, cases[i].text, ',');
		joined = strv_join(&l, "|");
		assert_string_equal(joined, cases[i].joined);
	}
}

static void test_list(void **state)
{
	_cleanup_strv_ struct strv l = { 0 };
	_cleanup_free_ char *joined = NULL;

	strv_sort(&l);
	strv_add(&l, "b");
	strv_addn(&l, "ab", 1);
	strv_add(&l, "B");
	assert_true(strv_has(&l, "a"));
	assert_false(strv_has(&l, "ab"));
	strv_sort(&l);
	joined = strv_join(&l, "");
	assert_string_equal(joined, "Bab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_split_and_join),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
