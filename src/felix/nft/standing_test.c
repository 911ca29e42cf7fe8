/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "standing.h"

#include "base/testing.h"

#define MAX 12

/* By trying everything. */
static size_t longest(const struct standing *a, size_t n_a, const struct standing *b, size_t n_b)
{
	size_t x, y;

	if (!n_a || !n_b)
		return 0;
	if (a->hash == b->hash)
		return 1 + longest(a + 1, n_a - 1, b + 1, n_b - 1);
	x = longest(a + 1, n_a - 1, b, n_b);
	y = longest(a, n_a, b + 1, n_b - 1);
	return x > y ? x : y;
}

/* What a chain does with the deletions and insertions. */
static size_t apply(const struct standing *old, size_t n_old, const struct standing *now,
	size_t n_now, struct standing *chain)
{
	size_t n = 0, next = 0;

	for (size_t i = 0; i < n_old; i++)
		if (standing_stays(&old[i], now, n_now, &next))
			chain[n++] = old[i];
	for (size_t i = 0; i < n_now; i++) {
		const uint64_t before = standing_next(now, n_now, i);
		size_t at = 0;

		if (now[i].handle)
			continue;
		while (at < n && (!before || chain[at].handle != before))
			at++;
		for (size_t k = n++; k > at; k--)
			chain[k] = chain[k - 1];
		chain[at] = (struct standing){ now[i].hash, 0 };
	}
	return n;
}

static void fill(struct rng *rng, struct standing *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (struct standing){ .hash = 1 + rng_below(rng, 6) };
}

static void test_random_lists(void **state)
{
	struct rng rng = test_rng();

	for (int round = 0; round < 3000; round++) {
		struct standing old[MAX], now[MAX], chain[2 * MAX];
		const size_t n_old = rng_below(&rng, MAX), n_now = rng_below(&rng, MAX);
		size_t kept = 0, stay;

		fill(&rng, old, n_old);
		fill(&rng, now, n_now);
		for (size_t i = 0; i < n_old; i++)
			old[i].handle = 100 + i;
		stay = standing_keep(old, n_old, now, n_now);
		assert_int_equal(stay, longest(old, n_old, now, n_now));
		assert_int_equal(apply(old, n_old, now, n_now, chain), n_now);
		for (size_t i = 0; i < n_now; i++) {
			assert_int_equal(chain[i].hash, now[i].hash);
			assert_int_equal(chain[i].handle, now[i].handle);
			kept += now[i].handle != 0;
		}
		assert_int_equal(kept, stay);
	}
}

/* However long, an end that is alike stays; of two long middles nothing does. */
static void test_long_lists(void **state)
{
	enum { N = 1000 };
	static struct standing old[N], now[N + 1];

	for (size_t i = 0; i < N; i++)
		old[i] = (struct standing){ i + 1, i + 1 };
	for (size_t i = 0; i < N; i++)
		now[i + (i >= N / 2)] = (struct standing){ .hash = i + 1 };
	now[N / 2] = (struct standing){ .hash = 5000 };
	assert_int_equal(standing_keep(old, N, now, N + 1), N);
	for (size_t i = 0; i < N; i++)
		now[i] = (struct standing){ .hash = i + 10 };
	assert_int_equal(standing_keep(old, N, now, N), 0);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(now[i].handle, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_lists),
		cmocka_unit_test(test_long_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
