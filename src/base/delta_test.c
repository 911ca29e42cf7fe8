/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tracker against two plain arrays that are compared key by key. */
#include "base/testing.h"

#include "base/cleanup.h"
#include "base/delta.h"

static bool same(const int *a, const int *b)
{
	return *a == *b;
}
DELTA_DEFINE(num_delta, uint64_t, int, hash_u64, hash_u64_equal, same);

#define KEYS 40

/* 0 = absent */
struct oracle {
	int desired[KEYS], actual[KEYS];
	bool reported[KEYS];
};

static bool needs_update(const struct oracle *o, uint64_t k)
{
	return o->desired[k] && o->desired[k] != o->actual[k];
}

static bool needs_delete(const struct oracle *o, uint64_t k)
{
	return o->actual[k] && !o->desired[k];
}

static size_t count(const int *values)
{
	size_t n = 0;

	for (size_t i = 0; i < KEYS; i++)
		n += values[i] != 0;
	return n;
}

static int value_or_zero(const int *v)
{
	return v ? *v : 0;
}

static void compare(const struct num_delta *d, const struct oracle *o)
{
	size_t updates = 0, deletes = 0;

	DELTA_FOREACH_UPDATE(num_delta, d, c) {
		updates++;
		assert_true(needs_update(o, c->key));
		assert_int_equal(*c->desired, o->desired[c->key]);
		assert_int_equal(value_or_zero(c->actual), o->actual[c->key]);
	}
	DELTA_FOREACH_DELETE(num_delta, d, c) {
		deletes++;
		assert_true(needs_delete(o, c->key));
		assert_null(c->desired);
		assert_int_equal(*c->actual, o->actual[c->key]);
	}
	for (uint64_t k = 0; k < KEYS; k++) {
		updates -= needs_update(o, k);
		deletes -= needs_delete(o, k);
		assert_int_equal(value_or_zero(num_delta_desired(d, k)), o->desired[k]);
		assert_int_equal(value_or_zero(num_delta_actual(d, k)), o->actual[k]);
	}
	assert_int_equal(updates, 0);
	assert_int_equal(deletes, 0);
	assert_int_equal(num_delta_count_desired(d), count(o->desired));
	assert_int_equal(num_delta_count_actual(d), count(o->actual));
}

/* As a driver does: some are accepted, some refused and stay. */
static void apply_some(struct num_delta *d, struct oracle *o, struct rng *rng)
{
	DELTA_FOREACH_UPDATE(num_delta, d, c) {
		if (rng_one_in(rng, 4))
			continue;
		o->actual[c->key] = *c->desired;
		num_delta_set_actual(d, c->key, *c->desired);
	}
	DELTA_FOREACH_DELETE(num_delta, d, c) {
		if (rng_one_in(rng, 4))
			continue;
		o->actual[c->key] = 0;
		num_delta_unset_actual(d, c->key);
	}
}

static void report(struct num_delta *d, struct oracle *o, uint64_t k, int value)
{
	bool known = o->desired[k] == value && o->actual[k] == value;

	assert_int_equal(num_delta_confirm(d, k, &value), known);
	if (!known)
		num_delta_set_actual(d, k, value);
	o->actual[k] = value;
	o->reported[k] = true;
}

static void resync(struct num_delta *d, struct oracle *o, struct rng *rng)
{
	for (uint64_t k = 0; k < KEYS; k++)
		o->reported[k] = false;
	num_delta_resync_begin(d);
	for (int i = 0; i < KEYS / 2; i++)
		report(d, o, rng_below(rng, KEYS), 1 + (int)rng_below(rng, 3));
	num_delta_resync_end(d);
	for (uint64_t k = 0; k < KEYS; k++)
		if (!o->reported[k])
			o->actual[k] = 0;
}

static void change_one(struct num_delta *d, struct oracle *o, struct rng *rng)
{
	uint64_t k = rng_below(rng, KEYS);
	int value = 1 + (int)rng_below(rng, 3);

	switch (rng_below(rng, 4)) {
	case 0:
		num_delta_set_desired(d, k, value);
		o->desired[k] = value;
		break;
	case 1:
		num_delta_unset_desired(d, k);
		o->desired[k] = 0;
		break;
	case 2:
		num_delta_set_actual(d, k, value);
		o->actual[k] = value;
		break;
	case 3:
		num_delta_unset_actual(d, k);
		o->actual[k] = 0;
		break;
	}
}

static void test_property(void **state)
{
	struct rng rng = test_rng();
	struct num_delta d = { 0 };
	struct oracle o = { 0 };

	for (int round = 0; round < 20000; round++) {
		if (rng_one_in(&rng, 30))
			apply_some(&d, &o, &rng);
		else if (rng_one_in(&rng, 100))
			resync(&d, &o, &rng);
		else
			change_one(&d, &o, &rng);
		compare(&d, &o);
	}
	for (uint64_t k = 0; k < KEYS; k++) {
		num_delta_unset_desired(&d, k);
		num_delta_unset_actual(&d, k);
	}
	assert_int_equal(num_delta_states_count(&d.states), 0);
	assert_int_equal(num_delta_count_updates(&d) + num_delta_count_deletes(&d), 0);
	num_delta_done(&d);
}

static void test_walks_in_the_order_of_change(void **state)
{
	static const uint64_t order[] = { 7, 3, 9 };
	struct num_delta d = { 0 };
	size_t i = 0;

	for (uint64_t k = 0; k < 10; k++) {
		num_delta_set_desired(&d, k, 1);
		num_delta_set_actual(&d, k, 1);
	}
	assert_int_equal(num_delta_count_updates(&d), 0);
	num_delta_set_desired(&d, 7, 2);
	num_delta_set_desired(&d, 3, 2);
	num_delta_set_desired(&d, 9, 2);
	num_delta_set_desired(&d, 7, 3); /* keeps its place */
	DELTA_FOREACH_UPDATE(num_delta, &d, c)
		assert_int_equal(c->key, order[i++]);
	assert_int_equal(i, ARRAY_SIZE(order));
	num_delta_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_walks_in_the_order_of_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
