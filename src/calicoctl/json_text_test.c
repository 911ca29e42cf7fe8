/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "json_text.h"

static struct json_text text_of(const char *s)
{
	return (struct json_text){ s, strlen(s) };
}

static void test_walk(void **state)
{
	struct json_walk w = json_walk(text_of("{\"a\" : [1, {\"x\":\"}\\\"]\"}] , \"b\":null}"));
	struct json_text key, value;
	assert_true(json_walk_next(&w, &key, &value));
	assert_memory_equal(key.p, "a", key.len);
	assert_int_equal(value.len, strlen("[1, {\"x\":\"}\\\"]\"}]"));
	assert_true(json_walk_next(&w, &key, &value));
	assert_memory_equal(key.p, "b", key.len);
	assert_memory_equal(value.p, "null", value.len);
	assert_false(json_walk_next(&w, &key, &value));

	w = json_walk(text_of("[\"a:b\",2]"));
	assert_true(json_walk_next(&w, NULL, &value));
	assert_int_equal(value.len, 5);
	assert_true(json_walk_next(&w, NULL, &value));
	assert_int_equal(value.len, 1);
	assert_false(json_walk_next(&w, NULL, &value));
	w = json_walk(text_of("{}"));
	assert_false(json_walk_next(&w, NULL, &value));
}

static void test_unescape(void **state)
{
	struct buf out = BUF_INIT;
	json_text_unescape(
		text_of("\"a\\n\\\"\\\\\\/\\u003c\\u00e9\\u65e5\\ud83d\\udea2z\""), &out);
	assert_string_equal(buf_str(&out), "a\n\"\\/<\xc3\xa9\xe6\x97\xa5\xf0\x9f\x9a\xa2z");
	buf_done(&out);
}

static void test_indent(void **state)
{
	struct buf out = BUF_INIT;
	json_text_indent(text_of("{\"a\":[],\"b\":{\"c\":[1,\"x{,:\\\"\"]},\"d\":{}}"), 1, &out);
	assert_string_equal(buf_str(&out), "{\n    \"a\": [],\n    \"b\": {\n      \"c\": [\n      "
					   "  1,\n        \"x{,:\\\"\"\n"
					   "      ]\n    },\n    \"d\": {}\n  }");
	buf_done(&out);
}

/* Quotes behind backslashes: only an even number of these leaves the quote an end. */
static void test_backslashes(void **state)
{
	struct json_walk w = json_walk(text_of("[\"a\\\\\",\"\\\"b\",\"\\\\\\\"\",\"\"]"));
	static const char *const want[] = { "\"a\\\\\"", "\"\\\"b\"", "\"\\\\\\\"\"", "\"\"" };
	struct json_text v;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(json_walk_next(&w, NULL, &v));
		assert_int_equal(v.len, strlen(want[i]));
		assert_memory_equal(v.p, want[i], v.len);
	}
	assert_false(json_walk_next(&w, NULL, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_backslashes),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_indent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
