/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host that upstream's Felix has programmed, taken over with packets on their way all the time.
 * The rulesets are of upstream's shape (felix.md 2.2 to 2.10), made for two workloads. */
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

#include "../takeover/names.h"
#include "kernel/ipset.h"
#include "lab.h"
#include "takeover/takeover.h"

/* Of one family: SUFFIX is that of the policy's set, FOREIGN a rule of somebody else. */
#define IPTABLES                                                                                 \
	"*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n:cali-PREROUTING -\n"                         \
	"-A PREROUTING -m comment --comment \"cali:6gwbT8clXdHdC1b1\" -j cali-PREROUTING\n"      \
	"-A cali-PREROUTING -m comment --comment \"cali:XFX5xbM8B9qR10JG\" -j MARK"              \
	" --set-xmark 0x0/0xf0000\nCOMMIT\n"                                                     \
	"*mangle\n:POSTROUTING ACCEPT\n:cali-POSTROUTING -\n"                                    \
	"-A POSTROUTING -m comment --comment \"cali:O3lYWMrLQYEMJtB5\" -j cali-POSTROUTING\n"    \
	"-A cali-POSTROUTING -m comment --comment \"cali:NX-7roTexQ3fGRfU\" -m mark"             \
	" --mark 0x10000/0x10000 -j RETURN\nCOMMIT\n"                                            \
	"*nat\n:POSTROUTING ACCEPT\n:cali-POSTROUTING -\n:cali-nat-outgoing -\n"                 \
	"-A POSTROUTING -m comment --comment \"cali:O3lYWMrLQYEMJtB6\" -j cali-POSTROUTING\n"    \
	"-A cali-POSTROUTING -m comment --comment \"cali:NBF2TPSqvf5d9PpU\" -j"                  \
	" cali-nat-outgoing\nCOMMIT\n"                                                           \
	"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:cali-FORWARD -\n"             \
	":cali-INPUT -\n:cali-from-wl-dispatch -\n:cali-to-wl-dispatch -\n:cali-fw-calia -\n"    \
	":cali-tw-calib -\n:cali-pi-gnp/web -\n:cali-fw-other -\n:MINE -\n"                      \
	"-A INPUT -m comment --comment \"cali:Cz_u1IQiXIMmKD4c\" -j cali-INPUT\n"                \
	"-A FORWARD -m comment --comment \"cali:wUHhoiAYhphO9Mso\" -j cali-FORWARD\n"            \
	"-A FORWARD -m comment --comment \"mine, not cali:\" -j MINE\n"                          \
	"-A FORWARD -m comment --comment \"cali:S93hcgKJrXEqnTfs\" -m mark"                      \
	" --mark 0x10000/0x10000 -j ACCEPT\n"                                                    \
	"-A FORWARD -m comment --comment \"cali:mp77cMpurHhyjLrM\" -j MARK"                      \
	" --set-xmark 0x10000/0x10000\n"                                                         \
	"-A MINE -p tcp --dport 6666 -j DROP\n"                                                  \
	"-A cali-FORWARD -m comment --comment \"cali:vjrMJCRpqwy5oRoX\" -j MARK"                 \
	" --set-xmark 0x0/0xe0000\n"                                                             \
	"-A cali-FORWARD -i cali+ -m comment --comment \"cali:8ZoYfO5HKXWbB3pk\" -j"             \
	" cali-from-wl-dispatch\n"                                                               \
	"-A cali-FORWARD -o cali+ -m comment --comment \"cali:jdEuaPBe14V2hutn\" -j"             \
	" cali-to-wl-dispatch\n"                                                                 \
	"-A cali-from-wl-dispatch -i calia -g cali-fw-calia\n"                                   \
	"-A cali-from-wl-dispatch -i calib -j RETURN\n"                                          \
	"-A cali-from-wl-dispatch -m comment --comment \"Unknown interface\" -j DROP\n"          \
	"-A cali-to-wl-dispatch -o calib -g cali-tw-calib\n"                                     \
	"-A cali-to-wl-dispatch -o calia -j RETURN\n"                                            \
	"-A cali-to-wl-dispatch -m comment --comment \"Unknown interface\" -j DROP\n"            \
	"-A cali-fw-calia -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"                \
	"-A cali-tw-calib -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"                \
	"-A cali-tw-calib -m mark --mark 0x0/0x20000 -j cali-pi-gnp/web\n"                       \
	"-A cali-tw-calib -m mark --mark 0x10000/0x10000 -j RETURN\n"                            \
	"-A cali-tw-calib -m comment --comment \"Drop if no policies passed packet\" -j DROP\n"  \
	"-A cali-pi-gnp/web -p tcp --dport 80 -j MARK --set-xmark 0x10000/0x10000\nCOMMIT\n"

/* The table that has the name of ours. */
#define NFT                                                                                      \
	"table %s calico {\n"                                                                    \
	" set cali40this-host { type %s; flags interval; }\n"                                    \
	" map filter-cali-from-wl-dispatch { type ifname : verdict;"                             \
	"  elements = { \"calia\" : goto filter-cali-fw-calia, \"calib\" : accept } }\n"         \
	" map filter-cali-to-wl-dispatch { type ifname : verdict;"                               \
	"  elements = { \"calib\" : goto filter-cali-tw-calib, \"calia\" : accept } }\n"         \
	" chain raw-PREROUTING { type filter hook prerouting priority raw; policy accept;"       \
	"  meta mark set mark and 0xfff0ffff counter; }\n"                                        \
	" chain nat-POSTROUTING { type nat hook postrouting priority 110; policy accept; }\n"    \
	" chain mangle-OUTPUT { type route hook output priority -150; policy accept; }\n"        \
	" chain filter-FORWARD { type filter hook forward priority filter; policy accept;"       \
	"  counter jump filter-cali-FORWARD comment \"cali:wUHhoiAYhphO9Mso;\"\n"                \
	"  meta mark and 0x10000 == 0x10000 counter accept; }\n"                                  \
	" chain filter-cali-FORWARD { iifname \"cali*\" counter jump filter-cali-from-wl\n"      \
	"  oifname \"cali*\" counter jump filter-cali-to-wl; }\n"                                 \
	" chain filter-cali-from-wl { iifname vmap @filter-cali-from-wl-dispatch\n"              \
	"  counter drop comment \"Unknown interface\"; }\n"                                       \
	" chain filter-cali-to-wl { oifname vmap @filter-cali-to-wl-dispatch\n"                  \
	"  counter drop comment \"Unknown interface\"; }\n"                                       \
	" chain filter-cali-fw-calia { ct state established,related counter accept; }\n"          \
	" chain filter-cali-tw-calib { ct state established,related counter accept\n"            \
	"  counter jump filter-cali-pi-gnp/web\n"                                                \
	"  meta mark and 0x10000 == 0x10000 counter return\n"                                    \
	"  counter drop comment \"Drop if no policies passed packet\"; }\n"                       \
	" chain filter-cali-pi-gnp/web { tcp dport 80 counter meta mark set mark or 0x10000; }\n" \
	"}\n"

static void feed(const char *command, const char *text)
{
	FILE *p = popen(command, "w");

	assert_non_null(p);
	fputs(text, p);
	assert_int_equal(pclose(p), 0);
}

static void iptables_state(void)
{
	feed("iptables-nft-restore", IPTABLES);
	feed("ip6tables-nft-restore", IPTABLES);
}

static void model(struct lab *l)
{
	test_profile(l->h, "all", "allow", "allow");
	test_policy(l->h, "gnp/web", "allow tcp dport=80", "");
	workload(l, false, "", "all");
	workload(l, true, "default Deny in=gnp/web", "all");
	test_in_sync(l->h);
}

/* A new connection each time. What wire_passes() sends behind is an established one. */
static void check_policy(struct lab *l)
{
	static uint16_t port = 20000;

	for (int v6 = 0; v6 < 2; v6++) {
		const struct packet allowed = { .v6 = v6,
			.protocol = IPPROTO_TCP,
			.sport = ++port,
			.dport = 80 };
		struct packet denied = allowed;

		denied.dport = 81;
		assert_true(wire_passes(&l->wire, &allowed));
		assert_false(wire_passes(&l->wire, &denied));
	}
}

static struct takeover *start(struct lab *l)
{
	return takeover_new(l->h->nl, &l->h->host);
}

/* One pass, packets after everything that the kernel answers. */
static unsigned pass(struct lab *l, struct takeover *t)
{
	unsigned steps = 0;

	takeover_run(t);
	for (; takeover_running(t); steps++) {
		assert_true(steps < 10000);
		loop_step(l->h->loop, 1000);
		check_policy(l);
	}
	return steps;
}

static void assert_lines(const char *command, unsigned n)
{
	_cleanup_free_ char *all = mem_printf("%s | wc -l", command);
	_cleanup_free_ char *out = test_output(all);

	if (strtoul(out, NULL, 10) != n)
		fail_msg("%s: %s lines, not %u", command, out, n);
}

static const char *const saves[] = { "iptables-nft-save", "ip6tables-nft-save" };

static void assert_saved(const char *what, unsigned n)
{
	for (size_t i = 0; i < ARRAY_SIZE(saves); i++) {
		_cleanup_free_ char *command =
			mem_printf("%s 2>/dev/null | grep -e '%s'", saves[i], what);

		assert_lines(command, n);
	}
}

#define OURS "cali-\\|\"cali:"

static void iptables_mode_without_a_lost_packet(void **state)
{
	struct lab *l = *state;
	struct takeover *t;

	model(l);
	walk(l);
	iptables_state();
	check_policy(l); /* while both stand */
	t = start(l);
	assert_true(pass(l, t) > 5);
	assert_saved(OURS, 0);
	assert_saved("MINE", 3); /* chain, jump, rule */
	assert_int_equal(l->h->problems.n, 0);
	check_policy(l);
	pass(l, t); /* nothing is left to do */
	assert_saved("MINE", 3);
	takeover_free(t);
}

/* FORWARD drops what no rule accepts: upstream's rules are all that lets workloads through. */
static void a_forward_chain_that_drops_keeps_them(void **state)
{
	struct lab *l = *state;
	struct takeover *t;
	const char *reason;

	model(l);
	walk(l);
	iptables_state();
	test_run("iptables-nft -P FORWARD DROP");
	t = start(l);
	pass(l, t);
	reason = test_problem_of(l->h, "Rules of upstream in family ip");
	assert_non_null(reason);
	assert_non_null(strstr(reason, "FORWARD"));
	assert_null(test_problem_of(l->h, "Rules of upstream in family ip6"));
	assert_lines("iptables-nft-save | grep -e '-j cali-FORWARD'", 1);
	assert_lines("ip6tables-nft-save | grep cali-", 0);
	test_run("iptables-nft -P FORWARD ACCEPT");
	pass(l, t);
	assert_int_equal(l->h->problems.n, 0);
	assert_saved(OURS, 0);
	takeover_free(t);
}

static void a_chain_that_others_use_stays_empty(void **state)
{
	struct lab *l = *state;
	struct takeover *t;

	model(l);
	walk(l);
	iptables_state();
	test_run("iptables-nft -A MINE -j cali-tw-calib");
	t = start(l);
	pass(l, t);
	assert_non_null(test_problem_of(l->h, "Chains of upstream in family ip"));
	assert_lines("iptables-nft-save | grep cali-", 2); /* the chain and the jump */
	test_run("iptables-nft -D MINE -j cali-tw-calib");
	pass(l, t);
	assert_int_equal(l->h->problems.n, 0);
	assert_saved(OURS, 0);
	takeover_free(t);
}

static void nft_state(void)
{
	_cleanup_free_ char *v4 = mem_printf(NFT, "ip", "ipv4_addr");
	_cleanup_free_ char *v6 = mem_printf(NFT, "ip6", "ipv6_addr");

	feed("nft -f -", v4);
	feed("nft -f -", v6);
}

/* Upstream's table has the name of ours: the driver finds it when it starts. */
static void nft_mode_without_a_lost_packet(void **state)
{
	struct lab *l = *state;

	test_run("nft flush ruleset; ip link set calia group 0; ip link set calib group 0");
	nft_state();
	check_policy(l);
	test_restart(l->h);
	model(l);
	check_policy(l); /* nothing is written before the walk */
	assert_true(test_phase(l->h, PHASE_TABLES));
	set_groups(l->h);
	check_policy(l);
	assert_true(test_phase(l->h, PHASE_DELETIONS));
	check_policy(l);
	assert_int_equal(l->h->problems.n, 0);
	assert_lines("nft list ruleset | grep -e 'filter-\\|raw-\\|mangle-\\|nat-\\|cali40'", 0);
}

/* Upstream starts over what we left: it adds its own to the table, then deletes what it does not
 * know. It does so by name, so what we leave must be nothing that it cannot delete: the order is
 * that of felix.md 2.2. */
static void handed_back_without_a_lost_packet(void **state)
{
	struct lab *l = *state;
	_cleanup_free_ char *v4 = mem_printf(NFT, "ip", "ipv4_addr");
	_cleanup_free_ char *v6 = mem_printf(NFT, "ip6", "ipv6_addr");
	_cleanup_free_ char *both = NULL;

	model(l);
	walk(l);
	check_policy(l);
	nft_state(); /* over ours: both stand */
	check_policy(l);
	/* What docs/man/calico-felix.8 says, should upstream not do it: one transaction. */
	both = mem_printf("delete table ip calico\ndelete table ip6 calico\n%s%s", v4, v6);
	feed("nft -f -", both);
	check_policy(l);
	assert_lines("nft list table ip calico | grep -e 'cali-sources\\|owned'", 0);
}

/* --- IP sets --- */

struct asked {
	bool done;
	int error;
	struct strv names;
};

static void on_answer(void *ctx, const struct netlink_answer *a)
{
	struct asked *q = ctx;
	const char *name = a->what == NETLINK_DATA ? ipset_read_name(a->msg) : NULL;

	if (name)
		strv_add(&q->names, name);
	if (a->what == NETLINK_REFUSED)
		q->error = a->error;
	q->done = q->done || a->what == NETLINK_DONE;
}

static void await(struct lab *l, const struct asked *q)
{
	for (int i = 0; i < 10000 && !q->done; i++)
		loop_step(l->h->loop, 1000);
	assert_true(q->done);
}

/* False: this kernel has no such sets. */
static bool make_set(struct lab *l, const char *name, uint8_t family)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct nlmsghdr *nlh = netlink_msg_begin(
		&b, NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_CREATE, NLM_F_CREATE | NLM_F_EXCL, 256);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	struct asked q = { 0 };

	nfg->nfgen_family = AF_INET;
	mnl_attr_put_u8(nlh, IPSET_ATTR_PROTOCOL, 6);
	mnl_attr_put_strz(nlh, IPSET_ATTR_SETNAME, name);
	mnl_attr_put_strz(nlh, IPSET_ATTR_TYPENAME, "hash:net");
	mnl_attr_put_u8(nlh, IPSET_ATTR_REVISION, 0);
	mnl_attr_put_u8(nlh, IPSET_ATTR_FAMILY, family);
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, IPSET_ATTR_DATA));
	netlink_msg_end(&b, nlh);
	netlink_batch(l->h->nl, &b, on_answer, &q);
	await(l, &q);
	return q.error == 0;
}

static char *set_names(struct lab *l)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct asked q = { 0 };
	char *joined;

	ipset_ask_names(&b);
	netlink_dump(l->h->nl, (const struct nlmsghdr *)b.data, on_answer, &q);
	await(l, &q);
	strv_sort(&q.names);
	joined = strv_join(&q.names, " ");
	strv_done(&q.names);
	return joined;
}

static void ip_sets_go_after_the_rules(void **state)
{
	struct lab *l = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct takeover *t;

	if (!make_set(l, "cali40s:web", AF_INET))
		skip();
	assert_true(make_set(l, "cali60this-host", AF_INET6));
	assert_true(make_set(l, "mine", AF_INET));
	model(l);
	walk(l);
	iptables_state();
	test_run("iptables-nft -A cali-INPUT -m set --match-set cali40s:web src -j MARK"
		 " --set-xmark 0x0/0x10000");
	before = set_names(l);
	assert_string_equal(before, "cali40s:web cali60this-host mine");
	t = start(l);
	pass(l, t);
	for (int i = 0; i < 20 && takeover_wants_more(t); i++) {
		usleep(10000); /* the kernel frees rules a little later */
		pass(l, t);
	}
	after = set_names(l);
	assert_string_equal(after, "mine");
	assert_int_equal(l->h->problems.n, 0);
	takeover_free(t);
}

static void names_of_upstream(void **state)
{
	assert_true(upstream_chain("cali-pi-gnp/web"));
	assert_true(upstream_chain("felix-FORWARD"));
	assert_false(upstream_chain("calico"));
	assert_false(upstream_chain("MINE-cali-"));
	assert_true(upstream_comment("cali:abc"));
	assert_false(upstream_comment("a cali:abc"));
	assert_true(upstream_ipset("cali40this-host"));
	assert_true(upstream_ipset("felix-masq-ipam-pools"));
	assert_false(upstream_ipset("cali50x"));
	assert_false(upstream_ipset("felix-5"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_upstream),
		LAB_TEST(iptables_mode_without_a_lost_packet),
		LAB_TEST(a_forward_chain_that_drops_keeps_them),
		LAB_TEST(a_chain_that_others_use_stays_empty),
		LAB_TEST(ip_sets_go_after_the_rules),
		LAB_TEST(nft_mode_without_a_lost_packet),
		LAB_TEST(handed_back_without_a_lost_packet),
	};

	if (lab_enter() == SKIPPED)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
