/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set against two plain arrays. */
#include "base/testing.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/keyset.h"

#define KEYS 300

struct oracle {
	bool wanted[KEYS], there[KEYS], seen[KEYS];
};

struct key {
	uint8_t bytes[KEYSET_SIZE_MAX];
};

static struct key key_of(unsigned i)
{
	struct key k = { { (uint8_t)i, (uint8_t)(i >> 8), 7 } };

	return k;
}

static unsigned number_of(const uint8_t *key)
{
	return key[0] | (unsigned)key[1] << 8;
}

static void compare(const struct keyset *k, const struct oracle *o)
{
	bool told[KEYS] = { 0 }, add;
	size_t pos = 0, wanted = 0, changes = 0;

	for (const uint8_t *key; (key = keyset_next(k, &pos, &add));) {
		const unsigned i = number_of(key);

		assert_false(told[i]);
		told[i] = true;
		assert_int_equal(add, o->wanted[i]);
		assert_int_equal(!add, o->there[i]);
	}
	for (unsigned i = 0; i < KEYS; i++) {
		wanted += o->wanted[i];
		changes += o->wanted[i] != o->there[i];
		assert_int_equal(told[i], o->wanted[i] != o->there[i]);
	}
	assert_int_equal(keyset_wanted(k), wanted);
	assert_int_equal(keyset_has_changes(k), changes != 0);
}

static void write_all(struct keyset *k, struct oracle *o)
{
	size_t wanted = 0;

	keyset_written(k);
	for (unsigned i = 0; i < KEYS; i++)
		wanted += o->there[i] = o->wanted[i];
	assert_int_equal(keyset_count(k), wanted);
}

/* Somebody else changed what is there; some calls come between the parts of the reading. */
static void read_all(struct keyset *k, struct oracle *o, struct rng *rng)
{
	keyset_read_begin(k);
	for (unsigned i = 0; i < KEYS; i++) {
		const struct key key = key_of(i);

		o->there[i] = rng_one_in(rng, 4) ? !o->there[i] : o->there[i];
		if (o->there[i])
			keyset_saw(k, key.bytes);
		if (!rng_one_in(rng, 5))
			continue;
		o->wanted[i] = !o->wanted[i];
		(o->wanted[i] ? keyset_want : keyset_unwant)(k, key.bytes);
	}
	keyset_read_end(k);
}

static void step(struct keyset *k, struct oracle *o, struct rng *rng)
{
	const unsigned i = (unsigned)rng_below(rng, KEYS);
	const struct key key = key_of(i);

	switch (rng_below(rng, 100)) {
	case 0:
		read_all(k, o, rng);
		break;
	case 1:
		keyset_unwant_all(k);
		memset(o->wanted, 0, sizeof(o->wanted));
		break;
	case 2:
	case 3:
	case 4:
		write_all(k, o);
		break;
	default:
		o->wanted[i] = rng_one_in(rng, 2);
		(o->wanted[i] ? keyset_want : keyset_unwant)(k, key.bytes);
		break;
	}
}

static void test_random(void **state)
{
	static const uint8_t sizes[] = { 3, 4, 5, 12, 16, 20, 32 };
	struct rng rng = test_rng();

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct keyset k;
		struct oracle o = { 0 };

		keyset_init(&k, sizes[s]);
		for (int i = 0; i < 3000; i++) {
			step(&k, &o, &rng);
			compare(&k, &o);
		}
		keyset_unwant_all(&k);
		keyset_written(&k);
		assert_int_equal(keyset_count(&k), 0);
		assert_null(k.slots);
		keyset_done(&k);
	}
}

static void test_changes_come_in_order_and_once(void **state)
{
	static const unsigned order[] = { 5, 200, 3, 77 };
	struct keyset k;
	size_t pos = 0;
	bool add;

	keyset_init(&k, 4);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		keyset_want(&k, key_of(order[i]).bytes);
	keyset_unwant(&k, key_of(200).bytes);
	keyset_want(&k, key_of(200).bytes);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(number_of(keyset_next(&k, &pos, &add)), order[i]);
	assert_null(keyset_next(&k, &pos, &add));
	keyset_done(&k);
}

static void test_it_is_small(void **state)
{
	struct keyset k;

	keyset_init(&k, 4);
	for (unsigned i = 0; i < 100000; i++) {
		const uint8_t key[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

		keyset_want(&k, key);
	}
	keyset_written(&k);
	assert_true(k.cap * 5 < 100000 * 14);
	keyset_done(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_changes_come_in_order_and_once),
		cmocka_unit_test(test_it_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
