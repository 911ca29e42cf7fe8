/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/endpoint.h"
#include "model/key.h"
#include "model/policy.h"
#include "model/resource.h"

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(out, part, n);
	fclose(f);
}

static enum kind kind_of_vector(const char *path)
{
	_cleanup_buf_ struct buf key_path = BUF_INIT, text = BUF_INIT;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct key key;

	buf_printf(&key_path, "%.*s.key", (int)(strlen(path) - strlen(".json")), path);
	read_file(buf_str(&key_path), &text);
	assert_int_equal(key_parse(text.data, strcspn(text.data, "\n"), &arena, &key), 0);
	assert_int_equal(key.type, KEY_RESOURCE);
	return key.kind;
}

static void check_round_trip(enum kind kind, const struct buf *json)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_buf_ struct buf again = BUF_INIT;
	struct err err = { 0 };

	if (resource_decode(kind, json->data, json->len, &res, &err) < 0)
		fail_msg("%s: %s", kind_name(kind), err.msg);
	resource_encode(res, &again);
	assert_string_equal(buf_str(&again), buf_str(json));
}

static void test_stored_values_round_trip(void **state)
{
	DIR *d = opendir(VECTORS "/resources");
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		_cleanup_buf_ struct buf path = BUF_INIT, json = BUF_INIT;

		if (!str_ends(e->d_name, ".json"))
			continue;
		buf_printf(&path, VECTORS "/resources/%s", e->d_name);
		read_file(buf_str(&path), &json);
		check_round_trip(kind_of_vector(buf_str(&path)), &json);
		n++;
	}
	closedir(d);
	assert_true(n > 50);
}

static void check_text(enum kind kind, const char *in, const char *want)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (resource_decode(kind, in, strlen(in), &res, &err) < 0)
		fail_msg("%s: %s", in, err.msg);
	resource_encode(res, &out);
	assert_string_equal(buf_str(&out), want);
}

#define TIER(META, REST) "{\"kind\":\"Tier\",\"apiVersion\":\"a\",\"metadata\":{" META "}," REST "}"

static void test_unknown_members_stay_in_place(void **state)
{
	static const char *const same[] = {
		TIER("\"zz\":[1,{\"a\":null}],\"name\":\"x\",\"y\":\"\\u003c\"",
			"\"spec\":{\"order\":1,\"q\":18446744073709551615},\"status\":{}"),
		"{\"k0\":1,\"kind\":\"NetworkPolicy\",\"apiVersion\":\"a\",\"metadata\":{},"
		"\"spec\":{"
		"\"ingress\":[{\"action\":\"Allow\",\"source\":{\"u\":1.50},\"w\":[[]]},"
		"{\"v\":{},\"action\":\"Deny\",\"destination\":{\"ports\":[1,\"2:3\"],\"x\":true}}]"
		"},"
		"\"last\":{\"b\":false}}",
	};

	check_text(KIND_TIER, same[0], same[0]);
	check_text(KIND_NETWORK_POLICY, same[1], same[1]);
}

static void test_reads_as_go_does(void **state)
{
	check_text(KIND_TIER,
		TIER("\"NAME\":\"x\",\"labels\":{\"b\":\"1\",\"a\":null}",
			"\"Spec\":{\"ORDER\":1e2}"),
		TIER("\"name\":\"x\",\"labels\":{\"a\":\"\",\"b\":\"1\"}",
			"\"spec\":{\"order\":100},\"status\":{}"));
	check_text(KIND_TIER,
		TIER("\"name\":\"\",\"creationTimestamp\":null,\"resourceVersion\":\"5\","
		     "\"annotations\":{\"a\":\"x\\u0000y\\u2028\"}",
			"\"spec\":null"),
		TIER("\"annotations\":{\"a\":\"x\\u0000y\\u2028\"}", "\"spec\":{},\"status\":{}"));
	check_text(KIND_FELIX_CONFIGURATION,
		"{\"kind\":\"FelixConfiguration\",\"apiVersion\":\"a\",\"metadata\":{},\"spec\":{"
		"\"netlinkTimeout\":\"90s\",\"failsafeInboundHostPorts\":[],\"bpfLogLevel\":\"\"}}",
		"{\"kind\":\"FelixConfiguration\",\"apiVersion\":\"a\",\"metadata\":{},\"spec\":{"
		"\"netlinkTimeout\":\"1m30s\",\"failsafeInboundHostPorts\":[],\"bpfLogLevel\":\"\"}"
		"}");
}

static void check_fault(enum kind kind, const char *json, const char *text)
{
	struct resource *res = NULL;
	struct err err = { 0 };

	assert_int_equal(resource_decode(kind, json, strlen(json), &res, &err), -EBADMSG);
	assert_null(res);
	assert_non_null(strstr(err.msg, text));
}

static void test_faults_name_the_member(void **state)
{
	check_fault(KIND_TIER, "{\"spec\":{\"order\":\"x\"}}",
		"spec.order: json: cannot unmarshal string into Go struct field "
		"TierSpec.spec.order "
		"of type float64");
	check_fault(KIND_NETWORK_POLICY,
		"{\"spec\":{\"egress\":[{},{\"source\":{\"ports\":[1,65536]}}]}}",
		"spec.egress[1].source.ports[1]: json: cannot unmarshal number 65536 into Go "
		"struct "
		"field EntityRule.spec.egress.source.ports of type uint16");
	check_fault(KIND_TIER, "{\"spec\":[]}",
		"cannot unmarshal array into Go struct field Tier.spec of type v3.TierSpec");
	check_fault(KIND_TIER, "[]", "cannot unmarshal array into Go value of type v3.Tier");
	check_fault(KIND_TIER, "7", "cannot unmarshal number into Go value of type v3.Tier");
	check_fault(KIND_TIER, "{\"spec\":", "unexpected end of JSON input");
	check_fault(KIND_TIER, "", "unexpected end of JSON input");
}

static struct resource *check_lenient(enum kind kind, const char *json, const char *fault)
{
	struct resource *res = NULL, *strict = NULL;
	struct err err = { 0 };

	assert_int_equal(resource_decode(kind, json, strlen(json), &strict, NULL), -EBADMSG);
	assert_null(strict);
	assert_int_equal(resource_decode_lenient(kind, json, strlen(json), &res, &err), -EBADMSG);
	if (!strstr(err.msg, fault))
		fail_msg("%s: %s", json, err.msg);
	return res;
}

#define POLICY(SPEC)                                                                             \
	"{\"kind\":\"GlobalNetworkPolicy\",\"apiVersion\":\"a\",\"metadata\":{},\"spec\":{" SPEC \
	"}}"
#define POLICY_OUT(SPEC) POLICY("\"tier\":\"t\"," SPEC "\"selector\":\"a\",\"types\":[\"Egress\"]")
#define LEFT             "{\"action\":\"Allow\"}"

static void test_a_lenient_reader_leaves_out_what_is_wrong(void **state)
{
	static const struct {
		const char *wrong, *left, *fault;
	} cases[] = {
		{ "\"ingress\":[{\"action\":\"Allow\",\"destination\":{\"ports\":[1,65536]}}],",
			"\"ingress\":[" LEFT "],", "spec.ingress[0].destination.ports[1]: " },
		{ "\"ingress\":[{\"action\":\"Allow\",\"protocol\":256}],",
			"\"ingress\":[" LEFT "],", "spec.ingress[0].protocol: " },
		{ "\"ingress\":[{\"action\":\"Allow\",\"source\":[{\"nets\":[]}]}],",
			"\"ingress\":[" LEFT "],", "spec.ingress[0].source: " },
		{ "\"ingress\":[{\"action\":\"Allow\",\"icmp\":7}],", "\"ingress\":[" LEFT "],",
			"spec.ingress[0].icmp: " },
		{ "\"ingress\":[{\"action\":\"Allow\",\"u\":1},[]],", "", "spec.ingress[1]: " },
		{ "\"ingress\":{\"a\":[1,{\"b\":null}]},", "", "spec.ingress: " },
		{ "\"order\":\"x\",", "", "spec.order: " },
		{ "\"doNotTrack\":1,", "", "spec.doNotTrack: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *in = mem_printf(POLICY_OUT("%s"), cases[i].wrong);
		_cleanup_free_ char *want = mem_printf(POLICY_OUT("%s"), cases[i].left);
		_cleanup_(resource_freep) struct resource *res =
			check_lenient(KIND_GLOBAL_NETWORK_POLICY, in, cases[i].fault);
		_cleanup_buf_ struct buf out = BUF_INIT;

		assert_non_null(res);
		resource_encode(res, &out);
		assert_string_equal(buf_str(&out), want);
	}
}

static void test_what_is_left_out_does_not_widen_a_policy(void **state)
{
	static const char json[] =
		POLICY("\"selector\":[\"a\"],\"namespaceSelector\":5,"
		       "\"types\":[\"Ingress\",0],\"tier\":{},\"order\":1,\"order\":\"x\"");
	_cleanup_(resource_freep) struct resource *res =
		check_lenient(KIND_GLOBAL_NETWORK_POLICY, json, "spec.selector: ");
	const struct policy_spec *spec = resource_policy(res);

	assert_string_equal(spec->selector, "?");
	assert_string_equal(spec->namespace_selector, "?");
	assert_int_equal(spec->types.n, 0);
	assert_null(spec->tier);
	assert_false(spec->order.set);
}

static void test_a_set_keeps_its_good_members(void **state)
{
	static const char json[] = "{\"metadata\":{\"labels\":{\"a\":1}},\"spec\":{\"nets\":"
				   "[1,\"10.0.0.0/8\",[\"x\",[]],\"::/0\",{\"nets\":[]}]}}";
	_cleanup_(resource_freep) struct resource *res =
		check_lenient(KIND_GLOBAL_NETWORK_SET, json, "metadata.labels: ");
	const struct text_list *nets = &resource_network_set(res)->nets;

	assert_int_equal(nets->n, 2);
	assert_string_equal(nets->v[0], "10.0.0.0/8");
	assert_string_equal(nets->v[1], "::/0");
	assert_int_equal(res->meta.labels.n, 0);
	assert_true(resource_lost(res, "metadata"));
	assert_true(resource_lost(res, "metadata.labels"));
	assert_true(resource_lost(res, "spec.nets"));
	assert_false(resource_lost(res, "spec.net"));
	assert_false(resource_lost(res, "metadata.labelsX"));
	assert_true(resource_lost_labels(res));
}

/* A reader that lost too much to remember says that it lost everything. */
static void test_what_is_lost_is_bounded(void **state)
{
	_cleanup_buf_ struct buf json = BUF_INIT;
	_cleanup_(resource_freep) struct resource *res = NULL;

	buf_puts(&json, "{\"spec\":{\"nets\":[");
	for (int i = 0; i < 1000; i++)
		buf_puts(&json, "1,");
	buf_puts(&json, "\"10.0.0.0/8\"]}}");
	res = check_lenient(KIND_GLOBAL_NETWORK_SET, buf_str(&json), "spec.nets[0]: ");
	assert_int_equal(resource_network_set(res)->nets.n, 1);
	assert_true(res->lost.n < 100);
	assert_true(resource_lost(res, "metadata.labels"));
}

static void test_a_lenient_reader_needs_a_spec_and_json(void **state)
{
	static const char *const nothing[] = { "{\"spec\":[]}", "{\"spec\":7}", "[]", "7",
		"{\"spec\":{\"order\":\"x\"}", "{\"spec\":{\"order\":\"x\"}}}", "" };
	_cleanup_buf_ struct buf deep = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		assert_null(check_lenient(KIND_TIER, nothing[i], ""));
	buf_puts(&deep, "{\"spec\":{\"order\":");
	for (int i = 0; i < 1000; i++)
		buf_putc(&deep, '[');
	assert_null(check_lenient(KIND_TIER, buf_str(&deep), "spec.order: "));
}

static void test_depth_is_limited(void **state)
{
	_cleanup_buf_ struct buf json = BUF_INIT;
	struct resource *res = NULL;

	buf_puts(&json, "{\"x\":");
	for (int i = 0; i < 1000; i++)
		buf_putc(&json, '[');
	assert_int_equal(resource_decode(KIND_TIER, json.data, json.len, &res, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored_values_round_trip),
		cmocka_unit_test(test_unknown_members_stay_in_place),
		cmocka_unit_test(test_reads_as_go_does),
		cmocka_unit_test(test_faults_name_the_member),
		cmocka_unit_test(test_a_lenient_reader_leaves_out_what_is_wrong),
		cmocka_unit_test(test_what_is_left_out_does_not_widen_a_policy),
		cmocka_unit_test(test_a_set_keeps_its_good_members),
		cmocka_unit_test(test_what_is_lost_is_bounded),
		cmocka_unit_test(test_a_lenient_reader_needs_a_spec_and_json),
		cmocka_unit_test(test_depth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
