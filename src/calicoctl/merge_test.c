/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "merge.h"

static void expect(const char *document, const char *patch, const char *result)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	assert_int_equal(merge_patch(document, patch, &out), 0);
	assert_string_equal(buf_str(&out), result);
}

static void test_merge(void **state)
{
	expect("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{}", "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}");
	expect("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"b\":{\"c\":null,\"e\":4}}",
		"{\"a\":1,\"b\":{\"d\":3,\"e\":4}}");
	expect("{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}");
	expect("{\"a\":1}", "{\"a\":null,\"x\":null}", "{}");
	expect("{}", "{\"a\":{\"b\":null,\"c\":1}}", "{\"a\":{\"c\":1}}");
	expect("{\"n\":9007199254740993}", "{\"f\":12.5}", "{\"n\":9007199254740993,\"f\":12.5}");
}

static void test_refused(void **state)
{
	static const char *const patches[] = { "", "not json", "[]", "5", "{} x", "spec: {}" };
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++)
		assert_true(merge_patch("{}", patches[i], &out) < 0);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
