/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "node/detect.h"

static const struct {
	const char *interface, *cidr;
} host[] = {
	{ "lo", "127.0.0.1/8" },
	{ "lo", "::1/128" },
	{ "eth0", "192.0.2.10/24" },
	{ "eth0", "fe80::1/64" },
	{ "eth0", "2001:db8::10/64" },
	{ "eth1", "169.254.3.3/16" },
	{ "eth1", "198.51.100.7/32" },
	{ "eth1", "198.51.100.8/25" },
	{ "docker0", "172.17.0.1/16" },
	{ "vip0", "203.0.113.1/32" },
	{ "cali123", "10.65.0.1/32" },
};

static const struct detect_case {
	const char *method;
	int family, result;
	const char *want;
} cases[] = {
	{ "first-found", 4, 0, "198.51.100.8/25" }, /* vip0 has only a host mask */
	{ "", 6, 0, "2001:db8::10/64" },
	{ "interface=eth0", 4, 0, "192.0.2.10/24" },
	{ "interface=^none$, th0", 4, 0, "192.0.2.10/24" },
	{ "interface=docker", 4, 0, "172.17.0.1/16" },
	{ "interface=eth1", 6, DETECT_E_NONE, NULL },
	{ "interface=(", 4, DETECT_E_METHOD, NULL },
	{ "interface=eth++++++++++++0", 4, DETECT_E_METHOD, NULL }, /* not Go's, and dear */
	{ "skip-interface=eth1,vip", 4, 0, "192.0.2.10/24" },
	{ "cidr=192.0.2.0/24", 4, 0, "192.0.2.10/24" },
	{ "cidr=10.0.0.0/8 , 203.0.113.0/24", 4, 0, "10.65.0.1/32" },
	{ "cidr=10.0.0", 4, DETECT_E_METHOD, NULL },
	{ "vip0-only", 4, DETECT_E_METHOD, NULL },
	{ "interface=vip0", 4, 0, "203.0.113.1/32" },
};

static void test_methods(void **state)
{
	struct host_interfaces l = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(host); i++) {
		struct cidr c;

		assert_int_equal(cidr_parse(host[i].cidr, &c), 0);
		host_interfaces_add(&l, host[i].interface, (unsigned)i + 1, &c);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[CIDR_TEXT_MAX];
		struct err err = { 0 };
		struct cidr got;

		assert_int_equal(detect_address(&l, cases[i].method, cases[i].family, &got, &err),
			cases[i].result);
		if (cases[i].want)
			assert_string_equal(cidr_format(&got, text), cases[i].want);
		else
			assert_true(err.msg[0]);
	}
	host_interfaces_done(&l);
}

static void test_real_host_has_loopback(void **state)
{
	struct host_interfaces l = { 0 };
	struct addr loopback;
	struct err err;

	assert_int_equal(host_interfaces_read(&l, &err), 0);
	assert_true(l.n >= 1);
	assert_int_equal(addr_parse("127.0.0.1", &loopback), 0);
	assert_non_null(host_interfaces_find(&l, &loopback));
	host_interfaces_done(&l);
}

static void test_can_reach_loopback(void **state)
{
	struct host_interfaces l = { 0 };
	char text[CIDR_TEXT_MAX];
	struct err err = { 0 };
	struct cidr got;

	assert_int_equal(host_interfaces_read(&l, &err), 0);
	assert_int_equal(detect_address(&l, "can-reach=127.0.0.1", 4, &got, &err), 0);
	assert_string_equal(cidr_format(&got, text), "127.0.0.1/8");
	host_interfaces_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_real_host_has_loopback),
		cmocka_unit_test(test_can_reach_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
