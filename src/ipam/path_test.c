/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short paths, all of them: two operations with up to PREEMPTIONS changes from one to the other
 * (2; make soak: 3), at every place; and one operation whose process ends before and after each
 * call, with a second one that runs then and a re-run of the first. */
#include "sim.h"

static const char *const hosts[] = { "h1", "h2", "h3" };

struct scene {
	const char *name;
	void (*prepare)(struct sim *s);
	void (*first)(struct sim *s, struct actor *a);
	void (*second)(struct sim *s, struct actor *a);
};

/* ---- what operations there are ---- */

static void begin_add(struct sim *s, struct actor *a, const char *host, const char *handle)
{
	strcpy(a->handle, handle);
	a->gives = true;
	actor_begin(s, a, sim_add(host, handle, 1, 0, true), a->how);
}

static void add_1(struct sim *s, struct actor *a)
{
	begin_add(s, a, "h1", "first");
}

static void add_1_again(struct sim *s, struct actor *a)
{
	begin_add(s, a, "h1", "second");
}

static void add_2(struct sim *s, struct actor *a)
{
	begin_add(s, a, "h2", "second");
}

static void del_old(struct sim *s, struct actor *a)
{
	sim_releasing(s, "old");
	actor_begin(s, a, ipam_release_handle_new("old", "h1", (struct cidr_list){ 0 }), a->how);
}

static void release_host_1(struct sim *s, struct actor *a)
{
	actor_begin(s, a, ipam_release_host_new("h1"), a->how);
}

static void release_pool(struct sim *s, struct actor *a)
{
	struct cidr pool = net("10.0.0.0/30");

	actor_begin(s, a, ipam_release_pool_new(&pool), a->how);
}

/* The pool is another one from here on; the operation has yet to hear of it. */
static void remake_and_add_2(struct sim *s, struct actor *a)
{
	put_pool(&s->f, "p", "10.0.0.0/30", 32, NULL);
	begin_add(s, a, "h2", "second");
}

/* ---- in what state they begin ---- */

static void prepare_nothing(struct sim *s)
{
	put_pool(&s->f, "p", "10.0.0.0/30", 31, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		put_node(&s->f, hosts[i], NULL);
}

static void prepare_one(struct sim *s)
{
	struct actor a = { 0 };

	prepare_nothing(s);
	begin_add(s, &a, "h1", "old");
	assert_int_equal(actor_run(s, &a), IPAM_OK);
}

/* The whole pool is one block of h1, empty, and old enough to be reclaimed. */
static void prepare_reclaim(struct sim *s)
{
	prepare_nothing(s);
	put_pool(&s->f, "p", "10.0.0.0/31", 31, NULL);
	{
		struct actor a = { 0 };

		begin_add(s, &a, "h1", "old");
		assert_int_equal(actor_run(s, &a), IPAM_OK);
	}
	assert_int_equal(sim_del(s, "old"), IPAM_OK);
	s->now_ns += 100 * NSEC_PER_SEC;
}

/* One address left in the pool, in h1's block. */
static void prepare_last(struct sim *s)
{
	prepare_one(s);
	put_pool(&s->f, "p", "10.0.0.0/31", 31, NULL);
	put_pool(&s->f, "p", "10.0.0.0/30", 31, ",\"disabled\":true");
	put_pool(&s->f, "p", "10.0.0.0/30", 31, NULL);
}

static const struct scene scenes[] = {
	{ "two first blocks", prepare_nothing, add_1, add_2 },
	{ "one host, two first blocks", prepare_nothing, add_1, add_1_again },
	{ "one block, one host", prepare_one, add_1, add_1_again },
	{ "borrowing", prepare_last, add_1, add_2 },
	{ "add and del", prepare_one, add_1, del_old },
	{ "reclaim and owner", prepare_reclaim, add_1, add_2 },
	{ "add and host removal", prepare_one, add_1, release_host_1 },
	{ "first block and host removal", prepare_nothing, add_1, release_host_1 },
	{ "first block and pool removal", prepare_nothing, add_1, release_pool },
	{ "add and pool removal", prepare_one, add_1, release_pool },
	{ "pool made again", prepare_nothing, add_1, remake_and_add_2 },
	{ "reclaim and pool made again", prepare_reclaim, add_1, remake_and_add_2 },
};

/* ---- running them ---- */

static void finish(struct sim *s)
{
	sim_released(s, "old");
	sim_check_all_known(s);
	sim_check_nothing_left(s, hosts, ARRAY_SIZE(hosts));
	sim_close(s);
}

/* The first runs for cuts[0] calls, the second for cuts[1], the first for cuts[2], ...; at last
 * both to their ends. False when a cut lay behind an end, so that longer ones are not new. */
static bool run_schedule(struct sim *s, const struct scene *c, const unsigned *cuts, int n,
	unsigned how)
{
	struct actor a[2] = { { .how = how }, { .how = how } };
	bool begun[2] = { true, false }, whole = true;

	sim_open(s);
	c->prepare(s);
	c->first(s, &a[0]);
	for (int i = 0; i < n; i++) {
		if (!begun[i % 2])
			c->second(s, &a[1]);
		begun[i % 2] = true;
		for (unsigned k = 0; whole && k < cuts[i]; k++)
			whole = actor_step(s, &a[i % 2]);
	}
	if (!begun[1])
		c->second(s, &a[1]);
	actor_run(s, &a[n % 2]);
	actor_run(s, &a[1 - n % 2]);
	finish(s);
	return whole;
}

/* All schedules with n cuts: like an odometer, whose digit turns over when it lies behind an end.
 */
static unsigned run_all(struct sim *s, const struct scene *c, int n, unsigned how)
{
	unsigned cuts[4] = { 0 }, runs = 0;
	int digit = n - 1;

	while (digit >= 0) {
		bool whole = run_schedule(s, c, cuts, n, how);

		runs++;
		digit = whole ? n - 1 : digit;
		if (whole) {
			cuts[digit]++;
			continue;
		}
		while (digit >= 0 && cuts[digit] == 0)
			digit--;
		if (digit >= 0)
			cuts[digit] = 0;
		digit--;
		if (digit >= 0)
			cuts[digit]++;
		if (digit >= 0)
			digit = n - 1;
	}
	return runs;
}

static void test_two_operations(void **state)
{
	const char *given = getenv("PREEMPTIONS");
	int n = given ? atoi(given) : 2;
	struct sim *s = mem_new(struct sim);

	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		unsigned runs = run_all(s, &scenes[i], n, 0);

		runs += run_all(s, &scenes[i], n < 3 ? n : 2, SIM_READS_APART);
		runs += run_all(s, &scenes[i], n, SIM_FUSED);
		print_message("%s: %u schedules\n", scenes[i].name, runs);
		assert_true(runs > 10);
	}
	free(s);
}

/* The first ends at call `at`; the second runs; what the first was to do is done again. */
static bool run_crash(struct sim *s, const struct scene *c, unsigned at, bool after, unsigned how)
{
	struct actor a = { .how = how }, b = { .how = how };
	bool whole = true;

	sim_open(s);
	c->prepare(s);
	c->first(s, &a);
	for (unsigned k = 0; whole && k < at; k++)
		whole = actor_step(s, &a);
	actor_crash(s, &a, after);
	c->second(s, &b);
	actor_run(s, &b);
	if (whole && a.gives) {
		enum ipam_status status = sim_del(s, a.handle);

		assert_true(status == IPAM_OK || status == IPAM_E_NOT_FOUND);
	}
	a = (struct actor){ 0 };
	if (whole)
		c->first(s, &a);
	actor_run(s, &a);
	finish(s);
	return whole;
}

static void test_crash_before_and_after_each_call(void **state)
{
	struct sim *s = mem_new(struct sim);
	unsigned runs = 0;

	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		for (unsigned how = 0; how <= SIM_FUSED; how += SIM_FUSED)
			for (unsigned after = 0; after < 2; after++)
				for (unsigned at = 0;
					run_crash(s, &scenes[i], at, after, how); at++)
					runs++;
	print_message("%u crashes\n", runs);
	assert_true(runs > 200);
	free(s);
}

/* ---- a pool made anew while claims are on their way ---- */

static void pool_of_two(struct sim *s, int block_size)
{
	put_pool(&s->f, "p", "10.0.0.0/31", block_size, NULL);
}

static void until_write(struct sim *s, struct actor *a)
{
	while (a->op && a->next != OP_WRITE)
		actor_step(s, a);
	assert_non_null(a->op);
}

static void begin_two(struct sim *s, struct actor *a, const char *host, const char *handle)
{
	strcpy(a->handle, handle);
	a->gives = true;
	actor_begin(s, a, sim_add(host, handle, 2, 0, false), a->how);
}

/* h1 has read the pool with blocks of two, h2 lists the blocks of the pool with blocks of one; then
 * h1 makes its block, too late, and ends before it can check. */
static void leave_late_block(struct sim *s, struct actor *h2)
{
	struct actor late = { 0 };

	begin_add(s, &late, "h1", "late");
	until_write(s, &late);
	pool_of_two(s, 32);
	begin_two(s, h2, "h2", "second");
	until_write(s, h2);
	assert_true(actor_step(s, &late)); /* the affinity, */
	actor_crash(s, &late, true);       /* and the block */
	assert_non_null(strstr(value_at(&s->f, BLOCKS_4 "10.0.0.0-31"), "host:h1"));
}

static void test_late_block_is_not_adopted(void **state)
{
	struct sim *s = mem_new(struct sim);
	struct actor h2 = { 0 }, h1 = { 0 };

	sim_open(s);
	prepare_nothing(s);
	pool_of_two(s, 31);
	leave_late_block(s, &h2);
	begin_two(s, &h1, "h1", "first");
	actor_run(s, &h1);
	actor_run(s, &h2);
	finish(s);
	free(s);
}

/* h1 has read its block as confirmed; what is there when it writes is another one. */
static void test_affinity_of_an_earlier_block(void **state)
{
	struct sim *s = mem_new(struct sim);
	struct actor h2 = { 0 }, h1 = { 0 }, removal = { 0 };

	sim_open(s);
	prepare_nothing(s);
	pool_of_two(s, 31);
	begin_add(s, &h1, "h1", "old");
	actor_run(s, &h1);
	assert_int_equal(sim_del(s, "old"), IPAM_OK);
	begin_add(s, &h1, "h1", "first");
	until_write(s, &h1);
	release_host_1(s, &removal);
	actor_run(s, &removal);
	leave_late_block(s, &h2);
	actor_run(s, &h1);
	actor_run(s, &h2);
	finish(s);
	free(s);
}

/* Two claims of one host on one block: what the first has checked says nothing of the block that
 * the second one makes. */
static void test_claim_under_the_state_of_another(void **state)
{
	struct sim *s = mem_new(struct sim);
	struct actor one = { 0 }, two = { 0 }, cleaner = { 0 }, h2 = { 0 }, again = { 0 };

	sim_open(s);
	prepare_nothing(s);
	pool_of_two(s, 31);
	begin_add(s, &one, "h1", "one");
	until_write(s, &one);
	for (int i = 0; i < 3; i++)
		assert_true(actor_step(s, &one)); /* pending, block, check */
	pool_of_two(s, 32);
	begin_add(s, &cleaner, "h1", "cleaner"); /* sees a block of the wrong size */
	until_write(s, &cleaner);
	actor_crash(s, &cleaner, true);
	assert_string_equal(value_at(&s->f, BLOCKS_4 "10.0.0.0-31"), "-");
	pool_of_two(s, 31);
	begin_add(s, &two, "h1", "two");
	until_write(s, &two);
	pool_of_two(s, 32);
	begin_two(s, &h2, "h2", "second");
	until_write(s, &h2);
	assert_true(actor_step(s, &one)); /* confirmed */
	actor_step(s, &two);
	actor_crash(s, &two, false);
	begin_two(s, &again, "h1", "again");
	actor_run(s, &again);
	actor_run(s, &h2);
	actor_run(s, &one);
	assert_true(sim_del(s, "two") != IPAM_E_STORE);
	assert_true(sim_del(s, "cleaner") != IPAM_E_STORE);
	finish(s);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_operations),
		cmocka_unit_test(test_crash_before_and_after_each_call),
		cmocka_unit_test(test_late_block_is_not_adopted),
		cmocka_unit_test(test_affinity_of_an_earlier_block),
		cmocka_unit_test(test_claim_under_the_state_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
