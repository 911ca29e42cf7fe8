/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of policies as text of kernel rules. What the kernel makes of them: packet_test.c. */
#include "rule.h"
#include "testing.h"

/* "s:both" has prefixes; "s:v4" only of IPv4. */
static bool nets_of(void *ctx, const char *set_id, enum table t)
{
	return str_eq(set_id, "s:both") || (str_eq(set_id, "s:v4") && t == TABLE_IP);
}

static const struct rule_owner owner = { .direction = INBOUND,
	.title = "GlobalNetworkPolicy web",
	.text = "gnp/web",
	.tier = "default",
	.kind = "gnp",
	.name = "web",
	.namespace_ = "" };

static char *rendered(
	struct arena *a, const struct nft_config *config, const char *text, enum table t, bool log)
{
	const struct rule_context c = { .config = config, .has_nets = nets_of };
	struct rules out = { .arena = a, .table = t };
	struct buf b = BUF_INIT;
	char *copy;

	(log ? rule_render_log(&c, &owner, test_rule(a, text), &out)
	     : rule_render(&c, &owner, test_rule(a, text), 1, &out));
	for (size_t i = 0; i < out.n; i++) {
		if (i)
			buf_puts(&b, "\n");
		nft_rule_text(out.v[i], table_places[t].family, &b);
	}
	copy = arena_strdup(a, buf_str(&b));
	buf_done(&b);
	return copy;
}

struct rendering {
	const char *rule, *ip, *ip6; /* ip6 NULL: the same */
};

static const struct rendering renderings[] = {
	{ "allow", "counter accept", NULL },
	{ "deny", "counter drop", NULL },
	{ "next-tier", "counter return", NULL },
	{ "log", "counter log prefix \"calico-packet: \" level info", NULL },
	{ "allow tcp", "meta l4proto tcp counter accept", NULL },
	{ "allow proto=6", "meta l4proto tcp counter accept", NULL },
	{ "allow nproto=sctp", "meta l4proto != 132 counter accept", NULL },
	{ "allow icmp", "meta l4proto icmp counter accept", "" },
	{ "allow icmpv6", "", "meta l4proto ipv6-icmp counter accept" },
	{ "allow ip=4", "counter accept", "" },
	{ "allow src=10.0.0.0/8", "ip saddr 10.0.0.0/8 counter accept", "" },
	{ "allow dst=fd00::1", "", "ip6 daddr fd00::1 counter accept" },
	{ "allow src=10.1.2.3/8", "ip saddr 10.0.0.0/8 counter accept", "" },
	{ "allow src=0.0.0.0/0", "counter accept", "" },
	{ "allow nsrc=0.0.0.0/0", "", "" },
	{ "allow nsrc=0.0.0.0/1,128.0.0.0/1", "", "" },
	{ "allow src=10.0.0.0/8 dst=fd00::/8", "", "" },
	{ "allow src=10.0.0.0/8,fd00::/8,10.1.0.0/16", "ip saddr 10.0.0.0/8 counter accept",
		"ip6 saddr fd00::/8 counter accept" },
	{ "allow src=10.0.0.0/8,192.168.0.0/16",
		"ip saddr { 10.0.0.0-10.255.255.255, 192.168.0.0-192.168.255.255 } counter accept",
		"" },
	{ "allow nsrc=10.0.0.0/8", "ip saddr != 10.0.0.0/8 counter accept", "" },
	{ "allow tcp dport=80", "meta l4proto tcp th dport 80 counter accept", NULL },
	{ "allow tcp dport=80-90", "meta l4proto tcp th dport 80-90 counter accept", NULL },
	{ "allow udp sport=0-65535", "meta l4proto udp counter accept", NULL },
	{ "allow udp nsport=0-65535", "", NULL },
	{ "allow tcp dport=80,81,79,443", "meta l4proto tcp th dport { 79-81, 443 } counter accept",
		NULL },
	{ "allow tcp ndport=80,443", "meta l4proto tcp th dport != { 80, 443 } counter accept",
		NULL },
	{ "allow sset=s:plain", "ip saddr @s-plain counter accept",
		"ip6 saddr @s-plain counter accept" },
	{ "allow sset=s:v4",
		"ip saddr @s-v4 counter accept\n"
		"ip saddr @s-v4-net counter accept",
		"ip6 saddr @s-v4 counter accept" },
	{ "allow nsset=s:v4", "ip saddr != @s-v4 ip saddr != @s-v4-net counter accept",
		"ip6 saddr != @s-v4 counter accept" },
	{ "deny sset=s:both dset=s:both",
		"ip saddr @s-both ip daddr @s-both counter drop\n"
		"ip saddr @s-both ip daddr @s-both-net counter drop\n"
		"ip saddr @s-both-net ip daddr @s-both counter drop\n"
		"ip saddr @s-both-net ip daddr @s-both-net counter drop",
		"ip6 saddr @s-both ip6 daddr @s-both counter drop\n"
		"ip6 saddr @s-both ip6 daddr @s-both-net counter drop\n"
		"ip6 saddr @s-both-net ip6 daddr @s-both counter drop\n"
		"ip6 saddr @s-both-net ip6 daddr @s-both-net counter drop" },
	{ "allow tcp dport=80 dnamed=n:http,n:web",
		"meta l4proto tcp th dport 80 counter accept\n"
		"meta l4proto tcp ip daddr . meta l4proto . th dport @n-http counter accept\n"
		"meta l4proto tcp ip daddr . meta l4proto . th dport @n-web counter accept",
		"meta l4proto tcp th dport 80 counter accept\n"
		"meta l4proto tcp ip6 daddr . meta l4proto . th dport @n-http counter accept\n"
		"meta l4proto tcp ip6 daddr . meta l4proto . th dport @n-web counter accept" },
	{ "allow tcp dport=0-65535 dnamed=n:http", "meta l4proto tcp counter accept", NULL },
	{ "allow snamed=n:http", "ip saddr . meta l4proto . th sport @n-http counter accept",
		"ip6 saddr . meta l4proto . th sport @n-http counter accept" },
	{ "allow tcp ndport=443 ndnamed=n:http",
		"meta l4proto tcp th dport != 443 "
		"ip daddr . meta l4proto . th dport != @n-http counter accept",
		"meta l4proto tcp th dport != 443 "
		"ip6 daddr . meta l4proto . th dport != @n-http counter accept" },
	{ "allow dports_of=svc:x", "ip daddr . meta l4proto . th dport @svc-x counter accept",
		"ip6 daddr . meta l4proto . th dport @svc-x counter accept" },
	{ "allow icmp icmp=8", "meta l4proto icmp icmp type 8 counter accept", "" },
	{ "allow icmpv6 icmp=128/0", "",
		"meta l4proto ipv6-icmp icmpv6 type 128 icmpv6 code 0 counter accept" },
	{ "allow nicmp=8", "meta l4proto icmp icmp type != 8 counter accept",
		"meta l4proto ipv6-icmp icmpv6 type != 8 counter accept" },
	{ "allow icmp nicmp=8/1",
		"meta l4proto icmp icmp type != 8 counter accept\n"
		"meta l4proto icmp icmp type 8 icmp code != 1 counter accept",
		"" },
	{ "log tcp sset=s:v4", "counter jump cali-li-gnp/web/1", NULL },
	{ "allow tcp selector=a=='b'", "meta l4proto tcp counter accept comment \"from a=='b'\"",
		NULL },
};

static void test_renderings(void **state)
{
	const struct nft_config config = { .log_prefix = "calico-packet" };
	_cleanup_arena_ struct arena a = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(renderings); i++) {
		const struct rendering *r = &renderings[i];

		assert_null(rule_fault(test_rule(&a, r->rule)));
		assert_string_equal(rendered(&a, &config, r->rule, TABLE_IP, false), r->ip);
		assert_string_equal(
			rendered(&a, &config, r->rule, TABLE_IP6, false), r->ip6 ? r->ip6 : r->ip);
	}
}

static void test_a_log_with_alternatives_returns(void **state)
{
	const struct nft_config config = {
		.log_prefix = "%k", .log_rate = 10, .log_unit_seconds = 60, .log_burst = 5
	};
	_cleanup_arena_ struct arena a = ARENA_INIT;

	assert_string_equal(rendered(&a, &config, "log tcp sset=s:v4", TABLE_IP, true),
		"meta l4proto tcp ip saddr @s-v4 limit rate 10/minute burst 5 packets "
		"counter log prefix \"gnp: \" level info return\n"
		"meta l4proto tcp ip saddr @s-v4-net limit rate 10/minute burst 5 packets "
		"counter log prefix \"gnp: \" level info return");
	assert_string_equal(
		rendered(&a, &config, "log icmp icmp=8 sset=s:v4", TABLE_IP6, true), "");
	assert_true(rule_logs_apart(test_rule(&a, "log nicmp=8/0")));
	assert_false(rule_logs_apart(test_rule(&a, "log tcp dport=1,2,3")));
}

static void test_reject(void **state)
{
	const struct nft_config config = { .log_prefix = "", .reject = true };
	_cleanup_arena_ struct arena a = ARENA_INIT;

	assert_string_equal(rendered(&a, &config, "deny", TABLE_IP, false), "counter reject");
}

static void test_what_cannot_be_enforced(void **state)
{
	static const char *const rules[][2] = {
		{ "drop", "unknown action" },
		{ "allow tpc", "unknown protocol" },
		{ "allow proto=0", "unknown protocol" },
		{ "allow proto=256", "unknown protocol" },
		{ "allow nproto=xyz", "unknown protocol" },
		{ "allow src=10.0.0.0/33", "a net that is no address or prefix" },
		{ "allow ndst=example", "a net that is no address or prefix" },
		{ "allow dport=80", "ports need protocol TCP, UDP or SCTP" },
		{ "allow icmp ndport=80", "ports need protocol TCP, UDP or SCTP" },
		{ "allow nproto=tcp dport=80", "ports need protocol TCP, UDP or SCTP" },
		{ "allow tcp dport=90-80", "a port range that is none" },
		{ "allow tcp sport=65536", "a port range that is none" },
		{ "allow tcp icmp=8", "an ICMP type needs protocol ICMP or ICMPv6" },
		{ "allow icmp icmp=256", "bad ICMP type or code" },
		{ "allow icmp nicmp=8/-1", "bad ICMP type or code" },
		{ "allow sset=s:1,s:2,s:3,s:4,s:5,s:6,s:7,s:8,s:9",
			"more alternatives than can be written" },
	};
	_cleanup_arena_ struct arena a = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		assert_string_equal(rule_fault(test_rule(&a, rules[i][0])), rules[i][1]);
}

static void test_log_prefixes(void **state)
{
	const struct rule_owner gnp = {
		.tier = "default", .kind = "gnp", .name = "ep2-4", .namespace_ = ""
	};
	const struct rule_owner np = {
		.tier = "t%n", .kind = "np", .name = "web", .namespace_ = "default"
	};
	_cleanup_arena_ struct arena a = ARENA_INIT;

	assert_string_equal(log_prefix(&a, "calico-packet", &gnp), "calico-packet: ");
	assert_string_equal(
		log_prefix(&a, "aXy9%n%%t %k %p", &gnp), "aXy9ep2-4%default gnp ep2-4: ");
	assert_string_equal(log_prefix(&a, "%t/%p %x %", &np), "t%n/default/web %x %: ");
	assert_int_equal(strlen(log_prefix(&a,
				 "0123456789012345678901234567890123456789012345678901234567890123"
				 "0123456789012345678901234567890123456789012345678901234567890123",
				 &np)),
		NFT_LOG_PREFIX_MAX);
}

static void test_names(void **state)
{
	char longer[400];
	_cleanup_arena_ struct arena a = ARENA_INIT;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_string_equal(name_policy_chain(&a, INBOUND, "gnp/web"), "cali-pi-gnp/web");
	assert_string_equal(
		name_policy_chain(&a, OUTBOUND, "np/default/web"), "cali-po-np/default/web");
	assert_string_equal(name_profile_chain(&a, INBOUND, "kns.default"), "cali-pri-kns.default");
	assert_string_equal(name_set(&a, "s:Ab_-1", false), "s-Ab_-1");
	assert_string_equal(name_set(&a, "s:Ab_-1", true), "s-Ab_-1-net");
	assert_true(strlen(name_policy_chain(&a, INBOUND, longer)) < NFT_NAME_TEXT_MAX);
	assert_true(strlen(name_log_chain(&a, INBOUND, longer, 12)) < NFT_NAME_TEXT_MAX);
	assert_true(strlen(name_tier_chain(&a, INBOUND, longer, "x")) < NFT_NAME_TEXT_MAX);
	assert_true(strlen(name_set(&a, longer, true)) < NFT_NAME_TEXT_MAX);
	/* What nft cannot read is replaced, and the hash keeps it apart from what looks like it. */
	assert_true(str_starts(name_profile_chain(&a, INBOUND, "a b"), "cali-pri-a-b_"));
	assert_true(str_starts(name_profile_chain(&a, INBOUND, "a_b"), "cali-pri-a-b_"));
	assert_string_not_equal(
		name_profile_chain(&a, INBOUND, "a b"), name_profile_chain(&a, INBOUND, "a_b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renderings),
		cmocka_unit_test(test_a_log_with_alternatives_returns),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_what_cannot_be_enforced),
		cmocka_unit_test(test_log_prefixes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
