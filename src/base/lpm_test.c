/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trie against a scan over all prefixes. */
#include "base/testing.h"

#include "base/cleanup.h"
#include "base/lpm.h"

LPM_DEFINE(num_lpm, int);

#define MAX 300

struct oracle {
	struct cidr cidr[MAX];
	int value[MAX]; /* the trie points here */
	bool used[MAX];
};

static struct addr random_addr(struct rng *rng)
{
	struct addr a = { .family = rng_one_in(rng, 2) ? 4 : 6 };

	/* Few values per byte, so that prefixes nest. */
	for (size_t i = 0; i < addr_size(&a); i++)
		a.bytes[i] = (uint8_t)(rng_one_in(rng, 3) ? rng_below(rng, 4) << 6 : 0);
	return a;
}

static struct cidr random_cidr(struct rng *rng)
{
	struct cidr c = { .addr = random_addr(rng) };

	c.len = (uint8_t)(rng_one_in(rng, 3) ? addr_bits(&c.addr)
					     : rng_below(rng, addr_bits(&c.addr) + 1U));
	return rng_one_in(rng, 10) ? c : cidr_mask(&c);
}

static int *scan_exact(struct oracle *o, const struct cidr *c)
{
	struct cidr masked = cidr_mask(c);

	for (size_t i = 0; i < MAX; i++)
		if (o->used[i] && cidr_eq(&o->cidr[i], &masked))
			return &o->value[i];
	return NULL;
}

/* The longest that covers `c` and is at most `max` bits long. */
static int *scan_longest(struct oracle *o, const struct cidr *c, int max)
{
	int *best = NULL, best_len = -1;

	for (size_t i = 0; i < MAX; i++) {
		int len = o->cidr[i].len;

		if (o->used[i] && cidr_covers(&o->cidr[i], c) && len <= max && len > best_len) {
			best = &o->value[i];
			best_len = len;
		}
	}
	return best;
}

static bool lies_under(const struct cidr *outer, const struct cidr *c)
{
	return c->len > outer->len && cidr_covers(outer, c);
}

static bool is_child(struct oracle *o, const struct cidr *outer, size_t i)
{
	for (size_t k = 0; k < MAX; k++)
		if (o->used[k] && lies_under(outer, &o->cidr[k]) &&
			lies_under(&o->cidr[k], &o->cidr[i]))
			return false;
	return lies_under(outer, &o->cidr[i]);
}

static size_t index_of(const struct oracle *o, const int *value)
{
	return (size_t)(value - o->value);
}

typedef int *(*next_fn)(const struct num_lpm *, const struct cidr *, struct lpm_walk *);

static void compare_walk(const struct num_lpm *l, struct oracle *o, const struct cidr *c,
	next_fn next, bool children)
{
	struct lpm_walk w = LPM_WALK_INIT;
	struct cidr last = { 0 };
	size_t n = 0;

	for (int *v; (v = next(l, c, &w)) != NULL; n++) {
		size_t i = index_of(o, v);

		assert_true(o->used[i] && cidr_eq(&w.cidr, &o->cidr[i]));
		assert_true(children ? is_child(o, c, i) : lies_under(c, &o->cidr[i]));
		assert_true(n == 0 || cidr_cmp(&last, &w.cidr) < 0);
		last = w.cidr;
	}
	for (size_t i = 0; i < MAX; i++)
		n -= o->used[i] && (children ? is_child(o, c, i) : lies_under(c, &o->cidr[i]));
	assert_int_equal(n, 0);
}

static void compare(const struct num_lpm *l, struct oracle *o, struct rng *rng)
{
	struct cidr c = random_cidr(rng), host = cidr_host(&c.addr), found = { 0 };
	int *v;

	assert_ptr_equal(num_lpm_get(l, &c), scan_exact(o, &c));
	v = num_lpm_match(l, &c.addr, &found);
	assert_ptr_equal(v, scan_longest(o, &host, 128));
	assert_true(!v || cidr_eq(&found, &o->cidr[index_of(o, v)]));
	v = num_lpm_covering(l, &c, &found);
	assert_ptr_equal(v, scan_longest(o, &c, (int)c.len - 1));
	assert_true(!v || cidr_eq(&found, &o->cidr[index_of(o, v)]));
}

static void change(struct num_lpm *l, struct oracle *o, struct rng *rng)
{
	size_t i = rng_below(rng, MAX);
	struct cidr c = o->used[i] ? o->cidr[i] : random_cidr(rng);
	int *old = scan_exact(o, &c);

	if (o->used[i]) {
		assert_ptr_equal(num_lpm_remove(l, &c), &o->value[i]);
		o->used[i] = false;
		assert_null(num_lpm_remove(l, &c));
		return;
	}
	assert_ptr_equal(num_lpm_put(l, &c, &o->value[i]), old);
	if (old)
		o->used[index_of(o, old)] = false;
	o->used[i] = true;
	o->cidr[i] = cidr_mask(&c);
}

static size_t oracle_count(const struct oracle *o)
{
	size_t n = 0;

	for (size_t i = 0; i < MAX; i++)
		n += o->used[i];
	return n;
}

static void test_property(void **state)
{
	struct rng rng = test_rng();
	struct num_lpm l = { 0 };
	struct oracle o = { 0 };

	for (int round = 0; round < 20000; round++) {
		struct cidr c = random_cidr(&rng);

		change(&l, &o, &rng);
		compare(&l, &o, &rng);
		assert_int_equal(num_lpm_count(&l), oracle_count(&o));
		if (!rng_one_in(&rng, 100))
			continue;
		compare_walk(&l, &o, &c, num_lpm_next_under, false);
		compare_walk(&l, &o, &c, num_lpm_next_child, true);
	}
	for (size_t i = 0; i < MAX; i++)
		if (o.used[i])
			assert_non_null(num_lpm_remove(&l, &o.cidr[i]));
	assert_int_equal(num_lpm_count(&l), 0);
	assert_true(!l.lpm.root[0] && !l.lpm.root[1]); /* no branch is left behind */
	num_lpm_done(&l);
}

static struct cidr net(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse(text, &c), 0);
	return c;
}

/* What a manager of routes asks: which prefixes does a new one hide? */
static void test_hidden_prefixes(void **state)
{
	static const char *const texts[] = { "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24",
		"10.2.0.0/16", "0.0.0.0/0" };
	static const char *const children[] = { "10.1.0.0/16", "10.2.0.0/16" };
	struct cidr c[ARRAY_SIZE(texts)], found;
	struct lpm_walk w = LPM_WALK_INIT;
	int values[ARRAY_SIZE(texts)];
	struct num_lpm l = { 0 };
	char text[CIDR_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		c[i] = net(texts[i]);
		num_lpm_put(&l, &c[i], &values[i]);
	}
	assert_ptr_equal(num_lpm_covering(&l, &c[2], &found), &values[1]);
	assert_string_equal(cidr_format(&found, text), "10.1.0.0/16");
	assert_ptr_equal(num_lpm_covering(&l, &c[0], NULL), &values[4]);
	assert_null(num_lpm_covering(&l, &c[4], NULL));
	while (num_lpm_next_child(&l, &c[0], &w))
		assert_string_equal(cidr_format(&w.cidr, text), children[n++]);
	assert_int_equal(n, ARRAY_SIZE(children));
	num_lpm_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_hidden_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
