/* SPDX-License-Identifier: GPL-2.0-or-later */
/* regexp_test.c - we take the regular expressions that Go compiles. */
#include <string.h>

#include "base/testing.h"
#include "model/regexp.h"

static void test_as_go_does(void **state)
{
	FILE *f = fopen(VECTORS "/regexps.txt", "re");
	char line[256];
	int n = 0, wrong = 0;

	assert_non_null(f);
	for (; fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\n")] = '\0';
		if (regexp_is_valid(line + 2) == (line[0] == '1'))
			continue;
		print_error("%s\n", line);
		wrong++;
	}
	fclose(f);
	assert_true(n > 1000);
	assert_int_equal(wrong, 0);
}

static void test_depth_is_limited(void **state)
{
	char text[4096] = "";

	memset(text, '(', 1000);
	memset(text + 1000, ')', 1000);
	assert_true(regexp_is_valid(text));
	memset(text, '(', 1001);
	memset(text + 1001, ')', 1001);
	assert_false(regexp_is_valid(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_go_does),
		cmocka_unit_test(test_depth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
