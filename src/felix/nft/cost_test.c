/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change costs does not depend on how much there is: counted in netlink bytes, messages and
 * chains rendered at 1x and at 10x. The times are only printed; 10x is a host of 500 endpoints in
 * 50 classes, 100 policies in two tiers, 200 sets. */
#include <time.h>

#include "testing.h"

struct scale {
	int endpoints, classes, policies, sets, rules; /* rules: of each policy */
};

#define SMALL(RULES)                 \
	{                            \
		50, 5, 10, 20, RULES \
	}
#define LARGE(RULES)                     \
	{                                \
		500, 50, 100, 200, RULES \
	}

static void put_endpoint(struct test_host *h, const struct scale *s, int i)
{
	char name[32], tiers[200], nets[64];
	int class = i % s->classes;

	snprintf(name, sizeof(name), "cali%05d", i);
	snprintf(nets, sizeof(nets), "10.65.%d.%d/32 fd00::%04x/128", 100 + i / 100, 100 + i % 100,
		0x1000 + i);
	snprintf(tiers, sizeof(tiers),
		"security Pass in=gnp/p%05d out=gnp/p%05d | default Deny in=gnp/p%05d "
		"out=gnp/p%05d",
		class * 2, class * 2, class * 2 + 1, class * 2 + 1);
	test_workload(h, &(struct test_workload){ .name = name,
				 .ifname = name,
				 .nets = nets,
				 .tiers = tiers,
				 .profiles = "kns.default" });
}

static void remove_endpoint(struct test_host *h, int i)
{
	char name[32];

	snprintf(name, sizeof(name), "cali%05d", i);
	test_workload_remove(h, name);
}

static void put_policy(struct test_host *h, const struct scale *s, int i, int port)
{
	struct buf rules = BUF_INIT;
	char name[32];

	snprintf(name, sizeof(name), "gnp/p%05d", i);
	for (int r = 0; r < s->rules; r++)
		buf_printf(&rules, "allow tcp dport=%d sset=s:%05d | ", r ? 10000 + r : port,
			(i * s->rules + r) % s->sets);
	test_policy(h, name, rules.data, "allow");
	buf_done(&rules);
}

static void put_sets(struct test_host *h, const struct scale *s)
{
	for (int i = 0; i < s->sets; i++) {
		struct buf members = BUF_INIT;
		char id[32];

		snprintf(id, sizeof(id), "s:%05d", i);
		for (int m = 0; m < 100; m++)
			buf_printf(&members, "10.%d.%d.%d/32 ", 100 + i / 100, 100 + i % 100, m);
		test_set(h, id, members.data);
		buf_done(&members);
	}
}

static void load(struct test_host *h, const struct scale *s)
{
	put_sets(h, s);
	for (int i = 0; i < s->policies; i++)
		put_policy(h, s, i, 10000);
	test_profile(h, "kns.default", "allow", "allow");
	for (int i = 0; i < s->endpoints; i++)
		put_endpoint(h, s, i);
	test_in_sync(h);
	assert_true(test_walk(h));
}

/* --- changes: each there and back --- */

static void add_member(struct test_host *h, const struct scale *s, int n)
{
	test_delta(h, "s:00003", "10.99.99.99/32", "");
}

static void remove_member(struct test_host *h, const struct scale *s, int n)
{
	test_delta(h, "s:00003", "", "10.99.99.99/32");
}

static void change_rule(struct test_host *h, const struct scale *s, int n)
{
	put_policy(h, s, 3, 20000 + n % 2);
}

static void add_endpoint(struct test_host *h, const struct scale *s, int n)
{
	put_endpoint(h, s, 5000);
}

static void drop_endpoint(struct test_host *h, const struct scale *s, int n)
{
	remove_endpoint(h, 5000);
}

static void new_class(struct test_host *h, const struct scale *s, int n)
{
	test_workload(h, &(struct test_workload){ .name = "cali09999",
				 .ifname = "cali09999",
				 .nets = "10.64.100.100/32",
				 .tiers = n % 2 ? "default Deny in=gnp/p00000,gnp/p00003"
						: "default Deny in=gnp/p00003,gnp/p00000",
				 .profiles = "kns.default" });
}

struct change {
	const char *name;
	void (*there)(struct test_host *h, const struct scale *s, int n);
	void (*back)(struct test_host *h, const struct scale *s, int n); /* NULL: there again */
};

static const struct change changes[] = {
	{ "set member", add_member, remove_member },
	{ "rule of a policy", change_rule, NULL },
	{ "endpoint, class exists", add_endpoint, drop_endpoint },
	{ "endpoint, new class", new_class, NULL },
};

#define ROUNDS 101

struct cost {
	uint64_t bytes, messages, rendered;
	double median_us[2];
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* From the message to the acknowledgement of the tables; deletions are not waited for. */
static double timed(struct test_host *h, const struct scale *s,
	void (*fn)(struct test_host *, const struct scale *, int), int n)
{
	const double begin = now_us();
	double took;

	fn(h, s, n);
	assert_true(test_phase(h, PHASE_TABLES));
	took = now_us() - begin;
	assert_true(test_phase(h, PHASE_DELETIONS));
	return took;
}

static struct cost cost_of(struct test_host *h, const struct scale *s, const struct change *c)
{
	struct nft_driver_counters before, after;
	double took[2][ROUNDS];
	struct cost cost = { 0 };

	timed(h, s, c->there, 0); /* so that each round begins alike */
	timed(h, s, c->back ? c->back : c->there, 1);
	before = nft_driver_counters(h->nft);
	timed(h, s, c->there, 0);
	after = nft_driver_counters(h->nft);
	timed(h, s, c->back ? c->back : c->there, 1);
	for (int i = 0; i < ROUNDS; i++) {
		took[0][i] = timed(h, s, c->there, 0);
		took[1][i] = timed(h, s, c->back ? c->back : c->there, 1);
	}
	for (int i = 0; i < 2; i++) {
		qsort(took[i], ROUNDS, sizeof(took[i][0]), by_size);
		cost.median_us[i] = took[i][ROUNDS / 2];
	}
	cost.bytes = after.bytes - before.bytes;
	cost.messages = after.messages - before.messages;
	cost.rendered = after.rendered - before.rendered;
	return cost;
}

static void the_same_at_ten_times_the_state(const struct scale scales[2])
{
	struct cost costs[2][ARRAY_SIZE(changes)];

	for (int i = 0; i < 2; i++) {
		void *h;

		assert_int_equal(test_setup(&h), 0);
		load(h, &scales[i]);
		for (size_t c = 0; c < ARRAY_SIZE(changes); c++)
			costs[i][c] = cost_of(h, &scales[i], &changes[c]);
		test_teardown(&h);
	}
	for (size_t c = 0; c < ARRAY_SIZE(changes); c++) {
		print_message(
			"%-24s %6llu bytes %3llu messages %3llu chains; median us there/back: "
			"1x %.0f/%.0f, 10x %.0f/%.0f\n",
			changes[c].name, (unsigned long long)costs[1][c].bytes,
			(unsigned long long)costs[1][c].messages,
			(unsigned long long)costs[1][c].rendered, costs[0][c].median_us[0],
			costs[0][c].median_us[1], costs[1][c].median_us[0],
			costs[1][c].median_us[1]);
		assert_int_equal(costs[0][c].bytes, costs[1][c].bytes);
		assert_int_equal(costs[0][c].messages, costs[1][c].messages);
		assert_int_equal(costs[0][c].rendered, costs[1][c].rendered);
	}
}

static void test_policies_of_ten_rules(void **state)
{
	the_same_at_ten_times_the_state((const struct scale[]){ SMALL(10), LARGE(10) });
}

static void test_policies_of_twenty_rules(void **state)
{
	the_same_at_ten_times_the_state((const struct scale[]){ SMALL(20), LARGE(20) });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies_of_ten_rules),
		cmocka_unit_test(test_policies_of_twenty_rules),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
