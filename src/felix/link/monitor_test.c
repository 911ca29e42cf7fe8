/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor against the kernel. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/netlink.h"
#include "io/testing.h"
#include "kernel/route.h"
#include "link/monitor.h"

struct fixture {
	struct loop *loop;
	struct ifnames names;
	struct monitor *monitor;
	struct buf log;
	unsigned lost;
};

static void on_iface(void *ctx, const struct iface *was, const struct iface *is)
{
	struct fixture *f = ctx;

	if (!is)
		buf_printf(&f->log, "-%s ", was->name);
	else if (!was)
		buf_printf(&f->log, "+%s ", is->name);
	else if (strcmp(was->name, is->name))
		buf_printf(&f->log, "%s>%s ", was->name, is->name);
	else if (was->group != is->group)
		buf_printf(&f->log, "%s:group%u ", is->name, is->group);
	else if (iface_is_up(was) != iface_is_up(is))
		buf_printf(&f->log, "%s:%s ", is->name, iface_is_up(is) ? "up" : "down");
}

static void on_address(void *ctx, uint32_t index, const struct addr *a, bool present)
{
	struct fixture *f = ctx;
	char text[ADDR_TEXT_MAX];

	if (a->family == 6 && a->bytes[0] == 0xfe)
		return; /* link-local ones come when they like */
	buf_printf(&f->log, "%c%s ", present ? '+' : '-', addr_format(a, text));
}

static void on_route(void *ctx, const struct route *r, bool gone)
{
	struct fixture *f = ctx;
	char text[CIDR_TEXT_MAX];

	if (r->dst.addr.family == 6 && r->dst.addr.bytes[0] == 0xfe)
		return;
	buf_printf(&f->log, "%s %s ", gone ? "unroute" : "route", cidr_format(&r->dst, text));
}

static void on_synced(void *ctx)
{
	struct fixture *f = ctx;

	buf_puts(&f->log, "synced ");
}

static void on_lost(void *ctx)
{
	struct fixture *f = ctx;

	f->lost++;
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_true(test_namespaces());
	test_run("ip link set lo up");
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(ifnames_init(&f->names, "cali, tap", "kube-ipvs0,/^excluded/", NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	monitor_free(f->monitor);
	loop_free(f->loop);
	ifnames_done(&f->names);
	buf_done(&f->log);
	free(f);
	return 0;
}

/* Until nothing is heard for a moment. */
static void run(struct fixture *f)
{
	uint64_t before;

	do {
		before = netlink_counters(monitor_netlink(f->monitor)).received_bytes;
		for (int i = 0; i < 3; i++)
			assert_int_equal(loop_step(f->loop, 20), 0);
	} while (netlink_counters(monitor_netlink(f->monitor)).received_bytes != before);
}

static void start(struct fixture *f)
{
	const struct monitor_watcher w = { .ctx = f,
		.iface = on_iface,
		.address = on_address,
		.route = on_route,
		.synced = on_synced,
		.lost = on_lost };

	assert_int_equal(
		monitor_new(f->loop, &(struct monitor_config){ .names = &f->names, .ipv6 = true },
			&f->monitor, NULL),
		0);
	monitor_watch(f->monitor, &w);
	run(f);
}

/* Waits for it; what comes beside it or after it is an error. */
static void expect(struct fixture *f, const char *text)
{
	run(f);
	for (int i = 0; i < 50 && strcmp(buf_str(&f->log), text); i++)
		run(f);
	assert_string_equal(buf_str(&f->log), text);
	buf_clear(&f->log);
}

static void names_are_told_apart(void **state)
{
	struct fixture *f = *state;
	struct ifnames n;
	struct err err;

	assert_true(ifnames_workload(&f->names, "cali123"));
	assert_true(ifnames_workload(&f->names, "tap0"));
	assert_false(ifnames_workload(&f->names, "eth0"));
	assert_true(ifnames_excluded(&f->names, "kube-ipvs0"));
	assert_true(ifnames_excluded(&f->names, "excluded7"));
	assert_false(ifnames_excluded(&f->names, "kube-ipvs01"));
	assert_int_equal(ifnames_init(&n, "cali", "a,/(/,b", &err), -EINVAL);
	assert_true(ifnames_excluded(&n, "b"));
	ifnames_done(&n);
}

static void what_is_there_is_told_first(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_run("ip addr add 10.0.0.1/24 dev cali1 && ip addr add fd00::1/64 dev cali1 nodad");
	start(f);
	expect(f, "+lo +p1 +cali1 +10.0.0.1 +127.0.0.1 +::1 +fd00::1 synced ");
	assert_true(iface_is_up(monitor_by_name(f->monitor, "cali1")));
	assert_true(monitor_by_name(f->monitor, "cali1")->workload);
	assert_false(monitor_by_name(f->monitor, "p1")->workload);
	assert_true(monitor_synced(f->monitor));
}

static void running_is_up(void **state)
{
	struct fixture *f = *state;

	test_run("ip link add cali1 type veth peer name p1");
	start(f);
	buf_clear(&f->log);
	test_run("ip link set cali1 up");
	expect(f, "");
	test_run("ip link set p1 up");
	run(f);
	assert_non_null(strstr(buf_str(&f->log), "cali1:up "));
	buf_clear(&f->log);
	test_run("ip link set p1 down");
	run(f);
	assert_non_null(strstr(buf_str(&f->log), "cali1:down "));
	buf_clear(&f->log);
	test_run("ip link set cali1 group 7");
	expect(f, "cali1:group7 ");
	test_run("ip link del cali1");
	expect(f, "-cali1 -p1 ");
	assert_null(monitor_by_name(f->monitor, "cali1"));
}

static void a_name_goes_to_another_index(void **state)
{
	struct fixture *f = *state;
	uint32_t first;

	test_run("ip link add cali1 type veth peer name p1 && "
		 "ip link add cali2 type veth peer name p2");
	start(f);
	buf_clear(&f->log);
	first = monitor_by_name(f->monitor, "cali1")->index;
	test_run("ip link set cali1 name x && ip link set cali2 name cali1 && "
		 "ip link set x name cali2");
	expect(f, "cali1>x cali2>cali1 x>cali2 ");
	assert_int_equal(monitor_by_name(f->monitor, "cali2")->index, first);
	assert_int_not_equal(monitor_by_name(f->monitor, "cali1")->index, first);
	test_run("ip link del cali1 && ip link add cali1 type veth peer name p2");
	expect(f, "-cali1 -p2 +p2 +cali1 ");
}

static void addresses_follow_the_local_table(void **state)
{
	struct fixture *f = *state;

	test_run("ip link add eth0 type veth peer name p1 && ip link set p1 up && "
		 "ip link add excluded0 type veth peer name p2 && ip link set excluded0 up");
	start(f);
	test_run("ip link set eth0 up");
	run(f);
	buf_clear(&f->log);
	test_run("ip addr add 10.0.0.1/32 dev eth0");
	expect(f, "+10.0.0.1 ");
	test_run("ip addr add fd00::1/128 dev eth0 nodad && ip addr add 10.9.9.9 dev excluded0");
	expect(f, "route fd00::1/128 +fd00::1 ");
	test_run("ip link set eth0 down"); /* keeps its IPv4 addresses */
	run(f);
	assert_null(strstr(buf_str(&f->log), "-10.0.0.1 "));
	assert_non_null(strstr(buf_str(&f->log), "-fd00::1 "));
	test_run("ip link set eth0 up");
	run(f);
	buf_clear(&f->log);
	test_run("ip addr del 10.0.0.1/32 dev eth0");
	expect(f, "-10.0.0.1 ");
}

static void routes_of_the_main_table_are_told(void **state)
{
	struct fixture *f = *state;

	test_run("ip link add cali1 type veth peer name p1 && ip link set p1 up && "
		 "ip link set cali1 up");
	start(f);
	buf_clear(&f->log);
	test_run("ip route add 10.65.0.2 dev cali1 && ip -6 route add fd00::2 dev cali1 && "
		 "ip route add 10.65.0.3 dev cali1 table 7 && ip route del 10.65.0.2 dev cali1");
	expect(f, "route 10.65.0.2/32 route fd00::2/128 unroute 10.65.0.2/32 ");
}

/* While nobody listens, 40,000 changes overflow the buffer; afterwards all is as it is. */
static void lost_notifications_are_made_up_for(void **state)
{
	struct fixture *f = *state;
	char file[] = "/tmp/monitor-test-XXXXXX";
	FILE *batch;

	test_run("ip link add cali1 type veth peer name p1 && ip link set p1 up && "
		 "ip link set cali1 up && ip link add cali2 type veth peer name p2");
	start(f);
	batch = fdopen(mkstemp(file), "w");
	for (int i = 0; i < 40000; i++)
		fprintf(batch, "route replace 10.%d.%d.%d/32 dev cali1\n", 64 + i / 65536,
			i / 256 % 256, i % 256);
	fclose(batch);
	buf_clear(&f->log);
	test_run("ip -batch %s && ip link del cali2 && ip link add cali3 type veth peer name p3",
		file);
	unlink(file);
	run(f);
	assert_int_not_equal(f->lost, 0);
	assert_null(monitor_by_name(f->monitor, "cali2"));
	assert_non_null(monitor_by_name(f->monitor, "cali3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(names_are_told_apart),
		TEST(what_is_there_is_told_first),
		TEST(running_is_up),
		TEST(a_name_goes_to_another_index),
		TEST(addresses_follow_the_local_table),
		TEST(routes_of_the_main_table_are_told),
		TEST(lost_notifications_are_made_up_for),
	};

	if (!test_namespaces())
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("link-monitor", tests, NULL, NULL);
}
