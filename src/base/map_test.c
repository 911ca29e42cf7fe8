/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map against an array of pairs in insertion order. */
#include "base/testing.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"

MAP_DEFINE(num_map, uint64_t, uint64_t, hash_u64, hash_u64_equal);
MAP_DEFINE(text_map, const char *, int, hash_str, hash_str_equal);

static uint64_t hash_badly(uint64_t key)
{
	return key & 1;
}
MAP_DEFINE(bad_map, uint64_t, uint64_t, hash_badly, hash_u64_equal);

#define KEYS 400

struct oracle {
	uint64_t key[KEYS], value[KEYS];
	size_t n;
};

static size_t oracle_find(const struct oracle *o, uint64_t key)
{
	size_t i = 0;

	while (i < o->n && o->key[i] != key)
		i++;
	return i;
}

static void oracle_remove(struct oracle *o, size_t i)
{
	o->n--;
	memmove(o->key + i, o->key + i + 1, (o->n - i) * sizeof(o->key[0]));
	memmove(o->value + i, o->value + i + 1, (o->n - i) * sizeof(o->value[0]));
}

/* The same test for a good and a bad hash: only speed may differ. */
#define MAP_PROPERTY_TEST(MAP)                                                                   \
	static void MAP##_compare(const struct MAP *m, const struct oracle *o)                   \
	{                                                                                        \
		size_t i = 0;                                                                    \
                                                                                                 \
		assert_int_equal(MAP##_count(m), o->n);                                          \
		MAP_FOREACH(MAP, m, e) {                                                         \
			assert_int_equal(e->key, o->key[i]);                                     \
			assert_int_equal(e->value, o->value[i]);                                 \
			i++;                                                                     \
		}                                                                                \
		assert_int_equal(i, o->n);                                                       \
	}                                                                                        \
                                                                                                 \
	static void MAP##_put_one(struct MAP *m, struct oracle *o, uint64_t key, uint64_t value) \
	{                                                                                        \
		size_t i = oracle_find(o, key);                                                  \
		bool added;                                                                      \
		uint64_t *v = MAP##_put(m, key, &added);                                         \
                                                                                                 \
		assert_int_equal(added, i == o->n);                                              \
		assert_int_equal(*v, added ? 0 : o->value[i]);                                   \
		o->n += added;                                                                   \
		o->key[i] = key;                                                                 \
		o->value[i] = *v = value;                                                        \
	}                                                                                        \
                                                                                                 \
	static void MAP##_remove_one(struct MAP *m, struct oracle *o, uint64_t key)              \
	{                                                                                        \
		size_t i = oracle_find(o, key);                                                  \
                                                                                                 \
		assert_int_equal(MAP##_remove(m, key), i < o->n);                                \
		if (i < o->n)                                                                    \
			oracle_remove(o, i);                                                     \
	}                                                                                        \
                                                                                                 \
	static void MAP##_remove_walking(struct MAP *m, struct oracle *o, struct rng *rng)       \
	{                                                                                        \
		uint64_t n = 1 + rng_below(rng, 4);                                              \
                                                                                                 \
		MAP_FOREACH(MAP, m, e) {                                                         \
			uint64_t key = e->key;                                                   \
                                                                                                 \
			if (!rng_one_in(rng, n))                                                 \
				continue;                                                        \
			MAP##_remove_one(m, o, key);                                             \
			assert_int_equal(e->key, key); /* still readable */                      \
		}                                                                                \
	}                                                                                        \
                                                                                                 \
	static void MAP##_property(void **state)                                                 \
	{                                                                                        \
		struct rng rng = test_rng();                                                     \
		struct oracle o = { .n = 0 };                                                    \
		struct MAP m = { 0 };                                                            \
                                                                                                 \
		for (int round = 0; round < 20000; round++) {                                    \
			uint64_t key = rng_below(&rng, rng_one_in(&rng, 2) ? 20 : KEYS);         \
			const uint64_t *v = MAP##_get(&m, key);                                  \
			size_t i = oracle_find(&o, key);                                         \
                                                                                                 \
			assert_int_equal(v != NULL, i < o.n);                                    \
			if (v)                                                                   \
				assert_int_equal(*v, o.value[i]);                                \
			if (rng_one_in(&rng, 500))                                               \
				MAP##_remove_walking(&m, &o, &rng);                              \
			else if (rng_one_in(&rng, 3))                                            \
				MAP##_remove_one(&m, &o, key);                                   \
			else                                                                     \
				MAP##_put_one(&m, &o, key, rng_next(&rng));                      \
			if (rng_one_in(&rng, 20))                                                \
				MAP##_compare(&m, &o);                                           \
			assert_true(m.used <= m.cap / 4 * 3);                                    \
		}                                                                                \
		MAP##_done(&m);                                                                  \
	}

MAP_PROPERTY_TEST(num_map)
MAP_PROPERTY_TEST(bad_map)

static void test_memory_follows_the_content(void **state)
{
	struct num_map m = { 0 };
	size_t full;

	for (uint64_t i = 0; i < 100000; i++)
		*num_map_put(&m, i, NULL) = i;
	full = m.cap;
	assert_true(full <= 4 * 100000);
	for (uint64_t i = 0; i < 99990; i++)
		num_map_remove(&m, i);
	num_map_put(&m, 1, NULL);
	assert_true(m.cap <= 64);
	assert_int_equal(num_map_count(&m), 11);
	num_map_done(&m);
	assert_int_equal(m.cap, 0);
}

static void test_queue_does_not_look_back(void **state)
{
	struct num_map m = { 0 };
	size_t pos = 0;

	for (uint64_t i = 0; i < 1000; i++)
		num_map_put(&m, i, NULL);
	for (uint64_t i = 0; i < 999; i++)
		num_map_remove(&m, i);
	m.entries[0].live = true; /* would be seen by a walk that begins at the front */
	assert_int_equal(num_map_next(&m, &pos)->key, 999);
	num_map_done(&m);
}

static void test_one_key_coming_and_going_needs_little(void **state)
{
	struct num_map m = { 0 };

	for (uint64_t i = 0; i < 1000; i++) {
		num_map_put(&m, i % 3, NULL);
		assert_true(num_map_remove(&m, i % 3));
		assert_int_equal(m.cap, 8);
	}
	num_map_done(&m);
}

static void test_texts(void **state)
{
	struct text_map m = { 0 };
	char key[] = "eth0";

	*text_map_put(&m, "eth0", NULL) = 1;
	*text_map_put(&m, "eth1", NULL) = 2;
	assert_int_equal(*text_map_get(&m, key), 1);
	assert_null(text_map_get(&m, "eth"));
	assert_null(text_map_get(&m, ""));
	text_map_done(&m);
}

/* Neighbouring keys must not share slots: counts full buckets out of 1024. */
static void test_hash_spreads(void **state)
{
	size_t full = 0, text_full = 0;
	uint8_t hit[1024] = { 0 }, text_hit[1024] = { 0 };

	for (uint64_t i = 0; i < 1024; i++) {
		char text[32];

		snprintf(text, sizeof(text), "cali%011llx", (unsigned long long)i << 8);
		full += !hit[hash_u64(i << 20) & 1023]++;
		text_full += !text_hit[hash_str(text) & 1023]++;
	}
	/* 1 - 1/e of them, 647, with a standard deviation of 10 */
	assert_in_range(full, 590, 705);
	assert_in_range(text_full, 590, 705);
	assert_true(hash_bytes("a\0", 2) != hash_bytes("a", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(num_map_property),
		cmocka_unit_test(bad_map_property),
		cmocka_unit_test(test_memory_follows_the_content),
		cmocka_unit_test(test_queue_does_not_look_back),
		cmocka_unit_test(test_one_key_coming_and_going_needs_little),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
