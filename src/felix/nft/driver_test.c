/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver against the kernel: what stands in the tables, start, faults, work. */
#include "testing.h"

static void small_host(struct test_host *h)
{
	test_set(h, "s:web", "10.65.0.2/32 10.65.1.0/24 fd00::2/128");
	test_port_set(h, "n:http", "10.65.0.2,tcp:80 fd00::2,tcp:80");
	test_policy(
		h, "gnp/web", "allow tcp dport=80,443 sset=s:web | deny", "allow dnamed=n:http");
	test_policy(h, "np/default/db", "log tcp dport=5432 sset=s:web | pass tcp dport=5432", "");
	test_profile(h, "kns.default", "allow", "allow");
	test_workload(h, &(struct test_workload){ .name = "default/a",
				 .ifname = "calia",
				 .nets = "10.65.0.2/32 fd00::2/128",
				 .tiers = "default Deny in=gnp/web,np/default/db out=gnp/web",
				 .profiles = "kns.default" });
	test_workload(h, &(struct test_workload){ .name = "default/b",
				 .ifname = "calib",
				 .nets = "10.65.0.3/32 10.66.0.0/28 fd00::3/128",
				 .spoofed = "192.0.2.0/24",
				 .profiles = "kns.default" });
	test_in_sync(h);
}

/* Without counters; names that have a hash are cut before it. */
static char *listing(const char *what)
{
	_cleanup_free_ char *command =
		mem_printf("nft -s list %s 2>&1 | sed -E "
			   "'s/(cali-(t[wio]|fw)-([a-z]+-)?)"
			   "[A-Za-z0-9_-]{16}/\\1HASH/g; s/^\t//; s/counter //; s/ counter$//'",
			what);

	return test_output(command);
}

static void assert_lists(const char *what, const char *expected)
{
	_cleanup_free_ char *text = listing(what);

	if (!str_eq(text, expected))
		fail_msg("%s:\n%s\nexpected:\n%s", what, text, expected);
}

static void assert_absent(const char *what)
{
	_cleanup_free_ char *text = listing(what);

	assert_non_null(strstr(text, "No such file or directory"));
}

static void assert_chain(const char *family, const char *name, const char *rules)
{
	_cleanup_free_ char *what = mem_printf("chain %s calico %s", family, name);
	_cleanup_free_ char *text = listing(what);
	const char *begin = strchr(text, '\n');

	begin = begin ? strchr(begin + 1, '\n') : NULL;
	if (!begin)
		fail_msg("no chain %s: %s", name, text);
	text[strlen(text) - strlen("}\n}\n")] = '\0';
	if (!str_eq(begin + 1, rules))
		fail_msg("%s %s:\n%s\nexpected:\n%s", family, name, begin + 1, rules);
}

static struct nft_driver_counters counted(struct test_host *h)
{
	return nft_driver_counters(h->nft);
}

/* A walk that must write nothing at all. */
static void assert_nothing_to_write(struct test_host *h)
{
	const uint64_t before = counted(h).bytes;

	assert_true(test_walk(h));
	assert_int_equal(counted(h).bytes, before);
}

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

/* --- others --- */

static void test_flushed_tables_come_back(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_run("nft flush ruleset");
	nft_driver_refresh(h->nft, false);
	test_idle(h);
	assert_int_equal(h->woken, 1);
	assert_true(test_walk(h));
	test_run("nft list chain ip6 calico cali-pi-gnp/web >/dev/null");
	test_run("nft list chain arp calico-arp guard >/dev/null");
	assert_nothing_to_write(h);
}

static void test_flushed_tables_come_back_with_a_change(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_run("nft delete table ip calico");
	test_delta(h, "s:web", "10.65.0.9/32", "");
	assert_true(test_walk(h));
	assert_lists("set ip calico s-web", "table ip calico {\nset s-web {\n\ttype ipv4_addr\n"
					    "\telements = { 10.65.0.2, 10.65.0.9 }\n}\n}\n");
	test_run("nft list chain ip calico cali-pi-gnp/web >/dev/null");
}

/* The generation changes with every program; only ours is read back. */
static void test_others_tables_cost_a_glance(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	assert_int_equal(counted(h).read_backs, 1);
	test_run("nft add table ip other");
	test_delta(h, "s:web", "10.65.0.9/32", "");
	assert_true(test_walk(h));
	test_run("nft add table ip another");
	nft_driver_refresh(h->nft, false);
	test_idle(h);
	assert_int_equal(counted(h).read_backs, 1);
	assert_nothing_to_write(h);
}

static void test_a_foreign_rule_goes_at_a_full_refresh(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_run("nft insert rule ip calico cali-pi-gnp/web accept");
	test_run("nft add element ip calico s-web { 1.2.3.4 }");
	test_run("nft delete element ip calico s-web-net { 10.65.1.0/24 }");
	nft_driver_refresh(h->nft, true);
	test_idle(h);
	assert_int_equal(h->woken, 1);
	assert_true(test_walk(h));
	assert_chain("ip", "cali-po-gnp/web",
		"\tip daddr . meta l4proto . th dport @n-http accept"
		" comment \"GlobalNetworkPolicy web egress\"\n");
	assert_lists("set ip calico s-web", "table ip calico {\nset s-web {\n\ttype ipv4_addr\n"
					    "\telements = { 10.65.0.2 }\n}\n}\n");
	assert_lists("set ip calico s-web-net",
		"table ip calico {\nset s-web-net {\n\ttype ipv4_addr\n\tflags interval\n"
		"\telements = { 10.65.1.0/24 }\n}\n}\n");
}

/* Debian's nftables.service begins with a flush of everything. */
static void test_owned_tables_survive_a_flush(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;

	h->config.own_tables = true;
	test_restart(h);
	small_host(h);
	assert_true(test_walk(h));
	before = test_output("nft list ruleset | grep -v flags");
	test_run("nft flush ruleset");
	test_run("! nft delete table ip calico 2>/dev/null");
	test_restart(h); /* they outlive us, and are adopted */
	small_host(h);
	assert_true(test_walk(h));
	assert_int_equal(counted(h).rules + counted(h).elements, 0);
	assert_int_equal(counted(h).messages, 5);
	test_run("nft flush ruleset");
	after = test_output("nft list ruleset | grep -v flags");
	assert_string_equal(before, after);

	h->config.own_tables = false; /* and can be given up again */
	test_restart(h);
	small_host(h);
	assert_nothing_to_write(h);
}

/* What stands there without an owner is made anew in the one transaction. */
static void test_tables_become_owned(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	h->config.own_tables = true;
	test_restart(h);
	small_host(h);
	assert_true(test_walk(h));
	assert_int_equal(counted(h).transactions, 1);
	test_run("nft flush ruleset");
	test_run("nft list chain ip calico cali-pi-gnp/web >/dev/null");
	assert_nothing_to_write(h);
}

static void test_a_lost_acknowledgement(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_delta(h, "s:web", "10.65.0.9/32", "");
	h->done = h->failed = false;
	h->nft->ops->apply(h->nft, PHASE_TABLES);
	netlink_lost(h->nl); /* as EVENT_NETLINK_LOST does */
	while (!h->done)
		assert_int_equal(loop_step(h->loop, 1000), 0);
	assert_int_equal(counted(h).read_backs, 2);
	assert_nothing_to_write(h);
	test_run("nft get element ip calico s-web { 10.65.0.9 } >/dev/null");
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

/* --- what cannot be --- */

static void test_what_is_missing_denies(void **state)
{
	struct test_host *h = *state;

	test_policy(h, "gnp/set", "allow sset=s:missing", "");
	test_workload(h, &(struct test_workload){ .name = "default/a",
				 .ifname = "calia",
				 .tiers = "default Deny in=gnp/missing,gnp/set",
				 .profiles = "missing" });
	test_in_sync(h);
	assert_true(test_walk(h));
	assert_chain("ip", "cali-pi-gnp/missing", "\tdrop comment \"denied: it is not known\"\n");
	assert_chain("ip", "cali-pri-missing", "\tdrop comment \"denied: it is not known\"\n");
	assert_chain("ip", "cali-pi-gnp/set",
		"\tdrop comment \"denied: these rules could not be written\"\n");
	assert_string_equal(test_problem_of(h, "GlobalNetworkPolicy(set)"),
		"a rule looks into a set that does not exist");
	test_set(h, "s:missing", "10.0.0.1/32");
	test_policy(h, "gnp/missing", "allow", "");
	assert_true(test_walk(h));
	assert_chain("ip", "cali-pi-gnp/set",
		"\tip saddr @s-missing accept comment \"GlobalNetworkPolicy set ingress\"\n");
	assert_chain("ip", "cali-pi-gnp/missing",
		"\taccept comment \"GlobalNetworkPolicy missing ingress\"\n");
	assert_null(test_problem_of(h, "GlobalNetworkPolicy(set)"));
}

static void test_what_cannot_be_enforced_denies(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	test_policy(h, "gnp/web", "allow | frobnicate", "allow");
	assert_true(test_walk(h));
	assert_chain("ip", "cali-pi-gnp/web", "\tdrop comment \"denied: it cannot be enforced\"\n");
	assert_chain(
		"ip", "cali-po-gnp/web", "\taccept comment \"GlobalNetworkPolicy web egress\"\n");
	assert_string_equal(test_problem_of(h, "GlobalNetworkPolicy(web)"),
		"ingress is denied: unknown action");
	test_policy(h, "gnp/web", "allow", "allow");
	assert_true(test_walk(h));
	assert_chain(
		"ip", "cali-pi-gnp/web", "\taccept comment \"GlobalNetworkPolicy web ingress\"\n");
	assert_int_equal(h->problems.n, 0);
}

static void impossible_limit(struct nft_config *c)
{
	c->log_rate = UINT64_MAX;
	c->log_unit_seconds = 86400;
}

/* The kernel refuses one policy's rules: they deny, the rest is committed. */
static void test_a_refused_policy_denies(void **state)
{
	struct test_host *h = *state;

	impossible_limit(&h->config);
	test_restart(h);
	test_policy(h, "gnp/good", "allow", "");
	test_policy(h, "gnp/bad", "log | allow", "");
	test_workload(h, &(struct test_workload){ .name = "a",
				 .ifname = "calia",
				 .tiers = "default Deny in=gnp/good,gnp/bad" });
	test_in_sync(h);
	assert_true(test_walk(h));
	assert_chain("ip", "cali-pi-gnp/good",
		"\taccept comment \"GlobalNetworkPolicy good ingress\"\n");
	assert_chain("ip", "cali-pi-gnp/bad",
		"\tdrop comment \"denied: these rules could not be written\"\n");
	assert_non_null(test_problem_of(h, "GlobalNetworkPolicy(bad)"));
	assert_int_equal(h->problems.n, 1);
	assert_nothing_to_write(h);

	test_policy(h, "gnp/bad", "allow", ""); /* it changed: forgiven */
	assert_true(test_walk(h));
	assert_chain(
		"ip", "cali-pi-gnp/bad", "\taccept comment \"GlobalNetworkPolicy bad ingress\"\n");
	assert_int_equal(h->problems.n, 0);
}

/* More expressions than a kernel rule may have are found before anything is sent. */
static void test_a_rule_of_too_many_parts_denies(void **state)
{
	struct test_host *h = *state;
	struct buf rule = BUF_INIT;

	buf_puts(&rule, "allow nsset=");
	for (int i = 0; i < 50; i++) {
		char id[16];

		snprintf(id, sizeof(id), "s:%d", i);
		test_set(h, id, "10.0.0.1/32");
		buf_printf(&rule, "%s%s", i ? "," : "", id);
	}
	test_policy(h, "gnp/long", rule.data, "");
	buf_done(&rule);
	test_workload(
		h, &(struct test_workload){
			   .name = "a", .ifname = "calia", .tiers = "default Deny in=gnp/long" });
	test_in_sync(h);
	assert_true(test_walk(h));
	assert_string_equal(test_problem_of(h, "GlobalNetworkPolicy(long)"),
		"a rule has more parts than the kernel allows");
	assert_int_equal(counted(h).transactions, 1);
}

/* The tables are another process's: nothing can be written, and nothing goes on. */
static void test_a_refused_table_fails_the_walk(void **state)
{
	struct test_host *h = *state;
	FILE *owner = popen("nft -i >/dev/null 2>&1", "w");

	fputs("add table ip calico { flags owner; }\n", owner);
	fflush(owner);
	for (int i = 0; i < 200; i++) {
		_cleanup_free_ char *out = test_output("nft list tables");

		if (strstr(out, "calico"))
			break;
		usleep(10000);
	}
	small_host(h);
	assert_false(test_walk(h));
	assert_non_null(test_problem_of(h, "table calico"));
	assert_true(h->nft->ops->pending(h->nft, PHASE_TABLES));
	pclose(owner); /* the table goes with its owner */
	assert_true(test_walk(h));
	assert_int_equal(h->problems.n, 0);
	test_run("nft list chain ip calico cali-pi-gnp/web >/dev/null");
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
		TEST(test_flushed_tables_come_back),
		TEST(test_flushed_tables_come_back_with_a_change),
		TEST(test_others_tables_cost_a_glance),
		TEST(test_a_foreign_rule_goes_at_a_full_refresh),
		TEST(test_owned_tables_survive_a_flush),
		TEST(test_tables_become_owned),
		TEST(test_a_lost_acknowledgement),
		TEST(test_members),
		TEST(test_prefixes_come_and_go),
		TEST(test_what_is_missing_denies),
		TEST(test_what_cannot_be_enforced_denies),
		TEST(test_a_refused_policy_denies),
		TEST(test_a_rule_of_too_many_parts_denies),
		TEST(test_a_refused_table_fails_the_walk),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
