/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Automatic assignment over a datastore in memory. */
#include "fixture.h"

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

static void many_adds(struct fixture *f, const char *host, int n, int status_after)
{
	_cleanup_buf_ struct buf got = BUF_INIT;
	char handle[32];

	for (int i = 0; i < n; i++) {
		snprintf(handle, sizeof(handle), "%s.%d", host, i);
		assert_status(f, add(f, host, handle, &got), IPAM_OK);
	}
	if (status_after >= 0)
		assert_status(f, add(f, host, "one.more", &got), (unsigned)status_after);
}

/* Every address of every block, each once: fails when two blocks overlap or one is malformed. */
static size_t count_addresses(struct fixture *f, size_t *ret_allocated)
{
	_cleanup_(store_reply_done) struct store_reply r;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct key_range range = range_blocks(0);
	struct block *blocks;
	size_t total = 0;
	struct err err;

	call_list(f->loop, f->store, &range, NULL, 1000, &r);
	blocks = arena_new_n(&arena, struct block, r.n);
	*ret_allocated = 0;
	for (size_t i = 0; i < r.n; i++) {
		if (block_decode(r.kvs[i].value, r.kvs[i].len, &arena, &blocks[i], &err) < 0 ||
			block_check(&blocks[i], &r.kvs[i].key.cidr, &err) < 0)
			fail_msg("%s", err.msg);
		for (size_t k = 0; k < i; k++)
			assert_false(cidr_overlaps(&blocks[i].cidr, &blocks[k].cidr));
		for (uint32_t o = 0; o < blocks[i].n_allocations; o++)
			*ret_allocated += block_attr_of(&blocks[i], o) != NULL;
		total += blocks[i].n_allocations;
	}
	return total;
}

/* ---- round trips ---- */

static void test_round_trips(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/16", 26, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, add(f, "h1", "a", &got), IPAM_OK);
	assert_int_equal(f->round_trips, 3); /* a block was claimed, too */
	assert_status(f, add(f, "h1", "b", &got), IPAM_OK);
	assert_int_equal(f->round_trips, 3);
	f->use_hints = true;
	assert_status(f, add(f, "h1", "c", &got), IPAM_OK);
	assert_int_equal(f->round_trips, 2);
	assert_status(f, del(f, "h1", "b"), IPAM_OK);
	assert_int_equal(f->round_trips, 2);
	assert_status(f, add(f, "h1", "d", &got), IPAM_OK);
	assert_int_equal(f->round_trips, 2);
	f->use_hints = false;
	assert_status(f, del(f, "h1", "d"), IPAM_OK);
	assert_int_equal(f->round_trips, 3);
}

/* Full blocks stand before the one that is used, and another pool's block is not in the way. */
static void test_round_trips_with_many_blocks(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/24", 30, NULL);
	put_pool(f, "p6", "fd00::/120", 126, NULL);
	put_node(f, "h1", NULL);
	many_adds(f, "h1", 10, -1);
	f->use_hints = true;
	assert_status(f, add(f, "h1", "x", &got), IPAM_OK);
	assert_int_equal(f->round_trips, 2);
	assert_status(f, del(f, "h1", "h1.0"), IPAM_OK);
	assert_int_equal(f->round_trips, 2);
}

static void test_wrong_hints_cost_nothing_but_time(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/24", 30, NULL);
	put_node(f, "h1", NULL);
	f->use_hints = true;
	f->hints[0] = net("192.0.2.0/30");
	f->hints[1] = net("10.0.0.0/26");
	f->n_hints = 2;
	assert_status(f, add(f, "h1", "a", &got), IPAM_OK);
	assert_true(f->round_trips <= 3);
}

/* ---- sizes ---- */

static void test_pool_of_eight_in_blocks_of_two(void **state)
{
	struct fixture *f = *state;
	size_t allocated;

	put_pool(f, "tiny", "10.0.0.0/29", 31, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	many_adds(f, "h1", 3, -1);
	many_adds(f, "h2", 5, IPAM_E_SHORT);
	assert_string_equal(f->error, "Assigned 0 out of 1 requested IPv4 addresses; No IPs "
				      "available in pools: [10.0.0.0/29]");
	assert_non_null(strstr(f->detail, "10.0.0.0/29"));
	assert_non_null(strstr(f->detail, "host h2"));
	assert_non_null(strstr(f->detail, "at most 20"));
	assert_int_equal(count_addresses(f, &allocated), 8);
	assert_int_equal(allocated, 8);
}

static void test_pool_of_four_in_blocks_of_one(void **state)
{
	struct fixture *f = *state;
	size_t allocated;
	struct key_range handles = { .type = KEY_IPAM_HANDLE };

	put_pool(f, "single", "10.0.0.0/30", 32, NULL);
	put_node(f, "h1", NULL);
	many_adds(f, "h1", 4, IPAM_E_SHORT);
	assert_int_equal(count_addresses(f, &allocated), 4);
	assert_int_equal(allocated, 4);
	for (int i = 0; i < 4; i++) {
		char handle[8];

		snprintf(handle, sizeof(handle), "h1.%d", i);
		assert_status(f, del(f, "h1", handle), IPAM_OK);
	}
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 0);
	assert_int_equal(count_keys(f, &handles), 0);
}

static void test_largest_blocks(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .handle = "all", .n4 = 4097, .n6 = 4096 };
	size_t allocated;

	put_pool(f, "p4", "10.0.0.0/20", 20, NULL);
	put_pool(f, "p6", "fd00::/116", 116, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_non_null(strstr(got.data, "10.0.15.255/20 "));
	assert_non_null(strstr(got.data, "fd00::fff/116 "));
	assert_int_equal(count_addresses(f, &allocated), 8192);
	assert_int_equal(allocated, 8192);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/all"),
		"{\"block\":{\"10.0.0.0/20\":4096,\"fd00::/116\":4096},\"deleted\":false}");
	assert_status(f, del(f, "h1", "all"), IPAM_OK);
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 0);
}

/* More blocks than one list of steps can hold. */
static void test_many_blocks_at_once(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .handle = "all", .n4 = 100, .n6 = 90 };
	size_t allocated;

	put_config(f, "{\"strict_affinity\":true,\"auto_allocate_blocks\":true,"
		      "\"maxBlocksPerHost\":-1}");
	put_pool(f, "p4", "10.0.0.0/25", 32, NULL);
	put_pool(f, "p6", "fd00::/64", 128, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 190);
	assert_status(f, del(f, "h1", "all"), IPAM_OK);
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 0);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/all"), "-");
}

/* ---- limits ---- */

static void test_limit_names_pool_host_and_limit(void **state)
{
	struct fixture *f = *state;

	put_config(f, "{\"strict_affinity\":true,\"auto_allocate_blocks\":true,"
		      "\"maxBlocksPerHost\":2}");
	put_pool(f, "p", "10.0.0.0/24", 31, NULL);
	put_node(f, "h1", NULL);
	many_adds(f, "h1", 4, IPAM_E_LIMIT);
	assert_string_equal(f->error, "cannot allocate new block due to per host block limit");
	assert_string_equal(
		f->detail, "host h1 has 2 blocks in pools [10.0.0.0/24], the limit is 2");
}

static void test_default_limit_is_twenty(void **state)
{
	struct fixture *f = *state;

	put_pool(f, "p", "10.0.0.0/24", 32, NULL);
	put_node(f, "h1", NULL);
	many_adds(f, "h1", 20, IPAM_E_LIMIT);
	put_config(f, "{\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":-1}");
	many_adds(f, "h1", 1, IPAM_OK);
}

/* ---- reservations ---- */

static void test_pool_within_a_reservation(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "fd00::/64", 122, NULL);
	put_node(f, "h1", NULL);
	reserve(f, "r", "\"fd00::/65\",\" fd00:0:0:0:8000::/66 \",\"garbage\"");
	for (int i = 0; i < 3; i++) { /* and it does not try 2^57 blocks one by one */
		struct ipam_assign args = { .host = "h1", .n6 = 1 };
		struct cidr free_part = net("fd00::c000:0:0:0/66"), addr;

		assert_status(f, assign(f, &args, &got), IPAM_OK);
		got.data[got.len - 1] = '\0';
		addr = net(got.data);
		assert_true(cidr_has(&free_part, &addr.addr));
	}
	reserve(f, "s", "\"fd00:0:0:0:c000::/66\"");
	put_pool(f, "p", "fd00::/64", 122, NULL);
	{
		struct ipam_assign args = { .host = "h1", .n6 = 1, .all_or_nothing = true };

		assert_status(f, assign(f, &args, &got), IPAM_E_SHORT);
	}
}

static void test_single_reserved_addresses(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .n4 = 8 };

	put_pool(f, "p", "10.0.0.0/29", 30, NULL);
	put_node(f, "h1", NULL);
	reserve(f, "r", "\"10.0.0.0/32\",\"10.0.0.3\",\"10.0.0.4/31\",\"10.0.0.6/31\"");
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_string_equal(got.data, "10.0.0.1/30 10.0.0.2/30 ");
	assert_string_equal(value_at(f, BLOCKS_4 "10.0.0.4-30"), "-"); /* wholly reserved */
}

/* ---- pools that change ---- */

static void test_pool_made_again_with_larger_blocks(void **state)
{
	struct fixture *f = *state;
	size_t allocated;

	put_pool(f, "p", "10.0.0.0/28", 31, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	many_adds(f, "h1", 1, -1);
	drop_pool(f, "p");
	put_pool(f, "p", "10.0.0.0/28", 29, NULL);
	many_adds(f, "h2", 8, -1);
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 9);
	many_adds(f, "h2", 1, -1); /* borrowed from the old, small block */
	many_adds(f, "h1", 0, IPAM_E_SHORT);
	assert_int_equal(count_addresses(f, &allocated), 10);
	assert_int_equal(allocated, 10);
}

static void test_pool_made_again_with_smaller_blocks(void **state)
{
	struct fixture *f = *state;
	size_t allocated;

	put_pool(f, "p", "10.0.0.0/28", 29, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	many_adds(f, "h1", 1, -1);
	put_pool(f, "p", "10.0.0.0/28", 31, NULL);
	many_adds(f, "h2", 15, IPAM_E_SHORT);
	assert_int_equal(count_addresses(f, &allocated), 16);
	assert_int_equal(allocated, 16);
	assert_status(f, del(f, "h1", "h1.0"), IPAM_OK); /* though no pool has such blocks */
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 15);
}

static void test_pool_that_no_longer_selects_the_node(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct key_range blocks = range_blocks(4);

	put_pool(f, "a", "10.0.0.0/28", 30, ",\"nodeSelector\":\"rack == 'a'\"");
	put_node(f, "h1", "\"rack\":\"a\"");
	assert_status(f, add(f, "h1", "x", &got), IPAM_OK);
	put_node(f, "h1", "\"rack\":\"b\"");
	put_pool(f, "b", "10.1.0.0/28", 30, ",\"nodeSelector\":\"rack == 'b'\"");
	assert_status(f, add(f, "h1", "y", &got), IPAM_OK);
	assert_int_equal(count_keys(f, &blocks), 2);
	assert_status(f, del(f, "h1", "x"), IPAM_OK); /* its block goes with its last address */
	assert_int_equal(count_keys(f, &blocks), 1);
	put_node(f, "h1", "\"rack\":\"a\"");
	assert_status(f, add(f, "h1", "z", &got), IPAM_OK);
	assert_status(f, del(f, "h1", "z"), IPAM_OK);
	put_node(f, "h1", "\"rack\":\"b\"");
	assert_status(f, add(f, "h1", "w", &got), IPAM_OK); /* the empty one is given up */
	assert_int_equal(count_keys(f, &blocks), 1);
}

static void test_pool_whose_selector_does_not_parse(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/28", 30, ",\"nodeSelector\":\"rack ==\"");
	put_node(f, "h1", NULL);
	assert_status(f, add(f, "h1", "x", &got), IPAM_E_INVALID);
	assert_non_null(strstr(f->error, "IPPool(p): nodeSelector rack =="));
}

static void test_pool_for_a_namespace(void **state)
{
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct text_map labels = { 0 };
	struct ipam_assign args = { .host = "h1", .n4 = 1, .all_or_nothing = true };

	put_pool(f, "p", "10.0.0.0/30", 30, ",\"namespaceSelector\":\"team == 'red'\"");
	put_node(f, "h1", "\"team\":\"red\""); /* not the node's labels */
	assert_status(f, assign(f, &args, &got), IPAM_E_NO_POOL);
	assert_string_equal(f->error, "no configured Calico pools for node h1");
	args.ns_labels = &labels;
	assert_status(f, assign(f, &args, &got), IPAM_E_NO_POOL);
	text_map_set(&labels, &arena, "team", "red");
	assert_status(f, assign(f, &args, &got), IPAM_OK);
}

/* ---- hosts ---- */

/* A host that comes back under another name: its old block is another host's, with its addresses.
 * They can be released, and the block goes to who needs it once it is empty. */
static void test_host_that_was_renamed(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_op *op;
	size_t allocated;

	put_pool(f, "p", "10.0.0.0/30", 30, NULL);
	put_node(f, "old", NULL);
	many_adds(f, "old", 2, -1);
	put_raw(f, RESOURCES "nodes/old", NULL);
	put_node(f, "new", NULL);
	many_adds(f, "new", 2, IPAM_E_SHORT); /* borrowed */
	assert_non_null(strstr(f->detail, "host new"));
	assert_status(f, add(f, "old", "x", &got), IPAM_E_NOT_FOUND);
	assert_string_equal(
		f->error, "resource does not exist: Node(old) with error: <nil>");
	assert_status(f, del(f, "new", "old.0"), IPAM_OK);
	op = ipam_release_host_new("old");
	assert_status(f, run_op(f, op), IPAM_OK);
	ipam_op_free(op);
	assert_string_equal(
		value_at(f, "/calico/ipam/v2/host/old/ipv4/block/10.0.0.0-30"), "-");
	assert_non_null(strstr(value_at(f, BLOCKS_4 "10.0.0.0-30"), "\"affinity\":null"));
	assert_status(f, del(f, "new", "old.1"), IPAM_OK);
	assert_status(f, del(f, "new", "new.0"), IPAM_OK);
	assert_status(f, del(f, "new", "new.1"), IPAM_OK);
	assert_string_equal(value_at(f, BLOCKS_4 "10.0.0.0-30"), "-"); /* nobody's, and empty */
	many_adds(f, "new", 4, -1);
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 4);
}

static void test_names_of_hosts_are_taken_as_they_are(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/28", 30, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, add(f, "H1", "x", &got), IPAM_E_NOT_FOUND);
	assert_string_equal(f->error, "resource does not exist: Node(H1) with error: <nil>");
	put_node(f, "h1.example", NULL); /* not to be taken for the start of another */
	assert_status(f, add(f, "h1.example", "y", &got), IPAM_OK);
	assert_status(f, add(f, "h1", "z", &got), IPAM_OK);
	assert_non_null(strstr(
		value_at(f, "/calico/ipam/v2/handle/z"), "\"block\":{\"10.0.0."));
}

static void test_load_balancer_has_no_node(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = IPAM_HOST_LOAD_BALANCER,
		.use = IPAM_USE_LOAD_BALANCER,
		.handle = "lb-x",
		.n4 = 1 };

	put_pool(f, "p", "10.0.0.0/28", 28, ",\"allowedUses\":[\"LoadBalancer\"]");
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_string_equal(got.data, "10.0.0.0/28 ");
	assert_string_equal(
		value_at(f, "/calico/ipam/v2/virtual/load-balancer/ipv4/block/10.0.0.0-28"),
		"{\"state\":\"confirmed\",\"deleted\":false}");
	assert_non_null(strstr(value_at(f, BLOCKS_4 "10.0.0.0-28"),
		"\"affinity\":\"virtual:load-balancer\""));
}

/* ---- blocks of others ---- */

static void test_empty_block_is_reclaimed_after_a_minute(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_config(f, "{\"strict_affinity\":true,\"auto_allocate_blocks\":true}");
	put_pool(f, "p", "10.0.0.0/30", 30, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	assert_status(f, add(f, "h1", "x", &got), IPAM_OK);
	assert_status(f, del(f, "h1", "x"), IPAM_OK);
	assert_status(f, add(f, "h2", "y", &got), IPAM_E_SHORT);
	assert_string_equal(f->error, "Assigned 0 out of 1 requested IPv4 addresses; No more free "
				      "affine blocks and strict affinity enabled");
	f->ahead_ns = 61 * NSEC_PER_SEC;
	assert_status(f, add(f, "h2", "y", &got), IPAM_OK);
	assert_string_equal(
		value_at(f, "/calico/ipam/v2/host/h1/ipv4/block/10.0.0.0-30"), "-");
	assert_non_null(strstr(value_at(f, BLOCKS_4 "10.0.0.0-30"), "\"affinity\":\"host:h2\""));
	assert_status(f, add(f, "h1", "z", &got), IPAM_E_SHORT); /* it is not empty */
}

/* Blocks that a pool had before are in the way of those that it has now. */
static void test_empty_block_of_another_size_is_reclaimed(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h2", .handle = "y", .n4 = 4, .all_or_nothing = true };

	put_config(f, "{\"strict_affinity\":true,\"auto_allocate_blocks\":true}");
	put_pool(f, "p", "10.0.0.0/30", 31, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	many_adds(f, "h1", 3, -1);
	for (int i = 0; i < 3; i++) {
		char handle[8];

		snprintf(handle, sizeof(handle), "h1.%d", i);
		assert_status(f, del(f, "h1", handle), IPAM_OK);
	}
	put_pool(f, "p", "10.0.0.0/30", 30, NULL);
	assert_status(f, assign(f, &args, &got), IPAM_E_SHORT);
	f->ahead_ns = 61 * NSEC_PER_SEC;
	assert_status(f, assign(f, &args, &got), IPAM_OK);
}

/* A claim that was not finished proves nothing: see affine.h. */
static void test_nothing_is_borrowed_from_an_unconfirmed_block(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	put_pool(f, "p", "10.0.0.0/31", 31, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	many_adds(f, "h1", 1, -1);
	assert_status(f, del(f, "h1", "h1.0"), IPAM_OK);
	put_raw(f, "/calico/ipam/v2/host/h1/ipv4/block/10.0.0.0-31", "{\"state\":\"pending\"}");
	assert_status(f, add(f, "h2", "y", &got), IPAM_E_SHORT);
	assert_status(f, add(f, "h1", "z", &got), IPAM_OK);
	assert_status(f, add(f, "h2", "y", &got), IPAM_OK);
}

static void test_malformed_block_is_named_and_no_reason_for_another(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct key_range blocks = range_blocks(4);

	put_pool(f, "p", "10.0.0.0/24", 31, NULL);
	put_node(f, "h1", NULL);
	put_raw(f, "/calico/ipam/v2/host/h1/ipv4/block/10.0.0.0-31", "");
	put_raw(f, BLOCKS_4 "10.0.0.0-31",
		"{\"cidr\":\"10.0.0.0/31\",\"affinity\":\"host:h1\",\"allocations\":[null],"
		"\"unallocated\":[0]}");
	for (int i = 0; i < 3; i++) {
		assert_status(f, add(f, "h1", "x", &got), IPAM_E_NO_BLOCK);
		assert_string_equal(f->error, "failed to find or claim a block");
		assert_non_null(strstr(f->detail, "block 10.0.0.0/31 of host h1 is malformed"));
		assert_string_equal(f->warning,
			"BlockKey(cidr=10.0.0.0/31) is malformed and was skipped: 1 allocations in "
			"a block of 2 addresses");
	}
	assert_int_equal(count_keys(f, &blocks), 1);
	put_node(f, "h2", NULL);
	many_adds(f, "h2", 3, -1); /* another host is not concerned */
}

/* ---- both families ---- */

static void test_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = {
		.host = "h1", .handle = "x", .n4 = 1, .n6 = 1, .all_or_nothing = true
	};
	size_t allocated;

	put_pool(f, "p4", "10.0.0.0/28", 30, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_E_NO_POOL); /* upstream keeps the IPv4 one */
	assert_string_equal(buf_str(&got), "");
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 0);
	put_pool(f, "p6", "fd00::/128", 128, NULL);
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	args.handle = "y";
	assert_status(f, assign(f, &args, &got), IPAM_E_SHORT);
	assert_string_equal(f->error, "Assigned 0 out of 1 requested IPv6 addresses; No IPs "
				      "available in pools: [fd00::/128]");
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 2);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/y"), "-");
	args.all_or_nothing = false;
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_true(str_ends(got.data, "/30 ") && !strchr(got.data, ':'));
}

/* All or nothing over more blocks than fit one list: what was written is taken back. */
static void test_all_or_nothing_over_several_lists(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = {
		.host = "h1", .handle = "x", .n4 = 129, .all_or_nothing = true
	};
	size_t allocated;

	put_config(f, "{\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":-1}");
	put_pool(f, "p4", "10.0.0.0/25", 32, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_E_SHORT);
	assert_string_equal(buf_str(&got), "");
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 0);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/x"), "-");
}

static void test_handle_with_a_limit(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = {
		.host = "h1", .handle = "vm", .n4 = 1, .n6 = 1, .max_per_handle = 1
	};
	size_t allocated;

	put_pool(f, "p4", "10.0.0.0/28", 30, NULL);
	put_pool(f, "p6", "fd00::/120", 126, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	args.host = "h2";
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_non_null(strstr(got.data, "/32 fd00::"));
	assert_true(str_ends(got.data, "/128 "));
	count_addresses(f, &allocated);
	assert_int_equal(allocated, 2);
	args.n4 = 2;
	assert_status(f, assign(f, &args, &got), IPAM_E_LIMIT);
	assert_string_equal(f->error,
		"handle vm already has 1 allocation(s), cannot allocate more (maxAlloc=1)");
}

static void test_use_must_be_given(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .use = "", .n4 = 1 };

	assert_status(f, assign(f, &args, &got), IPAM_E_INVALID);
	assert_string_equal(f->error, "must specify the intended use when assigning an IP");
}

static void test_requested_pools(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct cidr pools[2];
	struct ipam_assign args = { .host = "h1", .n4 = 3, .pools4 = { 2, pools } };

	put_pool(f, "a", "10.0.0.0/31", 31, ",\"nodeSelector\":\"none == 'x'\"");
	put_pool(f, "b", "10.1.0.0/31", 31, ",\"assignmentMode\":\"Manual\"");
	put_pool(f, "c", "10.2.0.0/31", 31, NULL);
	put_node(f, "h1", NULL);
	pools[0] = net("10.1.0.0/31");
	pools[1] = net("10.0.0.0/31");
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_string_equal(got.data, "10.1.0.0/31 10.1.0.1/31 10.0.0.0/31 ");
	pools[0] = net("10.9.0.0/31");
	assert_status(f, assign(f, &args, &got), IPAM_E_NO_POOL);
	assert_string_equal(
		f->error, "the given pool (10.9.0.0/31) does not exist, or is not enabled");
	pools[0] = net("fd00::/64");
	assert_status(f, assign(f, &args, &got), IPAM_E_INVALID);
	assert_string_equal(f->error,
		"provided IPv4 IPPools list contains one or more IPv6 IPPools");
}

static void test_datastore_that_is_away(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;

	memory_cut(f->store, true);
	assert_status(f, add(f, "h1", "x", &got), IPAM_E_STORE);
	assert_string_equal(f->error, "context deadline exceeded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_round_trips),
		CASE(test_round_trips_with_many_blocks),
		CASE(test_wrong_hints_cost_nothing_but_time),
		CASE(test_pool_of_eight_in_blocks_of_two),
		CASE(test_pool_of_four_in_blocks_of_one),
		CASE(test_largest_blocks),
		CASE(test_many_blocks_at_once),
		CASE(test_limit_names_pool_host_and_limit),
		CASE(test_default_limit_is_twenty),
		CASE(test_pool_within_a_reservation),
		CASE(test_single_reserved_addresses),
		CASE(test_pool_made_again_with_larger_blocks),
		CASE(test_pool_made_again_with_smaller_blocks),
		CASE(test_pool_that_no_longer_selects_the_node),
		CASE(test_pool_whose_selector_does_not_parse),
		CASE(test_pool_for_a_namespace),
		CASE(test_host_that_was_renamed),
		CASE(test_names_of_hosts_are_taken_as_they_are),
		CASE(test_load_balancer_has_no_node),
		CASE(test_empty_block_is_reclaimed_after_a_minute),
		CASE(test_empty_block_of_another_size_is_reclaimed),
		CASE(test_nothing_is_borrowed_from_an_unconfirmed_block),
		CASE(test_malformed_block_is_named_and_no_reason_for_another),
		CASE(test_all_or_nothing),
		CASE(test_all_or_nothing_over_several_lists),
		CASE(test_handle_with_a_limit),
		CASE(test_use_must_be_given),
		CASE(test_requested_pools),
		CASE(test_datastore_that_is_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
