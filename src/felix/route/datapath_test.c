/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real packets between workloads, through what link and route have made; policy is absent. */
#include <string.h>

#include "base/clock.h"
#include "dataplane/dataplane.h"
#include "dataplane/testing.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/testing.h"
#include "kernel/route.h"
#include "link/link.h"
#include "link/monitor.h"
#include "nft/class.h"
#include "route/route.h"

struct fixture {
	struct loop *loop;
	struct ifnames names;
	struct monitor *monitor;
	struct dataplane *dp;
	struct driver *link, *route;

	unsigned expected_entries; /* of 10.65.0.2 and fd00:65::2 when their new route appears */
	unsigned arrivals;         /* of such routes */
};

enum nft_group_answer nft_group_wanted(
	const struct driver *nft, const char *ifname, uint32_t *ret_group)
{
	*ret_group = 1;
	return NFT_GROUP_SET;
}

void nft_group_watch(struct driver *nft, nft_group_changed_fn changed, void *ctx)
{
}

void nft_link_seen(struct driver *nft, uint32_t ifindex, const char *ifname, uint32_t group)
{
}

void nft_link_gone(struct driver *nft, uint32_t ifindex)
{
}

static void on_status(void *ctx, const struct link_status *s)
{
}

static void hand_over(void *ctx, const Felix__ToDataplane *msg)
{
	struct fixture *f = ctx;

	dataplane_message(f->dp, msg);
}

static unsigned entries_of(const char *address)
{
	char command[128];
	_cleanup_free_ char *out = NULL;

	snprintf(command, sizeof(command), "conntrack -L 2>/dev/null | grep -c 'src=%s '", address);
	out = test_output(command);
	return (unsigned)atoi(out);
}

/* The kernel has just got the route: what connections does the address still have? */
static void on_route(void *ctx, const struct route *r, bool gone)
{
	struct fixture *f = ctx;
	const struct iface *i = monitor_by_index(f->monitor, r->oif);
	char text[CIDR_TEXT_MAX];

	cidr_format(&r->dst, text);
	if (gone || !i || strcmp(i->name, "cali3") || strncmp(text, "fe80", 4) == 0)
		return;
	*strchr(text, '/') = '\0';
	f->arrivals++;
	assert_int_equal(entries_of(text), f->expected_entries);
}

static void on_host_problem(void *ctx, const char *reason)
{
	print_message("%s\n", reason);
}

static void start(struct fixture *f)
{
	const struct monitor_config mc = { .names = &f->names, .ipv6 = true };
	const struct link_config lc = { .ipv6 = true };
	struct route_config rc = ROUTE_CONFIG_DEFAULT;

	f->dp = dataplane_new(f->loop, &(struct dataplane_hooks){ .ctx = f });
	assert_int_equal(monitor_new(f->loop, &mc, &f->monitor, NULL), 0);
	f->link = link_driver_new(
		f->loop, &lc, dataplane_host(f->dp), f->monitor, NULL, on_status, f);
	assert_int_equal(
		route_driver_new(f->loop, &rc, dataplane_host(f->dp), f->monitor, &f->route, NULL),
		0);
	monitor_watch(f->monitor, &(struct monitor_watcher){ .ctx = f, .route = on_route });
	dataplane_add(f->dp, f->link);
	dataplane_add(f->dp, f->route);
	link_configure_host(&lc, true, on_host_problem, NULL);
	test_send_in_sync(hand_over, f);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_true(test_namespaces());
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(ifnames_init(&f->names, "cali", "", NULL), 0);
	/* Proxy ARP is silent without a way to the gateway's address; connections are followed once
	 * a rule asks for them. */
	test_run(
		"ip link set lo up && ip link add eth0 type veth peer name out && "
		"ip link set eth0 up && ip link set out up && ip addr add 192.0.2.1/24 dev eth0 && "
		"ip route add default via 192.0.2.254 && "
		"nft 'table inet t { chain c { type filter hook forward priority 0; "
		"ct state established accept; }; }'");
	start(f);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dataplane_free(f->dp);
	link_driver_free(f->link);
	route_driver_free(f->route);
	monitor_free(f->monitor);
	loop_free(f->loop);
	ifnames_done(&f->names);
	free(f);
	return 0;
}

static void run(struct fixture *f)
{
	struct netlink *nl = monitor_netlink(f->monitor);
	uint64_t before;

	do {
		before = netlink_counters(nl).received_bytes;
		for (uint64_t end = clock_boot_ns() + 130 * NSEC_PER_MSEC; clock_boot_ns() < end;)
			assert_int_equal(loop_step(f->loop, 20), 0);
	} while (netlink_counters(nl).received_bytes != before || dataplane_info(f->dp).walking);
}

/* As the CNI plugin makes it: 169.254.1.1 and the host's link-local address are the gateways. */
static void add_workload(struct fixture *f, const char *name, int n, const char *v4, const char *v6)
{
	char ifname[16], mac[24];
	const struct test_endpoint ep = {
		.workload = name, .ifname = ifname, .mac = mac, .nets = { v4, v6 }
	};

	snprintf(ifname, sizeof(ifname), "cali%d", n);
	snprintf(mac, sizeof(mac), "02:00:00:00:00:%02x", n);
	test_run("ip netns add %s && ip link add %s address ee:ee:ee:ee:ee:ee type veth "
		 "peer name eth0 address %s netns %s && ip link set %s up && "
		 "ip -n %s link set lo up && ip -n %s link set eth0 up && "
		 "ip -n %s addr add %s dev eth0 && ip -n %s addr add %s dev eth0 nodad && "
		 "ip -n %s route add 169.254.1.1 dev eth0 scope link && "
		 "ip -n %s route add default via 169.254.1.1",
		name, ifname, mac, name, ifname, name, name, name, v4, name, v6, name, name);
	test_send_endpoint(&ep, hand_over, f);
	run(f);
	test_run("for i in $(seq 100); do "
		 "g=$(ip -6 addr show dev %s scope link -tentative | grep -o 'fe80::[^/]*') && "
		 "break; "
		 "sleep 0.05; done; ip -n %s -6 route add default via $g dev eth0",
		ifname, name);
}

static void remove_workload(const char *name)
{
	test_run("ip netns del %s", name);
}

static void expect_reach(const char *from, const char *to)
{
	test_run("ip netns exec %s ping -c1 -W2 %s >/dev/null", from, to);
}

static void workloads_reach_each_other(void **state)
{
	struct fixture *f = *state;

	add_workload(f, "w1", 1, "10.65.0.1/32", "fd00:65::1/128");
	add_workload(f, "w2", 2, "10.65.0.2/32", "fd00:65::2/128");
	expect_reach("w1", "10.65.0.2");
	expect_reach("w2", "10.65.0.1");
	expect_reach("w1", "fd00:65::2");
	expect_reach("w2", "fd00:65::1");
	test_run("ip netns exec w1 ping -c1 -W2 192.0.2.1 >/dev/null");
	/* IPv6 needs no proxy entry: the gateway is the host's own link-local address. */
	test_expect_output("ip -6 neigh show proxy", "");
}

static void a_restarted_interface_carries_packets_again(void **state)
{
	struct fixture *f = *state;

	add_workload(f, "w1", 1, "10.65.0.1/32", "fd00:65::1/128");
	add_workload(f, "w2", 2, "10.65.0.2/32", "fd00:65::2/128");
	expect_reach("w1", "10.65.0.2");
	remove_workload("w2");
	run(f);
	add_workload(f, "w2", 2, "10.65.0.2/32", "fd00:65::2/128");
	expect_reach("w1", "10.65.0.2");
	expect_reach("w1", "fd00:65::2");
}

static void connect_to(const char *address, int port)
{
	test_run("ip netns exec w1 python3 -c \"\n"
		 "import socket, sys, time, os\n"
		 "s = socket.create_connection(('%s', %d), 2)\n"
		 "if os.fork(): sys.exit(0)\n"
		 "time.sleep(8)\n\" >/dev/null 2>&1 </dev/null",
		address, port);
}

static void serve(const char *name)
{
	test_run("ip netns exec %s python3 -c \"\n"
		 "import socket, sys, time, os\n"
		 "s = socket.create_server(('::', 80), family=socket.AF_INET6, "
		 "dualstack_ipv6=True)\n"
		 "if os.fork(): sys.exit(0)\n"
		 "time.sleep(8)\n\" >/dev/null 2>&1 </dev/null",
		name);
}

static void establish(struct fixture *f)
{
	add_workload(f, "w1", 1, "10.65.0.1/32", "fd00:65::1/128");
	add_workload(f, "w2", 2, "10.65.0.2/32", "fd00:65::2/128");
	serve("w2");
	connect_to("10.65.0.2", 80);
	connect_to("fd00:65::2", 80);
	assert_int_equal(entries_of("10.65.0.2"), 1);
	assert_int_equal(entries_of("fd00:65::2"), 1);
}

/* The pod goes, another one gets its addresses at once, in the same apply. */
static void a_new_owner_inherits_no_connection(void **state)
{
	struct fixture *f = *state;

	establish(f);
	test_send_endpoint_remove("w2", hand_over, f);
	add_workload(f, "w3", 3, "10.65.0.2/32", "fd00:65::2/128");
	assert_int_equal(f->arrivals, 2);
	assert_int_equal(entries_of("10.65.0.2"), 0);
	assert_int_equal(entries_of("fd00:65::2"), 0);
	expect_reach("w1", "10.65.0.2");
	expect_reach("w1", "fd00:65::2");
}

/* Its interface vanished first, as a CNI plugin does it; the endpoint is removed later. */
static void an_interface_that_went_first_changes_nothing(void **state)
{
	struct fixture *f = *state;

	establish(f);
	remove_workload("w2");
	run(f);
	assert_int_equal(entries_of("10.65.0.2"), 1);
	test_send_endpoint_remove("w2", hand_over, f);
	run(f);
	assert_int_equal(entries_of("10.65.0.2"), 0);
	assert_int_equal(entries_of("fd00:65::2"), 0);
}

static void a_flap_keeps_connections(void **state)
{
	struct fixture *f = *state;

	establish(f);
	test_run("ip link set cali2 down");
	run(f);
	test_run("ip link set cali2 up");
	run(f);
	assert_int_equal(entries_of("10.65.0.2"), 1);
	assert_int_equal(entries_of("fd00:65::2"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(workloads_reach_each_other),
		TEST(a_restarted_interface_carries_packets_again),
		TEST(a_new_owner_inherits_no_connection),
		TEST(an_interface_that_went_first_changes_nothing),
		TEST(a_flap_keeps_connections),
	};

	if (!test_namespaces() || test_try("command -v conntrack nft python3 >/dev/null"))
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("route-datapath", tests, NULL, NULL);
}
