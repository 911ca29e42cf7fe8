/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy that changes in some of its rules: the others stay where they are, in the kernel. */
#include "lab.h"

#define CHAIN "ip calico cali-pi-gnp/in"

static const struct packet tcp80 = TCP;

static void put(struct lab *l, const char *rules)
{
	test_policy(l->h, "gnp/in", rules, "");
	walk(l);
}

/* B's policy; its chain is new, so no handle is known. */
static void begin_with(struct lab *l, const char *rules)
{
	test_policy(l->h, "gnp/in", rules, "");
	workload(l, true, "default Deny in=gnp/in", "");
	walk(l);
}

static uint64_t reads(struct lab *l)
{
	return netlink_counters(l->h->nl).sent_messages - nft_driver_counters(l->h->nft).messages;
}

/* The first rule carries the policy's name, so one that becomes the first is another one. */
static void test_counters_of_neighbours_survive(void **state)
{
	static const char *const rules[] = {
		"allow udp | allow tcp dport=80 | deny tcp dport=1",
		"deny icmp | allow tcp dport=80 | deny tcp dport=1",
		"deny icmp | deny udp | deny icmp | allow tcp dport=80",
		"deny icmp | deny tcp dport=3 | allow tcp dport=80 | deny tcp dport=1",
		"allow tcp dport=2 | deny udp | allow tcp dport=80 | deny icmp",
	};
	struct lab *l = *state;

	begin_with(l, "allow udp | allow tcp dport=80 | deny icmp");
	assert_true(wire_passes(&l->wire, &tcp80));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		put(l, rules[i]);
		assert_true(counted("nft list chain " CHAIN " | grep '80 counter packets 1 '"));
	}
}

static void test_a_chain_is_read_once(void **state)
{
	struct lab *l = *state;
	uint64_t before, rules;

	begin_with(l, "allow udp | allow tcp dport=80 | deny icmp");
	before = reads(l);
	rules = nft_driver_counters(l->h->nft).rules;
	put(l, "allow udp | allow tcp dport=81 | deny icmp");
	assert_int_equal(reads(l) - before, 2); /* of both families */
	before = reads(l);
	for (int i = 0; i < 4; i++)
		put(l, i % 2 ? "allow tcp dport=81" : "allow tcp dport=82 | allow tcp dport=81");
	assert_int_equal(reads(l), before);
	assert_true(nft_driver_counters(l->h->nft).rules > rules);
}

/* --- others --- */

static void delete_foreign(const char *rule)
{
	_cleanup_free_ char *command =
		mem_printf("nft delete rule " CHAIN " handle $(nft -a list chain " CHAIN
			   " | sed -n 's/.*%s .*# handle //p')",
			rule);

	test_run(command);
}

static void assert_ports(const char *expected)
{
	static const char *const families[] = { "ip", "ip6" };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		_cleanup_free_ char *command =
			mem_printf("nft list chain %s calico cali-pi-gnp/in | "
				   "sed -nE 's/.*dport ([0-9]+) .*/\\1/p' | tr '\\n' ' '",
				families[i]);
		_cleanup_free_ char *ports = test_output(command);

		assert_string_equal(ports, expected);
	}
}

/* The handle is known, but of no rule any more: refused, read back, put right. */
static void test_a_rule_that_others_deleted(void **state)
{
	struct lab *l = *state;

	begin_with(l, "allow tcp dport=1 | allow tcp dport=2 | allow tcp dport=3");
	put(l, "allow tcp dport=1 | allow tcp dport=2 | allow tcp dport=4");
	delete_foreign("dport 2");
	put(l, "allow tcp dport=1 | allow tcp dport=4");
	assert_ports("1 4 ");
	delete_foreign("dport 4");
	put(l, "allow tcp dport=1 | allow tcp dport=5 | allow tcp dport=4");
	assert_ports("1 5 4 ");
	assert_int_equal(l->h->problems.n, 0);
	assert_int_equal(nft_driver_counters(l->h->nft).refused, 0);
}

/* Where the chain is read before its first change, that is seen at once. */
static void test_what_others_did_before_the_first_change(void **state)
{
	struct lab *l = *state;
	uint64_t read_backs;

	begin_with(l, "allow tcp dport=1 | allow tcp dport=2 | allow tcp dport=3");
	read_backs = nft_driver_counters(l->h->nft).read_backs;
	delete_foreign("dport 2");
	test_run("nft insert rule " CHAIN " tcp dport 9 accept");
	put(l, "allow tcp dport=1 | allow tcp dport=2 | allow tcp dport=4");
	assert_ports("1 2 4 ");
	assert_int_equal(nft_driver_counters(l->h->nft).read_backs, read_backs);
}

static void test_tables_that_went_before_the_first_change(void **state)
{
	struct lab *l = *state;

	begin_with(l, "allow tcp dport=1 | allow tcp dport=2 | allow tcp dport=3");
	test_run("nft flush ruleset");
	put(l, "allow tcp dport=1 | allow tcp dport=3");
	assert_ports("1 3 ");
}

/* --- the order --- */

#define RULES_MAX 30

struct ports {
	unsigned v[RULES_MAX];
	size_t n;
};

static void insert(struct ports *p, size_t at, unsigned port)
{
	for (size_t i = p->n++; i > at; i--)
		p->v[i] = p->v[i - 1];
	p->v[at] = port;
}

static unsigned take_out(struct ports *p, size_t at)
{
	const unsigned port = p->v[at];

	p->n--;
	for (size_t i = at; i < p->n; i++)
		p->v[i] = p->v[i + 1];
	return port;
}

/* Few ports, so that there are rules that are alike. */
static void change(struct ports *p, struct rng *rng)
{
	const unsigned port = 1 + (unsigned)rng_below(rng, 12);

	switch (rng_below(rng, 8)) {
	case 0: /* other rules altogether */
		p->n = 0;
		for (size_t n = rng_below(rng, RULES_MAX); n; n--)
			insert(p, 0, 1 + (unsigned)rng_below(rng, 12));
		break;
	case 1:
	case 2:
	case 3:
		if (p->n < RULES_MAX)
			insert(p, rng_below(rng, p->n + 1), port);
		break;
	case 4:
	case 5:
		if (p->n)
			take_out(p, rng_below(rng, p->n));
		break;
	default: /* moves */
		if (p->n) {
			const unsigned moved = take_out(p, rng_below(rng, p->n));

			insert(p, rng_below(rng, p->n + 1), moved);
		}
		break;
	}
}

static void put_ports(struct lab *l, const struct ports *p)
{
	_cleanup_buf_ struct buf rules = BUF_INIT, listed = BUF_INIT;

	for (size_t i = 0; i < p->n; i++) {
		buf_printf(&rules, "allow tcp dport=%u | ", p->v[i]);
		buf_printf(&listed, "%u ", p->v[i]);
	}
	put(l, buf_str(&rules));
	assert_ports(buf_str(&listed));
}

/* Another run, told of the same, finds nothing to write. */
static void same_as_anew(struct lab *l, const struct ports *p)
{
	static const char *const links[] = { "calia", "calib" };
	uint32_t groups[2] = { 0 };

	for (size_t i = 0; i < 2; i++)
		nft_group_wanted(l->h->nft, links[i], &groups[i]);
	test_restart(l->h);
	for (size_t i = 0; i < 2; i++)
		nft_link_seen(l->h->nft, if_nametoindex(links[i]), links[i], groups[i]);
	test_profile(l->h, "all", "allow", "allow");
	workload(l, false, "", "all");
	workload(l, true, "default Deny in=gnp/in", "");
	test_in_sync(l->h);
	put_ports(l, p);
	assert_int_equal(nft_driver_counters(l->h->nft).bytes, 0);
}

/* Each listing by nft, and at the end all that is read back, is as rendered anew. */
static void test_random_orders(void **state)
{
	struct lab *l = *state;
	struct rng rng = test_rng();
	struct ports p = { 0 };

	begin_with(l, "");
	for (int round = 0; round < 150; round++) {
		for (uint64_t n = 1 + rng_below(&rng, 3); n; n--)
			change(&p, &rng);
		put_ports(l, &p);
	}
	assert_int_equal(nft_driver_counters(l->h->nft).read_backs, 1);
	same_as_anew(l, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_counters_of_neighbours_survive),
		LAB_TEST(test_a_chain_is_read_once),
		LAB_TEST(test_a_rule_that_others_deleted),
		LAB_TEST(test_what_others_did_before_the_first_change),
		LAB_TEST(test_tables_that_went_before_the_first_change),
		LAB_TEST(test_random_orders),
	};

	if (lab_enter())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
