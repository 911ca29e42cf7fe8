/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/nodename.h"

static void test_env(void **state)
{
	static const char *const env[] = { "A=1", "EMPTY=", "BLANK= \t", "NO=F", "AB=2", NULL };

	assert_string_equal(env_get(env, "A"), "1");
	assert_string_equal(env_get(env, "EMPTY"), "");
	assert_null(env_get(env, "B"));
	assert_null(env_get(NULL, "A"));
	assert_true(env_set(env, "AB"));
	assert_false(env_set(env, "EMPTY"));
	assert_false(env_set(env, "BLANK"));
	assert_false(env_set(env, "B"));
	assert_false(env_bool(env, "NO", true));
	assert_true(env_bool(env, "EMPTY", false));
	assert_true(env_bool(env, "B", true));
	assert_false(env_bool(env, "B", false));
}

static void expect_name(const char *const *env, const char *want)
{
	struct err err = { 0 };
	_cleanup_free_ char *name = node_name(env, &err);

	assert_non_null(name);
	assert_string_equal(name, want);
}

static void test_order_of_sources(void **state)
{
	char dir[] = "/tmp/nodename-XXXXXX";
	struct err err = { 0 };

	assert_non_null(mkdtemp(dir));
	_cleanup_free_ char *path = mem_printf("%s/calico/nodename", dir);
	_cleanup_free_ char *variable = mem_printf("CALICO_NODENAME_FILE=%s", path);
	const char *all[] = { "NODENAME= Node-1 ", "HOSTNAME=Host", variable, NULL };
	const char *rest[] = { "NODENAME= ", "HOSTNAME= Host\n", variable, NULL };

	assert_string_equal(node_name_file(all), path);
	assert_string_equal(node_name_file(NULL), NODENAME_FILE);
	expect_name(all, "Node-1");
	expect_name(rest, "host");
	assert_int_equal(node_name_write(path, "From-File", &err), 0);
	expect_name(rest, "From-File");
	expect_name(all, "Node-1");
	assert_int_equal(node_name_write(path, " \n", &err), 0); /* blank: as if unset */
	expect_name(rest, "host");
	assert_int_equal(node_name_write("/proc/no/nodename", "x", &err), -ENOENT);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_order_of_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
