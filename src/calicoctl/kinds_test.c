/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include "base/str.h"
#include "kinds.h"
#include "report.h"

static void test_aliases(void **state)
{
	assert_int_equal(kind_by_alias("Tiers"), KIND_TIER);
	assert_int_equal(kind_by_alias("GNP"), KIND_GLOBAL_NETWORK_POLICY);
	assert_int_equal(kind_by_alias("wep"), KIND_WORKLOAD_ENDPOINT);
	assert_int_equal(
		kind_by_alias("kubecontrollersconfigs"), KIND_KUBE_CONTROLLERS_CONFIGURATION);
	static const char *const none[] = { "", "gns", "np,gnp", "tie", "tiersx", "blockaffinity",
		"nodes node" };
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(kind_by_alias(none[i]), KIND_NONE);
}

/* Every kind answers to its own name, no two share a word, and each heading has a column. */
static void check_headings(enum kind kind, const char *list)
{
	_cleanup_strv_ struct strv headings = { 0 };
	strv_split(&headings, list, ' ');
	assert_true(headings.n > 0);
	for (size_t i = 0; i < headings.n; i++)
		assert_non_null(kind_column(kind, headings.v[i]));
}

static void test_tables(void **state)
{
	size_t managed = 0;
	for (enum kind k = KIND_NONE + 1; k < KIND_N; k++) {
		const struct kind_table *t = kind_table(k);
		if (!t)
			continue;
		managed++;
		assert_int_equal(kind_by_alias(kind_name(k)), k);
		_cleanup_strv_ struct strv aliases = { 0 };
		strv_split(&aliases, t->aliases, ' ');
		for (size_t i = 0; i < aliases.n; i++)
			assert_int_equal(kind_by_alias(aliases.v[i]), k);
		check_headings(k, t->ps);
		check_headings(k, t->wide);
		assert_int_equal(kind_column(k, "NAMESPACE") != NULL, kind_namespaced(k));
		assert_null(kind_column(k, "name"));
	}
	assert_int_equal(managed, 22);
}

static void expect_polished(const char *text, const char *polished)
{
	struct buf out = BUF_INIT;
	error_polish(text, &out);
	assert_string_equal(buf_str(&out), polished);
	buf_done(&out);
}

static void test_polish(void **state)
{
	expect_polished("plain", "plain");
	expect_polished("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal",
		"cannot unmarshal");
	expect_polished("x error unmarshaling JSON: while decoding JSON: json: y",
		"x error unmarshaling JSON: while decoding JSON: json: y");
	expect_polished("failed to execute command: json: unknown field \"ordre\" and so on",
		"field in document is not recognized or is in the wrong location: ordre");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_polish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
