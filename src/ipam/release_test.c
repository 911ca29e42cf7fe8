/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release, requested addresses, hosts and pools that go, and questions. */
#include "fixture.h"

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
#define BLOCK    BLOCKS_4 "10.0.0.0-29"

static void prepare(struct fixture *f)
{
	put_pool(f, "p", "10.0.0.0/29", 29, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
}

static void must_add(struct fixture *f, const char *host, const char *handle)
{
	_cleanup_buf_ struct buf got = BUF_INIT;

	assert_status(f, add(f, host, handle, &got), IPAM_OK);
}

/* "released | already free" */
static enum ipam_status release(
	struct fixture *f, const struct ipam_release *v, size_t n, char text[256])
{
	struct ipam_release_list list = { n, v };
	_cleanup_(ipam_op_freep) struct ipam_op *op =
		ipam_release_new(&list, (struct cidr_list){ 0 });
	enum ipam_status status = run_op(f, op);
	struct addr_list released = ipam_released(op), is_free = ipam_already_free(op);
	char addr[ADDR_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < released.n; i++)
		sprintf(text + strlen(text), "%s ", addr_format(&released.v[i], addr));
	strcat(text, "|");
	for (size_t i = 0; i < is_free.n; i++)
		sprintf(text + strlen(text), " %s", addr_format(&is_free.v[i], addr));
	return status;
}

static enum ipam_status assign_ip(
	struct fixture *f, const char *host, const char *handle, const char *addr)
{
	struct ipam_assign_ip args = {
		.host = host, .handle = handle, .addr = ip(addr), .use = IPAM_USE_WORKLOAD
	};
	struct ipam_op *op = ipam_assign_ip_new(&args);
	enum ipam_status status = run_op(f, op);

	ipam_op_free(op);
	return status;
}

/* ---- release ---- */

static void test_release_of_addresses(void **state)
{
	struct fixture *f = *state;
	struct ipam_release v[] = { { .addr = ip("10.0.0.1") }, { .addr = ip("10.0.0.0") },
		{ .addr = ip("10.0.0.5") }, { .addr = ip("10.0.0.1") },
		{ .addr = ip("192.0.2.1") }, { .addr = ip("fd00::1") } };
	char text[256];

	prepare(f);
	for (int i = 0; i < 3; i++)
		must_add(f, "h1", i == 1 ? "b" : "a");
	assert_status(f, release(f, v, ARRAY_SIZE(v), text), IPAM_OK);
	assert_string_equal(text, "10.0.0.1 10.0.0.0 | 10.0.0.5 192.0.2.1 fd00::1");
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/b"), "-");
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/a"),
		"{\"block\":{\"10.0.0.0/29\":1},\"deleted\":false}");
	assert_non_null(strstr(value_at(f, BLOCK), "\"unallocated\":[3,4,5,6,7,0,1]"));
}

static void test_release_checks_handle_and_sequence(void **state)
{
	struct fixture *f = *state;
	struct addr addr = ip("10.0.0.0");
	struct ipam_op *op = ipam_owner_new(&addr);
	struct ipam_release v[] = { { .addr = ip("10.0.0.1") },
		{ .addr = addr, .handle = "a", .has_sequence = true, .sequence = 1 } };
	char text[256];

	prepare(f);
	must_add(f, "h1", "a");
	must_add(f, "h1", "b");
	assert_status(f, release(f, v, 2, text), IPAM_E_CONFLICT);
	assert_string_equal(f->error, "update conflict: 10.0.0.0");
	assert_non_null(strstr(f->detail, "the given sequence number (1) does not match ("));
	assert_string_equal(text, "|"); /* not the other one either */
	assert_status(f, run_op(f, op), IPAM_OK);
	v[1].sequence = ipam_owner_sequence(op);
	v[1].handle = "b";
	assert_status(f, release(f, v, 2, text), IPAM_E_CONFLICT);
	assert_string_equal(f->detail,
		"the given handle (b) does not match (a) when attempting to release IP");
	v[1].handle = "a";
	assert_status(f, release(f, v, 2, text), IPAM_OK);
	assert_string_equal(text, "10.0.0.1 10.0.0.0 |");
	ipam_op_free(op);
}

static void test_release_of_very_many(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .n4 = 1 };
	struct ipam_release *v = mem_new_n(struct ipam_release, 512);
	struct ipam_release_list list = { 512, v };
	struct key_range handles = { .type = KEY_IPAM_HANDLE };
	struct ipam_op *op;
	char handle[16];

	put_pool(f, "p", "10.0.0.0/24", 26, NULL);
	put_node(f, "h1", NULL);
	for (int i = 0; i < 256; i++) {
		snprintf(handle, sizeof(handle), "h.%d", i / 2);
		args.handle = handle;
		assert_status(f, assign(f, &args, &got), IPAM_OK);
	}
	for (int i = 0; i < 512; i++) /* every other hundred is free */
		v[i].addr = addr_add(&(struct addr){ 4, { 10 } },
			(uint64_t)(i % 200 < 100 ? i / 200 * 100 + i % 100 : 1000 + i));
	assert_int_equal(count_keys(f, &handles), 128);
	op = ipam_release_new(&list, (struct cidr_list){ 0 });
	assert_status(f, run_op(f, op), IPAM_OK);
	assert_int_equal(ipam_released(op).n, 256);
	assert_int_equal(ipam_already_free(op).n, 256);
	assert_int_equal(count_keys(f, &handles), 0);
	ipam_op_free(op);
	free(v);
}

static void test_handle_with_a_tail(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	put_raw(f, BLOCK,
		"{\"cidr\":\"10.0.0.0/29\",\"affinity\":null,\"allocations\":[0,null,null,null,"
		"null,null,null,null],\"unallocated\":[1,2,3,4,5,6,7],\"attributes\":"
		"[{\"handle_id\":\"a\\r\\n\"}]}");
	put_raw(f, "/calico/ipam/v2/handle/a", "{\"block\":{\"10.0.0.0/29\":1}}");
	assert_status(f, del(f, "h1", "a"), IPAM_OK);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/a"), "-");
	assert_string_equal(value_at(f, BLOCK), "-");
}

/* What crashes leave: too much in the handle, of a block that is gone or has nothing of it. */
static void test_del_mends_the_handle(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	must_add(f, "h1", "other");
	put_raw(f, "/calico/ipam/v2/handle/a",
		"{\"block\":{\"10.0.0.0/29\":7,\"10.9.0.0/26\":1},\"deleted\":false}");
	assert_status(f, del(f, "h1", "a"), IPAM_OK);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/a"), "-");
	assert_status(f, del(f, "h1", "a"), IPAM_E_NOT_FOUND);
	assert_string_equal(
		f->error, "resource does not exist: IPAMHandleKey(id=a) with error: <nil>");
	assert_non_null(strstr(value_at(f, BLOCK), "\"other\""));
}

static void test_cooldown(void **state)
{
	struct fixture *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct addr addr = ip("10.0.0.0");
	struct ipam_release again = { .addr = addr };
	struct ipam_op *op;
	char text[256];

	put_config(f, "{\"auto_allocate_blocks\":true,\"ipCooldownSeconds\":30}");
	put_pool(f, "p", "10.0.0.0/31", 31, NULL);
	put_node(f, "h1", NULL);
	must_add(f, "h1", "a");
	must_add(f, "h1", "b");
	assert_status(f, del(f, "h1", "a"), IPAM_OK);
	assert_status(f, add(f, "h1", "c", &got), IPAM_E_SHORT);
	assert_status(f, assign_ip(f, "h1", "c", "10.0.0.0"), IPAM_E_EXISTS);
	assert_status(f, release(f, &again, 1, text), IPAM_OK);
	assert_string_equal(text, "| 10.0.0.0");
	op = ipam_owner_new(&addr);
	assert_status(f, run_op(f, op), IPAM_E_COOLING);
	assert_string_equal(f->error, "address 10.0.0.0 is in cooldown");
	ipam_op_free(op);
	f->ahead_ns = 29 * NSEC_PER_SEC;
	assert_status(f, add(f, "h1", "c", &got), IPAM_E_SHORT);
	f->ahead_ns = 32 * NSEC_PER_SEC;
	op = ipam_owner_new(&addr);
	assert_status(f, run_op(f, op), IPAM_E_NOT_FOUND); /* though the block says so still */
	ipam_op_free(op);
	assert_status(f, add(f, "h1", "c", &got), IPAM_OK);
	assert_string_equal(got.data, "10.0.0.0/31 ");
}

/* ---- a given address ---- */

static void test_given_address(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	assert_status(f, assign_ip(f, "nobody", "a", "10.0.0.6"), IPAM_OK); /* needs no Node */
	assert_status(f, assign_ip(f, "h1", "b", "10.0.0.6"), IPAM_E_EXISTS);
	assert_string_equal(f->error, "resource already exists: 10.0.0.6 with error: Address "
				      "already assigned in block");
	assert_status(f, assign_ip(f, "h1", "c", "10.0.0.5"), IPAM_OK); /* borrowed */
	assert_status(f, assign_ip(f, "h1", "d", "10.0.0.8"), IPAM_E_NO_POOL);
	assert_string_equal(f->error, "The provided IP address is not in a configured pool\n");
	put_config(f, "{\"strict_affinity\":true,\"auto_allocate_blocks\":true}");
	assert_status(f, assign_ip(f, "h1", "e", "10.0.0.4"), IPAM_E_CONFLICT);
	assert_string_equal(f->error, "Block host affinity does not match");
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/e"), "-");
	assert_status(f, del(f, "h1", "c"), IPAM_OK);
	assert_string_equal(value_at(f, "/calico/ipam/v2/handle/c"), "-");
}

static void test_given_address_in_a_pool_made_again(void **state)
{
	struct fixture *f = *state;

	prepare(f);
	must_add(f, "h1", "a");
	put_pool(f, "p", "10.0.0.0/29", 31, NULL);
	assert_status(f, assign_ip(f, "h2", "b", "10.0.0.0"), IPAM_E_EXISTS);
	assert_status(f, assign_ip(f, "h2", "b", "10.0.0.1"), IPAM_OK); /* of the old block */
	assert_non_null(strstr(value_at(f, BLOCK), "\"b\""));
	assert_string_equal(value_at(f, BLOCKS_4 "10.0.0.0-31"), "-");
	put_pool(f, "p", "10.0.0.0/28", 28, NULL);
	assert_status(f, assign_ip(f, "h2", "c", "10.0.0.9"), IPAM_E_NO_BLOCK);
}

/* A claim that came too late left a block without addresses over one that has some. */
static void test_block_under_an_empty_one(void **state)
{
	struct fixture *f = *state;
	struct ipam_release v = { .addr = ip("10.0.0.0"), .handle = "a" };
	struct ipam_op *op = ipam_owner_new(&v.addr);
	char text[256];

	put_node(f, "h1", NULL);
	put_pool(f, "p", "10.0.0.0/31", 31, NULL);
	must_add(f, "h1", "a");
	put_pool(f, "p", "10.0.0.0/29", 29, NULL);
	put_raw(f, BLOCK,
		"{\"cidr\":\"10.0.0.0/29\",\"affinity\":\"host:h2\",\"allocations\":[null,null,"
		"null,null,null,null,null,null],\"unallocated\":[0,1,2,3,4,5,6,7]}");
	assert_status(f, run_op(f, op), IPAM_OK);
	assert_string_equal(ipam_owner(op)->handle, "a");
	ipam_op_free(op);
	assert_status(f, release(f, &v, 1, text), IPAM_OK);
	assert_string_equal(text, "10.0.0.0 |");
}

/* ---- hosts and pools ---- */

static void test_release_of_a_host(void **state)
{
	struct fixture *f = *state;
	struct key_range affinities = { .type = KEY_BLOCK_AFFINITY };
	struct ipam_op *op;

	put_pool(f, "p", "10.0.0.0/24", 30, NULL);
	put_pool(f, "p6", "fd00::/120", 126, NULL);
	put_node(f, "h1", NULL);
	put_node(f, "h2", NULL);
	for (int i = 0; i < 9; i++)
		must_add(f, "h1", "a");
	must_add(f, "h2", "b");
	put_raw(f, "/calico/ipam/v2/host/h1", "{}");
	put_raw(f, "/calico/ipam/v2/host/h1/ipv6/block/fd00::-126", "{\"state\":\"pending\"}");
	assert_int_equal(count_keys(f, &affinities), 5);
	op = ipam_release_host_new("h1");
	assert_status(f, run_op(f, op), IPAM_OK);
	ipam_op_free(op);
	assert_int_equal(count_keys(f, &affinities), 1);
	assert_string_equal(value_at(f, "/calico/ipam/v2/host/h1"), "-");
	assert_status(f, del(f, NULL, "a"), IPAM_OK);
	affinities = range_blocks(0);
	assert_int_equal(count_keys(f, &affinities), 1);
}

static void test_release_of_a_pool(void **state)
{
	struct fixture *f = *state;
	struct key_range affinities = { .type = KEY_BLOCK_AFFINITY };
	struct cidr pool = net("10.0.0.0/24");
	struct ipam_op *op;
	char handle[16];

	put_config(f, "{\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":-1}");
	put_pool(f, "p", "10.0.0.0/24", 32, NULL);
	put_pool(f, "q", "10.1.0.0/31", 31, NULL);
	put_node(f, "h1", NULL);
	for (int i = 0; i < 258; i++) {
		snprintf(handle, sizeof(handle), "h.%d", i);
		must_add(f, "h1", handle);
	}
	assert_int_equal(count_keys(f, &affinities), 257);
	op = ipam_release_pool_new(&pool);
	assert_status(f, run_op(f, op), IPAM_OK);
	ipam_op_free(op);
	assert_int_equal(count_keys(f, &affinities), 1);
}

static void test_release_of_an_affinity(void **state)
{
	struct fixture *f = *state;
	struct cidr block = net("10.0.0.0/29");
	struct ipam_op *op;

	prepare(f);
	must_add(f, "h1", "a");
	op = ipam_release_affinity_new("h1", &block, true);
	assert_status(f, run_op(f, op), IPAM_E_CONFLICT);
	assert_string_equal(f->error, "block '10.0.0.0/29' is not empty");
	ipam_op_free(op);
	assert_status(f, del(f, "h1", "a"), IPAM_OK);
	op = ipam_release_affinity_new("h1", &block, true);
	assert_status(f, run_op(f, op), IPAM_OK);
	ipam_op_free(op);
	assert_string_equal(value_at(f, BLOCK), "-");
	block = net("10.9.0.0/29");
	op = ipam_release_affinity_new("h1", &block, true);
	assert_status(f, run_op(f, op), IPAM_E_INVALID);
	assert_string_equal(f->error,
		"The requested CIDR (10.9.0.0/29) is not within any configured pools.");
	ipam_op_free(op);
	block = net("10.0.0.0/30");
	op = ipam_release_affinity_new("h1", &block, true);
	assert_status(f, run_op(f, op), IPAM_E_INVALID);
	assert_string_equal(
		f->error, "The requested CIDR (10.0.0.0/30) is smaller than the minimum.");
	ipam_op_free(op);
}

/* ---- questions ---- */

static void test_owner(void **state)
{
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct { const char *addr, *error; } cases[] = {
		{ "192.0.2.1", "resource does not exist: 192.0.2.1 with error: No valid IPPool" },
		{ "10.0.0.7", "resource does not exist: 10.0.0.7 with error: IP is unassigned" },
		{ "10.1.0.7",
			"resource does not exist: BlockKey(cidr=10.1.0.0/29) with error: <nil>" },
	};
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = { .host = "h1", .handle = "a", .n4 = 1 };
	struct addr addr = ip("10.0.0.0");
	struct ipam_op *op;

	prepare(f);
	text_map_set(&args.attrs, &arena, "pod", "web-0");
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	put_pool(f, "q", "10.1.0.0/24", 29, ",\"disabled\":true");
	op = ipam_owner_new(&addr);
	assert_status(f, run_op(f, op), IPAM_OK);
	assert_string_equal(ipam_owner(op)->handle, "a");
	assert_string_equal(text_map_get(&ipam_owner(op)->secondary, "pod"), "web-0");
	assert_true(ipam_owner_sequence(op) > 1600000000 * NSEC_PER_SEC);
	ipam_op_free(op);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		addr = ip(cases[i].addr);
		op = ipam_owner_new(&addr);
		assert_status(f, run_op(f, op), IPAM_E_NOT_FOUND);
		assert_string_equal(f->error, cases[i].error);
		ipam_op_free(op);
	}
}

static void test_addresses_of_a_handle(void **state)
{
	struct fixture *f = *state;
	struct ipam_op *op = ipam_handle_addrs_new("a");
	char text[ADDR_TEXT_MAX];

	prepare(f);
	must_add(f, "h1", "a");
	must_add(f, "h1", "b");
	must_add(f, "h1", "a");
	assert_status(f, run_op(f, op), IPAM_OK);
	assert_int_equal(ipam_handle_addrs(op).n, 2);
	assert_string_equal(addr_format(&ipam_handle_addrs(op).v[1], text), "10.0.0.2");
	ipam_op_free(op);
	op = ipam_handle_addrs_new("nobody");
	assert_status(f, run_op(f, op), IPAM_E_NOT_FOUND);
	assert_string_equal(f->error,
		"resource does not exist: IPAMHandleKey(id=nobody) with error: <nil>");
	ipam_op_free(op);
}

static void test_usage(void **state)
{
	struct fixture *f = *state;
	struct ipam_op *op = ipam_usage_new();
	struct ipam_usage_list u;

	prepare(f);
	for (int i = 0; i < 3; i++)
		must_add(f, "h1", "a");
	put_pool(f, "a6", "fd00::/64", 122, ",\"disabled\":true");
	put_pool(f, "q", "10.1.0.0/24", 26, NULL);
	reserve(f, "r", "\"10.1.0.0/26\",\"10.1.0.4/30\",\"10.1.0.4/30\",\"10.0.0.7/32\"");
	put_raw(f, BLOCKS_4 "10.9.0.0-31",
		"{\"cidr\":\"10.9.0.0/31\",\"allocations\":[0,null],\"unallocated\":[1],"
		"\"attributes\":[{}]}");
	assert_status(f, run_op(f, op), IPAM_OK);
	assert_int_equal(f->round_trips, 1);
	u = ipam_usage(op);
	assert_int_equal(u.n, 4);
	assert_string_equal(u.v[0].pool, "a6");
	assert_int_equal(u.v[0].total, INT64_MAX);
	assert_int_equal(u.v[0].free, INT64_MAX);
	assert_string_equal(u.v[1].pool, "p");
	assert_int_equal(u.v[1].in_use, 3);
	assert_int_equal(u.v[1].reserved, 1);
	assert_int_equal(u.v[1].free, 4);
	assert_int_equal(u.v[1].n_blocks, 1);
	assert_int_equal(u.v[1].blocks[0].free, 4);
	assert_int_equal(u.v[2].total, 256);
	assert_int_equal(u.v[2].reserved, 64);
	assert_int_equal(u.v[2].free, 192);
	assert_null(u.v[3].pool);
	assert_int_equal(u.v[3].blocks[0].in_use, 1);
	ipam_op_free(op);
}

static void test_configure(void **state)
{
	struct fixture *f = *state;
	struct ipam_op *op = ipam_config_new();
	struct ipam_config c;

	assert_status(f, run_op(f, op), IPAM_OK);
	c = *ipam_config_of(op);
	assert_true(c.auto_allocate_blocks);
	ipam_op_free(op);
	c.max_blocks_per_host = 3;
	op = ipam_configure_new(&c);
	assert_status(f, run_op(f, op), IPAM_E_INVALID);
	assert_string_equal(f->error, "MaxBlocksPerHost requires StrictAffinity to be enabled");
	ipam_op_free(op);
	c.strict_affinity = true;
	for (int i = 0; i < 2; i++) {
		op = ipam_configure_new(&c);
		assert_status(f, run_op(f, op), IPAM_OK);
		ipam_op_free(op);
	}
	assert_int_equal(f->round_trips, 1); /* a change to nothing is not written */
	assert_string_equal(value_at(f, "/calico/ipam/v2/config"),
		"{\"strict_affinity\":true,\"auto_allocate_blocks\":true,\"maxBlocksPerHost\":3,"
		"\"kubeVirtVMAddressPersistence\":\"Enabled\"}");
	put_config(f, "nonsense");
	op = ipam_config_new();
	assert_status(f, run_op(f, op), IPAM_E_INVALID);
	ipam_op_free(op);
	c.max_blocks_per_host = 4; /* and it can be mended */
	op = ipam_configure_new(&c);
	assert_status(f, run_op(f, op), IPAM_OK);
	ipam_op_free(op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_release_of_addresses),
		CASE(test_release_checks_handle_and_sequence),
		CASE(test_release_of_very_many),
		CASE(test_handle_with_a_tail),
		CASE(test_del_mends_the_handle),
		CASE(test_cooldown),
		CASE(test_given_address),
		CASE(test_given_address_in_a_pool_made_again),
		CASE(test_block_under_an_empty_one),
		CASE(test_release_of_a_host),
		CASE(test_release_of_a_pool),
		CASE(test_release_of_an_affinity),
		CASE(test_owner),
		CASE(test_addresses_of_a_handle),
		CASE(test_usage),
		CASE(test_configure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
