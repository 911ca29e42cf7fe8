/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyset.h"

#include "base/testing.h"

#define NAMES 400

/* The slow and obvious version: an array of flags. */
struct plain {
	bool there[NAMES];
	uint16_t round[NAMES];
	size_t n;
	size_t gone;
};

static size_t name_of(char *buf, unsigned i)
{
	return (size_t)sprintf(buf, "ns-%u/%0*u", i % 7, (int)(1 + i % 40), i);
}

static void on_gone(void *ctx, const char *name, size_t len)
{
	struct plain *p = ctx;
	char want[64];

	for (unsigned i = 0; i < NAMES; i++)
		if (name_of(want, i) == len && !memcmp(want, name, len)) {
			assert_true(p->there[i]);
			p->there[i] = false;
			p->n--;
			p->gone++;
			return;
		}
	fail_msg("a name that was never put in");
}

static void check_sweep(struct known_keys *k, struct plain *p, uint16_t round)
{
	known_keys_sweep(k, round, on_gone, p);
	for (unsigned i = 0; i < NAMES; i++)
		assert_false(p->there[i] && p->round[i] != round);
}

static void one_change(struct known_keys *k, struct plain *p, struct rng *r)
{
	unsigned i = (unsigned)rng_below(r, NAMES);
	uint16_t round = (uint16_t)rng_below(r, 3);
	char name[64];
	size_t len = name_of(name, i);

	if (rng_one_in(r, 200)) {
		check_sweep(k, p, round);
	} else if (rng_one_in(r, 3)) {
		assert_int_equal(known_keys_remove(k, name, len), p->there[i]);
		p->n -= p->there[i];
		p->there[i] = false;
	} else {
		known_keys_put(k, name, len, round);
		p->n += !p->there[i];
		p->there[i] = true;
		p->round[i] = round;
	}
}

static void test_same_as_an_array(void **state)
{
	struct rng r = test_rng();
	struct known_keys k = { 0 };
	struct plain p = { 0 };

	for (int i = 0; i < 50000; i++) {
		one_change(&k, &p, &r);
		assert_int_equal(known_keys_count(&k), p.n);
	}
	assert_true(p.gone > 0);
	known_keys_done(&k);
}

static void test_it_empties(void **state)
{
	struct known_keys k = { 0 };
	char name[64];

	for (unsigned i = 0; i < NAMES; i++)
		known_keys_put(&k, name, name_of(name, i), 1);
	for (unsigned i = 0; i < NAMES; i++)
		assert_true(known_keys_remove(&k, name, name_of(name, i)));
	assert_int_equal(known_keys_count(&k), 0);
	assert_null(k.slots);
	assert_null(k.pool.data);
}

static void test_a_name_too_long(void **state)
{
	static char name[KEYSET_NAME_MAX + 2];
	struct known_keys k = { 0 };

	memset(name, 'x', sizeof(name));
	assert_false(known_keys_put(&k, name, KEYSET_NAME_MAX + 1, 1));
	assert_false(known_keys_remove(&k, name, KEYSET_NAME_MAX + 1));
	assert_true(known_keys_put(&k, name, KEYSET_NAME_MAX, 1));
	assert_true(known_keys_remove(&k, name, KEYSET_NAME_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_an_array),
		cmocka_unit_test(test_it_empties),
		cmocka_unit_test(test_a_name_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
