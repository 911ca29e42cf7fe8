/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reply.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/testing.h"

#define SET(name) "/calico/resources/v3/projectcalico.org/networksets/ns/" name

static void add(struct buf *b, const char *path, const char *value, const char *old, uint64_t rev)
{
	struct raw_kv kv = {
		.path = path,
		.path_len = strlen(path),
		.value = value,
		.value_len = value ? strlen(value) : 0,
		.old_value = old,
		.old_len = old ? strlen(old) : 0,
		.mod_rev = rev,
		.created = rev == 1,
	};

	reply_add(b, &kv);
}

static void test_what_goes_in_comes_out(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	static const struct reply_filter all;
	struct store_result res;
	struct err err;

	reply_begin(&b);
	add(&b, SET("a"), "one", NULL, 1);
	add(&b, "/elsewhere/x", "?", NULL, 2);
	add(&b, SET("b"), NULL, "before", 3);
	add(&b, SET("c"), "", "", UINT64_MAX);
	assert_int_equal(reply_count(&b), 4);
	reply_end(&b, STORE_E_CONFLICT, true, 17, "words");
	assert_int_equal(reply_decode(b.data, b.len, &all, &arena, &err, &res), 0);
	assert_int_equal(res.status, STORE_E_CONFLICT);
	assert_true(res.more);
	assert_string_equal(res.revision, "17");
	assert_string_equal(res.err->msg, "words");
	assert_int_equal(res.n, 3); /* without the key that is none of ours */
	assert_string_equal(res.kvs[0].key.name, "a");
	assert_string_equal(res.kvs[0].value, "one");
	assert_string_equal(res.kvs[0].revision, "1");
	assert_true(res.kvs[0].created);
	assert_null(res.kvs[0].old_value);
	assert_null(res.kvs[1].value);
	assert_string_equal(res.kvs[1].old_value, "before");
	assert_string_equal(res.kvs[2].value, "");
	assert_string_equal(res.kvs[2].revision, "18446744073709551615");
}

static void test_a_filter(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct reply_filter nodes = { true, { .type = KEY_RESOURCE, .kind = KIND_NODE } };
	struct reply_filter sets = {
		true,
		{ .type = KEY_RESOURCE, .kind = KIND_NETWORK_SET, .ns = "ns", .name_prefix = "a" }
	};
	struct store_result res;
	struct err err;

	reply_begin(&b);
	add(&b, SET("a"), "1", NULL, 1);
	add(&b, SET("ab"), "1", NULL, 1);
	add(&b, SET("b"), "1", NULL, 1);
	reply_end(&b, STORE_OK, false, 0, NULL);
	assert_int_equal(reply_decode(b.data, b.len, &nodes, &arena, &err, &res), 0);
	assert_int_equal(res.n, 0);
	assert_null(res.revision);
	assert_int_equal(reply_decode(b.data, b.len, &sets, &arena, &err, &res), 0);
	assert_int_equal(res.n, 2);
}

/* A record may have been cut short: every length is checked against what is there. */
static void test_bytes_that_are_cut_short(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	static const struct reply_filter all;

	reply_begin(&b);
	add(&b, SET("a"), "one", "old", 1);
	add(&b, SET("b"), "two", NULL, 2);
	reply_end(&b, STORE_OK, false, 3, "text");
	for (size_t len = 0; len < b.len; len++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		char *copy = malloc(len ? len : 1); /* so that a step too far is seen */
		struct store_result res;
		struct err err;

		memcpy(copy, b.data, len);
		assert_int_equal(reply_decode(copy, len, &all, &arena, &err, &res), -EINVAL);
		free(copy);
	}
}

static void test_revisions(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "x", "1x", "9223372036854775808",
		"18446744073709551616" };
	uint64_t rev;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(revision_parse(bad[i], &rev), -EINVAL);
	assert_int_equal(revision_parse(NULL, &rev), -EINVAL);
	assert_int_equal(revision_parse("9223372036854775807", &rev), 0);
	assert_true(rev == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_in_comes_out),
		cmocka_unit_test(test_a_filter),
		cmocka_unit_test(test_bytes_that_are_cut_short),
		cmocka_unit_test(test_revisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
