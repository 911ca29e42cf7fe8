/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "env.h"

#include "base/testing.h"
#include "call.h"
#include "version.h"

static struct cni_env env;
static struct cni_error err;

static int read_all(const char *const *vars)
{
	int r = cni_env_read(vars, &env, &err);

	return r ? r : cni_env_check(&env, &err);
}

#define GIVEN(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ALL        "CNI_NETNS=/n", "CNI_PATH=/p"

static void test_what_is_missing(void **state)
{
	assert_int_equal(read_all(GIVEN("CNI_COMMAND=ADD")), CNI_BAD_ENVIRONMENT);
	assert_string_equal(err.msg,
		"required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing");
	assert_int_equal(read_all(GIVEN("CNI_COMMAND=DEL", "CNI_NETNS=")), CNI_BAD_ENVIRONMENT);
	assert_string_equal(
		err.msg, "required env variables [CNI_CONTAINERID,CNI_IFNAME,CNI_PATH] missing");
	assert_int_equal(read_all(GIVEN("CNI_COMMAND=GC")), CNI_BAD_ENVIRONMENT);
	assert_string_equal(err.msg, "required env variables [CNI_PATH] missing");
	assert_int_equal(read_all(GIVEN("CNI_COMMAND=VERSION")), 0);
	assert_int_equal(read_all(GIVEN("X=1")), CNI_BAD_ENVIRONMENT);
	assert_string_equal(err.msg, "required env variables [CNI_COMMAND] missing");
	assert_int_equal(read_all(GIVEN("CNI_COMMAND=BOGUS")), CNI_BAD_ENVIRONMENT);
	assert_string_equal(err.msg, "unknown CNI_COMMAND: BOGUS");
}

static void test_form(void **state)
{
	static const struct {
		const char *id, *ifname, *msg;
	} cases[] = {
		{ "CNI_CONTAINERID=bad/id", "CNI_IFNAME=e", "invalid characters in containerID" },
		{ "CNI_CONTAINERID=-a", "CNI_IFNAME=e", "invalid characters in containerID" },
		{ "CNI_CONTAINERID=a", "CNI_IFNAME=averylonginterface",
			"interface name is too long" },
		{ "CNI_CONTAINERID=a", "CNI_IFNAME=a b",
			"interface name contains / or : or whitespace characters" },
		{ "CNI_CONTAINERID=a", "CNI_IFNAME=..", "interface name is . or .." },
		{ "CNI_CONTAINERID=A.b_c-1", "CNI_IFNAME=fifteen_letters", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = read_all(GIVEN("CNI_COMMAND=ADD", ALL, cases[i].id, cases[i].ifname));

		assert_int_equal(r, cases[i].msg ? CNI_BAD_ENVIRONMENT : 0);
		if (cases[i].msg)
			assert_string_equal(err.msg, cases[i].msg);
	}
}

static int parse(const char *args)
{
	cni_env_done(&env);
	env = (struct cni_env){ .args = args };
	return cni_env_parse_args(&env, &err);
}

static void test_args(void **state)
{
	char text[ADDR_TEXT_MAX];

	assert_int_equal(parse(""), 0);
	assert_string_equal(env.pod_name, "");
	assert_int_equal(env.ip.family, 0);
	assert_int_equal(parse("IgnoreUnknown=1;K8S_POD_NAME=p;K8S_POD_NAMESPACE=n;IP=fd00::1;"
			       "MAC=02:00:00:00:00:01;"),
		0);
	assert_string_equal(env.pod_name, "p");
	assert_string_equal(env.pod_namespace, "n");
	assert_string_equal(addr_format(&env.ip, text), "fd00::1");
	assert_int_equal(parse("junk"), CNI_OTHER);
	assert_string_equal(err.msg, "ARGS: invalid pair \"junk\"");
	assert_int_equal(parse("a=b=c"), CNI_OTHER);
	assert_int_equal(parse("IP=zz;Unknown=1"), CNI_OTHER);
	assert_string_equal(err.msg,
		"ARGS: error parsing value of pair \"IP=zz\": invalid IP address: zz");
	cni_env_done(&env);
}

static void test_versions(void **state)
{
	static const struct {
		enum cni_verb verb;
		const char *version, *msg;
	} cases[] = {
		{ CNI_ADD, "0.1.0", NULL },
		{ CNI_ADD, "1.1.0", NULL },
		{ CNI_ADD, "9.9.9", "incompatible CNI versions" },
		{ CNI_DEL, "x", "incompatible CNI versions" },
		{ CNI_CHECK, "0.3.1", "config version does not allow CHECK" },
		{ CNI_CHECK, "0.4.0", NULL },
		{ CNI_STATUS, "1.0.0", "config version does not allow STATUS" },
		{ CNI_STATUS, "1.1.0", NULL },
		{ CNI_GC, "1.0.0", "config version does not allow GC" },
		{ CNI_GC, "1.2.0", "plugin version does not allow GC" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cni_call call = { .env.verb = cases[i].verb, .version = cases[i].version };
		int r = cni_call_check_version(&call, &err);

		assert_int_equal(r, cases[i].msg ? CNI_INCOMPATIBLE : 0);
		if (r)
			assert_string_equal(err.msg, cases[i].msg);
	}
	assert_false(cni_version_from("1.0", "0.1.0"));
	assert_false(cni_version_from("1.0.0x", "0.1.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
