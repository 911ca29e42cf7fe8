/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "status/files.h"

static char prefix[] = "/tmp/status-files-XXXXXX";

static int read_file(const char *name, char *text, size_t size)
{
	_cleanup_free_ char *path = mem_printf("%s/endpoint-status/%s", prefix, name);
	_cleanup_close_ int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n >= 0)
		text[n] = '\0';
	return (int)n;
}

static void put_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = mem_printf("%s/endpoint-status/%s", prefix, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void test_life_of_a_file(void **state)
{
	static char net4[] = "10.0.0.1/32";
	char *nets[] = { net4 };
	struct status_file content = { .interface = "cali1", .ipv4_n = 1, .ipv4_nets = nets };
	struct err err = { 0 };
	struct status_files *f = status_files_new(prefix, &err);
	char text[256];

	assert_non_null(f);
	status_files_set(f, "k8s", "default/web 1", "eth0", &content);
	assert_int_equal(status_files_apply(f, &err), 0);
	assert_true(read_file("k8s default%2Fweb%201 eth0", text, sizeof(text)) > 0);
	assert_string_equal(text, "{\"ifaceName\":\"cali1\",\"ipv4Nets\":[\"10.0.0.1/32\"]}");

	status_files_set(f, "k8s", "default/web 1", "eth0", NULL);
	assert_int_equal(status_files_apply(f, &err), 0);
	assert_int_equal(read_file("k8s default%2Fweb%201 eth0", text, sizeof(text)), -1);
	status_files_free(f);
}

static void test_start_keeps_wanted_and_removes_unknown(void **state)
{
	struct status_file content = { .interface = "cali2" };
	struct err err = { 0 };
	struct status_files *f;
	char text[256];

	put_file("k8s ns%2Fkept eth0", "{\"ifaceName\":\"old\"}");
	put_file("k8s ns%2Fgone eth0", "{}");
	f = status_files_new(prefix, &err);
	assert_int_equal(read_file("k8s ns%2Fgone eth0", text, sizeof(text)), 2);
	status_files_set(f, "k8s", "ns/kept", "eth0", &content);
	assert_int_equal(status_files_apply(f, &err), 0);
	assert_int_equal(read_file("k8s ns%2Fgone eth0", text, sizeof(text)), -1);
	assert_true(read_file("k8s ns%2Fkept eth0", text, sizeof(text)) > 0);
	assert_string_equal(text, "{\"ifaceName\":\"cali2\"}");
	status_files_set(f, "k8s", "ns/kept", "eth0", NULL);
	status_files_apply(f, &err);
	status_files_free(f);
}

static void test_directory_cannot_be_made(void **state)
{
	struct err err = { 0 };

	assert_null(status_files_new("/nonexistent/prefix", &err));
	assert_non_null(strstr(err.msg, "/nonexistent/prefix/endpoint-status"));
}

static int make_prefix(void **state)
{
	return mkdtemp(prefix) ? 0 : -1;
}

static int remove_prefix(void **state)
{
	_cleanup_free_ char *dir = mem_printf("%s/endpoint-status", prefix);

	return rmdir(dir) || rmdir(prefix) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_of_a_file),
		cmocka_unit_test(test_start_keeps_wanted_and_removes_unknown),
		cmocka_unit_test(test_directory_cannot_be_made),
	};

	return cmocka_run_group_tests(tests, make_prefix, remove_prefix);
}
