/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/config.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/testing.h"
#include "config_file.h"
#include "io/loop.h"

#define HEAD "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata: {}\n"

static const struct {
	const char *text, *error; /* NULL: accepted */
} files[] = {
	{ HEAD "spec:\n  datastoreType: etcdv3\n  etcdEndpoints: \"http://a:1\"\n", NULL },
	{ "{\"apiVersion\": \"projectcalico.org/v3\", \"kind\": \"CalicoAPIConfig\", \"spec\": "
	  "{\"etcdEndpoints\": \"http://a:1\"}}",
		NULL },
	{ HEAD, NULL },
	{ HEAD "spec:\n", NULL },
	{ HEAD "spec: {k8sAPIEndpoint: x, k8sInsecureSkipTLSVerify: true, ETCDKEY: ~}\n", NULL },
	{ HEAD "spec:\n  etcdEndpoint: \"x\"\n", "failed to parse config as YAML/JSON: error "
						 "unmarshaling JSON: while decoding JSON: "
						 "json: unknown field \"etcdEndpoint\"" },
	{ "apiVersion: projectcalico.org/v3\nkind: Other\nspec: {}\n",
		"invalid config file: expected kind 'CalicoAPIConfig', got 'Other'" },
	{ "apiVersion: projectcalico.org/v2\nkind: CalicoAPIConfig\n",
		"invalid config file: unknown APIVersion 'projectcalico.org/v2'" },
	{ "", "invalid config file: unknown APIVersion ''" },
	{ "{bad",
		"failed to parse config as YAML/JSON: error converting YAML to JSON: yaml: line 1: "
		"did not find expected ',' or '}'" },
	{ HEAD "spec: [1]\n",
		"failed to parse config as YAML/JSON: error unmarshaling JSON: while decoding "
		"JSON: "
		"json: cannot unmarshal array into Go value of type CalicoAPIConfigSpec" },
	{ HEAD "spec: {etcdEndpoints: {a: b}}\n",
		"failed to parse config as YAML/JSON: error unmarshaling JSON: while decoding "
		"JSON: "
		"json: cannot unmarshal object into Go struct field "
		"CalicoAPIConfig.spec.etcdEndpoints of type string" },
};

static void test_files(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct store_config c = { 0 };
		struct err err = { 0 };
		int r = store_config_parse(files[i].text, strlen(files[i].text), &c, &err);

		assert_string_equal(err.msg, files[i].error ? files[i].error : "");
		assert_int_equal(r, files[i].error ? -EINVAL : 0);
		store_config_done(&c);
	}
}

static void test_every_member_of_a_file(void **state)
{
	static const char text[] =
		HEAD "spec:\n  etcdEndpoints: https://a:1, https://b\n  etcdUsername: u\n"
		     "  etcdPassword: 12345\n  etcdKeyFile: /k\n  etcdCertFile: /c\n  "
		     "etcdCACertFile: /ca\n"
		     "  etcdKey: kp\n  etcdCert: cp\n  etcdCACert: cap\n  etcdDiscoverySrv: srv\n"
		     "  datastoreType: etcdv3\n";
	_cleanup_(store_config_done) struct store_config c = { 0 };
	struct err err;

	assert_int_equal(store_config_parse(text, sizeof(text) - 1, &c, &err), 0);
	assert_int_equal(c.endpoints.n, 2);
	assert_string_equal(c.endpoints.v[1], "https://b");
	assert_string_equal(c.username, "u");
	assert_string_equal(c.password, "12345");
	assert_string_equal(c.key_file, "/k");
	assert_string_equal(c.cert_file, "/c");
	assert_string_equal(c.ca_file, "/ca");
	assert_string_equal(c.key_pem, "kp");
	assert_string_equal(c.cert_pem, "cp");
	assert_string_equal(c.ca_pem, "cap");
	assert_string_equal(c.discovery_srv, "srv");
	assert_string_equal(c.type, "etcdv3");
}

static void test_a_missing_file(void **state)
{
	struct store_config c = { 0 };
	struct err err;

	assert_int_equal(store_config_from_file("/nonexistent/calicoctl.cfg", &c, &err), -ENOENT);
}

static void test_a_bad_file_is_named(void **state)
{
	char path[] = "/tmp/store-config-XXXXXX";
	struct store_config c = { 0 };
	struct err err;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "kind: X\n", 8), 8);
	close(fd);
	assert_int_equal(store_config_from_file(path, &c, &err), -EINVAL);
	unlink(path);
	assert_int_equal(strncmp(err.msg, "syntax error in /tmp/store-config-", 34), 0);
	assert_non_null(strstr(err.msg, ": invalid config file: unknown APIVersion ''"));
}

static void test_the_environment(void **state)
{
	_cleanup_(store_config_done) struct store_config c = { 0 };

	setenv("ETCD_ENDPOINTS", "http://a:1", 1);
	setenv("CALICO_ETCD_ENDPOINTS", "http://b:2,http://c:3", 1);
	setenv("ETCD_USERNAME", "u", 1);
	setenv("DATASTORE_TYPE", "", 1);
	store_config_from_env(&c);
	unsetenv("ETCD_ENDPOINTS");
	unsetenv("CALICO_ETCD_ENDPOINTS");
	unsetenv("ETCD_USERNAME");
	unsetenv("DATASTORE_TYPE");
	assert_int_equal(c.endpoints.n, 2);
	assert_string_equal(c.endpoints.v[0], "http://b:2");
	assert_string_equal(c.username, "u");
	assert_null(c.type);
}

struct opening {
	const char *type, *endpoints, *srv, *ca_file, *ca_pem, *error;
};

static const struct opening openings[] = {
	{ "zookeeper", "http://a", NULL, NULL, NULL, "unknown datastore type: zookeeper" },
	{ "etcdv3", "", NULL, NULL, NULL, "no etcd endpoints specified" },
	{ "etcdv3", "http://a", "x.example", NULL, NULL,
		"multiple discovery or bootstrap options specified, use either \"etcdEndpoints\" "
		"or "
		"\"etcdDiscoverySrv\"" },
	{ NULL, "https://a", NULL, "/x", "pem",
		"Cannot mix inline certificate-key and certificate / key files" },
	{ NULL, "ftp://a", NULL, NULL, NULL, "'ftp://a' is neither http:// nor https://" },
	{ NULL, "http://a:99999", NULL, NULL, NULL, "'http://a:99999' has a bad port" },
	{ NULL, "https://root:secret@a:1", NULL, NULL, NULL,
		"an endpoint holds a user name or password: give them as user name and password of "
		"the datastore, not in the URL" },
	{ NULL, "", "x.example", NULL, NULL, NULL },
	{ NULL, "http://a:1,http://[::1]", NULL, NULL, NULL, NULL },
	{ "etcdv3", "https://a:1", NULL, NULL, NULL, NULL },
};

static void test_opening(void **state)
{
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		const struct opening *o = &openings[i];
		struct store_config c = { .type = (char *)o->type,
			.discovery_srv = (char *)o->srv,
			.ca_file = (char *)o->ca_file,
			.ca_pem = (char *)o->ca_pem };
		struct store *s = NULL;
		struct err err = { 0 };

		strv_split(&c.endpoints, o->endpoints, ',');
		assert_int_equal(store_open(loop, &c, &s, &err) == 0, !o->error);
		assert_string_equal(err.msg, o->error ? o->error : "");
		strv_done(&c.endpoints);
		store_free(s);
	}
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_every_member_of_a_file),
		cmocka_unit_test(test_a_missing_file),
		cmocka_unit_test(test_a_bad_file_is_named),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_opening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
