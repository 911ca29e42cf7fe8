/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link driver against the kernel, in the sequence; the nft driver is played by the test. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "dataplane/dataplane.h"
#include "dataplane/testing.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/testing.h"
#include "kernel/sysctl.h"
#include "link/link.h"
#include "link/monitor.h"
#include "nft/class.h"

struct group_answer {
	char ifname[16];
	enum nft_group_answer answer;
	uint32_t group;
};

struct fixture {
	struct loop *loop;
	struct ifnames names;
	struct monitor *monitor;
	struct dataplane *dp;
	struct driver *link;

	struct group_answer answers[8];
	nft_group_changed_fn changed;
	void *changed_ctx;
	struct buf log; /* what nft is told, and the status */
	struct buf problems;
	uint64_t refresh_ns;
};

/* The contract gives the nft driver as context; the test has one at a time. */
static struct fixture *the;

enum nft_group_answer nft_group_wanted(
	const struct driver *nft, const char *ifname, uint32_t *ret_group)
{
	for (size_t i = 0; i < ARRAY_SIZE(the->answers); i++)
		if (!strcmp(the->answers[i].ifname, ifname)) {
			*ret_group = the->answers[i].group;
			return the->answers[i].answer;
		}
	return NFT_GROUP_DENY;
}

void nft_group_watch(struct driver *nft, nft_group_changed_fn changed, void *ctx)
{
	the->changed = changed;
	the->changed_ctx = ctx;
}

void nft_link_seen(struct driver *nft, uint32_t ifindex, const char *ifname, uint32_t group)
{
	buf_printf(&the->log, "seen %s %u\n", ifname, group);
}

void nft_link_gone(struct driver *nft, uint32_t ifindex)
{
	buf_puts(&the->log, "gone\n");
}

static void on_status(void *ctx, const struct link_status *s)
{
	static const char *const names[] = { "down", "up", "removed" };
	struct fixture *f = ctx;

	buf_printf(&f->log, "%s is %s\n", s->workload, names[s->state]);
}

static void on_problem(void *ctx, const char *source, const char *subject, const char *reason)
{
	struct fixture *f = ctx;

	if (reason)
		buf_printf(&f->problems, "%s: %s: %s\n", source, subject, reason);
}

static void hand_over(void *ctx, const Felix__ToDataplane *msg)
{
	struct fixture *f = ctx;

	dataplane_message(f->dp, msg);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = the = f;
	assert_true(test_namespaces());
	test_run("ip link set lo up");
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(ifnames_init(&f->names, "cali", "", NULL), 0);
	return 0;
}

static void start(struct fixture *f)
{
	const struct monitor_config mc = { .names = &f->names, .ipv6 = true };
	const struct link_config lc = { .ipv6 = true, .refresh_ns = f->refresh_ns };

	f->dp = dataplane_new(
		f->loop, &(struct dataplane_hooks){ .ctx = f, .problem = on_problem });
	assert_int_equal(monitor_new(f->loop, &mc, &f->monitor, NULL), 0);
	f->link = link_driver_new(
		f->loop, &lc, dataplane_host(f->dp), f->monitor, NULL, on_status, f);
	dataplane_add(f->dp, f->link);
	test_send_in_sync(hand_over, f);
}

static void stop(struct fixture *f)
{
	f->dp = dataplane_free(f->dp);
	f->link = link_driver_free(f->link);
	f->monitor = monitor_free(f->monitor);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	loop_free(f->loop);
	ifnames_done(&f->names);
	buf_done(&f->log);
	buf_done(&f->problems);
	free(f);
	return 0;
}

/* Until the kernel has nothing more to say. */
static void run(struct fixture *f)
{
	struct netlink *nl = monitor_netlink(f->monitor);
	uint64_t before;

	do {
		before = netlink_counters(nl).received_bytes;
		for (int i = 0; i < 6; i++)
			assert_int_equal(loop_step(f->loop, 20), 0);
	} while (netlink_counters(nl).received_bytes != before || dataplane_info(f->dp).walking);
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

static void want_group(
	struct fixture *f, const char *ifname, enum nft_group_answer answer, uint32_t group)
{
	size_t i = (size_t)(ifname[4] - '0');

	f->answers[i] = (struct group_answer){ .answer = answer, .group = group };
	strcpy(f->answers[i].ifname, ifname);
	if (f->changed)
		f->changed(f->changed_ctx, ifname);
}

static void put_endpoint(struct fixture *f, const char *workload, const char *ifname)
{
	test_send_endpoint(&(struct test_endpoint){ .workload = workload,
				   .ifname = ifname,
				   .mac = "02:00:00:00:00:01",
				   .nets = { "10.65.0.2/32", "fd00:65::2/128" } },
		hand_over, f);
}

static uint32_t group_of(struct fixture *f, const char *ifname)
{
	return monitor_by_name(f->monitor, ifname)->group;
}

static void expect_sysctl(const char *path, const char *value)
{
	char is[32];

	assert_int_equal(sysctl_read(SYSCTL_ROOT, path, is, sizeof(is)), 0);
	assert_string_equal(is, value);
}

static void expect_configured(const char *rp_filter)
{
	expect_sysctl("net/ipv6/conf/cali1/accept_ra", "0");
	expect_sysctl("net/ipv4/conf/cali1/route_localnet", "1");
	expect_sysctl("net/ipv4/neigh/cali1/proxy_delay", "0");
	expect_sysctl("net/ipv4/conf/cali1/proxy_arp", "1");
	expect_sysctl("net/ipv4/conf/cali1/forwarding", "1");
	expect_sysctl("net/ipv6/conf/cali1/proxy_ndp", "1");
	expect_sysctl("net/ipv6/conf/cali1/forwarding", "1");
	expect_sysctl("net/ipv4/conf/cali1/rp_filter", rp_filter);
}

#define NEIGHBOURS "ip neigh show nud permanent | grep -v lladdr.00:00 | cut -d' ' -f1-5"
#define NEIGHBOUR  "10.65.0.2 dev cali1 lladdr 02:00:00:00:00:01\n"

static void interface_before_endpoint(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	expect(f, "seen cali1 0\n");
	expect_sysctl("net/ipv4/conf/cali1/proxy_arp", "0");
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	expect(f, "seen cali1 5\nw is up\n");
	expect_configured("0");
	assert_int_equal(group_of(f, "cali1"), 5);
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
}

static void endpoint_before_interface(void **state)
{
	struct fixture *f = *state;

	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	expect(f, "w is down\n");
	test_run("sysctl -qw net.ipv4.conf.default.rp_filter=1");
	test_add_veth("cali1", "p1");
	run(f);
	assert_non_null(strstr(buf_str(&f->log), "w is up\n"));
	expect_configured("1");
	assert_int_equal(group_of(f, "cali1"), 5);
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
	assert_int_equal(f->problems.len, 0);
}

static void a_name_that_is_reused_begins_anew(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	run(f);
	want_group(f, "cali1", NFT_GROUP_KEEP, 0); /* the class is not there yet */
	test_run("ip link del cali1");
	run(f);
	test_add_veth("cali1", "p1");
	run(f);
	assert_int_equal(group_of(f, "cali1"), 0);
	expect_configured("0");
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
	want_group(f, "cali1", NFT_GROUP_SET, 6);
	run(f);
	assert_int_equal(group_of(f, "cali1"), 6);
	assert_non_null(strstr(buf_str(&f->log), "w is down\n"));
}

static void a_link_with_a_foreign_group_is_denied(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_run("ip link set cali1 group 9 && ip link add eth0 group 9 type veth peer name p2");
	start(f);
	expect(f, "seen cali1 9\nseen cali1 0\n");
	assert_int_equal(group_of(f, "eth0"), 9);
	test_run("ip link set cali1 group 8");
	expect(f, "seen cali1 8\nseen cali1 0\n");
}

static void an_endpoint_that_leaves_takes_all_along(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	run(f);
	buf_clear(&f->log);
	test_send_endpoint_remove("w", hand_over, f);
	want_group(f, "cali1", NFT_GROUP_DENY, 0);
	expect(f, "seen cali1 0\nw is removed\n");
	test_expect_output(NEIGHBOURS, "");
}

static void admin_down_is_down(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	put_endpoint(f, "w", "cali1");
	expect(f, "seen cali1 0\nw is up\n");
	test_send_endpoint(&(struct test_endpoint){ .workload = "w",
				   .ifname = "cali1",
				   .state = "inactive",
				   .mac = "02:00:00:00:00:01",
				   .nets = { "10.65.0.2/32" } },
		hand_over, f);
	expect(f, "w is down\n");
	test_expect_output(NEIGHBOURS, "");
}

static void a_flap_configures_again(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	put_endpoint(f, "w", "cali1");
	run(f);
	buf_clear(&f->log);
	test_run("ip link set cali1 down");
	expect(f, "w is down\n");
	test_run("sysctl -qw net.ipv4.conf.cali1.proxy_arp=0 && ip link set cali1 up");
	expect(f, "w is up\n");
	expect_configured("0");
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
	assert_int_equal(f->problems.len, 0);
}

static void configured_host(struct fixture *f)
{
	test_add_veth("cali1", "p1");
	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	run(f);
	expect_configured("0");
	buf_clear(&f->log);
}

static void what_others_change_is_put_right_at_once(void **state)
{
	static const char *const changes[] = {
		"ip neigh del 10.65.0.2 dev cali1",
		"ip neigh replace 10.65.0.2 dev cali1 lladdr 02:00:00:00:00:99 nud permanent",
		"ip neigh replace 10.65.0.2 dev cali1 lladdr 02:00:00:00:00:01 nud stale",
		"sysctl -qw net.ipv4.conf.cali1.forwarding=0",
		"sysctl -qw net.ipv6.conf.cali1.forwarding=0",
		"sysctl -qw net.ipv4.conf.cali1.proxy_arp=0",
		"sysctl -qw net.ipv6.conf.cali1.proxy_ndp=0",
		"sysctl -qw net.ipv4.conf.cali1.rp_filter=2",
		"ip link set cali1 group 7",
	};
	struct fixture *f = *state;

	configured_host(f);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (i % 4 == 3) { /* so that it is no fight */
			test_run("ip link set cali1 down");
			run(f);
			test_run("ip link set cali1 up");
			run(f);
		}
		test_run("%s", changes[i]);
		run(f);
		expect_configured("0");
		test_expect_output(NEIGHBOURS, NEIGHBOUR);
		assert_int_equal(group_of(f, "cali1"), 5);
		assert_int_equal(f->problems.len, 0);
	}
}

static void what_the_kernel_does_not_tell_is_swept(void **state)
{
	struct fixture *f = *state;

	f->refresh_ns = NSEC_PER_SEC; /* run() waits for silence */
	configured_host(f);
	test_run("sysctl -qw net.ipv4.conf.cali1.route_localnet=0");
	test_run("sysctl -qw net.ipv6.conf.cali1.accept_ra=1");
	test_run("sysctl -qw net.ipv4.neigh.cali1.proxy_delay=50");
	for (int i = 0; i < 150; i++)
		loop_step(f->loop, 20);
	expect_configured("0");
	assert_int_equal(f->log.len, 0);
	assert_int_equal(f->problems.len, 0);
}

static void lost_notifications_are_made_up_for(void **state)
{
	struct fixture *f = *state;
	char file[] = "/tmp/link-test-XXXXXX";
	FILE *batch = fdopen(mkstemp(file), "w");

	for (int i = 0; i < 40000; i++)
		fprintf(batch, "route replace 10.%d.%d.%d/32 dev lo\n", 70 + i / 65536,
			i / 256 % 256, i % 256);
	fclose(batch);
	configured_host(f);
	test_run("ip -batch %s && ip neigh del 10.65.0.2 dev cali1", file);
	unlink(file);
	run(f);
	assert_int_not_equal(netlink_counters(monitor_netlink(f->monitor)).lost, 0);
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
}

static void who_keeps_changing_it_is_a_problem(void **state)
{
	struct fixture *f = *state;

	configured_host(f);
	for (int i = 0; i < 5; i++) {
		test_run("ip neigh del 10.65.0.2 dev cali1");
		run(f);
		test_expect_output(NEIGHBOURS, NEIGHBOUR);
	}
	assert_int_equal(f->problems.len, 0);
	test_run("ip neigh del 10.65.0.2 dev cali1; ip link set cali1 group 7");
	run(f);
	test_expect_output(NEIGHBOURS, "");
	assert_int_equal(group_of(f, "cali1"), 7);
	assert_non_null(strstr(buf_str(&f->problems),
		"another program keeps changing the neighbours of interface cali1"));
	for (int i = 0; i < 500 && group_of(f, "cali1") != 5; i++)
		loop_step(f->loop, 20);
	run(f);
	assert_int_equal(group_of(f, "cali1"), 5);
	test_expect_output(NEIGHBOURS, NEIGHBOUR);
}

static void allowed_sources_switch_the_source_check_off(void **state)
{
	struct fixture *f = *state;
	struct test_endpoint ep = { .workload = "w", .ifname = "cali1", .spoofed = "10.9.0.0/16" };

	test_run("sysctl -qw net.ipv4.conf.default.rp_filter=1");
	test_add_veth("cali1", "p1");
	start(f);
	test_send_endpoint(&ep, hand_over, f);
	run(f);
	expect_configured("0");
	ep.spoofed = NULL;
	test_send_endpoint(&ep, hand_over, f);
	run(f);
	expect_configured("1");
}

static void an_interface_is_renamed(void **state)
{
	struct fixture *f = *state;

	test_add_veth("tmp1", "p1");
	start(f);
	put_endpoint(f, "w", "cali1");
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	run(f);
	buf_clear(&f->log);
	test_run("ip link set tmp1 down && ip link set tmp1 name cali1 && ip link set cali1 up");
	run(f);
	expect_configured("0");
	assert_non_null(strstr(buf_str(&f->log), "w is up\n"));
	assert_int_equal(group_of(f, "cali1"), 5);
	test_run("ip link set cali1 down && ip link set cali1 name tmp1");
	run(f);
	assert_non_null(strstr(buf_str(&f->log), "gone\n"));
	assert_non_null(strstr(buf_str(&f->log), "w is down\n"));
}

static void a_restart_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct netlink_counters c;

	test_add_veth("cali1", "p1");
	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	put_endpoint(f, "w", "cali1");
	run(f);
	stop(f);
	f->changed = NULL;
	start(f);
	put_endpoint(f, "w", "cali1");
	run(f);
	c = netlink_counters(monitor_netlink(f->monitor));
	assert_int_equal(c.sent_messages, 4); /* dumps: links, addresses of both, neighbours */
	assert_int_equal(link_counters(f->link).sysctls, 0);
}

static void a_stale_neighbour_goes_at_start(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	test_run("ip neigh add 10.65.0.9 lladdr 02:00:00:00:00:09 dev cali1 && "
		 "ip neigh add 10.65.0.9 lladdr 02:00:00:00:00:09 dev p1");
	start(f);
	put_endpoint(f, "w", "cali1");
	run(f);
	test_expect_output(
		NEIGHBOURS " | sort", NEIGHBOUR "10.65.0.9 dev p1 lladdr 02:00:00:00:00:09\n");
}

static void what_cannot_be_configured_is_a_problem(void **state)
{
	struct fixture *f = *state;

	test_add_veth("cali1", "p1");
	start(f);
	run(f);
	test_run("mount --bind -o ro /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");
	put_endpoint(f, "w", "cali1");
	run(f);
	assert_non_null(strstr(buf_str(&f->log), "w is down\n"));
	assert_non_null(
		strstr(buf_str(&f->problems), "link: WorkloadEndpoint(k8s/w/eth0): cannot set "));
	test_run("umount /proc/sys");
	for (int i = 0; i < 100 && !strstr(buf_str(&f->log), "w is up\n"); i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	expect_configured("0");
}

static void add_size(void *ctx, const char *index, size_t size)
{
	if (size)
		print_message("%s: %zu\n", index, size);
	*(size_t *)ctx += size;
}

/* Ten times as many others, the same messages for one; and nothing is left behind. */
static void cost_of_one(struct fixture *f, unsigned others, struct netlink_counters *ret)
{
	struct netlink_counters before, after;
	size_t left = 0;
	char workload[32], ifname[32];

	test_add_veth("cali1", "p1");
	start(f);
	want_group(f, "cali1", NFT_GROUP_SET, 5);
	for (unsigned i = 0; i < others; i++) {
		snprintf(workload, sizeof(workload), "other%u", i);
		snprintf(ifname, sizeof(ifname), "calix%u", i);
		put_endpoint(f, workload, ifname);
	}
	run(f);
	before = netlink_counters(monitor_netlink(f->monitor));
	put_endpoint(f, "w", "cali1");
	run(f);
	after = netlink_counters(monitor_netlink(f->monitor));
	ret->sent_messages = after.sent_messages - before.sent_messages;
	ret->sent_bytes = after.sent_bytes - before.sent_bytes;

	for (unsigned i = 0; i < others; i++) {
		snprintf(workload, sizeof(workload), "other%u", i);
		test_send_endpoint_remove(workload, hand_over, f);
	}
	test_send_endpoint_remove("w", hand_over, f);
	test_run("ip link del cali1");
	run(f);
	link_driver_sizes(f->link, add_size, &left);
	assert_int_equal(left, 0);
	stop(f);
}

static void work_is_that_of_the_change(void **state)
{
	struct fixture *f = *state;
	struct netlink_counters one, ten;

	cost_of_one(f, 100, &one);
	f->changed = NULL;
	cost_of_one(f, 1000, &ten);
	assert_int_equal(one.sent_messages, 1); /* the neighbour; the group was set before */
	assert_int_equal(ten.sent_messages, one.sent_messages);
	assert_int_equal(ten.sent_bytes, one.sent_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(interface_before_endpoint),
		TEST(endpoint_before_interface),
		TEST(a_name_that_is_reused_begins_anew),
		TEST(a_link_with_a_foreign_group_is_denied),
		TEST(an_endpoint_that_leaves_takes_all_along),
		TEST(admin_down_is_down),
		TEST(a_flap_configures_again),
		TEST(what_others_change_is_put_right_at_once),
		TEST(what_the_kernel_does_not_tell_is_swept),
		TEST(lost_notifications_are_made_up_for),
		TEST(who_keeps_changing_it_is_a_problem),
		TEST(allowed_sources_switch_the_source_check_off),
		TEST(an_interface_is_renamed),
		TEST(a_restart_writes_nothing),
		TEST(a_stale_neighbour_goes_at_start),
		TEST(what_cannot_be_configured_is_a_problem),
		TEST(work_is_that_of_the_change),
	};

	if (!test_namespaces())
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
