/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random objects come, change and go; after each flush the outcome is that of a graph which never
 * saw anything else. A small vocabulary makes everything meet. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "replica_testing.h"

#define PATH "/calico/resources/v3/projectcalico.org/"

static const char *pick(struct rng *r, const char *const *v, size_t n)
{
	return v[rng_below(r, n)];
}
#define PICK(r, ...)                                    \
	pick((r), (const char *const[]){ __VA_ARGS__ }, \
		ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static const char *selector(struct rng *r)
{
	return PICK(r, "app == 'a'", "app == 'b'", "role == 'x'", "app in {'a','c'}", "has(role)",
		"!has(role)", "app != 'a'", "all()", "app == 'a' && role == 'y'",
		"app == 'b' || team == 'red'", "team == 'red'",
		"projectcalico.org/namespace == 'alpha'", "broken ==");
}

static void put_labels(struct rng *r, struct buf *out, const char *prefix)
{
	const char *sep = "";

	buf_puts(out, "{");
	for (size_t i = 0; i < 3; i++)
		if (rng_one_in(r, 2)) {
			buf_printf(out, "%s\"%s%s\":\"%s\"", sep, prefix,
				(const char *const[]){ "app", "role", "team" }[i],
				PICK(r, "a", "b", "c", "x", "y", "red"));
			sep = ",";
		}
	buf_puts(out, "}");
}

/* Now and then with an element of a wrong type. */
static void put_list(struct rng *r, struct buf *out, const char *(*one)(struct rng *r))
{
	size_t n = rng_below(r, 4);

	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i ? "," : "");
		if (rng_one_in(r, 20))
			buf_puts(out, PICK(r, "7", "[\"a\"]", "{}", "null"));
		else
			buf_printf(out, "\"%s\"", one(r));
	}
	buf_puts(out, "]");
}

static const char *address(struct rng *r)
{
	return PICK(r, "10.0.0.1/32", "10.0.0.2/32", "10.0.0.3", "10.0.1.1/32", "fd00::1/128",
		"fd00::2/128");
}

static const char *net(struct rng *r)
{
	return PICK(r, "10.0.0.0/24", "10.0.0.0/30", "10.0.0.1/32", "10.0.0.0/8", "0.0.0.0/0",
		"0.0.0.0/1", "fd00::/64", "fd00::1", "::/0", "nonsense");
}

static const char *profile(struct rng *r)
{
	return PICK(r, "kns.alpha", "kns.beta", "one", "two", "projectcalico-default-allow");
}

static void put_workload(struct rng *r, struct buf *out)
{
	buf_puts(out, "{\"metadata\":{\"labels\":");
	put_labels(r, out, "");
	buf_puts(out, "},\"spec\":{\"interfaceName\":\"");
	buf_puts(out, rng_one_in(r, 20) ? "" : "cali1");
	buf_puts(out, "\",\"ipNetworks\":");
	put_list(r, out, address);
	buf_puts(out, ",\"profiles\":");
	put_list(r, out, profile);
	if (rng_one_in(r, 3))
		buf_printf(out, ",\"ports\":[{\"name\":\"%s\",\"protocol\":\"%s\",\"port\":%d}]",
			PICK(r, "http", "dns"), PICK(r, "TCP", "UDP"), 80 + (int)rng_below(r, 2));
	if (rng_one_in(r, 8))
		buf_puts(out, ",\"serviceAccountName\":\"sa\"");
	buf_puts(out, "}}");
}

static void put_host_endpoint(struct rng *r, struct buf *out)
{
	buf_puts(out, "{\"metadata\":{\"labels\":");
	put_labels(r, out, "");
	buf_printf(out, "},\"spec\":{\"node\":\"%s\",\"interfaceName\":\"eth0\",\"expectedIPs\":",
		PICK(r, "h1", "h2"));
	put_list(r, out, address);
	buf_puts(out, "}}");
}

static void put_network_set(struct rng *r, struct buf *out)
{
	buf_puts(out, "{\"metadata\":{\"labels\":");
	put_labels(r, out, "");
	buf_puts(out, "},\"spec\":{\"nets\":");
	put_list(r, out, net);
	buf_puts(out, "}}");
}

static void put_side(struct rng *r, struct buf *out)
{
	const char *sep = "";

	buf_puts(out, "{");
	if (rng_one_in(r, 2)) {
		buf_printf(out, "\"selector\":\"%s\"", selector(r));
		sep = ",";
	}
	if (rng_one_in(r, 4)) {
		buf_printf(out, "%s\"notSelector\":\"%s\"", sep, selector(r));
		sep = ",";
	}
	if (rng_one_in(r, 6)) {
		buf_printf(out, "%s\"namespaceSelector\":\"%s\"", sep,
			PICK(r, "all()", "team == 'red'", "global()"));
		sep = ",";
	}
	if (rng_one_in(r, 4)) {
		buf_printf(
			out, "%s\"ports\":[%s]", sep, PICK(r, "80", "\"http\"", "\"dns\",\"1:9\""));
		sep = ",";
	}
	if (rng_one_in(r, 20))
		buf_printf(out, "%s\"services\":{\"name\":\"s\"}", sep);
	buf_puts(out, "}");
}

static void put_rules(struct rng *r, struct buf *out)
{
	size_t n = rng_below(r, 3);

	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s{\"action\":\"%s\"", i ? "," : "",
			PICK(r, "Allow", "Allow", "Allow", "Deny", "Pass", "Log", "allow"));
		buf_printf(out, ",\"protocol\":\"%s\",\"source\":", PICK(r, "TCP", "UDP"));
		put_side(r, out);
		buf_puts(out, ",\"destination\":");
		put_side(r, out);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

static void put_policy(struct rng *r, struct buf *out)
{
	buf_printf(out, "{\"spec\":{\"tier\":\"%s\",", PICK(r, "default", "sec", ""));
	if (rng_one_in(r, 12))
		buf_puts(out, "\"selector\":7,\"ingress\":");
	else
		buf_printf(out, "\"selector\":\"%s\",\"ingress\":", selector(r));
	put_rules(r, out);
	buf_puts(out, ",\"egress\":");
	put_rules(r, out);
	if (rng_one_in(r, 2))
		buf_printf(out, ",\"order\":%s", PICK(r, "0", "1", "2", "\"2\""));
	if (rng_one_in(r, 2))
		buf_printf(out, ",\"types\":[\"%s\"]", PICK(r, "Ingress", "Egress", "Sideways"));
	if (rng_one_in(r, 6))
		buf_printf(out, ",\"serviceAccountSelector\":\"%s\"",
			PICK(r, "all()", "team == 'red'"));
	if (rng_one_in(r, 6))
		buf_printf(out, ",\"namespaceSelector\":\"%s\"", PICK(r, "all()", "team == 'red'"));
	if (rng_one_in(r, 8))
		buf_puts(out, ",\"performanceHints\":[\"AssumeNeededOnEveryNode\"]");
	if (rng_one_in(r, 10))
		buf_puts(out, ",\"doNotTrack\":true,\"applyOnForward\":true");
	buf_puts(out, "}}");
}

static void put_profile(struct rng *r, struct buf *out)
{
	buf_puts(out, "{\"spec\":{\"ingress\":");
	put_rules(r, out);
	buf_puts(out, ",\"labelsToApply\":");
	put_labels(r, out, rng_one_in(r, 2) ? "pcns." : "");
	buf_puts(out, "}}");
}

static void put_tier(struct rng *r, struct buf *out)
{
	buf_printf(out, "{\"spec\":{\"order\":%d,\"defaultAction\":\"%s\"}}", (int)rng_below(r, 3),
		PICK(r, "Deny", "Pass"));
}

static void put_pool(struct rng *r, struct buf *out)
{
	buf_printf(out, "{\"spec\":{\"cidr\":\"%s\",\"%s\":\"%s\",\"natOutgoing\":%s}}",
		PICK(r, "10.0.0.0/16", "10.0.0.0/24", "10.2.0.0/16", "fd00::/64"),
		PICK(r, "ipipMode", "vxlanMode"), PICK(r, "Always", "CrossSubnet", "Never"),
		PICK(r, "true", "false"));
}

static void put_node(struct rng *r, struct buf *out)
{
	buf_printf(out,
		"{\"spec\":{\"bgp\":{\"ipv4Address\":\"%s\",\"ipv4IPIPTunnelAddr\":\"%s\"},"
		"\"ipv6VXLANTunnelAddr\":\"%s\",\"ipv4VXLANTunnelAddr\":\"%s\"}}",
		PICK(r, "192.0.2.1/24", "192.0.3.2/24", "192.0.3.3/23", "10.0.0.1/24", "bad"),
		PICK(r, "10.0.0.2", "10.0.0.9", ""), PICK(r, "fd00::1", "fd00::9", ""),
		PICK(r, "10.0.0.2", "10.0.0.8", ""));
}

static void put_block(struct rng *r, struct buf *out, const char *cidr)
{
	size_t n = rng_below(r, 6);

	buf_printf(out, "{\"cidr\":\"%s\",\"affinity\":%s,\"allocations\":[", cidr,
		PICK(r, "\"host:h1\"", "\"host:h2\"", "null", "\"virtual:load-balancer\""));
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? "," : "", PICK(r, "null", "0", "1", "2", "3"));
	buf_puts(out, "],\"unallocated\":[],\"attributes\":["
		      "{\"handle_id\":\"a\",\"secondary\":{\"node\":\"h1\"}},"
		      "{\"handle_id\":\"b\",\"secondary\":{\"node\":\"h2\"}},"
		      "{\"releasedAt\":\"2026-01-01T00:00:00Z\"}");
	buf_puts(out, rng_one_in(r, 8) ? ",{\"handle_id\":\"d\"}]}" : "]}");
}

static const struct {
	const char *kind;
	const char *names[6];
	void (*put)(struct rng *r, struct buf *out);
} kinds[] = {
	{ "workloadendpoints",
		{ "alpha/h1-k8s-a-eth0", "alpha/h1-k8s-b-eth0", "beta/h1-k8s-a-eth0",
			"alpha/h2-k8s-c-eth0", "beta/h2-k8s-d-eth0", "beta/badname" },
		put_workload },
	{ "workloadendpoints",
		{ "alpha/h1-k8s-a-eth0", "alpha/h1-k8s-b-eth0", "beta/h2-k8s-e-eth0",
			"beta/h2-k8s-f-eth0", "beta/h3-k8s-g-eth0", "beta/h3-k8s-h-eth0" },
		put_workload },
	{ "hostendpoints", { "he1", "he2", "he1", "he2", "he1", "he2" }, put_host_endpoint },
	{ "networksets", { "alpha/n", "beta/n", "alpha/m", "beta/m", "alpha/n", "alpha/m" },
		put_network_set },
	{ "globalnetworksets", { "n", "m", "o", "n", "m", "o" }, put_network_set },
	{ "networkpolicies", { "alpha/p", "alpha/q", "beta/p", "beta/q", "alpha/p", "beta/p" },
		put_policy },
	{ "globalnetworkpolicies", { "p", "q", "r", "s", "t", "u" }, put_policy },
	{ "globalnetworkpolicies", { "p", "q", "r", "s", "t", "u" }, put_policy },
	{ "stagedglobalnetworkpolicies", { "p", "q", "p", "q", "p", "q" }, put_policy },
	{ "profiles",
		{ "kns.alpha", "kns.beta", "one", "two", "ksa.alpha.sa",
			"projectcalico-default-allow" },
		put_profile },
	{ "tiers", { "default", "sec", "other", "default", "sec", "sec" }, put_tier },
	{ "ippools", { "a", "b", "c", "a", "b", "c" }, put_pool },
	{ "nodes", { "h1", "h2", "h3", "h1", "h2", "h3" }, put_node },
};

static const char *const blocks[] = { "10.0.0.0/26", "10.0.0.0/30", "10.0.0.1/32", "10.0.1.0/26",
	"fd00::/122", "fd00::/126" };

struct run {
	struct calc *calc;
	struct replica replica;
	json_t *problems; /* subject -> reason */
};

static void on_output(void *ctx, const Felix__ToDataplane *msg)
{
	replica_message(&((struct run *)ctx)->replica, msg);
}

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	struct run *run = ctx;

	if (reason)
		json_object_set_new(run->problems, subject, json_string(reason));
	else
		assert_int_equal(json_object_del(run->problems, subject), 0);
}

static void run_init(struct run *run, bool suppress)
{
	struct calc_config config = { .hostname = "h1",
		.suppress_covered_members = suppress,
		.ipip_routes = true,
		.routes_from_workloads = !suppress };

	run->problems = json_object();
	replica_init(&run->replica);
	run->calc = calc_new(&config, on_output, on_problem, run);
}

static void run_done(struct run *run)
{
	calc_free(run->calc);
	replica_done(&run->replica);
	json_decref(run->problems);
}

static void random_block(struct rng *r, struct run *run, json_t *world)
{
	const char *cidr = pick(r, blocks, ARRAY_SIZE(blocks));
	_cleanup_free_ char *key = mem_printf("/calico/ipam/v2/assignment/ipv%d/block/%s",
		strchr(cidr, ':') ? 6 : 4, cidr);
	_cleanup_buf_ struct buf value = BUF_INIT;

	*strrchr(key, '/') = '-';
	if (rng_one_in(r, 4)) {
		feed(run->calc, key, NULL);
		json_object_del(world, key);
		return;
	}
	put_block(r, &value, rng_one_in(r, 30) ? "10.9.0.0/26" : cidr);
	feed(run->calc, key, buf_str(&value));
	json_object_set_new(world, key, json_string(buf_str(&value)));
}

static void random_change(struct rng *r, struct run *run, json_t *world)
{
	size_t k = rng_below(r, ARRAY_SIZE(kinds));
	_cleanup_free_ char *key =
		mem_printf(PATH "%s/%s", kinds[k].kind, pick(r, kinds[k].names, 6));
	_cleanup_buf_ struct buf value = BUF_INIT;

	if (rng_one_in(r, 5)) {
		random_block(r, run, world);
		return;
	}
	if (rng_one_in(r, 3)) {
		feed(run->calc, key, NULL);
		json_object_del(world, key);
		return;
	}
	if (rng_one_in(r, 30))
		buf_puts(&value, "no json");
	else
		kinds[k].put(r, &value);
	feed(run->calc, key, buf_str(&value));
	json_object_set_new(world, key, json_string(buf_str(&value)));
}

/* In another order too. */
static void feed_world(struct run *run, json_t *world, struct rng *r)
{
	size_t n = json_object_size(world), i = 0;
	const char **keys = mem_new_n(const char *, n), *key;
	json_t *value;

	json_object_foreach(world, key, value)
		keys[i++] = key;
	for (; n; n--) {
		size_t at = rng_below(r, n);
		feed(run->calc, keys[at], json_string_value(json_object_get(world, keys[at])));
		keys[at] = keys[n - 1];
	}
	free(keys);
}

static void assert_as_from_nothing(struct run *run, json_t *world, bool suppress, struct rng *r)
{
	struct run fresh;

	run_init(&fresh, suppress);
	feed_world(&fresh, world, r);
	calc_in_sync(fresh.calc);
	calc_flush(fresh.calc);
	assert_replicas_equal(&run->replica, &fresh.replica, NULL, NULL, "from nothing");
	if (!json_equal(run->problems, fresh.problems)) {
		print_error("got  %s\nwant %s\n", json_dumps(run->problems, JSON_SORT_KEYS),
			json_dumps(fresh.problems, JSON_SORT_KEYS));
		fail();
	}
	run_done(&fresh);
}

static void count_size(void *ctx, const char *index, size_t size)
{
	if (size)
		print_error("index %s still has %zu\n", index, size);
	*(size_t *)ctx += size;
}

static void remove_all(struct run *run, json_t *world)
{
	size_t left = 0;
	const char *key;
	json_t *value;

	json_object_foreach(world, key, value)
		feed(run->calc, key, NULL);
	calc_flush(run->calc);
	assert_replica_empty(&run->replica);
	assert_int_equal(json_object_size(run->problems), 0);
	calc_sizes(run->calc, count_size, &left);
	assert_int_equal(left, 0);
}

static void one_history(struct rng *r)
{
	bool suppress = !rng_one_in(r, 4);
	unsigned batch = 1 + (unsigned)rng_below(r, 8);
	json_t *world = json_object();
	struct run run;

	run_init(&run, suppress);
	calc_in_sync(run.calc);
	for (int step = 0; step < 300; step++) {
		random_change(r, &run, world);
		if (!rng_one_in(r, batch))
			continue;
		calc_flush(run.calc);
		if (rng_one_in(r, 4))
			assert_as_from_nothing(&run, world, suppress, r);
	}
	calc_flush(run.calc);
	assert_as_from_nothing(&run, world, suppress, r);
	remove_all(&run, world);
	run_done(&run);
	json_decref(world);
}

static void equals_a_graph_from_nothing(void **state)
{
	const char *given = getenv("ROUNDS");
	int rounds = given ? atoi(given) : 15;
	struct rng r = test_rng();

	for (int round = 0; round < rounds; round++)
		one_history(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_a_graph_from_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
