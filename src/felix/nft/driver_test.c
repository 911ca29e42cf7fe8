/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver against the kernel: what stands in the tables, configuration, start, sets. */
#include "listing.h"

/* --- what stands in the tables --- */

static void test_a_policy_reads_like_documentation(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	assert_chain("ip", "cali-pi-gnp/web",
		"\tip saddr @s-web tcp dport { 80, 443 } accept"
		" comment \"GlobalNetworkPolicy web ingress\"\n"
		"\tip saddr @s-web-net tcp dport { 80, 443 } accept"
		" comment \"GlobalNetworkPolicy web ingress\"\n"
		"\tdrop\n");
	assert_chain("ip6", "cali-pi-gnp/web",
		"\tip6 saddr @s-web tcp dport { 80, 443 } accept"
		" comment \"GlobalNetworkPolicy web ingress\"\n"
		"\tdrop\n");
	assert_chain("ip", "cali-po-gnp/web",
		"\tip daddr . meta l4proto . th dport @n-http accept"
		" comment \"GlobalNetworkPolicy web egress\"\n");
	assert_chain(
		"ip", "cali-pri-kns.default", "\taccept comment \"Profile kns.default ingress\"\n");
}

static void test_pass_is_inlined_and_logs_once(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *tier = NULL;

	small_host(h);
	assert_true(test_walk(h));
	tier = test_output(
		"nft list table ip calico | sed -n 's/.*chain \\(cali-ti-[^ ]*\\).*/\\1/p'"
		" | tr -d '\\n'");
	assert_chain("ip", tier,
		"\tjump cali-pi-gnp/web\n"
		"\tjump cali-li-np/default/db/0 comment \"NetworkPolicy default/db ingress\"\n"
		"\ttcp dport 5432 return\n"
		"\tdrop comment \"default action: Deny\"\n");
	assert_chain("ip", "cali-li-np/default/db/0",
		"\tip saddr @s-web tcp dport 5432"
		" log prefix \"calico-packet: \" level info return\n"
		"\tip saddr @s-web-net tcp dport 5432"
		" log prefix \"calico-packet: \" level info return\n");
	assert_absent("chain ip calico cali-pi-np/default/db");
}

static void test_sources(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	assert_lists("set ip calico owned",
		"table ip calico {\nset owned {\n\ttype ifname . ipv4_addr\n"
		"\telements = { \"calia\" . 10.65.0.2,\n\t\t     \"calib\" . 10.65.0.3 }\n}\n}\n");
	assert_lists("set arp calico-arp owned",
		"table arp calico-arp {\nset owned {\n\ttype ifname . ipv4_addr\n"
		"\telements = { \"calia\" . 10.65.0.2,\n\t\t     \"calib\" . 10.65.0.3 }\n}\n}\n");
	assert_chain("ip", "cali-sources",
		"\tiifname \"calib\" ip saddr { 10.66.0.0/28, 192.0.2.0/24 } accept"
		" comment \"WorkloadEndpoint(k8s/default/b/eth0)\"\n");
	assert_chain("ip6", "cali-antispoof",
		"\tip6 saddr fe80::/10 accept\n"
		"\tip6 saddr :: accept\n"
		"\tiifname . ip6 saddr @owned accept\n"
		"\tjump cali-sources\n"
		"\tdrop comment \"not an address of this interface\"\n");
	assert_chain("ip", "cali-antispoof",
		"\tiifname . ip saddr @owned accept\n"
		"\tjump cali-sources\n"
		"\tdrop comment \"not an address of this interface\"\n");
}

static void restart_with(struct test_host *h, void (*change)(struct nft_config *c))
{
	change(&h->config);
	test_restart(h);
	small_host(h);
	assert_true(test_walk(h));
}

static void other_config(struct nft_config *c)
{
	c->reject = true;
	c->openstack = true;
	c->metadata_addr = "192.0.2.9";
	c->metadata_port = 8775;
	c->host_action = NFT_HOST_RETURN;
	c->allow_vxlan = c->allow_ipip = true;
	c->drop_invalid = false;
	strv_add(&c->interface_prefixes, "tap");
}

static void test_configuration(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *stack = NULL;

	small_host(h);
	assert_true(test_walk(h));
	assert_chain("ip", "cali-host",
		"\tct state established,related accept\n"
		"\tdrop comment \"DefaultEndpointToHostAction\"\n");
	restart_with(h, other_config);
	assert_chain("ip", "cali-host",
		"\tip daddr 192.0.2.9 tcp dport 8775 accept comment \"OpenStack metadata\"\n"
		"\tudp sport 68 udp dport 67 accept\n"
		"\tudp dport 53 accept\n"
		"\tct state established,related accept\n"
		"\treturn comment \"DefaultEndpointToHostAction\"\n");
	assert_chain("ip6", "cali-input",
		"\ticmpv6 type mld-listener-query accept\n"
		"\ticmpv6 type mld-listener-report accept\n"
		"\ticmpv6 type mld-listener-done accept\n"
		"\ticmpv6 type nd-router-solicit accept\n"
		"\ticmpv6 type nd-neighbor-solicit accept\n"
		"\ticmpv6 type nd-neighbor-advert accept\n"
		"\tudp sport 546 udp dport 547 accept\n"
		"\tudp dport 53 accept\n"
		"\tct state established,related accept\n"
		"\tiifgroup vmap @from\n"
		"\treject comment \"unknown interface\"\n");
	assert_chain("ip", "forward-to",
		"\ttype filter hook forward priority filter + 1; policy accept;\n"
		"\toifname \"cali*\" goto cali-to\n"
		"\toifname \"tap*\" goto cali-to\n");
	stack = test_output(
		"nft list table ip calico | sed -n 's/.*chain \\(cali-fw-[^ ]*\\).*/\\1/p'"
		" | head -1 | tr -d '\\n'");
	assert_chain("ip", stack,
		"\tjump cali-to-default-HASH\n"
		"\tjump cali-pro-kns.default\n"
		"\treject comment \"no profile allows it\"\n");
}

static void without_ipv6(struct nft_config *c)
{
	c->ipv6 = false;
}

static void test_without_ipv6_its_table_denies(void **state)
{
	struct test_host *h = *state;

	restart_with(h, without_ipv6);
	assert_chain("ip6", "cali-from",
		"\tct state established,related accept\n"
		"\tiifgroup vmap @from\n"
		"\tdrop comment \"unknown interface\"\n");
	assert_lists("set ip6 calico owned",
		"table ip6 calico {\nset owned {\n\ttype ifname . ipv6_addr\n}\n}\n");
	assert_lists("map ip6 calico from",
		"table ip6 calico {\nmap from {\n\ttype devgroup : verdict\n}\n}\n");
}

/* --- start --- */

static void test_nothing_before_in_sync(void **state)
{
	struct test_host *h = *state;

	test_run("nft add table ip calico; nft add chain ip calico old");
	test_policy(h, "gnp/web", "allow", "");
	test_idle(h);
	assert_false(h->nft->ops->pending(h->nft, PHASE_TABLES));
	assert_false(h->nft->ops->pending(h->nft, PHASE_DELETIONS));
	assert_lists("ruleset", "table ip calico {\nchain old {\n}\n}\n");
}

static void test_a_restart_writes_nothing(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	small_host(h);
	assert_true(test_walk(h));
	before = test_output("nft list ruleset");
	test_restart(h);
	small_host(h);
	assert_true(test_walk(h));
	assert_int_equal(counted(h).bytes, 0);
	after = test_output("nft list ruleset");
	assert_string_equal(before, after);
}

/* What is ours and not wanted goes; what is others' stays. */
static void test_leftovers_go(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *out = NULL;

	test_run("nft -f - <<'X'\n"
		 "table ip calico {\n"
		 " set cali40s-old { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }\n"
		 " map filter-dispatch { type ifname : verdict; elements = { calia : goto old } }\n"
		 " chain old { ip saddr @cali40s-old jump older; }\n"
		 " chain older { tcp dport { 80, 443 } accept; }\n"
		 " chain filter-FORWARD { type filter hook forward priority 0; iifname vmap "
		 "@filter-dispatch; }\n"
		 "}\n"
		 "table ip other { chain keep { }\n}\n"
		 "X");
	small_host(h);
	assert_true(test_walk(h));
	out = test_output("nft list ruleset | grep -cE 'old|dispatch|FORWARD'");
	assert_string_equal(out, "0\n");
	test_run("nft list chain ip other keep >/dev/null");
	test_run("nft list chain ip calico cali-pi-gnp/web >/dev/null");
}

/* A set or base chain under a name of ours but of another kind: the table is made anew. */
static void test_what_stands_in_the_way_goes(void **state)
{
	struct test_host *h = *state;

	test_run("nft -f - <<'X'\n"
		 "table ip calico {\n"
		 " set s-web { type inet_service; flags interval; }\n"
		 " set s-web-net { type ipv4_addr; flags interval; elements = { 10.0.0.1-10.0.0.3 "
		 "} }\n"
		 " chain forward-from { type filter hook input priority 7; tcp dport @s-web drop; "
		 "}\n"
		 "}\n"
		 "X");
	small_host(h);
	assert_true(test_walk(h));
	assert_lists("set ip calico s-web", "table ip calico {\nset s-web {\n\ttype ipv4_addr\n"
					    "\telements = { 10.65.0.2 }\n}\n}\n");
	assert_chain("ip", "forward-from",
		"\ttype filter hook forward priority filter; policy accept;\n"
		"\tiifname \"cali*\" goto cali-from\n");
}

/* --- sets --- */

static void test_members(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_delta(h, "s:web", "10.65.0.7/32 10.0.0.0/8 10.65.1.128/25", "10.65.0.2/32");
	assert_true(test_walk(h));
	assert_lists("set ip calico s-web", "table ip calico {\nset s-web {\n\ttype ipv4_addr\n"
					    "\telements = { 10.65.0.7 }\n}\n}\n");
	assert_lists("set ip calico s-web-net",
		"table ip calico {\nset s-web-net {\n\ttype ipv4_addr\n\tflags interval\n"
		"\telements = { 10.0.0.0/8 }\n}\n}\n");
	test_delta(h, "s:web", "", "10.0.0.0/8"); /* what it covered shows again */
	assert_true(test_walk(h));
	assert_lists("set ip calico s-web-net",
		"table ip calico {\nset s-web-net {\n\ttype ipv4_addr\n\tflags interval\n"
		"\telements = { 10.65.1.0/24 }\n}\n}\n");
	test_set(h, "s:web", "10.65.1.0/25 10.65.1.128/25 255.0.0.0/8 0.0.0.0/1"); /* replaced */
	assert_true(test_walk(h));
	assert_lists("set ip calico s-web-net",
		"table ip calico {\nset s-web-net {\n\ttype ipv4_addr\n\tflags interval\n"
		"\telements = { 0.0.0.0/1, 255.0.0.0/8 }\n}\n}\n");
	test_restart(h);
	small_host(h);
	test_set(h, "s:web", "10.65.1.0/25 10.65.1.128/25 255.0.0.0/8 0.0.0.0/1");
	assert_true(test_walk(h));
	assert_int_equal(counted(h).bytes, 0);
}

/* The rules of a selector follow the coming and going of its prefixes. */
static void test_prefixes_come_and_go(void **state)
{
	struct test_host *h = *state;
	const char *hosts = "\tip6 saddr @s-web tcp dport { 80, 443 } accept"
			    " comment \"GlobalNetworkPolicy web ingress\"\n";
	const char *nets = "\tip6 saddr @s-web-net tcp dport { 80, 443 } accept"
			   " comment \"GlobalNetworkPolicy web ingress\"\n";
	char both[400], one[400];

	snprintf(both, sizeof(both), "%s%s\tdrop\n", hosts, nets);
	snprintf(one, sizeof(one), "%s\tdrop\n", hosts);
	small_host(h);
	assert_true(test_walk(h));
	assert_chain("ip6", "cali-pi-gnp/web", one);
	test_delta(h, "s:web", "fd01::/64", "");
	assert_true(test_walk(h));
	assert_chain("ip6", "cali-pi-gnp/web", both);
	test_delta(h, "s:web", "", "fd01::/64");
	assert_true(test_walk(h));
	assert_chain("ip6", "cali-pi-gnp/web", one);
	assert_absent("set ip6 calico s-web-net");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_policy_reads_like_documentation),
		TEST(test_pass_is_inlined_and_logs_once),
		TEST(test_sources),
		TEST(test_configuration),
		TEST(test_without_ipv6_its_table_denies),
		TEST(test_nothing_before_in_sync),
		TEST(test_a_restart_writes_nothing),
		TEST(test_leftovers_go),
		TEST(test_what_stands_in_the_way_goes),
		TEST(test_members),
		TEST(test_prefixes_come_and_go),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
