/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view in, a plan and BIRD's configuration out; BIRD itself says whether it can read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "bgp/bird.h"
#include "bgp/control.h"
#include "bgp/plan.h"
#include "bgp/view.h"
#include "model/block.h"
#include "model/resource.h"

static bool put(struct view *v, enum kind kind, const char *name, const char *spec)
{
	_cleanup_free_ char *json =
		mem_printf("{\"kind\":\"%s\",\"apiVersion\":\"projectcalico.org/"
			   "v3\",\"metadata\":{\"name\":\"%s\"},\"spec\":%s}",
			kind_name(kind), name, spec);
	_cleanup_(resource_freep) struct resource *res = NULL;
	struct key key = key_resource(kind, NULL, name);
	struct err err = { 0 };

	assert_int_equal(resource_decode(kind, json, strlen(json), &res, &err), 0);
	return view_update(v, &key, res);
}

static bool drop(struct view *v, enum kind kind, const char *name)
{
	struct key key = key_resource(kind, NULL, name);

	return view_update(v, &key, NULL);
}

static struct view *three_nodes(void)
{
	struct view *v = view_new("n2");

	put(v, KIND_NODE, "n2",
		"{\"bgp\":{\"ipv4Address\":\"10.0.0.9/24\",\"ipv6Address\":\"fd00::2/64\"}}");
	put(v, KIND_NODE, "n1", "{\"bgp\":{\"ipv4Address\":\"10.0.0.10/24\",\"asNumber\":65001}}");
	put(v, KIND_NODE, "n3",
		"{\"bgp\":{\"ipv4Address\":\"10.0.0.8/24\",\"ipv6Address\":\"fd00::3/64\"}}");
	put(v, KIND_IP_POOL, "p4", "{\"cidr\":\"192.168.0.0/16\"}");
	put(v, KIND_IP_POOL, "p6", "{\"cidr\":\"fd00:192::/32\",\"disableBGPExport\":true}");
	put(v, KIND_IP_POOL, "vx", "{\"cidr\":\"172.16.0.0/16\",\"vxlanMode\":\"Always\"}");
	return v;
}

static const struct plan_peer *find_peer(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->peers_n; i++)
		if (strcmp(p->peers[i].name, name) == 0)
			return &p->peers[i];
	return NULL;
}

static void test_mesh(void **state)
{
	struct view *v = three_nodes();
	struct plan p = { 0 };

	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_int_equal(p.as, 64512);
	assert_int_equal(p.peers_n, 3);
	/* As texts, "10.0.0.10" is less than "10.0.0.9". */
	assert_false(find_peer(&p, "Mesh_10_0_0_10")->passive);
	assert_int_equal(find_peer(&p, "Mesh_10_0_0_10")->as, 65001);
	assert_false(find_peer(&p, "Mesh_10_0_0_8")->passive);
	assert_true(find_peer(&p, "Mesh_fd00__3")->passive);
	assert_int_equal(p.pools_n, 3);
	plan_done(&p);

	put(v, KIND_NODE, "n3",
		"{\"bgp\":{\"ipv4Address\":\"10.0.0.8/24\","
		"\"routeReflectorClusterID\":\"1.0.0.1\"}}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_int_equal(p.peers_n, 1); /* a reflector is no part of the mesh */
	plan_done(&p);

	put(v, KIND_BGP_CONFIGURATION, "default", "{\"nodeToNodeMeshEnabled\":false}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_int_equal(p.peers_n, 0);
	plan_done(&p);
	view_free(v);
}

static void test_duplicate_address_is_one_session(void **state)
{
	struct view *v = three_nodes();
	struct plan p = { 0 };

	put(v, KIND_NODE, "n4", "{\"bgp\":{\"ipv4Address\":\"10.0.0.8/24\"}}");
	put(v, KIND_NODE, "n5", "{\"bgp\":{\"ipv4Address\":\"10.0.0.9/24\"}}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_int_equal(p.peers_n, 3);
	assert_int_equal(p.warnings.n, 2);
	plan_done(&p);
	view_free(v);
}

static void test_only_what_bgp_sees_is_a_change(void **state)
{
	struct view *v = three_nodes();

	assert_false(put(v, KIND_NODE, "n1",
		"{\"bgp\":{\"ipv4Address\":\"10.0.0.10/24\",\"asNumber\":65001},"
		"\"orchRefs\":[{\"nodeName\":\"x\",\"orchestrator\":\"k8s\"}]}"));
	assert_true(put(v, KIND_NODE, "n1", "{\"bgp\":{\"ipv4Address\":\"10.0.0.10/24\"}}"));
	assert_false(put(v, KIND_IP_POOL, "p4", "{\"cidr\":\"192.168.0.0/16\",\"disabled\":true}"));
	assert_true(drop(v, KIND_IP_POOL, "p4"));
	assert_false(drop(v, KIND_IP_POOL, "p4"));
	view_free(v);
}

static void test_router_id(void **state)
{
	struct view *v = view_new("kube-master");
	struct plan p = { 0 };
	struct err err = { 0 };
	char text[ADDR_TEXT_MAX];

	assert_int_equal(plan_make(v, NULL, &p, &err), PLAN_E_NOT_YET);
	put(v, KIND_NODE, "kube-master", "{\"bgp\":{\"ipv6Address\":\"fd00::1/64\"}}");
	assert_true(plan_make(v, "", &p, &err) < 0);
	assert_non_null(strstr(err.msg, "CALICO_ROUTER_ID"));
	assert_int_equal(plan_make(v, "hash", &p, &err), 0);
	assert_string_equal(addr_format(&p.router_id, text), "25.79.212.8");
	plan_done(&p);
	assert_true(plan_make(v, "fd00::1", &p, &err) < 0);
	view_free(v);
}

static bool affinity(struct view *v, const char *host, const char *cidr, const char *json)
{
	struct key key = { .type = KEY_BLOCK_AFFINITY, .affinity_type = "host", .host = host };
	struct affinity a;
	struct err err = { 0 };

	assert_int_equal(cidr_parse(cidr, &key.cidr), 0);
	if (!json)
		return view_update_affinity(v, &key, NULL);
	assert_int_equal(affinity_decode(json, strlen(json), &a, &err), 0);
	return view_update_affinity(v, &key, &a);
}

#define CONFIRMED "{\"state\":\"confirmed\",\"deleted\":false}"
#define PENDING   "{\"state\":\"pending\",\"deleted\":false}"
#define RELEASING "{\"state\":\"pendingDeletion\",\"deleted\":false}"

static void test_only_own_blocks_count(void **state)
{
	struct view *v = three_nodes();
	const struct view_block *const *blocks;

	assert_false(affinity(v, "n1", "192.168.1.0/26", CONFIRMED));
	assert_false(affinity(v, "n2", "192.168.2.0/26", PENDING));
	assert_int_equal(view_blocks(v, &blocks), 0);
	assert_true(affinity(v, "n2", "192.168.2.0/26", ""));
	assert_false(affinity(v, "n2", "192.168.2.0/26", CONFIRMED));
	assert_true(affinity(v, "n2", "192.168.2.0/26", RELEASING));
	assert_int_equal(view_blocks(v, &blocks), 1);
	assert_true(blocks[0]->releasing);
	assert_true(affinity(v, "n2", "192.168.2.0/26", PENDING));
	assert_false(affinity(v, "n2", "192.168.2.0/26", NULL));
	assert_int_equal(view_blocks(v, &blocks), 0);
	view_free(v);
}

/* The text must be one that BIRD accepts. */
static void check_with_bird(const char *text)
{
	char path[] = "/tmp/bird-test-XXXXXX";
	int fd = mkstemp(path);
	_cleanup_free_ char *command = mem_printf("bird -p -c %s 2>&1", path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (system(command))
		fail_msg("BIRD refuses:\n%s", text);
	unlink(path);
}

static bool read_value(
	struct view *v, enum kind kind, const char *name, const char *json, const char *fault)
{
	struct key key = key_resource(kind, NULL, name);
	struct err err = { 0 };
	bool changed = view_read(v, &key, json, json ? strlen(json) : 0, &err);

	assert_int_equal(err.code != 0, fault != NULL);
	if (fault && !strstr(err.msg, fault))
		fail_msg("%s: %s", json, err.msg);
	return changed;
}

/* A member that cannot be read does not end the sessions of its node. */
static void test_damaged_objects(void **state)
{
	struct view *v = three_nodes();
	struct plan p = { 0 };

	assert_false(read_value(v, KIND_NODE, "n3",
		"{\"metadata\":{\"labels\":{\"a\":1}},\"spec\":{\"bgp\":{\"ipv4Address\":\"10.0.0.8/24\","
		"\"ipv6Address\":\"fd00::3/64\"},\"orchRefs\":7}}",
		"metadata.labels: "));
	assert_true(read_value(v, KIND_NODE, "n3",
		"{\"metadata\":7,\"spec\":{\"bgp\":{\"ipv4Address\":\"10.0.0.7/24\",\"ipv6Address\":"
		"[]}}}",
		"metadata: "));
	assert_true(read_value(v, KIND_BGP_CONFIGURATION, "default",
		"{\"spec\":{\"listenPort\":\"x\",\"asNumber\":64600}}", "spec.listenPort: "));
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_non_null(find_peer(&p, "Mesh_10_0_0_7"));
	assert_null(find_peer(&p, "Mesh_fd00__3"));
	assert_int_equal(p.as, 64600);
	assert_int_equal(p.listen_port, 0);
	plan_done(&p);
	assert_true(read_value(v, KIND_IP_POOL, "p4",
		"{\"spec\":{\"cidr\":\"192.168.0.0/16\",\"disableBGPExport\":7}}",
		"spec.disableBGPExport: ")); /* as if gone: it might have to stay at home */
	assert_true(read_value(v, KIND_NODE, "n3", "no JSON", "invalid character"));
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_null(find_peer(&p, "Mesh_10_0_0_7"));
	plan_done(&p);
	assert_false(read_value(v, KIND_NODE, "n3", NULL, NULL));
	view_free(v);
}

static void test_render(void **state)
{
	struct view *v = three_nodes();
	_cleanup_buf_ struct buf text = BUF_INIT, again = BUF_INIT;
	struct plan p = { 0 };

	put(v, KIND_BGP_CONFIGURATION, "default",
		"{\"listenPort\":1179,\"bindMode\":\"NodeIP\",\"logSeverityScreen\":\"Debug\","
		"\"ignoredInterfaces\":[\"docker*\"],\"nodeMeshMaxRestartTime\":\"1m30s\"}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	bird_render(&p, &text);
	bird_render(&p, &again);
	assert_string_equal(text.data, again.data);
	assert_non_null(strstr(text.data, "if net ~ 192.168.0.0/16 then accept;"));
	assert_non_null(strstr(text.data, "if net ~ fd00:192::/32 then reject;"));
	assert_non_null(strstr(text.data, "if net ~ 172.16.0.0/16 then reject;"));
	assert_non_null(strstr(text.data, "protocol bgp 'Mesh_10_0_0_10' from ebgp4 {"));
	assert_non_null(strstr(text.data, "neighbor fd00::3 port 1179 as 64512;\n\tpassive on;"));
	assert_non_null(strstr(text.data, "graceful restart time 90;"));
	check_with_bird(text.data);
	plan_done(&p);
	view_free(v);
}

static char *rendered(const struct view *v)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct plan p = { 0 };

	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	bird_render(&p, &text);
	plan_done(&p);
	return buf_take(&text);
}

/* What the API refuses can stand in the datastore all the same; BIRD must not read it as its own. */
static void test_no_text_becomes_configuration(void **state)
{
	struct view *v = three_nodes();
	_cleanup_free_ char *text = NULL;
	struct plan p = { 0 };

	put(v, KIND_BGP_CONFIGURATION, "default",
		"{\"ignoredInterfaces\":[\"docker*\",\"x\\\"; } protocol static { route 0.0.0.0/0"
		" blackhole; }\",\"*\",\"\"]}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	assert_int_equal(p.ignored_interfaces.n, 1);
	assert_int_equal(p.warnings.n, 3);
	assert_non_null(strstr(p.warnings.v[0], "ignoredInterfaces: 'x\"; } protocol"));
	plan_done(&p);
	text = rendered(v);
	assert_null(strstr(text, "0.0.0.0/0 blackhole"));
	assert_non_null(strstr(text, "interface -\"docker*\", -\"cali*\""));
	check_with_bird(text);
	view_free(v);
}

static void test_render_blocks(void **state)
{
	struct view *v = three_nodes();
	_cleanup_free_ char *text = NULL;

	affinity(v, "n2", "192.168.2.64/26", CONFIRMED);
	affinity(v, "n2", "192.168.2.0/26", CONFIRMED);
	affinity(v, "n2", "192.168.3.1/32", CONFIRMED);
	affinity(v, "n2", "192.168.4.0/26", RELEASING);
	affinity(v, "n2", "192.168.5.0/26", PENDING);
	affinity(v, "n2", "fd00:192::40/122", CONFIRMED);
	text = rendered(v);
	assert_non_null(strstr(text, "protocol static static_blocks4 {\n\tipv4;\n"
				     "\troute 192.168.2.0/26 blackhole;\n"
				     "\troute 192.168.2.64/26 blackhole;\n"
				     "\troute 192.168.4.0/26 blackhole;\n}\n"));
	assert_non_null(strstr(text, "protocol static static_blocks6 {\n\tipv6;\n"
				     "\troute fd00:192::40/122 blackhole;\n}\n"));
	assert_non_null(strstr(text, "if net = 192.168.2.0/26 then accept;"));
	assert_non_null(strstr(text, "(net ~ fd00:192::40/122) then {"));
	assert_non_null(strstr(text, "if net = 192.168.3.1/32 then accept;"));
	assert_null(strstr(text, "net ~ 192.168.3.1/32"));
	assert_null(strstr(text, "net = 192.168.4.0/26")); /* its addresses go one by one */
	assert_null(strstr(text, "192.168.5.0/26"));
	/* A pool that is not exported comes first, other pools last. */
	assert_true(strstr(text, "if net ~ fd00:192::/32 then reject;") <
		    strstr(text, "own_blocks(usual);"));
	assert_true(strstr(text, "own_blocks(usual);") <
		    strstr(text, "if net ~ 192.168.0.0/16 then accept;"));
	check_with_bird(text);
	view_free(v);
}

static void test_render_without_peers_and_pools(void **state)
{
	struct view *v = view_new("alone");
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct plan p = { 0 };

	put(v, KIND_NODE, "alone", "{\"bgp\":{\"ipv4Address\":\"10.0.0.1/24\"}}");
	assert_int_equal(plan_make(v, NULL, &p, NULL), 0);
	bird_render(&p, &text);
	check_with_bird(text.data);
	plan_done(&p);
	view_free(v);
}

static const struct reply_case {
	const char *received;
	bool whole;
	int code;
	const char *text;
} replies[] = {
	{ "", false, 0, "" },
	{ "0001 BIRD 2.0.12 ready.", false, 0, "" },
	{ "0001 BIRD 2.0.12 ready.\n", true, 1, "BIRD 2.0.12 ready.\n" },
	{ "0002-Reading configuration from /x\n0003 Reconfigured\n", true, 3,
		"Reading configuration from /x\nReconfigured\n" },
	{ "0002-Reading\n8002 /x:3:4 syntax error\n", true, 8002,
		"Reading\n/x:3:4 syntax error\n" },
	{ "1002-a\n more of a\n", false, 0, "a\n more of a\n" },
	{ "nonsense\n0000 \n", true, 0, "nonsense\n\n" },
};

static void test_replies(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		int code = 0;

		assert_int_equal(
			control_parse(replies[i].received, &code, &text), replies[i].whole);
		assert_int_equal(code, replies[i].code);
		assert_string_equal(buf_str(&text), replies[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mesh),
		cmocka_unit_test(test_duplicate_address_is_one_session),
		cmocka_unit_test(test_only_what_bgp_sees_is_a_change),
		cmocka_unit_test(test_router_id),
		cmocka_unit_test(test_only_own_blocks_count),
		cmocka_unit_test(test_damaged_objects),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_no_text_becomes_configuration),
		cmocka_unit_test(test_render_blocks),
		cmocka_unit_test(test_render_without_peers_and_pools),
		cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
