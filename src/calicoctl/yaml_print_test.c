/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"
#include "base/rng.h"

#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "yaml_order.h"
#include "yaml_print.h"
#include "yaml_scalar.h"

static void expect_yaml(const char *json, const char *yaml)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	yaml_print((struct json_text){ json, strlen(json) }, &out);
	assert_string_equal(buf_str(&out), yaml);
}

static void test_documents(void **state)
{
	expect_yaml("null", "null\n");
	expect_yaml("[]", "[]\n");
	expect_yaml("{}", "{}\n");
	expect_yaml(
		"{\"b\":[{\"y\":1,\"x\":[]},2],\"a\":{}}", "a: {}\nb:\n- x: []\n  \"y\": 1\n- 2\n");
	expect_yaml("[{\"a\":[[1,2],[3]]},true]", "- a:\n  - - 1\n    - 2\n  - - 3\n- true\n");
	expect_yaml("{\"a\":1e+21,\"b\":0.00000012,\"c\":1234567.5,\"d\":1234567}",
		"a: 1e+21\nb: 1.2e-07\nc: 1.2345675e+06\nd: 1234567\n");
}

static void test_long_key(void **state)
{
	char key[131], json[200], yaml[200];
	memset(key, 'k', 130);
	key[130] = '\0';
	snprintf(json, sizeof(json), "{\"%s\":\"v\"}", key);
	snprintf(yaml, sizeof(yaml), "? %s\n: v\n", key);
	expect_yaml(json, yaml);
}

static void test_item(void **state)
{
	const char *json = "{\"b\":{\"c\":\"x\\ny\"},\"a\":1}";
	_cleanup_buf_ struct buf out = BUF_INIT;
	yaml_print_item((struct json_text){ json, strlen(json) }, &out);
	assert_string_equal(buf_str(&out), "- a: 1\n  b:\n    c: |-\n      x\n      y\n");
}

static void test_order(void **state)
{
	static const char *const sorted[] = { "1", "2", "10", "a", "a.b", "a/b", "a1", "a01", "a2",
		"a10", "aB", "ab" };
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sorted); j++)
			assert_int_equal(yaml_key_cmp(sorted[i], sorted[j]), (i > j) - (i < j));
}

/* One recorded row: a text as the value or the name of a member two levels down. */
static void check_row(json_t *row)
{
	const char *key = json_string_value(json_object_get(row, "key"));
	const char *yaml = json_string_value(json_object_get(row, "printed_yaml"));
	_cleanup_buf_ struct buf json = BUF_INIT, want = BUF_INIT;
	if (!yaml) /* upstream refused the text on the way in */
		return;
	buf_printf(&want, "m:\n  o:\n%s", yaml);
	if (key)
		buf_printf(&json, "{\"m\":{\"o\":{\"%s\":\"v\"}}}", key);
	else
		buf_printf(&json, "{\"m\":{\"o\":{\"a\":%s}}}",
			json_string_value(json_object_get(row, "stored_text")));
	expect_yaml(buf_str(&json), buf_str(&want));
}

static void test_recorded(void **state)
{
	FILE *f = fopen(VECTORS "/yaml.jsonl", "r");
	assert_non_null(f);
	_cleanup_free_ char *line = NULL;
	size_t cap = 0, n = 0;
	while (getline(&line, &cap, f) > 0) {
		if (!strstr(line, "\"group\": \"printing\""))
			continue; /* some of the others hold numbers that jansson refuses */
		json_auto_t *row = json_loads(line, 0, NULL);
		check_row(row);
		n++;
	}
	fclose(f);
	assert_int_equal(n, 181);
}

/* The quick look agrees with the long one. */
static void test_names_need_no_quotes(void **state)
{
	static const char alphabet[] = "yYnNoOfFtTrRueEaslLx0012379.-_/:+ ~";
	struct rng rng = test_rng();
	size_t n_names = 0;
	for (int i = 0; i < 200000; i++) {
		char text[9] = { 0 };
		size_t len = rng_below(&rng, sizeof(text));
		for (size_t k = 0; k < len; k++)
			text[k] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		if (!yaml_is_name(text, len))
			continue;
		n_names++;
		assert_true(yaml_reads_as_text(text));
		assert_null(strpbrk(text, ":+ ~"));
	}
	assert_true(n_names > 1000);
	assert_true(yaml_is_name("10.0.0.1/32", 11));
	assert_true(yaml_is_name("kind", 4));
	assert_false(yaml_is_name("null", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test(test_item),
		cmocka_unit_test(test_names_need_no_quotes),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_recorded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
