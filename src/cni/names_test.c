/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and small files: labels, interfaces, Felix's marker, the MTU. */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/testing.h"
#include "call.h"
#include "gates.h"
#include "identity.h"
#include "labels.h"
#include "mtu.h"

static void test_labels_are_cleaned(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "//my/val/", "my.val" },
		{ "$my..val", "my.val" },
		{ "/a/b/c", "a.b.c" },
		{ "/x/y z/", "x.y-z" },
		{ "k-.k", "k.k" },
		{ "a  b", "a-b" },
		{ "a--b_c", "a--b_c" },
		{ "plain", "plain" },
		{ "", "" },
		{ "-.-", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *got = label_clean(cases[i].from);

		assert_string_equal(got, cases[i].to);
	}
}

static void read_identity(struct cni_call *call, struct identity *ret)
{
	struct cni_error err;

	call->conf.nodename = "h1";
	assert_int_equal(cni_env_parse_args(&call->env, &err), 0);
	identity_read(call, ret);
}

static void test_container(void **state)
{
	struct cni_call call = { .env = { .container_id = "c0ffee0123456789", .ifname = "eth0",
					 .args = "K8S_POD_NAME=half" } };
	struct identity id;
	char other[IFNAMSIZ];

	read_identity(&call, &id);
	assert_false(id.kubernetes);
	assert_string_equal(id.host_ifname, "calic0ffee01234");
	assert_string_equal(id.ns, "default");
	identity_other_ifname(&id, other);
	assert_int_equal(strlen(other), IFNAMSIZ - 1);
	assert_string_not_equal(other, id.host_ifname);
	identity_done(&id);
	cni_env_done(&call.env);
}

static void test_pod(void **state)
{
	const char *vars[] = { "FELIX_INTERFACEPREFIX=tap,cali", NULL };
	struct cni_call call = { .env = { .container_id = "c1", .ifname = "eth0",
					 .args = "K8S_POD_NAME=web-0;K8S_POD_NAMESPACE=prod" } };
	struct identity id;

	read_identity(&call, &id);
	assert_true(id.kubernetes);
	/* Example 9.6 of datamodel.md. */
	assert_string_equal(id.host_ifname, "caliaa960f0d82e");
	assert_string_equal(id.ns, "prod");
	identity_done(&id);
	call.env.vars = vars;
	read_identity(&call, &id);
	assert_string_equal(id.host_ifname, "tapaa960f0d82e");
	identity_done(&id);
	cni_env_done(&call.env);
}

static void test_marker(void **state)
{
	_cleanup_free_ char *name = gates_endpoint_file("k8s", "shop/web 0", "eth0");

	assert_string_equal(name, "k8s shop%2Fweb%200 eth0");
}

static void test_gate_urls(void **state)
{
	static const struct {
		const char *url, *why; /* NULL: good */
	} cases[] = {
		{ "http://127.0.0.1:8080/ready", NULL },
		{ "http://[::1]/", NULL },
		{ "http://host", NULL },
		{ "::bad", "invalid URL set for ReadinessGates:::bad Error:parse \"::bad\": missing "
			   "protocol scheme" },
		{ "https://host/", "invalid URL set for ReadinessGates:https://host/ Error:parse "
				   "\"https://host/\": only http is supported" },
		{ "http:///x", "invalid URL set for ReadinessGates:http:///x Error:parse "
			       "\"http:///x\": no host in it" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *urls[] = { cases[i].url };
		struct netconf conf = { .readiness_gates = { 1, urls } };
		struct cni_error err = { 0 };
		int r = gates_check_urls(&conf, &err);

		assert_int_equal(r != 0, cases[i].why != NULL);
		if (r)
			assert_string_equal(err.msg, cases[i].why);
	}
}

static void test_mtu(void **state)
{
	static const struct {
		const char *file; /* NULL: missing */
		int64_t given;
		bool required;
		int64_t want; /* -1: an error */
	} cases[] = {
		{ NULL, 0, false, 0 },
		{ NULL, 1400, false, 1400 },
		{ NULL, 1400, true, -1 },
		{ "1380\n", 0, true, 1380 },
		{ " 1380 ", 1400, true, 1400 },
		{ "lots\n", 1400, false, -1 },
		{ "", 0, false, -1 },
		{ "99999", 0, false, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netconf conf = { .mtu = cases[i].given,
			.require_mtu_file = cases[i].required };
		char path[] = "/tmp/mtu-XXXXXX";
		int fd = mkstemp(path), r;
		struct cni_error err = { 0 };
		int64_t got;

		assert_true(fd >= 0);
		if (cases[i].file)
			assert_int_equal(write(fd, cases[i].file, strlen(cases[i].file)),
				strlen(cases[i].file));
		else
			unlink(path);
		close(fd);
		r = mtu_choose(&conf, path, &got, &err);
		unlink(path);
		assert_int_equal(r != 0, cases[i].want < 0);
		if (!r)
			assert_int_equal(got, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_are_cleaned),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_gate_urls),
		cmocka_unit_test(test_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
