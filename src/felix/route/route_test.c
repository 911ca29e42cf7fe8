/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The route driver against the kernel, in the sequence. Each case runs with both families. */
#include "testing.h"

static void interface_before_endpoint(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	expect_routes(f, "");
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, "");
}

static void endpoint_before_interface(void **state)
{
	struct fixture *f = *state;

	start(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, "");
	test_add_veth("cali1", "p1");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(f->problems.len, 0);
}

static void a_name_that_is_reused_gets_its_routes_again(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	for (int i = 0; i < 3; i++) {
		test_run("ip link del cali1");
		test_add_veth("cali1", "p1");
	}
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(f->problems.len, 0);
}

static void an_interface_that_flaps_has_its_routes_back(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	test_run("ip link set cali1 down");
	expect_routes(f, "");
	test_run("ip link set cali1 up");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_run("ip link set p1 down");
	expect_routes(f, "");
	test_run("ip link set p1 up");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	for (int i = 0; i < 5; i++)
		test_run("ip link set cali1 down && ip link set cali1 up");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(f->problems.len, 0);
	assert_int_equal(route_counters(f->route).forgotten, 2); /* at start, before the first */
}

static void an_interface_is_renamed(void **state)
{
	struct fixture *f = *state;

	test_add_veth("tmp1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, "");
	test_run("ip link set tmp1 down && ip link set tmp1 name cali1 && ip link set cali1 up");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_run("ip link set cali1 down && ip link set cali1 name tmp1 && ip link set tmp1 up");
	expect_routes(f, "");
	assert_int_equal(f->problems.len, 0);
}

static void admin_down_has_no_route(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	test_send_endpoint(
		&(struct test_endpoint){
			.workload = "w", .ifname = "cali1", .state = "inactive", .nets = { BOTH } },
		hand_over, f);
	expect_routes(f, "");
}

static void parameters_are_in_the_routes(void **state)
{
	struct fixture *f = *state;

	test_run("ip addr add 10.1.1.1/32 dev lo && ip addr add fd00:1::1/128 dev lo nodad");
	f->config.protocol = 44;
	f->config.metric4 = 77;
	f->config.metric6 = 0;
	addr_parse("10.1.1.1", &f->config.source4);
	addr_parse("fd00:1::1", &f->config.source6);
	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, "10.65.0.2 dev cali1 proto 44 scope link src 10.1.1.1 metric 77\n"
			 "fd00:65::2 dev cali1 proto 44 scope global src fd00:1::1 metric 1024\n");
	assert_int_equal(route_counters(f->route).written, 2);
}

/* Prefixes wider than an address are routed too. */
static void endpoints_may_have_prefixes(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", "10.65.0.0/28", "fd00:65::/120");
	expect_routes(f, "10.65.0.0/28 dev cali1 proto boot scope link metric 1024\n"
			 "fd00:65::/120 dev cali1 proto boot scope global metric 1024\n");
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, "");
}

static void addresses_of_an_endpoint_change(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", "10.65.0.2/32", "10.65.0.3/32");
	run(f);
	ENDPOINT("w", "cali1", "10.65.0.3/32", "10.65.0.4/32");
	expect_routes(f, "10.65.0.3 dev cali1 proto boot scope link metric 1024\n"
			 "10.65.0.4 dev cali1 proto boot scope link metric 1024\n");
	assert_int_equal(route_counters(f->route).written, 3);
	assert_int_equal(route_counters(f->route).deleted, 1);
}

/* Felix 5.1: the youngest interface has the address, and it falls back when that one goes. */
static void two_endpoints_with_one_address(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_add_veth("cali2", "p2");
	start(f);
	ENDPOINT("a", "cali2", BOTH);
	ENDPOINT("b", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali2") ROUTE6("cali2"));
	test_run("ip link set cali2 down");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_run("ip link set cali2 up");
	expect_routes(f, ROUTE4("cali2") ROUTE6("cali2"));
	test_send_endpoint_remove("a", hand_over, f);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(f->problems.len, 0);
}

static void nothing_is_deleted_before_in_sync(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_run("ip route add blackhole 10.65.9.0/24 proto 80");
	start_out_of_sync(f);
	expect_routes(f, "blackhole 10.65.9.0/24 proto 80 scope global\n");
	test_send_in_sync(hand_over, f);
	expect_routes(f, "");
}

/* felix.md 5.2, with the default protocol: 80 is ours anywhere; others' on workload interfaces are
 * ours after their grace; the rest is not. */
static void foreign_routes_are_kept_or_removed(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_add_veth("eth0", "p2");
	test_run("ip route add 10.65.1.0/24 dev eth0 proto bird && "
		 "ip route add 10.65.2.0/24 dev eth0 proto 80 && "
		 "ip route add blackhole 10.65.3.0/24 proto static && "
		 "ip route add blackhole 10.65.4.0/24 proto 80 && "
		 "ip route add 10.65.0.9 dev cali1 proto static && "
		 "ip -6 route add fd00:65::9 dev cali1 proto static");
	start(f);
	expect_routes(f, "10.65.0.9 dev cali1 proto static scope link\n"
			 "10.65.1.0/24 dev eth0 proto bird scope link\n"
			 "blackhole 10.65.3.0/24 proto static scope global\n"
			 "fd00:65::9 dev cali1 proto static scope global metric 1024\n");
	wait_for_grace(f);
	expect_routes(f, "10.65.1.0/24 dev eth0 proto bird scope link\n"
			 "blackhole 10.65.3.0/24 proto static scope global\n");
	test_run("ip -6 route | grep -q 'fe80::/64 dev cali1'");
	/* The interface is old enough now. */
	test_run("ip route add 10.65.0.9 dev cali1 proto static");
	expect_routes(f, "10.65.1.0/24 dev eth0 proto bird scope link\n"
			 "blackhole 10.65.3.0/24 proto static scope global\n");
}

static void with_own_protocol_80_is_foreign(void **state)
{
	struct fixture *f = *state;

	f->config.protocol = 99;
	f->config.remove_external = false;
	test_add_veth("cali1", "p1");
	test_run("ip route add 10.65.2.0/24 dev cali1 proto 80 && "
		 "ip route add blackhole 10.65.4.0/24 proto 99 && "
		 "ip route add 10.65.5.0/24 dev cali1 proto static");
	start(f);
	expect_routes(f, "10.65.2.0/24 dev cali1 proto 80 scope link\n"
			 "10.65.5.0/24 dev cali1 proto static scope link\n");
}

/* The CNI plugin adds the route before the endpoint is known. */
static void a_route_that_was_there_first_is_taken_over(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	run(f);
	test_run("ip route add 10.65.0.2 dev cali1 metric 1024 scope link && "
		 "ip -6 route add fd00:65::2 dev cali1");
	run(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(route_counters(f->route).written, 0);
	test_send_endpoint_remove("w", hand_over, f);
	expect_routes(f, "");
}

static void a_foreign_route_in_our_place_is_replaced(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_add_veth("eth0", "p2");
	test_run("ip route add 10.65.0.2 dev eth0 proto static metric 1024 && "
		 "ip -6 route add fd00:65::2 dev eth0 proto static metric 1024");
	start(f);
	run(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
}

static void changes_by_others_are_put_right(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_add_veth("eth0", "p2");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	test_run("ip route del 10.65.0.2 && ip -6 route del fd00:65::2");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_run("ip route replace 10.65.0.2 dev eth0 metric 1024 proto static && "
		 "ip -6 route replace fd00:65::2 dev eth0 metric 1024 proto static");
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	test_run("ip route prepend 10.65.0.2 dev eth0 metric 1024 proto static scope link");
	run(f);
	assert_int_equal(test_try("ip route get 10.65.0.2 | grep -q 'dev cali1'"), 0);
}

static void what_the_kernel_refuses_is_a_problem(void **state)
{
	struct fixture *f = *state;

	addr_parse("10.1.1.1", &f->config.source4); /* nobody has it */
	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE6("cali1")); /* the other family does not suffer */
	assert_string_equal(buf_str(&f->problems),
		"route: WorkloadEndpoint(k8s/w/eth0): the kernel refuses the route "
		"10.65.0.2/32 dev cali1: Invalid argument Invalid prefsrc address\n");
	test_run("ip addr add 10.1.1.1/32 dev lo");
	for (int i = 0; i < 100 && test_try("ip route | grep -q 10.65.0.2"); i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	expect_routes(
		f, "10.65.0.2 dev cali1 proto boot scope link src 10.1.1.1 metric 1024\n" ROUTE6(
			   "cali1"));
}

static void a_restart_writes_nothing(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	stop(f);
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
	assert_int_equal(netlink_counters(monitor_netlink(f->monitor)).sent_messages, 5);
	assert_int_equal(route_counters(f->route).written, 0);
	assert_int_equal(route_counters(f->route).forgotten, 0);
}

static void who_left_while_we_were_down_is_cleaned_up(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	ENDPOINT("v", "cali2", "10.65.0.7/32");
	run(f);
	stop(f);
	start(f);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1")); /* the grace */
	wait_for_grace(f);
	expect_routes(f, "");
	assert_int_equal(route_counters(f->route).forgotten, 2);
}

static void lost_notifications_are_made_up_for(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	test_run("ip route del 10.65.0.2; ip -6 route del fd00:65::2; "
		 "ip route add blackhole 10.65.4.0/24 proto 80");
	test_run("for i in $(seq 0 39999); do echo route replace 10.66.$((i/256)).$((i%%256)) dev "
		 "p1; done | ip -batch -");
	run(f);
	assert_true(netlink_counters(monitor_netlink(f->monitor)).lost > 0);
	expect_routes(f, ROUTE4("cali1") ROUTE6("cali1"));
}

static void add_size(void *ctx, const char *index, size_t size)
{
	if (size)
		print_message("%s: %zu\n", index, size);
	*(size_t *)ctx += size;
}

struct cost {
	uint64_t messages, bytes, evaluated;
};

static struct cost cost_now(struct fixture *f)
{
	struct netlink_counters c = netlink_counters(monitor_netlink(f->monitor));

	return (struct cost){ c.sent_messages, c.sent_bytes, route_counters(f->route).evaluated };
}

static struct cost cost_of_one(struct fixture *f, unsigned others)
{
	struct cost before, after;
	size_t left = 0;
	char workload[32], net[32];

	test_add_veth("cali1", "p1");
	test_add_veth("cali2", "p2");
	start(f);
	for (unsigned i = 0; i < others; i++) {
		snprintf(workload, sizeof(workload), "other%u", i);
		snprintf(net, sizeof(net), "10.66.%u.%u/32", i / 256, i % 256);
		ENDPOINT(workload, i ? workload : "cali2", net);
	}
	run(f);
	before = cost_now(f);
	ENDPOINT("w", "cali1", BOTH);
	run(f);
	test_send_endpoint_remove("w", hand_over, f);
	run(f);
	after = cost_now(f);
	for (unsigned i = 0; i < others; i++) {
		snprintf(workload, sizeof(workload), "other%u", i);
		test_send_endpoint_remove(workload, hand_over, f);
	}
	test_run("ip link del cali1 && ip link del cali2");
	run(f);
	route_driver_sizes(f->route, add_size, &left);
	assert_int_equal(left, 0);
	stop(f);
	return (struct cost){ after.messages - before.messages, after.bytes - before.bytes,
		after.evaluated - before.evaluated };
}

static void work_is_that_of_the_change(void **state)
{
	struct fixture *f = *state;
	struct cost one = cost_of_one(f, 100), ten = cost_of_one(f, 1000);

	assert_int_equal(one.messages, 4); /* two routes added, two deleted */
	assert_int_equal(ten.messages, one.messages);
	assert_int_equal(ten.bytes, one.bytes);
	assert_int_equal(ten.evaluated, one.evaluated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(interface_before_endpoint),
		TEST(endpoint_before_interface),
		TEST(a_name_that_is_reused_gets_its_routes_again),
		TEST(an_interface_that_flaps_has_its_routes_back),
		TEST(an_interface_is_renamed),
		TEST(admin_down_has_no_route),
		TEST(parameters_are_in_the_routes),
		TEST(endpoints_may_have_prefixes),
		TEST(addresses_of_an_endpoint_change),
		TEST(two_endpoints_with_one_address),
		TEST(nothing_is_deleted_before_in_sync),
		TEST(foreign_routes_are_kept_or_removed),
		TEST(with_own_protocol_80_is_foreign),
		TEST(a_route_that_was_there_first_is_taken_over),
		TEST(a_foreign_route_in_our_place_is_replaced),
		TEST(changes_by_others_are_put_right),
		TEST(what_the_kernel_refuses_is_a_problem),
		TEST(a_restart_writes_nothing),
		TEST(who_left_while_we_were_down_is_cleaned_up),
		TEST(lost_notifications_are_made_up_for),
		TEST(work_is_that_of_the_change),
	};

	if (!test_namespaces())
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
