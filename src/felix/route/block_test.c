/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blackholes for the blocks of this host, against the kernel. Each case runs with both families. */
#include "testing.h"

#define LOCAL  FELIX__ROUTE_TYPE__LOCAL_WORKLOAD
#define REMOTE FELIX__ROUTE_TYPE__REMOTE_WORKLOAD

#define HOLE4 "blackhole 10.65.0.0/26 proto 80 scope global\n"
#define HOLE6 "blackhole fd00:65::/122 dev lo proto 80 scope global metric 1024\n"

static void send_block(struct fixture *f, const char *dst, const char *node, uint32_t types,
	Felix__IPPoolType pool)
{
	test_send_route(dst, node, types, pool, hand_over, f);
}

static void send_blocks(struct fixture *f, const char *node, uint32_t types, Felix__IPPoolType pool)
{
	send_block(f, "10.65.0.0/26", node, types, pool);
	send_block(f, "fd00:65::/122", node, types, pool);
}

static void remove_blocks(struct fixture *f)
{
	test_send_route_remove("10.65.0.0/26", hand_over, f);
	test_send_route_remove("fd00:65::/122", hand_over, f);
}

static void own_blocks_are_blackholes(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, HOLE4 HOLE6);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, HOLE4 ROUTE4("cali1") ROUTE6("cali1") HOLE6);
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, HOLE4 HOLE6);
	remove_blocks(f);
	expect_routes(f, "");
	assert_int_equal(f->problems.len, 0);
}

static void a_block_that_leaves_us_is_none(void **state)
{
	struct fixture *f = *state;

	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	run(f);
	send_blocks(f, "h2", REMOTE, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, "");
	send_blocks(f, HOST, LOCAL | REMOTE, FELIX__IPPOOL_TYPE__VXLAN); /* inside another's */
	expect_routes(f, HOLE4 HOLE6);
	send_blocks(f, "h2", LOCAL | REMOTE, FELIX__IPPOOL_TYPE__VXLAN); /* another's inside ours */
	expect_routes(f, "");
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, HOLE4 HOLE6);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__NONE); /* its pool is gone */
	expect_routes(f, "");
}

static void who_makes_the_routes_of_a_pool_makes_its_blackholes(void **state)
{
	static const struct {
		Felix__IPPoolType pool;
		bool ipip, no_encap, made;
	} cases[] = {
		{ FELIX__IPPOOL_TYPE__VXLAN, false, false, true },
		{ FELIX__IPPOOL_TYPE__IPIP, true, false, true },
		{ FELIX__IPPOOL_TYPE__IPIP, false, true, false },
		{ FELIX__IPPOOL_TYPE__NO_ENCAP, false, true, true },
		{ FELIX__IPPOOL_TYPE__NO_ENCAP, true, false, false },
		{ FELIX__IPPOOL_TYPE__NONE, true, true, false }, /* its pool is gone */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		f->config.ipip_routes = cases[i].ipip;
		f->config.no_encap_routes = cases[i].no_encap;
		start(f);
		send_blocks(f, HOST, LOCAL, cases[i].pool);
		expect_routes(f, cases[i].made ? HOLE4 HOLE6 : "");
		remove_blocks(f);
		expect_routes(f, "");
		stop(f);
	}
}

/* felix.md T76 */
static void a_block_that_goes_ends_no_connections(void **state)
{
	struct fixture *f = *state;
	uint64_t forgotten;

	test_add_veth("cali1", "p1");
	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	ENDPOINT("w", "cali1", "10.65.0.0/32", "fd00:65::/128"); /* the block's first address */
	run(f);
	forgotten = route_counters(f->route).forgotten;
	remove_blocks(f);
	expect_routes(f, "10.65.0.0 dev cali1 proto boot scope link metric 1024\n"
			 "fd00:65:: dev cali1 proto boot scope global metric 1024\n");
	assert_int_equal(route_counters(f->route).forgotten, forgotten);
}

static void one_address_is_no_blackhole(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	run(f);
	send_block(f, "10.65.0.2/32", HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	send_block(f, "fd00:65::2/128", HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, "");
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, "");
	run(f);
	test_send_route_remove("10.65.0.9/32", hand_over, f); /* nothing of ours; one more walk */
	expect_routes(f, "");
}

/* In IPv6 the two routes have one key. */
static void an_endpoint_has_all_of_its_block(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, HOLE4 HOLE6);
	ENDPOINT("w", "cali1", "10.65.0.0/26", "fd00:65::/122");
	expect_routes(f, "10.65.0.0/26 dev cali1 proto boot scope link metric 1024\n"
			 "fd00:65::/122 dev cali1 proto boot scope global metric 1024\n");
	test_run("ip link set cali1 down");
	expect_routes(f, "");
	test_run("ip link set cali1 up");
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, HOLE4 HOLE6);
	assert_int_equal(f->problems.len, 0);
}

/* With one of IPv6 it has an interface; with another protocol than boot it is ours by that. */
static void the_protocol_is_that_of_cluster_routes(void **state)
{
	struct fixture *f = *state;

	f->config.protocol = 44;
	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, "blackhole 10.65.0.0/26 proto 44 scope global\n"
			 "blackhole fd00:65::/122 dev lo proto 44 scope global metric 1024\n");
}

static void others_blackholes_are_left_alone(void **state)
{
	struct fixture *f = *state;

	test_run("ip route add blackhole 10.65.9.0/26 proto bird && "
		 "ip route add blackhole 10.65.8.0/26 proto 80 && "
		 "ip -6 route add blackhole fd00:65::900/122 proto bird && "
		 "ip -6 route add blackhole fd00:65::800/122 proto 80");
	start(f);
	expect_routes(f, "blackhole 10.65.9.0/26 proto bird scope global\n"
			 "blackhole fd00:65::900/122 dev lo proto bird scope global metric 1024\n");
}

static void without_ipv6_there_are_those_of_ipv4(void **state)
{
	struct fixture *f = *state;

	f->config.ipv6 = false;
	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	expect_routes(f, HOLE4);
}

static void changes_by_others_are_put_right(void **state)
{
	struct fixture *f = *state;

	start(f);
	send_blocks(f, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	run(f);
	test_run("ip route del blackhole 10.65.0.0/26 && ip -6 route del blackhole fd00:65::/122");
	expect_routes(f, HOLE4 HOLE6);
	test_run("ip route replace prohibit 10.65.0.0/26 proto static && "
		 "ip -6 route replace prohibit fd00:65::/122 proto static");
	expect_routes(f, HOLE4 HOLE6);
	assert_int_equal(route_counters(f->route).written, 6);
	assert_int_equal(f->problems.len, 0);
}

static void send_many(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++) {
		char text[64];
		snprintf(text, sizeof(text), "10.65.%d.%d/26", i / 4, i % 4 * 64);
		send_block(f, text, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
		snprintf(text, sizeof(text), "fd00:65::%x/122", i * 64);
		send_block(f, text, HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	}
}

/* They stay over a restart, which writes what is missing. */
static void a_restart_writes_what_is_missing(void **state)
{
	const int n = 40;
	struct fixture *f = *state;

	start(f);
	send_many(f, n);
	run(f);
	assert_int_equal(route_counters(f->route).written, 2 * n);
	stop(f);
	test_run("ip route del blackhole 10.65.3.64/26");
	start_out_of_sync(f);
	send_many(f, n);
	test_send_in_sync(hand_over, f);
	run(f);
	assert_int_equal(route_counters(f->route).written, 1);
	assert_int_equal(route_counters(f->route).deleted, 0);
}

struct cost {
	uint64_t messages, bytes, evaluated;
};

static void add_size(void *ctx, const char *index, size_t size)
{
	if (size)
		print_error("%s: %zu left\n", index, size);
	*(size_t *)ctx += size;
}

static struct cost cost_of_one(struct fixture *f, int n)
{
	struct netlink_counters before, after;
	uint64_t evaluated;
	size_t left = 0;

	start(f);
	send_many(f, n);
	run(f);
	before = netlink_counters(monitor_netlink(f->monitor));
	evaluated = route_counters(f->route).evaluated;
	test_send_route_remove("10.65.0.64/26", hand_over, f);
	run(f);
	send_block(f, "10.65.0.64/26", HOST, LOCAL, FELIX__IPPOOL_TYPE__VXLAN);
	run(f);
	evaluated = route_counters(f->route).evaluated - evaluated;
	after = netlink_counters(monitor_netlink(f->monitor));
	for (int i = 0; i < n; i++) {
		char text[64];
		snprintf(text, sizeof(text), "10.65.%d.%d/26", i / 4, i % 4 * 64);
		test_send_route_remove(text, hand_over, f);
		snprintf(text, sizeof(text), "fd00:65::%x/122", i * 64);
		test_send_route_remove(text, hand_over, f);
	}
	expect_routes(f, "");
	route_driver_sizes(f->route, add_size, &left);
	assert_int_equal(left, 0);
	stop(f);
	return (struct cost){ after.sent_messages - before.sent_messages,
		after.sent_bytes - before.sent_bytes, evaluated };
}

static void work_is_that_of_the_change(void **state)
{
	struct fixture *f = *state;
	struct cost one = cost_of_one(f, 20), ten = cost_of_one(f, 200);

	assert_int_equal(one.messages, 2);
	assert_int_equal(one.evaluated, 2);
	assert_int_equal(ten.messages, one.messages);
	assert_int_equal(ten.bytes, one.bytes);
	assert_int_equal(ten.evaluated, one.evaluated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(own_blocks_are_blackholes),
		TEST(a_block_that_leaves_us_is_none),
		TEST(who_makes_the_routes_of_a_pool_makes_its_blackholes),
		TEST(a_block_that_goes_ends_no_connections),
		TEST(one_address_is_no_blackhole),
		TEST(an_endpoint_has_all_of_its_block),
		TEST(the_protocol_is_that_of_cluster_routes),
		TEST(others_blackholes_are_left_alone),
		TEST(without_ipv6_there_are_those_of_ipv4),
		TEST(changes_by_others_are_put_right),
		TEST(a_restart_writes_what_is_missing),
		TEST(work_is_that_of_the_change),
	};

	if (!test_namespaces())
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("route blocks", tests, NULL, NULL);
}
