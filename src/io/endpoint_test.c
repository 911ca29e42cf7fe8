/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/endpoint.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/testing.h"

static const struct {
	const char *url, *host, *authority; /* host NULL: refused */
	bool tls;
} rows[] = {
	{ "http://10.0.0.1:2379", "10.0.0.1", "10.0.0.1:2379", false },
	{ "https://etcd.example:443/", "etcd.example", "etcd.example:443", true },
	{ "https://etcd.example", "etcd.example", "etcd.example:7", true },
	{ "http://[::1]:2379", "::1", "[::1]:2379", false },
	{ "http://[fd00::2]", "fd00::2", "[fd00::2]:7", false },
	{ "fd00::2", "fd00::2", "[fd00::2]:7", false },
	{ "localhost:1", "localhost", "localhost:1", false },
	{ "localhost", "localhost", "localhost:7", false },
	{ "unix:///run/x", NULL, NULL, false },
	{ "http://", NULL, NULL, false },
	{ "http://:2379", NULL, NULL, false },
	{ "http://[::1", NULL, NULL, false },
	{ "http://[::1]x", NULL, NULL, false },
	{ "http://[]:1", NULL, NULL, false },
	{ "http://a:0", NULL, NULL, false },
	{ "http://a:65536", NULL, NULL, false },
	{ "http://a:", NULL, NULL, false },
	{ "", NULL, NULL, false },
	{ "https://root:hidden@a:1", NULL, NULL, false },
};

static void test_urls(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct endpoint e = { 0 };
		struct err err;
		int r = endpoint_parse(rows[i].url, 7, &e, &err);

		if (!rows[i].host) {
			assert_int_equal(r, -EINVAL);
			assert_null(strstr(err.msg, "hidden"));
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(e.host, rows[i].host);
		assert_string_equal(e.authority, rows[i].authority);
		assert_int_equal(e.tls, rows[i].tls);
		endpoint_done(&e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
