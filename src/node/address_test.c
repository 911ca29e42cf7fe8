/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "node/address.h"

static const struct address_case {
	const char *setting, *method, *recorded;
	int family;
	const char *want; /* NULL: start-up ends */
} cases[] = {
	{ NULL, NULL, NULL, 4, "192.0.2.10/24" },
	{ NULL, NULL, "10.9.9.9/24", 4, "10.9.9.9/24" },
	{ NULL, NULL, NULL, 6, "" },
	{ NULL, NULL, "2001:db8::9/64", 6, "2001:db8::9/64" },
	{ "autodetect", NULL, NULL, 6, "2001:db8::10/64" },
	{ "autodetect", NULL, "198.51.100.7/24", 4, "198.51.100.7/24" }, /* still on the host */
	{ "autodetect", "interface=eth0", "198.51.100.7/24", 4, "192.0.2.10/24" },
	{ "autodetect", NULL, "10.9.9.9/24", 4, "192.0.2.10/24" }, /* no longer on the host */
	{ "autodetect", "interface=nope", "10.9.9.9/24", 4, "10.9.9.9/24" },
	{ "autodetect", "interface=nope", NULL, 4, NULL },
	{ "autodetect", "magic", "10.9.9.9/24", 4, NULL },
	{ "192.0.2.10", NULL, NULL, 4, "192.0.2.10/24" },
	{ "192.0.2.10/30", NULL, NULL, 4, "192.0.2.10/30" },
	{ "10.1.1.1", NULL, NULL, 4, "10.1.1.1/32" },
	{ "2001:db8::10", NULL, NULL, 6, "2001:db8::10/128" },
	{ "2001:db8::10", NULL, NULL, 4, NULL },
	{ "nonsense", NULL, NULL, 4, NULL },
	{ "none", NULL, NULL, 4, "" },
	{ "none", NULL, "10.9.9.9/24", 4, "10.9.9.9/24" },
};

static void add(struct host_interfaces *l, const char *name, unsigned index, const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse(text, &c), 0);
	host_interfaces_add(l, name, index, &c);
}

static void test_select(void **state)
{
	struct host_interfaces l = { 0 };

	log_set_threshold(LOG_SINK_SCREEN, LOG_OFF);
	add(&l, "eth1", 2, "198.51.100.7/24");
	add(&l, "eth0", 3, "192.0.2.10/24");
	add(&l, "eth0", 3, "2001:db8::10/64");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct address_case *c = &cases[i];
		struct address_request req = { "IP", c->setting, c->method, c->recorded,
			c->family };
		_cleanup_free_ char *got = NULL;
		struct err err = { 0 };
		int r = address_select(&req, &l, &got, &err);

		if (c->want) {
			assert_int_equal(r, 0);
			assert_string_equal(got, c->want);
		} else {
			assert_int_not_equal(r, 0);
			assert_true(err.msg[0]);
		}
	}
	host_interfaces_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_select) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
