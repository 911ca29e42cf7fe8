/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Worked examples of the data model: read, checked and written again, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/testing.h"
#include "model/key.h"
#include "model/resource.h"
#include "model/validate.h"

/* "9.7 /calico/... {...}" */
static void check_example(char *line)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT, path = BUF_INIT;
	char *key_text = strchr(line, ' ') + 1, *value = strchr(key_text, ' ') + 1;
	struct err err = { 0 };
	struct key key;

	value[-1] = '\0';
	value[strcspn(value, "\n")] = '\0';
	assert_int_equal(key_parse(key_text, strlen(key_text), &arena, &key), 0);
	assert_int_equal(key_format(&key, &path), 0);
	assert_string_equal(buf_str(&path), key_text);
	if (resource_decode(key.kind, value, strlen(value), &res, &err) ||
		resource_check(res, &err))
		fail_msg("%s: %s", key_text, err.msg);
	resource_encode(res, &out);
	assert_string_equal(buf_str(&out), value);
}

static void stored_examples(void **state)
{
	FILE *f = fopen(WORKED "/stored.txt", "re");
	char *line = NULL;
	size_t cap = 0;
	int n = 0;

	assert_non_null(f);
	for (; getline(&line, &cap, f) > 0; n++)
		check_example(line);
	assert_int_equal(n, 13);
	free(line);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stored_examples) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
