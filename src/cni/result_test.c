/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/testing.h"

static struct cidr cidr_of(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse(text, &c), 0);
	return c;
}

/* As calico answers for a container with both families. */
static void fill(struct cni_result *r)
{
	const struct cidr ips[] = { cidr_of("10.80.0.16/32"), cidr_of("fd00:80::10/128") };
	const struct cidr routes[] = { cidr_of("10.80.0.16/29"), cidr_of("fd00:80::10/125") };

	cni_result_add_interface(r, &(struct cni_interface){ .name = "cali1" });
	cni_result_add_interface(r,
		&(struct cni_interface){ .name = "eth0", .mac = "0:1", .mtu = 9, .sandbox = "/n" });
	for (size_t i = 0; i < 2; i++) {
		cni_result_add_ip(r, &ips[i], 1);
		cni_result_add_route(r, &routes[i]);
	}
}

#define INTERFACES(mtu)                                                                   \
	",\"interfaces\":[{\"name\":\"cali1\"},{\"name\":\"eth0\",\"mac\":\"0:1\"" mtu     \
	",\"sandbox\":\"/n\"}]"
#define ROUTES ",\"routes\":[{\"dst\":\"10.80.0.16/29\"},{\"dst\":\"fd00:80::10/125\"}]"

static const struct {
	const char *version, *text;
} forms[] = {
	{ "0.1.0",
		",\"ip4\":{\"ip\":\"10.80.0.16/32\",\"routes\":[{\"dst\":\"10.80.0.16/29\"}]}"
		",\"ip6\":{\"ip\":\"fd00:80::10/128\",\"routes\":[{\"dst\":\"fd00:80::10/125\"}]}"
		",\"dns\":{}}\n" },
	{ "0.3.1",
		INTERFACES("") ",\"ips\":[{\"version\":\"4\",\"interface\":1,\"address\":"
			       "\"10.80.0.16/32\"},{\"version\":\"6\",\"interface\":1,\"address\":"
			       "\"fd00:80::10/128\"}]" ROUTES ",\"dns\":{}}\n" },
	{ "1.0.0",
		INTERFACES(",\"mtu\":9") ",\"ips\":[{\"interface\":1,\"address\":"
					 "\"10.80.0.16/32\"},{\"interface\":1,\"address\":"
					 "\"fd00:80::10/128\"}]" ROUTES "}\n" },
};

static void test_forms(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_(cni_result_done) struct cni_result r = { 0 };
		_cleanup_buf_ struct buf out = BUF_INIT, want = BUF_INIT;

		fill(&r);
		assert_int_equal(cni_result_write(&r, forms[i].version, &out, NULL), 0);
		buf_printf(&want, "{\"cniVersion\":\"%s\"%s", forms[i].version, forms[i].text);
		assert_string_equal(buf_str(&out), buf_str(&want));
	}
}

static void test_old_form_needs_an_address(void **state)
{
	_cleanup_(cni_result_done) struct cni_result r = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(cni_result_write(&r, "0.2.0", &out, &err), -EINVAL);
	assert_string_equal(err.msg, "cannot convert: no valid IP addresses");
}

static int read_text(const char *text, struct cni_result *ret, struct err *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	const struct json_value *root;

	assert_int_equal(json_values_read(text, strlen(text), &arena, &root, err), 0);
	return cni_result_read(root, "1.0.0", ret, err);
}

/* What was written in any form reads back, and is the same in the newest form but for what an old
 * form has no room for. */
static void test_read_back(void **state)
{
	static const char full[] =
		"{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"a\",\"mtu\":5},{\"mtu\":6}],"
		"\"ips\":[{\"address\":\"10.0.0.1/24\",\"gateway\":\"10.0.0.254\"}],"
		"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.0.0.9\",\"mtu\":1,\"advmss\":2,"
		"\"priority\":0,\"table\":4,\"scope\":5}],"
		"\"dns\":{\"nameservers\":[\"n\"],\"domain\":\"d\",\"search\":[\"s\",\"t\"],"
		"\"options\":[\"o\"]}}\n";
	_cleanup_(cni_result_done) struct cni_result r = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(read_text(full, &r, &err), 0);
	assert_int_equal(cni_result_write(&r, "1.1.0", &out, &err), 0);
	assert_string_equal(buf_str(&out), full);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_(cni_result_done) struct cni_result made = { 0 }, back = { 0 };
		_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;

		fill(&made);
		cni_result_write(&made, forms[i].version, &first, &err);
		assert_int_equal(read_text(buf_str(&first), &back, &err), 0);
		cni_result_write(&back, forms[i].version, &second, &err);
		assert_string_equal(buf_str(&first), buf_str(&second));
	}
}

static void test_bad_results(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{\"ips\":[{}]}",
		"{\"ips\":[{\"address\":\"10.0.0.1\"}]}",
		"{\"ips\":[{\"address\":\"10.0.0.1/24\",\"gateway\":\"x\"}]}",
		"{\"routes\":[{\"dst\":\"x\"}]}",
		"{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"x\"}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cni_result r = { 0 };
		struct err err = { 0 };

		assert_int_equal(read_text(texts[i], &r, &err), -EBADMSG);
		assert_true(*err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_old_form_needs_an_address),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_bad_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
