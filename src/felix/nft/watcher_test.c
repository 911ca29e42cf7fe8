/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do to our tables is heard from the kernel and put right without a refresh. */
#include <stdlib.h>

#include "base/rng.h"
#include "listing.h"

static void watched_host(struct test_host *h)
{
	struct err err;

	assert_int_equal(nft_driver_watch(h->nft, h->loop, &err), 0);
	small_host(h);
	assert_true(test_walk(h));
	h->woken = 0;
}

/* The order among tables is that of their making. */
static char *all(void)
{
	return test_output("for t in 'ip calico' 'ip6 calico' 'arp calico-arp'; do"
			   " nft -s list table $t; done 2>&1");
}

static bool wait_for_wake(struct test_host *h)
{
	for (int i = 0; i < 5000 && !h->woken; i++)
		loop_step(h->loop, 1);
	return h->woken > 0;
}

static void assert_put_right(struct test_host *h, const char *command, const char *before)
{
	_cleanup_free_ char *after = NULL;

	h->woken = 0;
	test_run(command);
	if (!wait_for_wake(h))
		fail_msg("not noticed: %s", command);
	assert_true(test_walk(h));
	after = all();
	if (!str_eq(before, after))
		fail_msg("after %s:\n%s\nbefore:\n%s", command, after, before);
}

static void test_each_kind_of_change_is_put_right_at_once(void **state)
{
	static const char *const commands[] = {
		"nft flush ruleset",
		"nft delete table ip6 calico",
		"nft delete table arp calico-arp; nft add table arp calico-arp",
		"nft flush chain ip calico cali-pi-gnp/web",
		"nft insert rule ip calico cali-pi-gnp/web accept",
		"nft add chain ip calico foreign",
		"nft add set ip6 calico foreign '{ type ipv6_addr; }'",
		"nft add element ip calico s-web '{ 1.2.3.4 }'",
		"nft delete element ip calico s-web '{ 10.65.0.2 }'",
		"nft delete element ip calico s-web-net '{ 10.65.1.0/24 }'",
		"nft flush set ip calico owned",
		"nft flush map ip calico to",
	};
	struct test_host *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		_cleanup_free_ char *before = NULL;

		if (i)
			test_restart(h); /* so that it is no fight */
		watched_host(h);
		before = all();
		assert_put_right(h, commands[i], before);
		assert_int_equal(h->problems.n, 0);
	}
}

static void test_our_own_changes_and_other_tables_cost_nothing(void **state)
{
	struct test_host *h = *state;

	watched_host(h);
	test_delta(h, "s:web", "10.65.0.9/32", "");
	assert_true(test_walk(h));
	test_run("nft 'add table ip other; add chain ip other c; add rule ip other c accept'");
	test_run("nft delete table ip other");
	test_idle(h);
	assert_int_equal(counted(h).read_backs, 1);
	assert_int_equal(h->woken, 0);
}

static void test_a_change_while_we_write_is_not_missed(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *after = NULL;

	watched_host(h);
	test_delta(h, "s:web", "10.65.0.9/32", "");
	h->done = false;
	h->nft->ops->apply(h->nft, PHASE_TABLES);
	test_run("nft insert rule ip calico cali-pi-gnp/web accept");
	assert_true(wait_for_wake(h));
	assert_true(test_walk(h));
	after = test_output("nft -s list chain ip calico cali-pi-gnp/web");
	assert_null(strstr(after, "\t\taccept\n"));
}

static void test_who_keeps_changing_it_is_named(void **state)
{
	static const char change[] = "nft insert rule ip calico cali-pi-gnp/web accept";
	struct test_host *h = *state;
	_cleanup_free_ char *before = NULL, *after = NULL;
	const char *problem;

	watched_host(h);
	before = all();
	for (int i = 0; i < 5; i++)
		assert_put_right(h, change, before);
	assert_int_equal(h->problems.n, 0);
	h->woken = 0;
	test_run(change);
	for (int i = 0; i < 5000 && !h->problems.n; i++)
		loop_step(h->loop, 1);
	assert_int_equal(h->woken, 0);
	problem = test_problem_of(h, "changes by others to table calico");
	assert_non_null(problem);
	assert_true(str_starts(problem, "nft (process "));
	assert_non_null(strstr(problem, "put right 5 times"));
	assert_true(wait_for_wake(h)); /* not at once, but it is put right */
	assert_true(test_walk(h));
	after = all();
	assert_string_equal(before, after);
}

/* The kernel drops what finds no room; then everything is suspect. */
static void test_lost_notifications_are_made_up_for(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *before = NULL;

	watched_host(h);
	before = all();
	test_run("nft 'add table ip other; add set ip other s { type ipv4_addr; }'");
	test_run("awk 'BEGIN { for (i = 0; i < 400; i++) { printf \"add element ip other s {\";"
		 " for (j = 0; j < 1000; j++) printf \" 10.%d.%d.%d,\", i / 2, i % 2 * 100 + j / 250,"
		 " j % 250; print \" }\" } }' | nft -f -");
	assert_put_right(h, "nft insert rule ip calico cali-pi-gnp/web accept", before);
	assert_int_equal(counted(h).read_backs, 2);
}

/* --- random events of others, of the model, and restarts, in one run --- */

#define ROUNDS           30 /* EVENTS=10000 in the environment asks for more */
#define EVENTS_A_ROUND   16
#define CHANGES_A_ROUND  4 /* by others; with the flush at the end it is no fight yet */
#define RANDOM_ADDRESSES 32

static void random_change_by_others(struct rng *rng)
{
	static const char *const changes[] = {
		"flush ruleset",
		"delete table ip calico",
		"delete table ip6 calico; add table ip6 calico",
		"flush chain ip calico cali-pi-gnp/web",
		"insert rule ip6 calico cali-pi-gnp/web accept",
		"add rule ip calico cali-po-gnp/web drop",
		"add chain ip calico foreign; add rule ip calico foreign accept",
		"add element ip calico s-web { 1.2.3.4 }",
		"flush set ip calico s-web",
		"flush set ip calico s-web-net",
		"flush map ip calico from",
		"add set ip calico foreign { type ipv4_addr; }",
		"add table ip other; add chain ip other c",
	};
	_cleanup_free_ char *command = mem_printf(
		"nft '%s' 2>/dev/null; true", changes[rng_below(rng, ARRAY_SIZE(changes))]);

	test_run(command);
}

/* A member of the set comes or goes, or the policy changes. */
static void random_change_of_model(struct test_host *h, struct rng *rng, bool *members)
{
	static const char *const rules[] = { "allow tcp dport=80 sset=s:web | deny",
		"deny src=10.1.0.0/16 | allow sset=s:web", "allow", "" };
	const uint32_t i = (uint32_t)rng_below(rng, RANDOM_ADDRESSES);
	_cleanup_free_ char *member = mem_printf("10.77.0.%u/32", i);

	if (rng_below(rng, 4) == 0) {
		test_policy(h, "gnp/web", rules[rng_below(rng, ARRAY_SIZE(rules))],
			"allow dnamed=n:http");
		return;
	}
	test_delta(h, "s:web", members[i] ? "" : member, members[i] ? member : "");
	members[i] = !members[i];
}

static void settle(struct test_host *h)
{
	for (int quiet = 0; quiet < 40; quiet++) {
		loop_step(h->loop, 1);
		if (!h->nft->ops->pending(h->nft, PHASE_TABLES) &&
			!h->nft->ops->pending(h->nft, PHASE_DELETIONS))
			continue;
		assert_true(test_walk(h));
		quiet = 0;
	}
}

/* Each object on a line, sorted: chains are listed in the order of their making. */
static char *objects(void)
{
	return test_output("for t in 'ip calico' 'ip6 calico' 'arp calico-arp'; do"
			   " nft -s list table $t | awk -v t=\"$t\" 'BEGIN { RS = \"\\n\\t}\\n\" }"
			   " { sub(/^table[^\\n]*\\n/, \"\"); sub(/^\\n/, \"\"); gsub(/\\n/, \";\"); print t, $0 }';"
			   " done 2>&1 | sort");
}

static unsigned descriptors(void)
{
	_cleanup_free_ char *n = mem_printf("ls /proc/%d/fd | wc -l", (int)getpid());
	_cleanup_free_ char *out = test_output(n);

	return (unsigned)atoi(out);
}

static void random_round(struct test_host *h, struct rng *rng)
{
	bool members[RANDOM_ADDRESSES] = { false };
	unsigned by_others = 0;
	_cleanup_free_ char *is = NULL, *anew = NULL;

	test_restart(h);
	watched_host(h);
	for (int i = 0; i < EVENTS_A_ROUND; i++) {
		if (by_others < CHANGES_A_ROUND && rng_below(rng, 3) == 0) {
			random_change_by_others(rng);
			by_others++;
		} else {
			random_change_of_model(h, rng, members);
		}
		if (rng_below(rng, 2))
			assert_true(test_walk(h));
	}
	settle(h);
	is = objects();
	test_run("nft flush ruleset");
	settle(h);
	anew = objects();
	if (!str_eq(is, anew))
		fail_msg("the kernel had:\n%s\nbut the model is:\n%s", is, anew);
	assert_non_null(strstr(is, "cali-pi-gnp/web"));
	assert_int_equal(h->problems.n, 0);
}

static void test_random_events_end_at_the_model(void **state)
{
	struct test_host *h = *state;
	struct rng rng = test_rng();
	const char *events = getenv("EVENTS");
	const int rounds = events ? atoi(events) / EVENTS_A_ROUND : ROUNDS;
	unsigned before = 0;

	for (int i = 0; i < rounds; i++) {
		random_round(h, &rng);
		if (i == 0)
			before = descriptors();
	}
	assert_int_equal(descriptors(), before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_kind_of_change_is_put_right_at_once),
		TEST(test_our_own_changes_and_other_tables_cost_nothing),
		TEST(test_a_change_while_we_write_is_not_missed),
		TEST(test_who_keeps_changing_it_is_named),
		TEST(test_lost_notifications_are_made_up_for),
		TEST(test_random_events_end_at_the_model),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
