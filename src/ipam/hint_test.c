/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/testing.h"
#include "ipam/hint.h"

struct fixture {
	char dir[32], path[64];
};

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	strcpy(f->dir, "/tmp/hint-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/a/b/hint-h", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	static const char *const left[] = { "/a/b/hint-h", "/a/b", "/a", "" };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", f->dir, left[i]);

		if (remove(path) < 0 && i > 0)
			fail_msg("%s is not empty: a temporary file was left", path);
	}
	free(f);
	return 0;
}

static struct cidr net(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse(text, &c), 0);
	return c;
}

static void test_what_was_written_is_read(void **state)
{
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct cidr blocks[] = { net("10.0.0.64/26"), net("fd00::40/122") };
	struct cidr_list got;
	struct err err;

	assert_int_equal(hint_write(f->path, (struct cidr_list){ 1, blocks }, &err), 0);
	assert_int_equal(hint_write(f->path, (struct cidr_list){ 2, blocks }, &err), 0);
	got = hint_read(f->path, &arena);
	assert_int_equal(got.n, 2);
	assert_true(cidr_eq(&got.v[0], &blocks[0]));
	assert_true(cidr_eq(&got.v[1], &blocks[1]));
}

static void put_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void test_garbage_is_nothing(void **state)
{
	static const char garbage[] = "10.0.0.1/26\n10.0.0.0/8\nxy\n10.0.0.0/26\n\xff\n1\0\n2";
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf many = BUF_INIT;
	struct err err;

	assert_int_equal(hint_read(f->path, &arena).n, 0);
	assert_int_equal(hint_write(f->path, (struct cidr_list){ 0 }, &err), 0);
	assert_int_equal(hint_read(f->path, &arena).n, 0);
	put_file(f->path, garbage, sizeof(garbage));
	assert_int_equal(hint_read(f->path, &arena).n, 1);
	for (int i = 0; i < 100000; i++)
		buf_printf(&many, "10.0.%d.0/26\n", i % 256);
	put_file(f->path, many.data, many.len);
	assert_int_equal(hint_read(f->path, &arena).n, HINT_BLOCKS_MAX);
}

static void test_path(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;

	assert_string_equal(hint_path("h1", &arena), "/var/run/calico/ipam/hint-h1");
	assert_null(hint_path("../x", &arena));
	assert_null(hint_path("", &arena));
}

static void test_a_place_that_cannot_be_written_is_named(void **state)
{
	struct err err;

	assert_true(hint_write("/proc/nowhere/hint", (struct cidr_list){ 0 }, &err) < 0);
	assert_non_null(strstr(err.msg, "/proc/nowhere/hint"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_written_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage_is_nothing, setup, teardown),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_a_place_that_cannot_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
