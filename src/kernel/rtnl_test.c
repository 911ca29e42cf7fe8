/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, routes, neighbours, rules and sysctls: what we write, the kernel takes and tells back. */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "io/loop.h"
#include "io/netlink.h"
#include "io/testing.h"
#include "kernel/address.h"
#include "kernel/link.h"
#include "kernel/neigh.h"
#include "kernel/route.h"
#include "kernel/rule.h"
#include "kernel/sysctl.h"

#define MAX 32

struct fixture {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	bool done;
	int error; /* of DONE, or the last refusal */

	struct link_info links[MAX];
	struct route routes[MAX];
	struct neigh neighs[MAX];
	struct rule rules[MAX];
	struct link_address addresses[MAX];
	size_t n_links, n_routes, n_neighs, n_rules, n_addresses;
};

static void on_event(void *ctx, const struct event *ev)
{
	struct fixture *f = ctx;

	netlink_event(f->nl, ev);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	assert_true(test_namespaces());
	assert_int_equal(loop_new(&f->loop), 0);
	f->inbox = loop_inbox(f->loop, "test", on_event, f);
	test_run("ip link set lo up");
	test_add_veth("cali1", "peer1");
	return netlink_open(f->loop, f->inbox, NETLINK_ROUTE, 1, &f->nl, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	netlink_free(f->nl);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void take(struct fixture *f, const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		f->n_links += link_parse(nlh, &f->links[f->n_links]) == 0;
		break;
	case RTM_NEWROUTE:
		f->n_routes += route_parse(nlh, &f->routes[f->n_routes]) == 0;
		break;
	case RTM_NEWNEIGH:
		f->n_neighs += neigh_parse(nlh, &f->neighs[f->n_neighs]) == 0;
		break;
	case RTM_NEWADDR:
		f->n_addresses += link_address_parse(nlh, &f->addresses[f->n_addresses]) == 0;
		break;
	case RTM_NEWRULE:
		f->n_rules += rule_parse(nlh, &f->rules[f->n_rules]) == 0;
		break;
	}
}

static void heard(void *ctx, const struct netlink_answer *a)
{
	struct fixture *f = ctx;

	if (a->what == NETLINK_DATA)
		take(f, a->msg);
	if (a->what == NETLINK_REFUSED) {
		print_message(
			"refused %u: %d %s (offset %u)\n", a->index, a->error, a->text, a->offset);
		f->error = a->error;
	}
	if (a->what == NETLINK_DONE) {
		f->error = a->error ? a->error : f->error;
		f->done = true;
	}
}

static int run(struct fixture *f)
{
	for (int i = 0; i < 10000 && !f->done; i++)
		assert_int_equal(loop_step(f->loop, 1000), 0);
	assert_true(f->done);
	return f->error;
}

static int batch(struct fixture *f, const struct buf *b)
{
	f->done = false;
	f->error = 0;
	netlink_batch(f->nl, b, heard, f);
	return run(f);
}

static int dump(struct fixture *f, const struct buf *b)
{
	f->done = false;
	f->error = 0;
	f->n_links = f->n_routes = f->n_neighs = f->n_rules = f->n_addresses = 0;
	netlink_dump(f->nl, (const struct nlmsghdr *)b->data, heard, f);
	return run(f);
}

static const struct link_info *link_named(struct fixture *f, const char *name)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	link_put_dump(&b);
	assert_int_equal(dump(f, &b), 0);
	for (size_t i = 0; i < f->n_links; i++)
		if (!strcmp(f->links[i].name, name))
			return &f->links[i];
	return NULL;
}

static struct addr addr(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void links_are_read_and_set(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	const struct link_info *l = link_named(f, "cali1");

	assert_int_equal(f->n_links, 3);
	assert_string_equal(l->kind, "veth");
	assert_int_equal(l->group, 0);
	assert_int_equal(l->mtu, 1500);
	assert_int_equal(l->flags & (IFF_UP | IFF_RUNNING), IFF_UP | IFF_RUNNING);

	link_put_group(&b, l->index, 0x12345);
	link_put_up(&b, l->index, false);
	assert_int_equal(batch(f, &b), 0);
	l = link_named(f, "cali1");
	assert_int_equal(l->group, 0x12345);
	assert_int_equal(l->flags & (IFF_UP | IFF_RUNNING), 0);
	assert_string_equal(l->name, "cali1");
}

/* One end here, the other in a namespace next door; either end's name may be taken. */
static void veth_pairs_are_made(void **state)
{
	static const uint8_t mac[] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT, again = BUF_INIT, gone = BUF_INIT;
	_cleanup_close_ int there = -1;
	_cleanup_free_ char *other = NULL;
	struct veth v = { .here.name = "eth9", .there = { "cali9", mac }, .mtu = 1400,
		.queues = 2 };
	const struct link_info *l;

	test_run("ip netns add next && ip netns exec next ip link add cali8 type bridge");
	there = open("/run/netns/next", O_RDONLY);
	v.there_fd = there;
	link_put_veth(&b, &v);
	assert_int_equal(batch(f, &b), 0);
	l = link_named(f, "eth9");
	assert_string_equal(l->kind, "veth");
	assert_int_equal(l->mtu, 1400);
	assert_true(l->peer && l->peer_elsewhere && l->has_mac);
	other = test_output("ip netns exec next ip -d link show cali9");
	assert_non_null(strstr(other, "mtu 1400"));
	assert_non_null(strstr(other, "numtxqueues 2 numrxqueues 2"));
	assert_non_null(strstr(other, "ee:ee:ee:ee:ee:ee"));

	assert_int_equal(batch(f, &b), -EEXIST);
	v.here.name = "eth8";
	v.there.name = "cali8";
	link_put_veth(&again, &v);
	assert_int_equal(batch(f, &again), -EEXIST);
	assert_null(link_named(f, "eth8"));

	link_put_delete_name(&gone, "eth9");
	assert_int_equal(batch(f, &gone), 0);
	assert_null(link_named(f, "eth9"));
	assert_int_equal(test_try("ip netns exec next ip link show cali9 2>/dev/null"), 1);
	assert_int_equal(batch(f, &gone), -ENODEV);
}

static void one_link_is_asked_for_and_changed(void **state)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 };
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT, gone = BUF_INIT, index = BUF_INIT;

	link_put_mac(&b, link_named(f, "cali1")->index, mac);
	link_put_get(&b, "cali1");
	f->n_links = 0;
	assert_int_equal(batch(f, &b), 0);
	assert_int_equal(f->n_links, 1);
	assert_memory_equal(f->links[0].mac, mac, 6);
	assert_false(f->links[0].peer_elsewhere);
	link_put_get(&gone, "nowhere");
	assert_int_equal(batch(f, &gone), -ENODEV);
	link_put_delete(&index, f->links[0].index);
	assert_int_equal(batch(f, &index), 0);
	assert_null(link_named(f, "peer1"));
}

static void addresses_read_back_as_written(void **state)
{
	static const char *const texts[] = { "10.9.8.7/32", "fd00::7/128", "10.1.0.1/24" };
	struct fixture *f = *state;
	uint32_t index = link_named(f, "cali1")->index;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buf_ struct buf add = BUF_INIT, all = BUF_INIT;
		struct cidr c;
		bool found = false;

		assert_int_equal(cidr_parse(texts[i], &c), 0);
		link_address_put_add(&add, index, &c);
		assert_int_equal(batch(f, &add), 0);
		assert_int_equal(batch(f, &add), -EEXIST);
		link_address_put_dump(&all, c.addr.family, index);
		assert_int_equal(dump(f, &all), 0);
		for (size_t k = 0; k < f->n_addresses; k++) {
			assert_int_equal(f->addresses[k].index, index);
			found |= cidr_eq(&f->addresses[k].cidr, &c);
		}
		assert_true(found);
	}
}

static void a_route_is_created_once(void **state)
{
	struct fixture *f = *state;
	uint32_t index = link_named(f, "cali1")->index, peer = link_named(f, "peer1")->index;
	_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
	struct route r = { .table = RT_TABLE_MAIN, .oif = index, .protocol = RTPROT_BOOT,
		.scope = RT_SCOPE_LINK, .type = RTN_UNICAST };

	assert_int_equal(cidr_parse("10.7.0.1/32", &r.dst), 0);
	route_put_create(&first, &r);
	assert_int_equal(batch(f, &first), 0);
	assert_int_equal(batch(f, &first), -EEXIST);
	r.oif = peer;
	route_put_create(&second, &r);
	assert_int_equal(batch(f, &second), -EEXIST);
}

static void a_link_that_is_gone_is_refused(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;

	link_put_group(&b, 4711, 1);
	assert_int_equal(batch(f, &b), -ENODEV);
}

static struct route workload_route(const char *text, uint32_t oif)
{
	struct addr a = addr(text);

	return (struct route){
		.dst = cidr_host(&a),
		.table = RT_TABLE_MAIN,
		.metric = 1024,
		.oif = oif,
		.protocol = RTPROT_BOOT,
		.scope = a.family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.type = RTN_UNICAST,
	};
}

static const struct route *route_to(struct fixture *f, const struct cidr *dst)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	route_put_dump(&b, dst->addr.family, RT_TABLE_MAIN, 0);
	assert_int_equal(dump(f, &b), 0);
	for (size_t i = 0; i < f->n_routes; i++)
		if (cidr_eq(&f->routes[i].dst, dst))
			return &f->routes[i];
	return NULL;
}

static void check_route_round_trip(struct fixture *f, struct route r)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	route_put_replace(&b, &r);
	assert_int_equal(batch(f, &b), 0);
	assert_non_null(route_to(f, &r.dst));
	assert_true(route_eq(route_to(f, &r.dst), &r));

	r.protocol = 80; /* the same key: replaced in place */
	buf_clear(&b);
	route_put_replace(&b, &r);
	assert_int_equal(batch(f, &b), 0);
	assert_true(route_eq(route_to(f, &r.dst), &r));

	buf_clear(&b);
	route_put_delete(&b, &r);
	assert_int_equal(batch(f, &b), 0);
	assert_null(route_to(f, &r.dst));
}

static void routes_read_back_as_written(void **state)
{
	struct fixture *f = *state;
	uint32_t index = link_named(f, "cali1")->index;
	struct route r;

	check_route_round_trip(f, workload_route("10.65.0.2", index));
	check_route_round_trip(f, workload_route("fd00:65::2", index));

	test_run("ip addr add 10.9.9.9/32 dev lo && ip addr add fd00:9::9/128 dev lo nodad");
	r = workload_route("10.65.0.3", index);
	r.src = addr("10.9.9.9");
	check_route_round_trip(f, r);
	r = workload_route("fd00:65::3", index);
	r.src = addr("fd00:9::9");
	check_route_round_trip(f, r);

	r = workload_route("10.65.0.4", index);
	r.scope = RT_SCOPE_UNIVERSE;
	r.gateway = addr("172.16.0.1");
	r.onlink = true;
	check_route_round_trip(f, r);

	r = workload_route("10.66.0.0", 0);
	r.dst.len = 26;
	r.type = RTN_BLACKHOLE;
	r.scope = RT_SCOPE_UNIVERSE;
	check_route_round_trip(f, r);
	r = workload_route("fd00:66::", 1); /* IPv6 keeps these on lo */
	r.dst.len = 122;
	r.type = RTN_BLACKHOLE;
	check_route_round_trip(f, r);
}

static void a_delete_takes_only_that_route(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct route r = workload_route("10.65.0.2", link_named(f, "cali1")->index);

	test_run("ip route add 10.65.0.2/32 dev cali1 proto bird metric 32");
	route_put_delete(&b, &r);
	assert_int_equal(batch(f, &b), -ESRCH);
	assert_int_equal(route_to(f, &r.dst)->protocol, RTPROT_BIRD);
}

static void route_dumps_are_filtered_by_the_kernel(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	uint32_t index = link_named(f, "cali1")->index;

	test_run("ip route add 10.65.0.2 dev cali1 && ip route add 10.65.0.3 dev peer1");
	route_put_dump(&b, 4, RT_TABLE_MAIN, index);
	assert_int_equal(dump(f, &b), 0);
	assert_int_equal(f->n_routes, 1);
	assert_int_equal(f->routes[0].oif, index);

	buf_clear(&b);
	route_put_dump(&b, 4, RT_TABLE_LOCAL, 0);
	assert_int_equal(dump(f, &b), 0);
	for (size_t i = 0; i < f->n_routes; i++)
		assert_int_equal(f->routes[i].table, RT_TABLE_LOCAL);
	assert_int_not_equal(f->n_routes, 0);

	buf_clear(&b);
	route_put_dump(&b, 4, 4711, 0);
	assert_int_equal(dump(f, &b), -ENOENT);
}

static void neighbours_read_back_as_written(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct neigh n = { .addr = addr("10.65.0.2"),
		.state = NUD_PERMANENT,
		.has_mac = true,
		.mac = { 2, 3, 4, 5, 6, 7 } };

	n.index = link_named(f, "cali1")->index;
	neigh_put_replace(&b, &n);
	assert_int_equal(batch(f, &b), 0);
	test_expect_output("ip neigh show 10.65.0.2",
		"10.65.0.2 dev cali1 lladdr 02:03:04:05:06:07 PERMANENT \n");
	buf_clear(&b);
	neigh_put_dump(&b, 4, n.index, false);
	assert_int_equal(dump(f, &b), 0);
	assert_int_equal(f->n_neighs, 1);
	assert_true(addr_eq(&f->neighs[0].addr, &n.addr));
	assert_memory_equal(f->neighs[0].mac, n.mac, sizeof(n.mac));

	buf_clear(&b);
	neigh_put_delete(&b, &n);
	assert_int_equal(batch(f, &b), 0);
	test_expect_output("ip neigh show 10.65.0.2 nud permanent", "");
}

static void proxies_are_written(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct neigh n = { .addr = addr("fd00::1"), .proxy = true };

	n.index = link_named(f, "cali1")->index;
	neigh_put_replace(&b, &n);
	assert_int_equal(batch(f, &b), 0);
	buf_clear(&b);
	neigh_put_dump(&b, 6, n.index, true);
	assert_int_equal(dump(f, &b), 0);
	assert_int_equal(f->n_neighs, 1);
	assert_true(f->neighs[0].proxy);
	buf_clear(&b);
	neigh_put_delete(&b, &n);
	assert_int_equal(batch(f, &b), 0);
}

static void rules_read_back_as_written(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	const struct rule rules[] = {
		{ .family = 4,
			.priority = 99,
			.table = 1,
			.invert = true,
			.mark = 0x100000,
			.mask = 0x100000,
			.suppress_prefixes = -1 },
		{ .family = 6, .priority = 98, .table = 300, .suppress_prefixes = 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		buf_clear(&b);
		rule_put_new(&b, &rules[i]);
		assert_int_equal(batch(f, &b), 0);
		buf_clear(&b);
		rule_put_dump(&b, rules[i].family);
		assert_int_equal(dump(f, &b), 0);
		assert_true(rule_eq(&f->rules[1], &rules[i])); /* 0 is the local table's */
		buf_clear(&b);
		rule_put_delete(&b, &rules[i]);
		assert_int_equal(batch(f, &b), 0);
	}
	test_run("ip rule add from 10.0.0.1 lookup 7 prio 90");
	buf_clear(&b);
	rule_put_dump(&b, 4);
	assert_int_equal(dump(f, &b), 0);
	for (size_t i = 0; i < f->n_rules; i++)
		assert_int_not_equal(f->rules[i].priority, 90);
}

static void sysctls_are_written_once(void **state)
{
	const char *path = "net/ipv4/conf/cali1/proxy_arp";
	char value[16];
	bool wrote;

	assert_int_equal(sysctl_write(SYSCTL_ROOT, path, "1", &wrote), 0);
	assert_true(wrote);
	assert_int_equal(sysctl_read(SYSCTL_ROOT, path, value, sizeof(value)), 0);
	assert_string_equal(value, "1");
	assert_int_equal(sysctl_write(SYSCTL_ROOT, path, "1", &wrote), 0);
	assert_false(wrote);
	assert_int_equal(
		sysctl_write(SYSCTL_ROOT, "net/ipv4/conf/nowhere/proxy_arp", "1", NULL), -ENOENT);
	assert_int_equal(sysctl_read(SYSCTL_ROOT, path, value, 2), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(links_are_read_and_set),
		TEST(veth_pairs_are_made),
		TEST(one_link_is_asked_for_and_changed),
		TEST(addresses_read_back_as_written),
		TEST(a_route_is_created_once),
		TEST(a_link_that_is_gone_is_refused),
		TEST(routes_read_back_as_written),
		TEST(a_delete_takes_only_that_route),
		TEST(route_dumps_are_filtered_by_the_kernel),
		TEST(neighbours_read_back_as_written),
		TEST(proxies_are_written),
		TEST(rules_read_back_as_written),
		TEST(sysctls_are_written_once),
	};

	if (!test_namespaces())
		return TEST_SKIPPED;
	return cmocka_run_group_tests_name("kernel-rtnl", tests, NULL, NULL);
}
