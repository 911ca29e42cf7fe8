/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "members.h"

#include "base/testing.h"

struct told { /* what the consumer holds */
	char text[64][MEMBER_TEXT_MAX];
	size_t n;
	size_t reports;
};

static void on_member(void *ctx, const struct member *member, bool added)
{
	struct told *t = ctx;
	char text[MEMBER_TEXT_MAX];
	size_t i;

	member_format(member, text);
	for (i = 0; i < t->n && strcmp(t->text[i], text) != 0; i++)
		;
	assert_int_equal(i == t->n, added);
	if (added)
		memcpy(t->text[t->n++], text, sizeof(text));
	else
		memmove(t->text[i], t->text[--t->n], sizeof(text));
	t->reports++;
}

static bool holds(const struct told *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->text[i], text) == 0)
			return true;
	return false;
}

static struct member net(const char *text)
{
	struct cidr c;

	assert_int_equal(cidr_parse_net(text, &c), 0);
	return member_net(&c);
}

static void add(struct members *m, const char *text)
{
	struct member x = net(text);

	members_add(m, &x);
}

static void del(struct members *m, const char *text)
{
	struct member x = net(text);

	members_remove(m, &x);
}

static void a_cover_hides_and_gives_back(void **state)
{
	struct members m;
	struct told t = { 0 };

	members_init(&m, true);
	add(&m, "10.0.0.1");
	add(&m, "10.0.0.0/28");
	add(&m, "10.0.1.0/24");
	members_flush(&m, on_member, &t);
	assert_int_equal(t.n, 2);
	assert_true(holds(&t, "10.0.0.0/28"));
	add(&m, "10.0.0.0/8");
	members_flush(&m, on_member, &t);
	assert_int_equal(t.n, 1);
	assert_true(holds(&t, "10.0.0.0/8"));
	del(&m, "10.0.0.0/8");
	del(&m, "10.0.0.0/28");
	members_flush(&m, on_member, &t);
	assert_int_equal(t.n, 2);
	assert_true(holds(&t, "10.0.0.1/32"));
	members_done(&m);
}

static void what_comes_and_goes_between_flushes_is_not_told(void **state)
{
	struct members m;
	struct told t = { 0 };

	members_init(&m, true);
	add(&m, "10.0.0.1");
	del(&m, "10.0.0.1");
	assert_true(members_pending(&m));
	members_flush(&m, on_member, &t);
	assert_int_equal(t.reports, 0);
	assert_int_equal(m.n, 0);
	members_done(&m);
}

static void ports_are_told_with_their_protocol(void **state)
{
	struct members m;
	struct told t = { 0 };
	struct addr a;
	struct member p;

	members_init(&m, true);
	assert_int_equal(addr_parse("fd00::1", &a), 0);
	p = member_port(&a, 132, 2905);
	members_add(&m, &p);
	members_flush(&m, on_member, &t);
	assert_true(holds(&t, "fd00::1,sctp:2905"));
	members_done(&m);
}

static const char *const vocabulary[] = { "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/16",
	"10.0.0.0/24", "10.0.0.0/32", "10.0.0.1", "10.0.0.9", "10.1.0.0/16", "10.1.0.0/24",
	"10.1.0.7", "192.0.2.1", "::/1", "fd00::/8", "fd00::/64", "fd00::1", "8000::/1" };
#define N_WORDS (sizeof(vocabulary) / sizeof(vocabulary[0]))

static void check(const unsigned count[N_WORDS], const struct told *t, bool hide_covered)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		bool covered = false;
		char text[MEMBER_TEXT_MAX];
		struct member m = net(vocabulary[i]);
		struct cidr inner = { m.addr, m.len };
		for (size_t j = 0; j < N_WORDS; j++) {
			struct member other = net(vocabulary[j]);
			struct cidr outer = { other.addr, other.len };
			covered |= i != j && count[j] && cidr_covers(&outer, &inner);
		}
		assert_int_equal(
			holds(t, member_format(&m, text)), count[i] && !(hide_covered && covered));
	}
}

static void equals_a_plain_count(void **state)
{
	struct rng r = test_rng();

	for (int round = 0; round < 200; round++) {
		bool hide_covered = rng_one_in(&r, 2);
		unsigned count[N_WORDS] = { 0 };
		struct told t = { 0 };
		struct members m;
		members_init(&m, hide_covered);
		for (int step = 0; step < 100; step++) {
			size_t i = rng_below(&r, N_WORDS);
			if (rng_one_in(&r, 2)) {
				add(&m, vocabulary[i]);
				count[i]++;
			} else if (count[i]) {
				del(&m, vocabulary[i]);
				count[i]--;
			}
			if (rng_one_in(&r, 3)) {
				members_flush(&m, on_member, &t);
				check(count, &t, hide_covered);
			}
		}
		for (size_t i = 0; i < N_WORDS; i++)
			for (; count[i]; count[i]--)
				del(&m, vocabulary[i]);
		members_flush(&m, on_member, &t);
		assert_int_equal(t.n, 0);
		assert_int_equal(m.n, 0);
		assert_int_equal(m.n_lengths, 0);
		members_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cover_hides_and_gives_back),
		cmocka_unit_test(what_comes_and_goes_between_flushes_is_not_told),
		cmocka_unit_test(ports_are_told_with_their_protocol),
		cmocka_unit_test(equals_a_plain_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
