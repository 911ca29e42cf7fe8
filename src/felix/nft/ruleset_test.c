/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ruleset without a kernel: what is not sent, and when a chain is rendered. */
#include "ruleset.h"
#include "testing.h"

struct fixture {
	struct ruleset rs;
	struct nft_batch batch;
	struct buf problems;
};

static void on_problem(void *ctx, const char *subject, const char *reason)
{
	buf_printf(&((struct fixture *)ctx)->problems, "%s: %s\n", subject, reason ? reason : "-");
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	*state = f;
	ruleset_init(&f->rs);
	f->rs.problem = on_problem;
	f->rs.ctx = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ruleset_done(&f->rs);
	nft_batch_done(&f->batch);
	buf_done(&f->problems);
	free(f);
	return 0;
}

static void render_jump(void *owner, struct rules *out)
{
	rules_add(out, NFT_TO_JUMP)->target = owner;
}

static void render_accept(void *owner, struct rules *out)
{
	rules_add(out, NFT_TO_ACCEPT);
	++*(int *)owner;
}

static struct chain *jumping(struct fixture *f, const char *name, enum rank rank, const char *to)
{
	return chain_want(&f->rs, name, rank, IN_IP, NULL, render_jump, (void *)to);
}

static uint64_t rules_written(struct fixture *f)
{
	const uint64_t before = f->batch.counters.rules;

	nft_batch_begin(&f->batch, 0);
	ruleset_write_changes(&f->rs, &f->batch);
	return f->batch.counters.rules - before;
}

/* A chain may name only chains of a higher rank: no loop, and no more levels than ranks. */
static void test_jumps_go_downwards_only(void **state)
{
	struct fixture *f = *state;
	int rendered = 0;

	assert_true(RANK_N < 15); /* what the kernel follows */
	jumping(f, "a", RANK_TIER, "b");
	jumping(f, "b", RANK_TIER, "a");
	jumping(f, "c", RANK_STACK, "d");
	jumping(f, "e", RANK_STACK, "nowhere");
	jumping(f, "g", RANK_STACK, "arp");
	chain_want(&f->rs, "d", RANK_POLICY, IN_IP, NULL, render_accept, &rendered);
	chain_want(&f->rs, "arp", RANK_POLICY, IN_ARP, NULL, render_accept, &rendered);
	rules_written(f);
	assert_string_equal(f->problems.data, "a: a rule jumps to a chain of the same level\n"
					      "b: a rule jumps to a chain of the same level\n"
					      "e: a rule jumps to a chain that does not exist\n"
					      "g: a rule jumps to a chain that does not exist\n");
}

static void test_only_what_was_touched_is_rendered(void **state)
{
	struct fixture *f = *state;
	int a = 0, b = 0;
	struct chain *chain =
		chain_want(&f->rs, "a", RANK_POLICY, IN_BOTH, NULL, render_accept, &a);

	chain_want(&f->rs, "b", RANK_POLICY, IN_IP, NULL, render_accept, &b);
	assert_int_equal(rules_written(f), 3);
	chain_touch(&f->rs, chain);
	assert_int_equal(rules_written(f), 0); /* the kernel has these rules */
	assert_int_equal(a, 4);
	assert_int_equal(b, 1);
	assert_int_equal(rules_written(f), 0);
	assert_int_equal(a, 4);
}

static void test_a_refused_chain_denies_until_it_is_forgiven(void **state)
{
	struct fixture *f = *state;
	int rendered = 0;
	struct chain *c =
		chain_want(&f->rs, "a", RANK_POLICY, IN_IP, NULL, render_accept, &rendered);

	object_refuse(&f->rs, &c->object, "no");
	rules_written(f);
	assert_int_equal(rendered, 0);
	ruleset_forgive(&f->rs);
	assert_int_equal(rules_written(f), 1);
	assert_int_equal(rendered, 1);
	assert_string_equal(f->problems.data, "a: no\na: -\n");
}

static void test_a_chain_that_comes_back_is_not_deleted(void **state)
{
	struct fixture *f = *state;
	int rendered = 0;
	struct chain *c =
		chain_want(&f->rs, "a", RANK_POLICY, IN_IP, NULL, render_accept, &rendered);

	rules_written(f);
	chain_unwant(&f->rs, c);
	assert_true(ruleset_has_deletions(&f->rs));
	chain_want(&f->rs, "a", RANK_POLICY, IN_IP, NULL, render_accept, &rendered);
	assert_false(ruleset_has_deletions(&f->rs));
	assert_int_equal(rules_written(f), 0); /* and is as it was */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_jumps_go_downwards_only),
		TEST(test_only_what_was_touched_is_rendered),
		TEST(test_a_refused_chain_denies_until_it_is_forgiven),
		TEST(test_a_chain_that_comes_back_is_not_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
