/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* Each block is filled with its own byte; any overlap shows. */
static void test_blocks_do_not_overlap(void **state)
{
	struct rng rng = test_rng();
	struct arena a = ARENA_INIT;
	struct {
		uint8_t *at;
		size_t size;
	} blocks[2000];
	size_t asked = 0;

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		size_t size = rng_below(&rng, rng_one_in(&rng, 50) ? 200000 : 300);

		blocks[i].at = arena_alloc(&a, size);
		blocks[i].size = size;
		assert_int_equal((uintptr_t)blocks[i].at % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(blocks[i].at[k], 0);
		memset(blocks[i].at, (int)(i & 0xff), size);
		asked += size;
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		for (size_t k = 0; k < blocks[i].size; k++)
			assert_int_equal(blocks[i].at[k], i & 0xff);
	assert_true(a.total_bytes >= asked && a.total_bytes < asked + asked / 4 + 200000);
	arena_done(&a);
	assert_int_equal(a.total_bytes, 0);
}

static void test_large_block_leaves_the_rest_usable(void **state)
{
	struct arena a = ARENA_INIT;
	size_t before;

	arena_alloc(&a, 16);
	arena_alloc(&a, 1 << 20);
	before = a.total_bytes;
	arena_alloc(&a, 16);
	assert_int_equal(a.total_bytes, before);
	arena_done(&a);
}

static void test_reset_keeps_one_small_chunk(void **state)
{
	struct arena a = ARENA_INIT;
	size_t kept;

	arena_reset(&a);
	for (int i = 0; i < 1000; i++)
		arena_alloc(&a, 1000);
	arena_reset(&a);
	kept = a.total_bytes;
	assert_true(kept > 0 && kept < 70000);
	for (int round = 0; round < 10; round++) {
		arena_alloc(&a, 1000);
		arena_reset(&a);
		assert_int_equal(a.total_bytes, kept);
	}
	arena_done(&a);
	arena_alloc(&a, 1 << 20);
	arena_reset(&a);
	assert_int_equal(a.total_bytes, 0);
	arena_done(&a);
}

static void test_texts(void **state)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	int *numbers = arena_new_n(&a, int, 3);

	assert_int_equal(numbers[2], 0);
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_strdup(&a, "abc"), "abc");
	assert_string_equal(arena_strndup(&a, "abc", 2), "ab");
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	assert_string_equal(arena_printf(&a, "%s", ""), "");
	assert_memory_equal(arena_memdup(&a, "ab", 2), "ab", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_do_not_overlap),
		cmocka_unit_test(test_large_block_leaves_the_rest_usable),
		cmocka_unit_test(test_reset_keeps_one_small_chunk),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
