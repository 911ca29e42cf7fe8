/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "problem/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_next(
	const struct problems *p, size_t *pos, const char *subject, const char *reason)
{
	const struct problem *next = problems_next(p, pos);

	assert_non_null(next);
	assert_string_equal(next->subject, subject);
	assert_string_equal(next->reason, reason);
}

static void set_replace_and_clear(void **state)
{
	struct problems *p = problems_new();
	size_t pos = 0;

	assert_int_equal(problems_set(p, "calc", "A", "one"), 1);
	assert_int_equal(problems_set(p, "nft", "A", "two"), 1);
	assert_int_equal(problems_set(p, "calc", "A", "one"), 0);
	assert_int_equal(problems_set(p, "calc", "A", "three"), 1);
	assert_int_equal(problems_count(p), 2);
	assert_next(p, &pos, "A", "three");
	assert_next(p, &pos, "A", "two");
	assert_null(problems_next(p, &pos));

	assert_int_equal(problems_set(p, "calc", "A", NULL), 1);
	assert_int_equal(problems_set(p, "calc", "A", NULL), 0);
	assert_int_equal(problems_count(p), 1);
	assert_null(problems_free(p));
}

static void walk_is_in_order_of_first_setting(void **state)
{
	struct problems *p = problems_new();
	size_t pos = 0;

	problems_set(p, "calc", "B", "b");
	problems_set(p, "calc", "A", "a");
	problems_set(p, "calc", "B", "again");
	assert_next(p, &pos, "B", "again");
	assert_next(p, &pos, "A", "a");
	problems_free(p);
	problems_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_replace_and_clear),
		cmocka_unit_test(walk_is_in_order_of_first_setting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
