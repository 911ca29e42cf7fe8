/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf.h"

#include <string.h>

#include "base/buf.h"
#include "base/testing.h"

static struct netconf conf;
static struct cni_error err;

static int read_text(const char *text)
{
	err = (struct cni_error){ 0 };
	return netconf_read(text, strlen(text), &conf, &err);
}

static int teardown(void **state)
{
	netconf_done(&conf);
	return 0;
}

static void test_every_member(void **state)
{
	assert_int_equal(
		read_text("{\"cniVersion\":\"1.0.0\",\"name\":\"net1\",\"nodename\":\"h1\","
			  "\"mtu\":1400,\"num_queues\":2,\"nodename_file_optional\":true,"
			  "\"ipam\":{\"type\":\"calico-ipam\",\"assign_ipv6\":\"true\","
			  "\"ipv4_pools\":[\"a\",\"10.0.0.0/16\"]},"
			  "\"policy\":{\"type\":\"k8s\"},\"kubernetes\":{\"kubeconfig\":\"/k\"},"
			  "\"feature_control\":{\"floating_ips\":true},"
			  "\"container_settings\":{\"allow_ip_forwarding\":true},"
			  "\"dataplane_options\":{\"type\":\"grpc\",\"socket\":\"unix:///s\"},"
			  "\"readiness_gates\":[\"http://a/\"],"
			  "\"cni.dev/valid-attachments\":[{\"containerID\":\"c\",\"ifname\":\"e\"}],"
			  "\"prevResult\":{\"cniVersion\":\"1.0.0\"}}"),
		0);
	assert_int_equal(netconf_check(&conf, &err), 0);
	assert_string_equal(conf.cni_version, "1.0.0");
	assert_string_equal(conf.nodename, "h1");
	assert_true(conf.nodename_file_optional && conf.features.floating_ips &&
		    conf.allow_ip_forwarding);
	assert_int_equal(conf.mtu, 1400);
	assert_int_equal(conf.num_queues, 2);
	assert_string_equal(conf.ipam.assign_ipv6, "true");
	assert_null(conf.ipam.assign_ipv4);
	assert_int_equal(conf.ipam.ipv4_pools.n, 2);
	assert_string_equal(conf.ipam.ipv4_pools.v[1], "10.0.0.0/16");
	assert_string_equal(conf.policy.type, "k8s");
	assert_string_equal(conf.kubernetes.kubeconfig, "/k");
	assert_true(conf.dataplane.given);
	assert_string_equal(conf.dataplane.socket, "unix:///s");
	assert_string_equal(conf.readiness_gates.v[0], "http://a/");
	assert_int_equal(conf.valid_attachments.n, 1);
	assert_string_equal(conf.valid_attachments.v[0].container_id, "c");
	assert_non_null(conf.prev_result);
}

/* A configuration that a program made by writing all members with their zero values. */
static void test_zero_is_not_given(void **state)
{
	assert_int_equal(
		read_text("{\"name\":\"n\",\"hostname\":\"\",\"mtu\":0,\"nodename\":null,"
			  "\"policy\":{\"type\":\"\"},\"dataplane_options\":{},\"ipam\":{"
			  "\"Name\":\"\",\"type\":\"x\",\"ipv4_pools\":null},\"RuntimeConfig\":{},"
			  "\"unknown\":[1,{\"mtu\":\"x\"}]}"),
		0);
	assert_int_equal(netconf_check(&conf, &err), 0);
	assert_null(conf.hostname);
	assert_null(conf.nodename);
	assert_null(conf.policy.type);
	assert_false(conf.dataplane.given);
	assert_int_equal(conf.ipam.ipv4_pools.n, 0);
	assert_false(conf.has_valid_attachments);
}

static void test_names_match_in_any_case(void **state)
{
	assert_int_equal(read_text("{\"NAME\":\"a\",\"NodeName\":\"h\",\"IPAM\":{\"Type\":\"t\"},"
				   "\"ipam\":{\"SUBNET\":\"s\"},\"name\":\"b\"}"),
		0);
	assert_string_equal(conf.name, "b"); /* the last one counts */
	assert_string_equal(conf.nodename, "h");
	assert_string_equal(conf.ipam.type, "t"); /* objects are merged */
	assert_string_equal(conf.ipam.subnet, "s");
}

static void test_labels(void **state)
{
	assert_int_equal(
		read_text("{\"name\":\"n\",\"args\":{\"org.apache.mesos\":{\"network_info\":{"
			  "\"labels\":{\"labels\":[{\"key\":\"k\",\"value\":\"v\"},7,{}]}}}}}"),
		0);
	assert_int_equal(conf.labels.n, 2);
	assert_string_equal(conf.labels.v[0].key, "k");
	assert_string_equal(conf.labels.v[0].value, "v");
	assert_string_equal(conf.labels.v[1].key, "");
}

static void test_faults_of_any_plugin(void **state)
{
	static const struct {
		const char *text, *msg, *details;
		int code;
	} cases[] = {
		{ "", "error unmarshall network config: unexpected end of JSON input", "",
			CNI_DECODE },
		{ "{", "error unmarshall network config: unexpected end of JSON input", "",
			CNI_DECODE },
		{ "[]",
			"error unmarshall network config: json: cannot unmarshal array into Go "
			"value of type struct { Name string \"json:\\\"name\\\"\" }",
			"", CNI_DECODE },
		{ "{\"name\":5}",
			"error unmarshall network config: json: cannot unmarshal number into Go "
			"struct field .name of type string",
			"", CNI_DECODE },
		{ "{\"name\":\"a\\u0000b\"}", "invalid characters found in network name",
			"a\xc0\x80" "b", CNI_BAD_CONFIG },
		{ "{}", "missing network name", "", CNI_BAD_CONFIG },
		{ "null", "missing network name", "", CNI_BAD_CONFIG },
		{ "{\"name\":\"\"}", "missing network name", "", CNI_BAD_CONFIG },
		{ "{\"name\":\"bad name\"}", "invalid characters found in network name",
			"bad name", CNI_BAD_CONFIG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(read_text(cases[i].text), cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.msg, cases[i].msg);
		assert_string_equal(err.details, cases[i].details);
		netconf_done(&conf);
	}
}

static void test_wrong_types(void **state)
{
#define CANNOT "failed to load netconf: json: cannot unmarshal "
	static const struct {
		const char *member, *msg;
	} cases[] = {
		{ "\"mtu\":\"1400\"", CANNOT "string into Go struct field NetConf.mtu of type int" },
		{ "\"mtu\":1.5", CANNOT "number 1.5 into Go struct field NetConf.mtu of type int" },
		{ "\"ipam\":{\"assign_ipv4\":false}",
			CANNOT "bool into Go struct field .ipam.assign_ipv4 of type string" },
		{ "\"ipam\":{\"ipv4_pools\":\"a\"}",
			CANNOT "string into Go struct field .ipam.ipv4_pools of type []string" },
		{ "\"policy\":{\"type\":[]}",
			CANNOT "array into Go struct field Policy.policy.type of type string" },
		{ "\"policy\":7", CANNOT "number 7 into Go struct field NetConf.policy of type "
				     "Policy" },
		{ "\"nodename\":{},\"mtu\":\"x\"",
			CANNOT "object into Go struct field NetConf.nodename of type string" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		buf_printf(&text, "{\"name\":\"n\",%s}", cases[i].member);
		assert_int_equal(read_text(buf_str(&text)), 0);
		assert_int_equal(netconf_check(&conf, &err), CNI_OTHER);
		assert_string_equal(err.msg, cases[i].msg);
		netconf_done(&conf);
	}
}

static void test_depth_is_limited(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_puts(&text, "{\"name\":\"n\",\"x\":");
	for (int i = 0; i < JSON_TREE_DEPTH; i++)
		buf_putc(&text, '[');
	for (int i = 0; i < JSON_TREE_DEPTH; i++)
		buf_putc(&text, ']');
	buf_putc(&text, '}');
	assert_int_equal(read_text(buf_str(&text)), CNI_DECODE);
}

static void test_tree_is_written_as_it_was(void **state)
{
	static const char text[] = "{\"name\":\"n\",\"a\":[1,-2.5e3,true,false,null,\"x\\\"y\"],"
				   "\"b\":{},\"c\":[]}";
	_cleanup_buf_ struct buf out = BUF_INIT;

	assert_int_equal(read_text(text), 0);
	json_tree_write(conf.root, &out);
	assert_string_equal(buf_str(&out), text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_every_member, teardown),
		cmocka_unit_test_teardown(test_zero_is_not_given, teardown),
		cmocka_unit_test_teardown(test_names_match_in_any_case, teardown),
		cmocka_unit_test_teardown(test_labels, teardown),
		cmocka_unit_test_teardown(test_faults_of_any_plugin, teardown),
		cmocka_unit_test_teardown(test_wrong_types, teardown),
		cmocka_unit_test_teardown(test_depth_is_limited, teardown),
		cmocka_unit_test_teardown(test_tree_is_written_as_it_was, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
