/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void test_set_and_wrap(void **state)
{
	struct err err;

	assert_int_equal(err_set(&err, -EINVAL, "bad CIDR %s", "10.0/33"), -EINVAL);
	assert_string_equal(err.msg, "bad CIDR 10.0/33");
	assert_int_equal(err_wrap(&err, -EIO, "IP pool file %s", "x"), -EIO);
	assert_string_equal(err.msg, "IP pool file x: bad CIDR 10.0/33");
	assert_int_equal(err.code, -EIO);
	err_set(&err, -1, "again: %s", err.msg);
	assert_string_equal(err.msg, "again: IP pool file x: bad CIDR 10.0/33");
}

static void test_nobody_reads_it(void **state)
{
	assert_int_equal(err_set(NULL, -EINVAL, "x"), -EINVAL);
	assert_int_equal(err_wrap(NULL, -EIO, "x"), -EIO);
}

static void test_long_texts_are_cut(void **state)
{
	struct err err;

	err_set(&err, -1, "%*s", 5000, "end");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_wrap(&err, -1, "front");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_memory_equal(err.msg, "front:  ", 8);
	err_wrap(&err, -1, "%*s", 5000, "x");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_nobody_reads_it),
		cmocka_unit_test(test_long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
