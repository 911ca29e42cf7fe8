/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "logfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"

#define NOW (1800000000 * NSEC_PER_SEC)

static char dir[] = "/tmp/logfile-XXXXXX";

static char *path_of(const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

static void put(const char *name, const char *text, size_t times)
{
	_cleanup_free_ char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	while (times--)
		fputs(text, f);
	fclose(f);
}

static struct strv list(void)
{
	struct strv names = { 0 };
	DIR *d = opendir(dir);

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			strv_add(&names, e->d_name);
	closedir(d);
	strv_sort(&names);
	return names;
}

static int empty(void **state)
{
	_cleanup_strv_ struct strv names = list();

	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *path = path_of(names.v[i]);

		unlink(path);
	}
	return 0;
}

static void test_small_file_stays(void **state)
{
	_cleanup_free_ char *path = path_of("cni.log");
	_cleanup_strv_ struct strv names = { 0 };

	assert_int_equal(logfile_rotate(&(struct logfile){ path, 10 }, NOW), 0);
	put("cni.log", "0123456789", 1);
	assert_int_equal(logfile_rotate(&(struct logfile){ path, 10 }, NOW), 0);
	names = list();
	assert_int_equal(names.n, 1);
}

static void test_big_file_is_compressed(void **state)
{
	_cleanup_free_ char *path = path_of("cni.log"), *old = NULL, *text = mem_alloc(500000);
	_cleanup_free_ char *packed = mem_alloc(500000);
	_cleanup_strv_ struct strv names = { 0 };
	size_t n;
	FILE *f;

	put("cni.log", "0123456789", 40000);
	assert_int_equal(logfile_rotate(&(struct logfile){ path, 10 }, NOW), 0);
	names = list();
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "cni-2027-01-15T08-00-00.000.log.zst");
	old = path_of(names.v[0]);
	f = fopen(old, "r");
	n = fread(packed, 1, 500000, f);
	fclose(f);
	assert_int_equal(ZSTD_decompress(text, 500000, packed, n), 400000);
	assert_memory_equal(text + 399990, "0123456789", 10);
}

static void test_old_files_go(void **state)
{
	_cleanup_free_ char *path = path_of("cni.log");
	_cleanup_strv_ struct strv names = { 0 };

	put("cni-2026-01-01T00-00-00.000.log.zst", "x", 1);
	put("cni-2026-01-02T00-00-00.000.log.zst", "x", 1);
	put("cni-plugin.log", "x", 1); /* another program's */
	put("cni.log", "x", 20);
	assert_int_equal(logfile_rotate(&(struct logfile){ path, 10, .max_count = 2 }, NOW), 0);
	names = list();
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0], "cni-2026-01-02T00-00-00.000.log.zst");
	assert_string_equal(names.v[2], "cni-plugin.log");
	put("cni.log", "x", 20);
	assert_int_equal(logfile_rotate(
				 &(struct logfile){ path, 10, .max_age_days = 1 },
				 clock_wall_ns() + 3 * 24 * 3600 * NSEC_PER_SEC),
		0);
	strv_done(&names);
	names = list();
	assert_int_equal(names.n, 1); /* all were written just now, three days ago */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_small_file_stays, empty),
		cmocka_unit_test_teardown(test_big_file_is_compressed, empty),
		cmocka_unit_test_teardown(test_old_files_go, empty),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return r;
}
