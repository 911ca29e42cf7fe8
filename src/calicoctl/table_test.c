/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include "base/cleanup.h"
#include "table.h"

static void fill(struct table *t)
{
	static const char *const cells[] = { "NAME", "N", "f\xc3\xbcnf", "", "x", "1234" };
	table_init(t, 2);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		table_put(t, cells[i]);
}

static void test_plain(void **state)
{
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf out = BUF_INIT;
	fill(&t);
	table_format(&t, &out);
	assert_string_equal(
		buf_str(&out), "NAME   N      \nf\xc3\xbcnf          \nx      1234   \n\n");
}

static void test_drained(void **state)
{
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf out = BUF_INIT;
	fill(&t);
	table_drain(&t, &out);
	assert_string_equal(buf_str(&out), "NAME   N      \nf\xc3\xbcnf          \nx      1234   \n");
	buf_clear(&out);
	table_put(&t, "y");
	table_put(&t, "5");
	table_drain(&t, &out);
	assert_string_equal(buf_str(&out), "y      5      \n");
	buf_clear(&out);
	table_drain(&t, &out);
	assert_string_equal(buf_str(&out), "");
}

static void test_narrow(void **state)
{
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf out = BUF_INIT;
	table_init(&t, 1);
	table_put(&t, "X");
	table_format(&t, &out);
	assert_string_equal(buf_str(&out), "X    \n\n");
}

static void test_boxed(void **state)
{
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf out = BUF_INIT;
	fill(&t);
	table_format_boxed(&t, &out);
	assert_string_equal(buf_str(&out),
		"+------+------+\n| NAME | N    |\n+------+------+\n"
		"| f\xc3\xbcnf |      |\n| x    | 1234 |\n+------+------+\n");
}

static void test_boxed_right(void **state)
{
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf out = BUF_INIT;
	fill(&t);
	t.right_from = 1;
	table_put(&t, "y");
	table_put(&t, "5");
	table_format_boxed(&t, &out);
	assert_string_equal(buf_str(&out),
		"+------+------+\n| NAME | N    |\n+------+------+\n"
		"| f\xc3\xbcnf |      |\n| x    | 1234 |\n| y    |    5 |\n+------+------+\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_drained),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_boxed),
		cmocka_unit_test(test_boxed_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
