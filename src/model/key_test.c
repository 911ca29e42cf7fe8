/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key_test.c - keys and their paths, in both directions. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/key.h"

#define V3   "/calico/resources/v3/projectcalico.org/"
#define IPAM "/calico/ipam/v2/"

/* ---- paths that stand in the reference ---- */

static const struct {
	const char *path, *described;
} known[] = {
	{ V3 "tiers/default", "Tier(default)" },
	{ V3 "networkpolicies/shop/default.web", "NetworkPolicy(shop/default.web)" },
	{ IPAM "assignment/ipv4/block/10.0.0.64-26", "BlockKey(cidr=10.0.0.64/26)" },
	{ IPAM "assignment/ipv6/block/fd20:0:0:ab::-120", "BlockKey(cidr=fd20:0:0:ab::/120)" },
	{ IPAM "host/crane-01/ipv4/block/10.60.0.0-30",
		"BlockAffinityKey(cidr=10.60.0.0/30, host=crane-01, affinityType=host)" },
	{ IPAM "virtual/lb/ipv4/block/10.60.0.0-30",
		"BlockAffinityKey(cidr=10.60.0.0/30, host=lb, affinityType=virtual)" },
	{ IPAM "handle/net.web0", "IPAMHandleKey(id=net.web0)" },
	{ IPAM "config", "IPAMConfigKey()" },
	{ IPAM "host/n1", "IPAMHostKey(host=n1)" },
	{ "/calico/felix/v2/no-region/host/n1/status", "Status(region=no-region, host=n1)" },
	{ "/calico/felix/v2/region-x/host/n1/last_reported_status",
		"Status(region=region-x, host=n1)" },
	{ "/calico/felix/v2/no-region/host/n1/workload/k8s/ns%2fpod%25/endpoint/eth0",
		"WorkloadEndpointStatus(region=no-region, host=n1, orchestrator=k8s, "
		"workload=ns/pod%, endpoint=eth0)" },
	{ "/calico/felix/v1/host/n1/endpoint/a%2f", "HostEndpointStatus(host=n1, name=a%2f)" },
};

static void test_known_paths(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		_cleanup_buf_ struct buf path = BUF_INIT, text = BUF_INIT;
		struct key key;

		assert_int_equal(key_parse(known[i].path, strlen(known[i].path), &arena, &key), 0);
		assert_int_equal(key_format(&key, &path), 0);
		assert_string_equal(buf_str(&path), known[i].path);
		key_describe(&key, &text);
		assert_string_equal(buf_str(&text), known[i].described);
	}
}

static void test_what_is_none_of_ours_is_refused(void **state)
{
	static const char *const paths[] = { "", "/", "/calico", V3, V3 "tiers", V3 "tiers/",
		V3 "tiers/a/b", V3 "networkpolicies/a", V3 "Tiers/a", V3 "unknown/a", V3 "tiers//a",
		"calico/ipam/v2/config", IPAM "config/", IPAM "configs", IPAM "host",
		IPAM "assignment/ipv6/block/10.0.0.0-26", IPAM "assignment/ipv4/block/10.0.0.0",
		IPAM "assignment/ipv4/block/10.0.0.0-33", IPAM "assignment/ipv5/block/10.0.0.0-26",
		IPAM "other/n1/ipv4/block/10.0.0.0-26",
		"/calico/felix/v2/no-region/host/n1/status/x",
		"/calico/felix/v2/no-region/host/n1/workload/k8s/ns/pod/endpoint/eth0" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		struct key key;

		if (key_parse(paths[i], strlen(paths[i]), &arena, &key) != -EINVAL)
			fail_msg("%s", paths[i]);
	}
}

static void test_a_nul_is_no_path(void **state)
{
	static const char path[] = IPAM "handle/a\0b";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct key key;

	assert_int_equal(key_parse(path, sizeof(path) - 1, &arena, &key), -EINVAL);
}

/* ---- random keys ---- */

/* One or more characters; with slashes where the path escapes them. */
static const char *random_text(struct rng *rng, struct arena *arena, bool escaped)
{
	static const char characters[] = "a-.%2fF5_:\xc3\xa9/";
	size_t n = 1 + rng_below(rng, 12);
	char *text = arena_alloc(arena, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = characters[rng_below(rng, sizeof(characters) - (escaped ? 1 : 2))];
	return text;
}

static struct cidr random_cidr(struct rng *rng)
{
	struct cidr c = { .addr.family = rng_one_in(rng, 2) ? 4 : 6 };

	for (size_t i = 0; i < (c.addr.family == 4 ? 4 : 16); i++)
		c.addr.bytes[i] = (uint8_t)rng_next(rng);
	c.len = (uint8_t)rng_below(rng, c.addr.family == 4 ? 33 : 129);
	return cidr_mask(&c);
}

static struct key random_key(struct rng *rng, struct arena *arena)
{
	struct key k = { .type = (enum key_type)(1 + rng_below(rng, KEY_HOST_ENDPOINT_STATUS)) };
	bool region = k.type == KEY_FELIX_STATUS || k.type == KEY_FELIX_LAST_STATUS ||
		      k.type == KEY_WORKLOAD_STATUS;

	if (k.type == KEY_RESOURCE)
		k.kind = (enum kind)(1 + rng_below(rng, KIND_N - 1));
	if (k.type == KEY_RESOURCE && kind_namespaced(k.kind))
		k.ns = random_text(rng, arena, false);
	if (k.type == KEY_RESOURCE || k.type == KEY_IPAM_HANDLE)
		k.name = random_text(rng, arena, false);
	if (k.type == KEY_BLOCK || k.type == KEY_BLOCK_AFFINITY)
		k.cidr = random_cidr(rng);
	if (k.type == KEY_BLOCK_AFFINITY)
		k.affinity_type = rng_one_in(rng, 2) ? "host" : "virtual";
	if (k.type == KEY_BLOCK_AFFINITY || k.type == KEY_IPAM_HOST || region ||
		k.type == KEY_HOST_ENDPOINT_STATUS)
		k.host = random_text(rng, arena, false);
	if (region)
		k.region = random_text(rng, arena, false);
	if (k.type == KEY_WORKLOAD_STATUS) {
		k.orchestrator = random_text(rng, arena, true);
		k.workload = random_text(rng, arena, true);
	}
	if (k.type == KEY_WORKLOAD_STATUS || k.type == KEY_HOST_ENDPOINT_STATUS)
		k.endpoint = random_text(rng, arena, k.type == KEY_WORKLOAD_STATUS);
	return k;
}

static void check_ranges(const struct key *k, const char *path)
{
	struct key_range range = { .type = k->type, .kind = k->kind };

	for (int narrow = 0; narrow < 2; narrow++) {
		_cleanup_buf_ struct buf prefix = BUF_INIT;

		if (narrow)
			range = (struct key_range){ .type = k->type,
				.kind = k->kind,
				.ns = k->ns,
				.host = k->host,
				.region = k->region,
				.affinity_type = k->affinity_type,
				.family = k->cidr.addr.family };
		else
			range.affinity_type = k->affinity_type;
		assert_int_equal(key_range_format(&range, &prefix), 0);
		if (!str_starts(path, buf_str(&prefix)))
			fail_msg("%s is not below %s", path, buf_str(&prefix));
	}
}

static void test_random_keys_round_trip(void **state)
{
	struct rng rng = test_rng();

	for (int i = 0; i < 20000; i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		_cleanup_buf_ struct buf path = BUF_INIT, other_path = BUF_INIT;
		struct key key = random_key(&rng, &arena), again, copy, other;

		assert_int_equal(key_format(&key, &path), 0);
		if (key_parse(path.data, path.len, &arena, &again))
			fail_msg("%s", buf_str(&path));
		copy = key_copy(&key, &arena);
		assert_true(key_eq(&key, &again));
		assert_true(key_eq(&key, &copy));
		assert_int_equal(key_hash(&key), key_hash(&again));
		check_ranges(&key, buf_str(&path));
		other = random_key(&rng, &arena);
		assert_int_equal(key_format(&other, &other_path), 0);
		assert_int_equal(
			key_eq(&key, &other), str_eq(buf_str(&path), buf_str(&other_path)));
	}
}

static void test_a_key_without_its_parts_has_no_path(void **state)
{
	static const struct key keys[] = {
		{ .type = KEY_NONE },
		{ .type = KEY_RESOURCE, .name = "a" },
		{ .type = KEY_RESOURCE, .kind = KIND_TIER },
		{ .type = KEY_RESOURCE, .kind = KIND_TIER, .name = "" },
		{ .type = KEY_RESOURCE, .kind = KIND_TIER, .name = "a/b" },
		{ .type = KEY_RESOURCE, .kind = KIND_NETWORK_POLICY, .name = "a" },
		{ .type = KEY_BLOCK },
		{ .type = KEY_IPAM_HOST },
		{ .type = KEY_FELIX_STATUS, .host = "n1" },
		{ .type = KEY_HOST_ENDPOINT_STATUS, .host = "n1", .endpoint = "a/b" },
	};
	_cleanup_buf_ struct buf out = BUF_INIT;

	buf_puts(&out, "before");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(key_format(&keys[i], &out), -EINVAL);
		assert_string_equal(buf_str(&out), "before");
	}
}

static void test_a_path_holds_the_network(void **state)
{
	struct key key = { .type = KEY_BLOCK };
	_cleanup_buf_ struct buf path = BUF_INIT;

	assert_int_equal(cidr_parse("10.0.0.77/26", &key.cidr), 0);
	assert_int_equal(key_format(&key, &path), 0);
	assert_string_equal(buf_str(&path), IPAM "assignment/ipv4/block/10.0.0.64-26");
}

/* ---- ranges ---- */

static void test_ranges_end_where_they_are_open(void **state)
{
	static const struct {
		struct key_range range;
		const char *prefix;
	} cases[] = {
		{ { .type = KEY_RESOURCE, .kind = KIND_TIER }, V3 "tiers/" },
		{ { .type = KEY_RESOURCE, .kind = KIND_NETWORK_POLICY }, V3 "networkpolicies/" },
		{ { .type = KEY_RESOURCE, .kind = KIND_NETWORK_POLICY, .ns = "a" },
			V3 "networkpolicies/a/" },
		{ { .type = KEY_RESOURCE,
			  .kind = KIND_WORKLOAD_ENDPOINT,
			  .ns = "a",
			  .name_prefix = "n1-k8s-" },
			V3 "workloadendpoints/a/n1-k8s-" },
		{ { .type = KEY_BLOCK }, IPAM "assignment/" },
		{ { .type = KEY_BLOCK, .family = 6 }, IPAM "assignment/ipv6/block/" },
		{ { .type = KEY_BLOCK_AFFINITY, .host = "n1" }, IPAM "host/n1/" },
		{ { .type = KEY_BLOCK_AFFINITY, .host = "n1", .family = 4 },
			IPAM "host/n1/ipv4/block/" },
		{ { .type = KEY_WORKLOAD_STATUS, .region = "no-region", .host = "n1" },
			"/calico/felix/v2/no-region/host/n1/workload/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		assert_int_equal(key_range_format(&cases[i].range, &out), 0);
		assert_string_equal(buf_str(&out), cases[i].prefix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_paths),
		cmocka_unit_test(test_what_is_none_of_ours_is_refused),
		cmocka_unit_test(test_a_nul_is_no_path),
		cmocka_unit_test(test_random_keys_round_trip),
		cmocka_unit_test(test_a_key_without_its_parts_has_no_path),
		cmocka_unit_test(test_a_path_holds_the_network),
		cmocka_unit_test(test_ranges_end_where_they_are_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
