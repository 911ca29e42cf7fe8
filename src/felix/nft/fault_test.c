/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver against the kernel: what others do to it, and what it cannot do. */
#include "listing.h"

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

/* Somebody made a table of that name anew. */
static void test_a_replaced_table_is_noticed(void **state)
{
	struct test_host *h = *state;

	small_host(h);
	assert_true(test_walk(h));
	test_run("nft delete table ip6 calico; nft add table ip6 calico");
	nft_driver_refresh(h->nft, false);
	test_idle(h);
	assert_true(test_walk(h));
	test_run("nft list chain ip6 calico cali-pi-gnp/web >/dev/null");
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
		TEST(test_flushed_tables_come_back),
		TEST(test_flushed_tables_come_back_with_a_change),
		TEST(test_a_replaced_table_is_noticed),
		TEST(test_others_tables_cost_a_glance),
		TEST(test_a_foreign_rule_goes_at_a_full_refresh),
		TEST(test_owned_tables_survive_a_flush),
		TEST(test_tables_become_owned),
		TEST(test_a_lost_acknowledgement),
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
