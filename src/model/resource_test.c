/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource_test.c - what can be done with a resource: copies, defaults, names, checks. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/key.h"
#include "model/labels.h"
#include "model/node.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/validate.h"

static struct resource *decode(enum kind kind, const char *json)
{
	struct resource *res = NULL;
	struct err err = { 0 };

	if (resource_decode(kind, json, strlen(json), &res, &err) < 0)
		fail_msg("%s: %s", json, err.msg);
	return res;
}

static void assert_encodes(const struct resource *res, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	resource_encode(res, &out);
	assert_string_equal(buf_str(&out), want);
}

/* ---- copies ---- */

/* A copy says the same, also when the original is gone. */
static void check_copy(enum kind kind, const char *json)
{
	struct resource *res = decode(kind, json);
	_cleanup_(resource_freep) struct resource *copy = resource_copy(res);
	_cleanup_buf_ struct buf want = BUF_INIT, got = BUF_INIT;

	resource_encode_full(res, &want);
	resource_free(res);
	resource_encode_full(copy, &got);
	assert_string_equal(buf_str(&got), buf_str(&want));
}

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

static enum kind copy_vector(const char *name)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf path = BUF_INIT, json = BUF_INIT, key_text = BUF_INIT;
	struct key key;

	buf_printf(&path, VECTORS "/resources/%s", name);
	read_file(buf_str(&path), &json);
	path.len -= strlen("json");
	buf_puts(&path, "key");
	read_file(buf_str(&path), &key_text);
	assert_int_equal(key_parse(key_text.data, strcspn(key_text.data, "\n"), &arena, &key), 0);
	check_copy(key.kind, buf_str(&json));
	return key.kind;
}

static void test_copies_of_every_kind_are_equal(void **state)
{
	/* Kinds that users do not write have no vectors. */
	bool seen[KIND_N] = { [KIND_BLOCK_AFFINITY] = true, [KIND_LIVE_MIGRATION] = true };
	DIR *d = opendir(VECTORS "/resources");
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (str_ends(e->d_name, ".json"))
			seen[copy_vector(e->d_name)] = true;
	closedir(d);
	check_copy(KIND_BLOCK_AFFINITY,
		"{\"spec\":{\"state\":\"confirmed\",\"node\":\"n1\",\"type\":"
		"\"host\",\"cidr\":\"10.0.0.0/26\",\"deleted\":\"false\"}}");
	check_copy(KIND_LIVE_MIGRATION, "{\"metadata\":{\"name\":\"m\"},\"spec\":{\"x\":[1]}}");
	for (int k = KIND_NONE + 1; k < KIND_N; k++)
		if (!seen[k])
			fail_msg("no vector of kind %s", kind_name((enum kind)k));
}

static void test_copies_keep_what_nobody_knows(void **state)
{
	check_copy(KIND_NETWORK_POLICY,
		"{\"a\":1,\"metadata\":{\"name\":\"x\",\"resourceVersion\":\"7\",\"b\":[{}],"
		"\"ownerReferences\":[{\"uid\":\"u\"}]},\"spec\":{\"ingress\":[{\"action\":"
		"\"Allow\",\"c\":null,\"source\":{\"d\":\"\\u0000\",\"ports\":[1,\"2:3\",\"http\"]"
		"}},{\"icmp\":{\"type\":0,\"e\":1e3},\"protocol\":\"TCP\",\"notProtocol\":6}]}}");
}

static void test_a_copy_is_its_own(void **state)
{
	_cleanup_(resource_freep) struct resource *res =
		decode(KIND_TIER, "{\"metadata\":{\"labels\":{\"a\":\"1\"}}}");
	_cleanup_(resource_freep) struct resource *copy = resource_copy(res);

	text_map_set(&copy->meta.labels, &copy->arena, "a", "2");
	text_map_set(&copy->meta.labels, &copy->arena, "b", "3");
	resource_tier(copy)->order = (struct opt_float){ .set = true, .value = 7 };
	assert_string_equal(text_map_get(&res->meta.labels, "a"), "1");
	assert_int_equal(res->meta.labels.n, 1);
	assert_false(resource_tier(res)->order.set);
}

/* ---- labels ---- */

static void test_a_map_stays_sorted(void **state)
{
	static const char letters[] = "dbacbd";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct text_map m = { 0 };

	for (const char *c = letters; *c; c++) {
		char key[2] = { *c }, value[8];

		snprintf(value, sizeof(value), "%td", c - letters);
		text_map_set(&m, &arena, key, value);
	}
	assert_int_equal(m.n, 4);
	for (size_t i = 0; i < m.n; i++)
		assert_int_equal(m.v[i].key[0], "abcd"[i]);
	assert_string_equal(text_map_get(&m, "b"), "4");
	assert_null(text_map_get(&m, "aa"));
	assert_false(text_map_remove(&m, "e"));
	assert_true(text_map_remove(&m, "a"));
	assert_null(text_map_get(&m, "a"));
	assert_int_equal(m.n, 3);
}

/* ---- the names of policies ---- */

#define META(NAME, MORE) "{\"metadata\":{\"name\":\"" NAME "\"" MORE "}"
#define NOTE(TEXT)       ",\"annotations\":{\"" ANNOTATION_METADATA "\":\"" TEXT "\"}"

static void test_stored_policies_are_presented_by_their_name(void **state)
{
	static const struct {
		const char *json, *name;
	} cases[] = {
		{ META("default.a", NOTE("{\\\"name\\\":\\\"b\\\"}")) "}", "b" },
		{ META("default.a", NOTE("{\\\"name\\\":\\\"default.a\\\"}")) "}", "default.a" },
		{ META("a", NOTE("{}")) "}", "" },
		{ META("default.a", "") "}", "a" },
		{ META("default.a", NOTE("")) ",\"spec\":{\"tier\":\"default\"}}", "a" },
		{ META("default.a", "") ",\"spec\":{\"tier\":\"sec\"}}", "default.a" },
		{ META("sec.a", "") ",\"spec\":{\"tier\":\"sec\"}}", "sec.a" },
		{ META("a", "") "}", "a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(resource_freep) struct resource *res =
			decode(KIND_GLOBAL_NETWORK_POLICY, cases[i].json);

		assert_int_equal(resource_present(res, NULL), 0);
		assert_string_equal(res->meta.name ? res->meta.name : "", cases[i].name);
		assert_string_equal(text_map_get(&res->meta.labels, LABEL_TIER), "default");
		if (strstr(cases[i].json, "{\\\""))
			assert_null(text_map_get(&res->meta.annotations, ANNOTATION_METADATA));
	}
}

static void test_a_broken_name_is_an_error(void **state)
{
	_cleanup_(resource_freep) struct resource *res =
		decode(KIND_NETWORK_POLICY, META("default.a", NOTE("{")) "}");
	struct err err;

	assert_int_equal(resource_present(res, &err), -EBADMSG);
	assert_string_equal(err.msg,
		"metadata.annotations[projectcalico.org/metadata]: unexpected end of JSON input");
}

static void test_a_tier_label_is_kept(void **state)
{
	_cleanup_(resource_freep) struct resource *res = decode(
		KIND_NETWORK_POLICY, META("a", ",\"labels\":{\"" LABEL_TIER "\":\"sec\"}") "}");

	assert_int_equal(resource_present(res, NULL), 0);
	assert_string_equal(text_map_get(&res->meta.labels, LABEL_TIER), "sec");
}

static void test_what_is_stored_is_presented_again(void **state)
{
	static const enum kind kinds[] = { KIND_NETWORK_POLICY, KIND_GLOBAL_NETWORK_POLICY,
		KIND_STAGED_NETWORK_POLICY, KIND_STAGED_GLOBAL_NETWORK_POLICY };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(resource_freep) struct resource *res =
			decode(kinds[i], META("default.\\\"<", "") "}");

		resource_prepare_store(res);
		assert_string_equal(text_map_get(&res->meta.annotations, ANNOTATION_METADATA),
			"{\"name\":\"default.\\\"\\u003c\"}");
		assert_int_equal(resource_present(res, NULL), 0);
		assert_string_equal(res->meta.name, "default.\"<");
		assert_int_equal(res->meta.annotations.n, 0);
	}
}

static void test_other_kinds_keep_their_names(void **state)
{
	static const enum kind kinds[] = { KIND_TIER, KIND_PROFILE, KIND_NETWORK_SET,
		KIND_STAGED_KUBERNETES_NETWORK_POLICY };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(resource_freep) struct resource *res =
			decode(kinds[i], META("default.a", "") "}");

		resource_prepare_store(res);
		assert_int_equal(resource_present(res, NULL), 0);
		assert_string_equal(res->meta.name, "default.a");
		assert_int_equal(res->meta.annotations.n + res->meta.labels.n, 0);
	}
}

/* ---- defaults ---- */

#define HEAD(KIND) "{\"kind\":\"" KIND "\",\"apiVersion\":\"\",\"metadata\":{},\"spec\":{"

static void test_readers_fill_in_pools_and_listed_tiers(void **state)
{
	static const struct {
		enum kind kind;
		bool list;
		const char *spec, *want;
	} cases[] = {
		{ KIND_IP_POOL, false, "{\"cidr\":\"10.0.0.0/16\"}",
			HEAD("IPPool") "\"cidr\":\"10.0.0.0/"
				       "16\",\"vxlanMode\":\"Never\",\"ipipMode\":"
				       "\"Never\",\"blockSize\":26,\"nodeSelector\":\"all()\","
				       "\"allowedUses\":[\"Workload\",\"Tunnel\"],"
				       "\"assignmentMode\":\"Automatic\"}}" },
		{ KIND_IP_POOL, true,
			"{\"cidr\":\"fd00::/64\",\"ipipMode\":\"Always\",\"allowedUses\":"
			"[\"Tunnel\"],\"nodeSelector\":\"a\",\"assignmentMode\":\"Manual\"}",
			HEAD("IPPool") "\"cidr\":\"fd00::/"
				       "64\",\"vxlanMode\":\"Never\",\"ipipMode\":"
				       "\"Always\",\"blockSize\":122,\"nodeSelector\":\"a\","
				       "\"allowedUses\":[\"Tunnel\"],"
				       "\"assignmentMode\":\"Manual\"}}" },
		{ KIND_TIER, true, "{}",
			HEAD("Tier") "\"order\":1000000,\"defaultAction\":\"Deny\"},\"status\":{}"
				     "}" },
		{ KIND_TIER, true, "{\"order\":0,\"defaultAction\":\"Pass\"}",
			HEAD("Tier") "\"order\":0,\"defaultAction\":\"Pass\"},\"status\":{}}" },
		{ KIND_TIER, false, "{}", HEAD("Tier") "},\"status\":{}}" },
		{ KIND_GLOBAL_NETWORK_POLICY, true, "{}", HEAD("GlobalNetworkPolicy") "}}" },
		{ KIND_KUBE_CONTROLLERS_CONFIGURATION, true, "{}", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf json = BUF_INIT, before = BUF_INIT;
		_cleanup_(resource_freep) struct resource *res = NULL;

		buf_printf(&json, "{\"spec\":%s}", cases[i].spec);
		res = decode(cases[i].kind, buf_str(&json));
		resource_encode(res, &before);
		resource_default_on_read(res, cases[i].list);
		assert_encodes(res, cases[i].want ? cases[i].want : buf_str(&before));
	}
}

static void test_only_what_is_absent_is_filled(void **state)
{
	_cleanup_(resource_freep) struct resource *res = resource_new(KIND_FELIX_CONFIGURATION);

	assert_true(resource_fill_text(res, "reportingInterval", "0s"));
	assert_false(resource_fill_text(res, "reportingInterval", "1s"));
	assert_true(resource_fill_text(res, "logSeverityScreen", "Info"));
	assert_false(resource_fill_text(res, "healthPort", "1"));
	assert_false(resource_fill_text(res, "noSuchMember", "1"));
	assert_encodes(res, "{\"kind\":\"FelixConfiguration\",\"apiVersion\":\"projectcalico.org/"
			    "v3\",\"metadata\":{},\"spec\":{\"logSeverityScreen\":\"Info\","
			    "\"reportingInterval\":\"0s\",\"bpfLogLevel\":\"\"}}");
}

/* ---- what a reader refuses ---- */

static void test_readers_refuse_what_they_cannot_carry_out(void **state)
{
	static const struct {
		enum kind kind;
		const char *spec, *fault; /* NULL: accepted */
	} cases[] = {
		{ KIND_GLOBAL_NETWORK_POLICY, "{}", NULL },
		{ KIND_GLOBAL_NETWORK_POLICY, "{\"selector\":\"a ==\"}", "Selector" },
		{ KIND_GLOBAL_NETWORK_POLICY, "{\"ingress\":[{\"action\":\"Permit\"}]}",
			"spec.ingress[0].action" },
		{ KIND_GLOBAL_NETWORK_POLICY, "{\"types\":[\"Sideways\"]}", "spec.types[0]" },
		{ KIND_GLOBAL_NETWORK_POLICY, "{\"doNotTrack\":true}", "spec (applyOnForward" },
		/* names are the writer's matter, the nets of rules that of who reads rules */
		{ KIND_GLOBAL_NETWORK_POLICY,
			"{\"ingress\":[{\"action\":\"Allow\",\"source\":{\"nets\":[\"x\"]}}]}",
			NULL },
		{ KIND_GLOBAL_NETWORK_POLICY, "{\"tier\":\"Not_A_Name\"}", NULL },
		{ KIND_IP_POOL, "{\"cidr\":\"10.0.0.0/16\",\"blockSize\":26}", NULL },
		{ KIND_IP_POOL, "{\"cidr\":\"x\"}", "CIDR" },
		{ KIND_TIER, "{\"defaultAction\":\"Deny\"}", NULL },
		{ KIND_TIER, "{\"defaultAction\":\"Log\"}", "DefaultAction" },
		{ KIND_NETWORK_SET, "{\"nets\":[\"10.0.0.1\",\"fd00::/8\"]}", NULL },
		{ KIND_NETWORK_SET, "{\"nets\":[\"10.0.0.256\"]}", "Nets[0]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf json = BUF_INIT;
		_cleanup_(resource_freep) struct resource *res = NULL;
		struct err err = { 0 };

		buf_printf(&json, "{\"metadata\":{\"name\":\"a\"},\"spec\":%s}", cases[i].spec);
		res = decode(cases[i].kind, buf_str(&json));
		print_message("%s: %s\n", cases[i].spec, resource_check(res, &err) ? err.msg : "");
		assert_int_equal(err.code, cases[i].fault ? -EBADMSG : 0);
		assert_true(!cases[i].fault || strstr(err.msg, cases[i].fault));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_of_every_kind_are_equal),
		cmocka_unit_test(test_copies_keep_what_nobody_knows),
		cmocka_unit_test(test_a_copy_is_its_own),
		cmocka_unit_test(test_a_map_stays_sorted),
		cmocka_unit_test(test_stored_policies_are_presented_by_their_name),
		cmocka_unit_test(test_a_broken_name_is_an_error),
		cmocka_unit_test(test_a_tier_label_is_kept),
		cmocka_unit_test(test_what_is_stored_is_presented_again),
		cmocka_unit_test(test_other_kinds_keep_their_names),
		cmocka_unit_test(test_readers_fill_in_pools_and_listed_tiers),
		cmocka_unit_test(test_only_what_is_absent_is_filled),
		cmocka_unit_test(test_readers_refuse_what_they_cannot_carry_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
