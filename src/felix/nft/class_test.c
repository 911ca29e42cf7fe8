/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes and their numbers: who may carry which group, and when. */
#include "testing.h"

static void endpoint(struct test_host *h, const char *ifname, const char *tiers)
{
	test_workload(h, &(struct test_workload){ .name = ifname,
				 .ifname = ifname,
				 .nets = "10.65.0.2/32",
				 .tiers = tiers,
				 .profiles = "kns.default" });
}

static void begin(struct test_host *h)
{
	test_policy(h, "gnp/a", "allow", "allow");
	test_policy(h, "gnp/b", "deny", "deny");
	test_profile(h, "kns.default", "allow", "allow");
	test_in_sync(h);
}

#define A  "default Deny in=gnp/a out=gnp/a"
#define B  "default Deny in=gnp/b out=gnp/b"
#define AB "default Deny in=gnp/a out=gnp/b"

static void assert_group(struct test_host *h, const char *ifname, const char *expected)
{
	char text[16];
	uint32_t group;

	switch (nft_group_wanted(h->nft, ifname, &group)) {
	case NFT_GROUP_KEEP:
		assert_string_equal("keep", expected);
		break;
	case NFT_GROUP_DENY:
		assert_string_equal("deny", expected);
		break;
	case NFT_GROUP_SET:
		snprintf(text, sizeof(text), "%u", group);
		assert_string_equal(text, expected);
		break;
	}
}

static void assert_map(const char *map, const char *groups)
{
	_cleanup_free_ char *command = mem_printf(
		"nft list map ip calico %s | grep -oE '[0-9]+ : goto' | cut -d' ' -f1 | sort -n "
		"| tr '\\n' ' '",
		map);
	_cleanup_free_ char *listed = test_output(command);

	assert_string_equal(listed, groups);
}

static void assert_told(struct test_host *h, const char *names)
{
	_cleanup_free_ char *joined = strv_join(&h->told, " ");

	assert_string_equal(joined, names);
	strv_done(&h->told);
}

/* What the link driver does in PHASE_GROUPS. */
static void write_group(struct test_host *h, uint32_t ifindex, const char *ifname)
{
	uint32_t group = 0;

	if (nft_group_wanted(h->nft, ifname, &group) != NFT_GROUP_KEEP)
		nft_link_seen(h->nft, ifindex, ifname, group);
}

static void test_equal_lists_share_a_class(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", A);
	endpoint(h, "cali3", B);
	strv_done(&h->told);
	assert_group(h, "cali1", "keep"); /* not before its stacks are in the kernel */
	assert_group(h, "cali9", "deny");
	assert_true(test_walk(h));
	assert_told(h, "cali1 cali2 cali3");
	assert_group(h, "cali1", "1");
	assert_group(h, "cali2", "1");
	assert_group(h, "cali3", "2");
	assert_map("from", "1 2 ");
	assert_map("to", "1 2 ");
}

static void test_classes_share_stacks(void **state)
{
	struct test_host *h = *state;
	_cleanup_free_ char *chains = NULL;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", B);
	endpoint(h, "cali3", AB); /* in as the first, out as the second */
	assert_true(test_walk(h));
	assert_group(h, "cali3", "3");
	chains = test_output("nft list table ip calico | grep -cE 'chain cali-(tw|fw)-'");
	assert_string_equal(chains, "4\n");
}

static void test_staged_policies_make_no_class(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", "default Deny in=sgnp/s,gnp/a out=gnp/a");
	endpoint(h, "cali3", A " | other Deny in=sgnp/s");
	endpoint(h, "cali4", "default Pass in=gnp/a out=gnp/a");
	assert_true(test_walk(h));
	assert_group(h, "cali2", "1");
	assert_group(h, "cali3", "1");
	assert_group(h, "cali4", "2");
}

static void test_who_leaves_is_denied_at_once(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", A);
	assert_true(test_walk(h));
	strv_done(&h->told);
	test_workload_remove(h, "cali1");
	assert_told(h, "cali1");
	assert_group(h, "cali1", "deny");
	test_workload(h, &(struct test_workload){ .name = "cali2",
				 .ifname = "cali2",
				 .state = "inactive",
				 .nets = "10.65.0.2/32",
				 .tiers = A });
	assert_told(h, "cali2");
	assert_group(h, "cali2", "deny");
	assert_true(test_phase(h, PHASE_TABLES));
	assert_map("from", "1 "); /* links may still carry it */
	assert_true(test_phase(h, PHASE_DELETIONS));
	assert_map("from", "");
	test_run("nft list set ip calico owned | grep -vq elements");
}

static void test_a_number_waits_for_its_links(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", A);
	assert_true(test_walk(h));
	write_group(h, 1, "cali1");
	write_group(h, 2, "cali2");

	endpoint(h, "cali1", B); /* one of two moves */
	assert_group(h, "cali1", "keep");
	assert_true(test_phase(h, PHASE_TABLES));
	assert_group(h, "cali1", "2");
	assert_group(h, "cali2", "1");
	write_group(h, 1, "cali1");
	assert_true(test_phase(h, PHASE_DELETIONS));

	test_workload_remove(h, "cali2"); /* 1 is empty now, but a link carries it */
	assert_true(test_walk(h));
	assert_map("from", "2 ");
	endpoint(h, "cali3", AB);
	assert_true(test_walk(h));
	assert_group(h, "cali3", "3");
	write_group(h, 2, "cali2");
	endpoint(h, "cali4", "default Pass in=gnp/a");
	assert_true(test_walk(h));
	assert_group(h, "cali4", "1");
}

static void test_a_class_that_moves_together_keeps_its_number(void **state)
{
	struct test_host *h = *state;
	struct nft_driver_counters before;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", A);
	assert_true(test_walk(h));
	write_group(h, 1, "cali1");
	write_group(h, 2, "cali2");
	before = nft_driver_counters(h->nft);

	endpoint(h, "cali1", AB);
	endpoint(h, "cali2", AB);
	assert_group(h, "cali1", "keep");
	assert_true(test_walk(h));
	assert_group(h, "cali1", "1");
	assert_group(h, "cali2", "1");
	assert_map("from", "1 ");
	/* Only the outgoing side is another; one element of each family points elsewhere. */
	assert_int_equal(nft_driver_counters(h->nft).elements - before.elements, 4);
	test_run("nft list map ip calico from | grep -q goto");
	test_run("nft list map ip6 calico from | grep -q goto");
}

static void test_a_class_that_parts_does_not(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", A);
	assert_true(test_walk(h));
	write_group(h, 1, "cali1");
	write_group(h, 2, "cali2");
	endpoint(h, "cali1", AB);
	endpoint(h, "cali2", B);
	assert_true(test_phase(h, PHASE_TABLES));
	assert_group(h, "cali1", "2");
	assert_group(h, "cali2", "3");
	assert_map("from", "1 2 3 ");
	write_group(h, 1, "cali1");
	write_group(h, 2, "cali2");
	assert_true(test_phase(h, PHASE_DELETIONS));
	assert_map("from", "2 3 ");
}

static void test_a_restart_adopts_numbers(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	endpoint(h, "cali2", B);
	endpoint(h, "cali3", AB);
	assert_true(test_walk(h));

	test_restart(h);
	nft_link_seen(h->nft, 1, "cali1", 1);
	nft_link_seen(h->nft, 2, "cali2", 2);
	nft_link_seen(h->nft, 3, "cali3", 3);
	assert_group(h, "cali3", "keep");
	begin(h);
	endpoint(h, "cali3", AB); /* in another order */
	endpoint(h, "cali1", A);
	endpoint(h, "cali4", "default Pass in=gnp/a");
	assert_group(h, "cali3", "keep");
	assert_group(h, "cali2", "deny"); /* its endpoint went meanwhile */
	assert_true(test_phase(h, PHASE_TABLES));
	assert_group(h, "cali3", "3");
	assert_group(h, "cali1", "1");
	assert_group(h, "cali4", "4"); /* not 2: a link carries it */
	write_group(h, 2, "cali2");
	assert_true(test_phase(h, PHASE_DELETIONS));
	assert_map("to", "1 3 4 ");
}

/* Whoever carries it may not have been seen yet. */
static void test_a_number_of_the_last_run_is_not_used_at_once(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	assert_true(test_walk(h));
	test_restart(h);
	begin(h);
	endpoint(h, "cali1", B);
	assert_true(test_walk(h));
	assert_group(h, "cali1", "2");
	assert_map("from", "2 ");
}

static void test_links_are_known_by_index(void **state)
{
	struct test_host *h = *state;

	begin(h);
	endpoint(h, "cali1", A);
	assert_true(test_walk(h));
	nft_link_seen(h->nft, 5, "cali1", 1);
	nft_link_seen(h->nft, 6, "cali1", 0); /* the name is on another link now */
	nft_link_seen(h->nft, 5, "old", 1);
	endpoint(h, "cali1", B);
	assert_true(test_phase(h, PHASE_TABLES));
	assert_group(h, "cali1", "2"); /* 1 is still carried by "old" */
	nft_link_gone(h->nft, 5);
	nft_link_gone(h->nft, 6);
	nft_link_gone(h->nft, 7);
	assert_true(test_phase(h, PHASE_DELETIONS));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_equal_lists_share_a_class),
		TEST(test_classes_share_stacks),
		TEST(test_staged_policies_make_no_class),
		TEST(test_who_leaves_is_denied_at_once),
		TEST(test_a_number_waits_for_its_links),
		TEST(test_a_class_that_moves_together_keeps_its_number),
		TEST(test_a_class_that_parts_does_not),
		TEST(test_a_restart_adopts_numbers),
		TEST(test_a_number_of_the_last_run_is_not_used_at_once),
		TEST(test_links_are_known_by_index),
	};

	if (unshare(CLONE_NEWNET) < 0)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
