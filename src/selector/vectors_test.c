/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every recorded selector: canonical text, identifier, refusal, normal form, verdict. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "selector/selector.h"

static const char *text_of(const json_t *row, const char *member)
{
	return json_string_value(json_object_get(row, member));
}

static const char *json_label(const void *ctx, const char *key)
{
	return text_of(ctx, key);
}

static bool refused(const char *text)
{
	struct selector *s = NULL;
	struct err err = { 0 };
	int r = selector_parse(text, &s, &err);

	return r == -EINVAL && !s && err.msg[0] && !selector_prefixed(text, "p.", NULL);
}

static bool parses_as(const json_t *row)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	return selector_parse(text_of(row, "text"), &s, NULL) == 0 &&
	       str_eq(selector_text(s), text_of(row, "canonical")) &&
	       str_eq(selector_id(s), text_of(row, "uid"));
}

static bool normalises_as(const json_t *row)
{
	const char *expected = text_of(row, text_of(row, "error") ? "normalised" : "canonical");
	_cleanup_free_ char *text = selector_normalise(text_of(row, "text"));

	return str_eq(text, expected);
}

static bool matches_as(const json_t *row)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	return selector_parse(text_of(row, "selector"), &s, NULL) == 0 &&
	       selector_match(s, json_label, json_object_get(row, "labels")) ==
		       json_is_true(json_object_get(row, "match"));
}

static bool row_holds(const json_t *row)
{
	if (text_of(row, "selector"))
		return matches_as(row);
	if (text_of(row, "error"))
		return refused(text_of(row, "text")) && normalises_as(row);
	return parses_as(row) && normalises_as(row);
}

static void test_vectors(void **state)
{
	FILE *f = fopen(VECTORS "/selectors.jsonl", "re");
	_cleanup_free_ char *line = NULL;
	size_t cap = 0, rows = 0, wrong = 0;

	assert_non_null(f);
	for (; getline(&line, &cap, f) > 0; rows++) {
		json_t *row = json_loads(line, 0, NULL);

		assert_non_null(row);
		if (!row_holds(row)) {
			wrong++;
			print_error("line %zu: %s", rows + 1, line);
		}
		json_decref(row);
	}
	fclose(f);
	assert_int_equal(rows, 740);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
