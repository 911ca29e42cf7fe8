/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of address management: what upstream stored is read and written again byte for byte, old
 * shapes are read, faults are named. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/block.h"
#include "model/key.h"

/* ---- recorded values ---- */

#define SEQUENCE_BASE 1787405670123456789

/* The recording has "S+1" for a number and "<time>" for a time. */
static json_t *unmask(json_t *v)
{
	const char *text = json_string_value(v), *name;
	json_t *e, *copy;
	size_t i;

	if (json_is_array(v)) {
		copy = json_array();
		json_array_foreach(v, i, e)
			json_array_append_new(copy, unmask(e));
		return copy;
	}
	if (json_is_object(v)) {
		copy = json_object();
		json_object_foreach(v, name, e)
			json_object_set_new(copy, name, unmask(e));
		return copy;
	}
	if (text && text[0] == 'S' && (text[1] == '+' || text[1] == '-'))
		return json_integer(SEQUENCE_BASE + atoll(text + 1));
	if (str_eq(text, "<time>"))
		return json_string("2026-08-22T13:34:30Z");
	return json_deep_copy(v);
}

/* The value through our decoder and encoder; false for a kind that is not ours. */
static bool recode(const struct key *key, const char *json, struct buf *out)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct err err = { 0 };
	struct block block;
	struct affinity affinity;
	struct handle handle;
	struct ipam_config config;
	int r = -1;

	if (key->type == KEY_BLOCK) {
		r = block_decode(json, strlen(json), &arena, &block, &err);
		if (r == 0)
			r = block_check(&block, &key->cidr, &err);
		if (r == 0)
			block_encode(&block, out);
	} else if (key->type == KEY_BLOCK_AFFINITY) {
		r = affinity_decode(json, strlen(json), &affinity, &err);
		if (r == 0)
			affinity_encode(&affinity, out);
	} else if (key->type == KEY_IPAM_HANDLE) {
		r = handle_decode(json, strlen(json), &arena, &handle, &err);
		if (r == 0)
			handle_encode(&handle, out);
	} else if (key->type == KEY_IPAM_CONFIG) {
		r = ipam_config_decode(json, strlen(json), &arena, &config, &err);
		if (r == 0)
			ipam_config_encode(&config, out);
	} else {
		return false;
	}
	if (r < 0)
		fail_msg("%s: %s", json, err.msg);
	return true;
}

/* What the scenario wrote itself is read only: it need not have upstream's form. */
static void check_value(const char *path, json_t *v, json_t *seeds, int *n)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf again = BUF_INIT;
	json_t *plain = unmask(v), *seed = json_object_get(seeds, path);
	_cleanup_free_ char *json = json_is_string(v) ? mem_strdup(json_string_value(v))
						      : json_dumps(plain, JSON_COMPACT);
	struct key key;

	assert_int_equal(key_parse(path, strlen(path), &arena, &key), 0);
	if (recode(&key, json, &again) && json_is_object(v) && !seed) {
		assert_string_equal(buf_str(&again), json);
		++*n;
	}
	json_decref(plain);
}

static void check_file(const char *path, int *n)
{
	json_t *file = json_load_file(path, 0, NULL), *step, *value, *seeds, *put;
	const char *name;
	size_t i;

	assert_non_null(file);
	seeds = json_object_get(file, "etcd_before");
	json_array_foreach(json_object_get(file, "steps"), i, step) {
		put = json_object_get(step, "put");
		json_object_update(seeds, put);
		json_object_foreach(json_object_get(step, "etcd_after"), name, value)
			check_value(name, value, seeds, n);
	}
	json_decref(file);
}

static void test_recorded_values_round_trip(void **state)
{
	DIR *d = opendir(IPAM_VECTORS);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		_cleanup_free_ char *path = mem_printf("%s/%s", IPAM_VECTORS, e->d_name);

		if (str_ends(e->d_name, ".json"))
			check_file(path, &n);
	}
	closedir(d);
	assert_true(n > 400);
}

/* ---- single values ---- */

static int decode(const char *json, struct arena *arena, struct block *b, struct err *err)
{
	*err = (struct err){ 0 };
	return block_decode(json, strlen(json), arena, b, err);
}

static void test_block_of_the_reference(void **state)
{
	static const char json[] =
		"{\"cidr\":\"10.244.84.128/30\",\"affinity\":\"host:node-1\","
		"\"affinity_claim_time\":\"2026-08-22T13:34:30Z\",\"allocations\":[0,2,1,null],"
		"\"unallocated\":[3],\"attributes\":[{\"handle_id\":\"ipip-tunnel-addr-node-1\","
		"\"secondary\":{\"node\":\"node-1\",\"type\":\"ipipTunnelAddress\"}},"
		"{\"handle_id\":\"k8s-pod-network.3f1f\",\"secondary\":{\"namespace\":\"prod\"},"
		"\"alternateOwnerAttrs\":{\"pod\":\"web-1\"}},"
		"{\"releasedAt\":\"2026-08-22T13:42:00Z\"}],"
		"\"sequenceNumber\":18446744073709551615,\"sequenceNumberForAllocation\":"
		"{\"0\":1787405670123456789,\"1\":1787405670123456791,"
		"\"2\":1787405670123456790},\"deleted\":false}";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf again = BUF_INIT;
	struct err err;
	struct block b;

	assert_int_equal(decode(json, &arena, &b, &err), 0);
	assert_int_equal(b.sequence, UINT64_MAX);
	assert_int_equal(b.sequences[1].value, 1787405670123456791);
	assert_false(b.sequences[3].set);
	assert_string_equal(text_map_get(&b.attrs[1].alternate, "pod"), "web-1");
	assert_string_equal(b.attrs[2].released_at, "2026-08-22T13:42:00Z");
	assert_int_equal(block_check(&b, &b.cidr, &err), 0);
	block_encode(&b, &again);
	assert_string_equal(buf_str(&again), json);
}

static void test_block_of_old_shape(void **state)
{
	static const char json[] =
		"{\"cidr\":\"10.0.0.1/31\",\"affinity\":null,\"hostAffinity\":\"n\","
		"\"strictAffinity\":false,\"allocations\":[0,null],\"unallocated\":[1],"
		"\"attributes\":[{\"handle_id\":null,\"secondary\":{\"note\":null}}]}";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf again = BUF_INIT;
	struct err err;
	struct block b;

	assert_int_equal(decode(json, &arena, &b, &err), 0);
	assert_int_equal(block_check(&b, &b.cidr, &err), 0);
	assert_null(b.affinity);
	assert_null(b.attrs[0].handle);
	assert_int_equal(b.sequence, 0);
	block_encode(&b, &again);
	assert_string_equal(buf_str(&again),
		"{\"cidr\":\"10.0.0.0/31\",\"affinity\":null,\"allocations\":[0,null],"
		"\"unallocated\":[1],\"attributes\":[{\"secondary\":{\"note\":\"\"}}],"
		"\"sequenceNumber\":0,\"sequenceNumberForAllocation\":{},\"deleted\":false}");
}

/* Members of a map are sorted as texts. */
static void test_sequence_order(void **state)
{
	static const char json[] = "{\"cidr\":\"10.0.0.0/25\",\"sequenceNumberForAllocation\":{"
				   "\"2\":2,\"100\":4,\"10\":3,\"0\":1,\"11\":5,\"128\":6}}";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err;
	struct block b;

	assert_int_equal(decode(json, &arena, &b, &err), 0);
	block_encode(&b, &out);
	assert_non_null(strstr(buf_str(&out), "{\"0\":1,\"10\":3,\"100\":4,\"11\":5,\"2\":2}"));
}

static void test_block_decode_names_the_member(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{ "[]", "an object expected" },
		{ "{\"cidr\":\"10.0.0.0/26\"", "unexpected end of JSON input" },
		{ "{}", "cidr: nothing is no prefix" },
		{ "{\"cidr\":\"10.0.0.0/19\"}",
			"cidr: 10.0.0.0/19 is no block: lengths are 20 to 32 and 116 to 128" },
		{ "{\"cidr\":\"fd00::/64\"}",
			"cidr: fd00::/64 is no block: lengths are 20 to 32 and 116 to 128" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"allocations\":[null,-1]}",
			"allocations[1]: an index expected" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"unallocated\":[null]}",
			"unallocated[0]: an index expected" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"attributes\":[{},{\"handle_id\":7}]}",
			"attributes[1]: handle_id: number found, string expected" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"attributes\":[{\"secondary\":{\"a\":{}}}]}",
			"attributes[0]: secondary.a: a text expected" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"sequenceNumber\":18446744073709551616}",
			"sequenceNumber: 18446744073709551616 is no unsigned 64-bit integer" },
		{ "{\"cidr\":\"10.0.0.0/31\",\"sequenceNumberForAllocation\":{\"0\":-1}}",
			"sequenceNumberForAllocation.0: an unsigned 64-bit integer expected" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		struct block b;
		struct err err;

		assert_int_equal(decode(cases[i].json, &arena, &b, &err), -EBADMSG);
		assert_string_equal(err.msg, cases[i].text);
	}
}

static void put_fault(void *ctx, const char *text)
{
	buf_puts(ctx, text);
	buf_puts(ctx, "\n");
}

static void test_block_faults(void **state)
{
	static const struct {
		const char *lists, *faults;
	} cases[] = {
		{ "\"allocations\":[null,null],\"unallocated\":[1,0]", "" },
		{ "\"allocations\":[0,null],\"unallocated\":[1]",
			"allocation 0 indexes a nonexistent attribute 0\n" },
		{ "\"allocations\":[null,null],\"unallocated\":[1,0],\"attributes\":[{}]",
			"attribute index 0 exists but is not indexed by an allocation\n" },
		{ "\"allocations\":[0,null],\"unallocated\":[1],"
		  "\"attributes\":[{\"releasedAt\":\"2030-01-01T00:00:00Z\"}]",
			"attribute index 0 has releasedAt in the future, suggesting clock skew\n" },
		{ "\"allocations\":[null,null],\"unallocated\":[1,2]",
			"ordinal 2 appears in the Unallocated array but is out of the block\n" },
		{ "\"allocations\":[null,null],\"unallocated\":[1,1]",
			"ordinal 1 appears more than once in Unallocated array\n" },
		{ "\"allocations\":[0,0],\"unallocated\":[1],\"attributes\":[{}]",
			"ordinal 1 is allocated but appears in Unallocated\n"
			"expected 2 addresses in this block, but Unallocated (1) + Allocated (2) = "
			"3\n" },
		{ "\"allocations\":[null,null]",
			"expected 2 addresses in this block, but Unallocated (0) + Allocated (0) = "
			"0\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		_cleanup_buf_ struct buf text = BUF_INIT;
		_cleanup_free_ char *json =
			mem_printf("{\"cidr\":\"10.0.0.0/31\",%s}", cases[i].lists);
		struct block b;
		struct err err;

		assert_int_equal(decode(json, &arena, &b, &err), 0);
		block_faults(&b, 1800000000 * NSEC_PER_SEC, put_fault, &text);
		assert_string_equal(buf_str(&text), cases[i].faults);
	}
}

/* Each of these would give an address out twice, or never. */
static void test_block_check_refuses(void **state)
{
	static const char *const lists[] = {
		"\"allocations\":[null],\"unallocated\":[0,1]",
		"\"allocations\":[null,null],\"unallocated\":[0]",
		"\"allocations\":[null,null],\"unallocated\":[0,0]",
		"\"allocations\":[null,null],\"unallocated\":[0,2]",
		"\"allocations\":[0,null],\"unallocated\":[0],\"attributes\":[{}]",
		"\"allocations\":[0,null],\"unallocated\":[1]",
		"\"unallocated\":[0,1]",
	};
	struct cidr other;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_arena_ struct arena arena = ARENA_INIT;
		_cleanup_free_ char *json = mem_printf("{\"cidr\":\"10.0.0.0/31\",%s}", lists[i]);
		struct block b;
		struct err err;

		assert_int_equal(decode(json, &arena, &b, &err), 0);
		assert_int_equal(block_check(&b, &b.cidr, &err), -EBADMSG);
		assert_true(err.msg[0]);
		cidr_parse("10.0.0.2/31", &other);
		assert_int_equal(block_check(&b, &other, &err), -EBADMSG);
		assert_string_equal(
			err.msg, "the block under key 10.0.0.2/31 says that it is 10.0.0.0/31");
	}
}

static void test_affinity_shapes(void **state)
{
	static const struct {
		const char *json;
		enum affinity_state state;
	} cases[] = {
		{ "", AFFINITY_CONFIRMED },
		{ "{}", AFFINITY_CONFIRMED },
		{ "{\"state\":\"\"}", AFFINITY_CONFIRMED },
		{ "{\"state\":\"confirmed\",\"deleted\":false}", AFFINITY_CONFIRMED },
		{ "{\"state\":\"pending\"}", AFFINITY_PENDING },
		{ "{\"state\":\"pendingDeletion\"}", AFFINITY_PENDING_DELETION },
	};
	struct affinity a;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(
			affinity_decode(cases[i].json, strlen(cases[i].json), &a, &err), 0);
		assert_int_equal(a.state, cases[i].state);
	}
	assert_int_equal(affinity_decode("{\"state\":\"x\"}", 13, &a, &err), -EBADMSG);
	assert_string_equal(
		err.msg, "state: x is none of confirmed, pending, pendingDeletion");
}

static void test_handle_counts(void **state)
{
	static const char json[] = "{\"block\":{\"b\":1,\"a\":2,\"b\":3},\"id\":\"x\"}";
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct handle h;
	struct err err;

	assert_int_equal(handle_decode(json, strlen(json), &arena, &h, &err), 0);
	handle_add(&h, &arena, "aa", 4);
	handle_add(&h, &arena, "b", -1);
	handle_add(&h, &arena, "a", -9);
	handle_add(&h, &arena, "zz", -1);
	handle_encode(&h, &out);
	assert_string_equal(buf_str(&out), "{\"block\":{\"aa\":4,\"b\":2},\"deleted\":false}");
	assert_int_equal(handle_count(&h, "b"), 2);
	assert_int_equal(handle_count(&h, "a"), 0);
}

static void test_config(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct ipam_config c = ipam_config_default();
	struct err err;

	ipam_config_encode(&c, &out);
	assert_string_equal(buf_str(&out), "{\"auto_allocate_blocks\":true,"
					   "\"kubeVirtVMAddressPersistence\":\"Enabled\"}");
	assert_int_equal(ipam_config_decode("{\"strict_affinity\":true}", 24, &arena, &c, &err), 0);
	assert_true(c.strict_affinity);
	assert_false(c.auto_allocate_blocks);
	assert_int_equal(ipam_config_check(&c, &err), 0);
	c.max_blocks_per_host = 3;
	c.strict_affinity = false;
	assert_int_equal(ipam_config_check(&c, &err), -EINVAL);
	c.auto_allocate_blocks = true;
	assert_int_equal(ipam_config_check(&c, &err), -EINVAL);
	assert_string_equal(err.msg, "MaxBlocksPerHost requires StrictAffinity to be enabled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_values_round_trip),
		cmocka_unit_test(test_block_of_the_reference),
		cmocka_unit_test(test_block_of_old_shape),
		cmocka_unit_test(test_sequence_order),
		cmocka_unit_test(test_block_decode_names_the_member),
		cmocka_unit_test(test_block_faults),
		cmocka_unit_test(test_block_check_refuses),
		cmocka_unit_test(test_affinity_shapes),
		cmocka_unit_test(test_handle_counts),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
