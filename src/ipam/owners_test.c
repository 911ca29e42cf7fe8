/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual machine moves: its address has two owners for a while. */
#include "fixture.h"

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
#define BLOCK    BLOCKS_4 "10.0.0.0-30"

static struct text_map pod(struct arena *arena, const char *name)
{
	struct text_map m = { 0 };

	text_map_set(&m, arena, "namespace", "prod");
	text_map_set(&m, arena, "pod", name);
	return m;
}

static void give(struct fixture *f, struct arena *arena)
{
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct ipam_assign args = {
		.host = "h1", .handle = "vm", .n4 = 2, .attrs = pod(arena, "source")
	};

	put_pool(f, "p", "10.0.0.0/30", 30, NULL);
	put_node(f, "h1", NULL);
	assert_status(f, assign(f, &args, &got), IPAM_OK);
	assert_string_equal(got.data, "10.0.0.0/30 10.0.0.1/30 ");
}

static enum ipam_status set(struct fixture *f, const char *addr, const char *handle,
	const struct ipam_slot *active, const struct ipam_slot *alternate)
{
	struct addr a = ip(addr);
	struct ipam_op *op = ipam_set_owners_new(&a, handle, active, alternate);
	enum ipam_status status = run_op(f, op);

	ipam_op_free(op);
	return status;
}

static enum ipam_status promote(struct fixture *f, const char *name)
{
	struct ipam_op *op = ipam_promote_new("vm", "prod", name);
	enum ipam_status status = run_op(f, op);

	ipam_op_free(op);
	return status;
}

static void test_migration(void **state)
{
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_slot target = {
		.change = SLOT_SET, .attrs = pod(&arena, "target"), .expect = SLOT_EMPTY
	};
	struct ipam_slot gone = {
		.change = SLOT_CLEAR, .expect = SLOT_IS, .ns = "prod", .pod = "source"
	};

	give(f, &arena);
	assert_status(f, promote(f, "target"), IPAM_E_NOT_FOUND);
	assert_string_equal(f->error, "AlternateOwnerAttrs is empty for IP 10.0.0.0");
	assert_status(f, set(f, "10.0.0.1", "vm", NULL, &target), IPAM_OK);
	assert_non_null(strstr(value_at(f, BLOCK),
		"[{\"handle_id\":\"vm\",\"secondary\":{\"namespace\":\"prod\",\"pod\":\"source\"},"
		"\"alternateOwnerAttrs\":{\"namespace\":\"prod\",\"pod\":\"target\"}}]"));
	assert_status(f, set(f, "10.0.0.1", "vm", NULL, &target), IPAM_E_CONFLICT);
	assert_string_equal(f->error, "update conflict: 10.0.0.1");
	assert_status(f, promote(f, "another"), IPAM_E_NOT_FOUND);
	assert_status(f, promote(f, "target"), IPAM_OK);
	assert_status(f, promote(f, "target"), IPAM_OK); /* nothing is left to do */
	assert_non_null(strstr(value_at(f, BLOCK),
		"\"secondary\":{\"namespace\":\"prod\",\"pod\":\"target\"},"
		"\"alternateOwnerAttrs\":{\"namespace\":\"prod\",\"pod\":\"source\"}"));
	assert_status(f, set(f, "10.0.0.0", "vm", &gone, NULL), IPAM_E_CONFLICT);
	assert_status(f, set(f, "10.0.0.0", "vm", NULL, &gone), IPAM_OK);
	assert_null(strstr(value_at(f, BLOCK), "alternateOwnerAttrs"));
}

static void test_what_has_no_owner(void **state)
{
	struct fixture *f = *state;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_slot clear = { .change = SLOT_CLEAR };

	give(f, &arena);
	assert_status(f, set(f, "10.0.0.3", "vm", &clear, NULL), IPAM_E_NOT_FOUND);
	assert_string_equal(
		f->error, "resource does not exist: 10.0.0.3 with error: IP is unassigned");
	assert_status(f, set(f, "10.0.0.0", "x", &clear, NULL), IPAM_E_CONFLICT);
	assert_string_equal(f->error, "IP 10.0.0.0 is not assigned to handle x");
	assert_status(f, set(f, "192.0.2.1", "vm", &clear, NULL), IPAM_E_NO_POOL);
	assert_string_equal(
		f->error, "the provided IP address 192.0.2.1 is not in a configured pool");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_migration),
		CASE(test_what_has_no_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
