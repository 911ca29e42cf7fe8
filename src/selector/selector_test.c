/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random selectors on random labels: against a plain evaluation of the tree, their own canonical
 * text and their own restrictions. Then the edges: hostile and large input. */
#include "base/testing.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "selector/selector.h"
#include "term.h"

static const char *const keys[] = { "a", "b", "in", "has", "k.l/m-n" };
static const char *const values[] = { "", "x", "y", "xy", "yxy", "it's", "&& \"" };

struct labels {
	const char *value[ARRAY_SIZE(keys)]; /* NULL = absent */
};

static const char *label_of(const void *ctx, const char *key)
{
	const struct labels *l = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(keys[i], key))
			return l->value[i];
	return NULL;
}

static struct labels random_labels(struct rng *rng)
{
	struct labels l;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		l.value[i] = rng_one_in(rng, 3) ? NULL : values[rng_below(rng, ARRAY_SIZE(values))];
	return l;
}

/* Texts */

static void put_blanks(struct rng *rng, struct buf *out)
{
	while (rng_one_in(rng, 4))
		buf_putc(out, rng_one_in(rng, 2) ? ' ' : '\t');
}

static void put_value(struct rng *rng, struct buf *out)
{
	const char *value = values[rng_below(rng, ARRAY_SIZE(values))];
	char quote = strchr(value, '"')    ? '\''
		     : strchr(value, '\'') ? '"'
					   : "'\""[rng_below(rng, 2)];

	put_blanks(rng, out);
	buf_printf(out, "%c%s%c", quote, value, quote);
	put_blanks(rng, out);
}

static void put_set(struct rng *rng, struct buf *out)
{
	uint64_t n = rng_below(rng, 4);

	put_blanks(rng, out);
	buf_putc(out, '{');
	for (uint64_t i = 0; i < n; i++) {
		put_value(rng, out);
		if (i + 1 < n || rng_one_in(rng, 3))
			buf_putc(out, ',');
	}
	put_blanks(rng, out);
	buf_putc(out, '}');
}

static void put_leaf(struct rng *rng, struct buf *out)
{
	static const char *const operators[] = { "==", "!=", " contains", " starts with",
		" startswith", " ends\twith", " endswith" };
	const char *key = keys[rng_below(rng, ARRAY_SIZE(keys))];

	switch (rng_below(rng, 8)) {
	case 0:
		buf_puts(out, rng_one_in(rng, 2) ? "all()" : "global( )");
		break;
	case 1:
		buf_printf(out, "has( %s)", key);
		break;
	case 2:
		buf_printf(out, "%s in", key);
		put_set(rng, out);
		break;
	case 3:
		buf_printf(out, "%s not in", key);
		put_set(rng, out);
		break;
	default:
		buf_printf(out, "%s%s", key, operators[rng_below(rng, ARRAY_SIZE(operators))]);
		put_value(rng, out);
	}
}

static void put_selector(struct rng *rng, struct buf *out, unsigned depth)
{
	uint64_t n = depth ? 1 + rng_below(rng, 3) : 1;

	for (uint64_t i = 0; i < n; i++) {
		bool nested = depth && rng_one_in(rng, 2);

		if (i)
			buf_puts(out, rng_one_in(rng, 2) ? "&&" : "||");
		put_blanks(rng, out);
		while (rng_one_in(rng, 3))
			buf_putc(out, '!');
		if (nested) {
			buf_putc(out, '(');
			put_selector(rng, out, depth - 1);
			buf_putc(out, ')');
		} else {
			put_leaf(rng, out);
		}
		put_blanks(rng, out);
	}
}

/* The oracle: the tree, read as the reference says. */

static bool in_values(const struct term *t, const char *value)
{
	for (size_t i = 0; i < t->n_values; i++)
		if (str_eq(t->values[i], value))
			return true;
	return false;
}

static bool plain_match(const struct term *t, const struct labels *l);

static bool plain_chain(const struct term *t, const struct labels *l)
{
	size_t n = 0;

	for (const struct term *c = t->children; c; c = c->next)
		n += plain_match(c, l);
	return t->op == TERM_AND ? n == t->n_children : n > 0;
}

static bool plain_operation(const struct term *t, const struct labels *l)
{
	const char *value = t->key ? label_of(l, t->key) : NULL;

	switch (t->op) {
	case TERM_ALL:
	case TERM_GLOBAL:
		return true;
	case TERM_HAS:
		return value;
	case TERM_EQ:
	case TERM_IN:
		return value && in_values(t, value);
	case TERM_NE:
	case TERM_NOT_IN:
		return !value || !in_values(t, value);
	case TERM_CONTAINS:
		return value && strstr(value, t->values[0]);
	case TERM_STARTS:
		return value && str_starts(value, t->values[0]);
	case TERM_ENDS:
		return value && str_ends(value, t->values[0]);
	case TERM_AND:
	case TERM_OR:
		return plain_chain(t, l);
	}
	return false;
}

static bool plain_match(const struct term *t, const struct labels *l)
{
	return plain_operation(t, l) ^ (t->nots % 2 == 1);
}

/* Restrictions */

struct check {
	const struct labels *labels;
	size_t visited, wrong;
	const char *last;
};

static void check_restriction(void *ctx, const char *key, const char *const *set, size_t n)
{
	struct check *c = ctx;
	const char *value = label_of(c->labels, key);
	bool found = !set && value;

	for (size_t i = 0; i < n; i++)
		found = found || (value && str_eq(set[i], value));
	c->wrong += !found;
	c->visited++;
	assert_true(!c->last || str_cmp(c->last, key) < 0);
	c->last = key;
}

static void check_labels(const struct selector *s, const struct selector *again,
	const struct term *t, const struct labels *l)
{
	struct check c = { .labels = l };
	bool match = plain_match(t, l);

	assert_int_equal(selector_match(s, label_of, l), match);
	assert_int_equal(selector_match(again, label_of, l), match);
	selector_restrictions(s, check_restriction, &c);
	if (match)
		assert_int_equal(c.wrong, 0);
}

static void check_text(struct rng *rng, const char *text)
{
	_cleanup_(selector_freep) struct selector *s = NULL, *again = NULL;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct term *t;

	assert_int_equal(term_parse(&arena, text, &t, NULL), 0);
	assert_int_equal(selector_parse(text, &s, NULL), 0);
	assert_int_equal(selector_parse(selector_text(s), &again, NULL), 0);
	/* "!(!x)" is kept as "!!x", which reads as "x": upstream does the same. */
	if (!strstr(selector_text(s), "!!"))
		assert_string_equal(selector_text(s), selector_text(again));
	for (int i = 0; i < 8; i++) {
		struct labels l = random_labels(rng);

		check_labels(s, again, t, &l);
	}
}

static void test_property(void **state)
{
	struct rng rng = test_rng();
	_cleanup_buf_ struct buf text = BUF_INIT;

	for (int round = 0; round < 20000; round++) {
		buf_clear(&text);
		put_selector(&rng, &text, (unsigned)rng_below(&rng, 4));
		check_text(&rng, text.data);
	}
}

/* Restrictions by example */

static void print_restriction(void *ctx, const char *key, const char *const *set, size_t n)
{
	struct buf *out = ctx;

	buf_printf(out, "%s%s", out->len ? "; " : "", key);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? "," : "=", set[i]);
	if (set && !n)
		buf_puts(out, "=never");
}

static void test_restrictions(void **state)
{
	static const struct {
		const char *selector, *expected;
	} cases[] = {
		{ "all()", "" },
		{ "a == 'x'", "a=x" },
		{ "a != 'x'", "" },
		{ "!(a != 'x')", "a=x" },
		{ "has(a)", "a" },
		{ "!has(a)", "" },
		{ "a contains 'x' && b in {'y','x'}", "a; b=x,y" },
		{ "a in {}", "a=never" },
		{ "a == 'x' && a == 'y'", "a=never" },
		{ "a in {'x','y'} && a in {'y','z'} && has(a)", "a=y" },
		{ "a == 'x' || a in {'y','x'}", "a=x,y" },
		{ "a == 'x' || has(a)", "a" },
		{ "a == 'x' || b == 'x'", "" },
		{ "a == 'x' && (b == 'y' || b == 'z')", "a=x; b=y,z" },
		{ "!(a != 'x' || b not in {'y'})", "a=x; b=y" },
		{ "(a == 'x' && c == '1') || (a == 'y' && d == '1')", "a=x,y" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(selector_freep) struct selector *s = NULL;
		_cleanup_buf_ struct buf out = BUF_INIT;

		assert_int_equal(selector_parse(cases[i].selector, &s, NULL), 0);
		selector_restrictions(s, print_restriction, &out);
		assert_string_equal(buf_str(&out), cases[i].expected);
	}
}

/* Edges */

static char *repeated(const char *first, const char *middle, size_t n, const char *last)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, first);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, middle);
	buf_puts(&b, last);
	return buf_take(&b);
}

static int parse_and_free(char *text)
{
	struct selector *s = NULL;
	int r = selector_parse(text, &s, NULL);
	struct labels none = { 0 };
	struct check c = { .labels = &none };

	if (!r) {
		selector_match(s, label_of, &none);
		selector_restrictions(s, check_restriction, &c);
	}
	selector_free(s);
	free(text);
	return r;
}

static void test_hostile_nesting(void **state)
{
	assert_int_equal(parse_and_free(repeated("", "(", 1000000, "")), -EINVAL);
	assert_int_equal(parse_and_free(repeated("", "(!", 1000000, "")), -EINVAL);
	assert_int_equal(
		parse_and_free(repeated("", "(a=='b'&&", TERM_DEPTH_MAX + 1, "")), -EINVAL);
	assert_int_equal(parse_and_free(repeated("", "!", 1000000, "has(a)")), 0);
	assert_int_equal(parse_and_free(repeated("a in {", "'x',", 100000, "}")), 0);
	assert_int_equal(parse_and_free(repeated("has(a)", "&&b=='x'", 100000, "")), 0);
	assert_int_equal(parse_and_free(repeated("has(a)", "||b=='x'&&a!='y'", 100000, "")), 0);
}

static void test_deepest_nesting(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (int i = 0; i < TERM_DEPTH_MAX; i++)
		buf_puts(&b, "has(a) && !(has(b) || ");
	/* one "(" each */
	buf_puts(&b, "all()");
	for (int i = 0; i < TERM_DEPTH_MAX; i++)
		buf_putc(&b, ')');
	assert_int_equal(parse_and_free(buf_take(&b)), 0);
}

static void test_errors_say_where(void **state)
{
	struct selector *s = NULL;
	struct err err;

	assert_int_equal(selector_parse("a == b", &s, &err), -EINVAL);
	assert_string_equal(err.msg, "expected a quoted string at character 6");
	assert_int_equal(selector_parse("a == 'b", &s, &err), -EINVAL);
	assert_string_equal(err.msg, "unterminated string at character 6");
	assert_null(s);
}

static void test_prefix(void **state)
{
	_cleanup_free_ char *text = selector_prefixed("has(a)&&!b in{'x'}", "pcns.", NULL);

	assert_string_equal(text, "(has(pcns.a) && !pcns.b in {\"x\"})");
	assert_null(selector_prefixed("a", "pcns.", NULL));
}

static void test_null_is_empty(void **state)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	assert_int_equal(selector_parse(NULL, &s, NULL), 0);
	assert_string_equal(selector_text(s), "all()");
	assert_null(selector_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_restrictions),
		cmocka_unit_test(test_hostile_nesting),
		cmocka_unit_test(test_deepest_nesting),
		cmocka_unit_test(test_errors_say_where),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_null_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
