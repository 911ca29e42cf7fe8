/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "matcher.h"

#include "base/buf.h"
#include "base/testing.h"

#define N_ITEMS     12
#define N_SELECTORS 16
#define N_PARENTS   4

/* The world as a plain list of facts: what the matcher is compared with. */
struct thing {
	struct match_item item;
	struct text_pair labels[4];
	size_t n_labels;
	const char *parents[3];
	size_t n_parents;
	bool here;
	bool reported[N_SELECTORS];
};

struct question {
	struct match_selector ms;
	struct selector *selector;
};

struct world {
	struct atoms atoms;
	struct parents parents;
	struct matcher m;
	struct thing things[N_ITEMS];
	struct question questions[N_SELECTORS];
	struct text_pair parent_labels[N_PARENTS][3];
	size_t n_parent_labels[N_PARENTS];
	uint64_t reports;
};

static const char *const keys[] = { "a", "b", "c", "d" };
static const char *const values[] = { "1", "2", "3", "" };
static const char *const parent_names[N_PARENTS] = { "p0", "p1", "p2", "p3" };

static void on_match(void *ctx, struct match_selector *s, struct match_item *item, bool matches)
{
	struct world *w = ctx;
	struct thing *t = (struct thing *)item;
	size_t i = (size_t)((struct question *)s - w->questions);

	assert_int_not_equal(t->reported[i], matches);
	t->reported[i] = matches;
	w->reports++;
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->parents.atoms = &w->atoms;
	matcher_init(&w->m, &w->atoms, &w->parents, on_match, w);
}

static void count_size(void *ctx, const char *index, size_t size)
{
	*(size_t *)ctx += size;
}

static void world_done(struct world *w)
{
	size_t left = 0;

	for (size_t i = 0; i < N_ITEMS; i++)
		matcher_unset(&w->m, &w->things[i].item);
	for (size_t i = 0; i < N_SELECTORS; i++)
		if (w->questions[i].selector) {
			matcher_remove(&w->m, &w->questions[i].ms);
			selector_free(w->questions[i].selector);
		}
	for (size_t i = 0; i < N_PARENTS; i++)
		parents_clear(&w->parents, parent_names[i]);
	matcher_sizes(&w->m, "m", count_size, &left);
	assert_int_equal(left, 0);
	assert_int_equal(atoms_count(&w->atoms), 0);
	assert_int_equal(parent_map_count(&w->parents.map), 0);
	matcher_done(&w->m);
	parents_done(&w->parents);
	atoms_done(&w->atoms);
}

static size_t random_labels(struct rng *r, struct text_pair *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && n < max; i++)
		if (rng_one_in(r, 2))
			ret[n++] = (struct text_pair){ keys[i], values[rng_below(r, 4)] };
	return n;
}

static void random_term(struct rng *r, struct buf *out)
{
	const char *k = keys[rng_below(r, 4)];

	switch (rng_below(r, 8)) {
	case 0:
		buf_printf(out, "has(%s)", k);
		break;
	case 1:
		buf_printf(out, "!has(%s)", k);
		break;
	case 2:
		buf_printf(out, "%s in {'1','2'}", k);
		break;
	case 3:
		buf_printf(out, "%s not in {'1','3'}", k);
		break;
	case 4:
		buf_printf(out, "%s in {}", k);
		break;
	case 5:
		buf_puts(out, "all()");
		break;
	default:
		buf_printf(out, "%s == '%s'", k, values[rng_below(r, 4)]);
	}
}

static struct selector *parse(const char *text)
{
	struct selector *s = NULL;

	assert_int_equal(selector_parse(text, &s, NULL), 0);
	return s;
}

static struct selector *random_selector(struct rng *r)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	random_term(r, &text);
	while (rng_one_in(r, 2)) {
		buf_puts(&text, rng_one_in(r, 3) ? " || " : " && ");
		random_term(r, &text);
	}
	return parse(buf_str(&text));
}

static void set_thing(struct world *w, struct thing *t)
{
	t->here = true;
	matcher_set(&w->m, &t->item, t->labels, t->n_labels, t->parents, t->n_parents);
}

static void change_thing(struct world *w, struct rng *r)
{
	struct thing *t = &w->things[rng_below(r, N_ITEMS)];

	if (rng_one_in(r, 4)) {
		t->here = false;
		matcher_unset(&w->m, &t->item);
		return;
	}
	t->n_labels = random_labels(r, t->labels, 4);
	t->n_parents = rng_below(r, 4);
	for (size_t i = 0; i < t->n_parents; i++)
		t->parents[i] = parent_names[rng_below(r, N_PARENTS)];
	set_thing(w, t);
}

static void change_question(struct world *w, struct rng *r)
{
	struct question *q = &w->questions[rng_below(r, N_SELECTORS)];

	if (q->selector) {
		matcher_remove(&w->m, &q->ms);
		q->selector = selector_free(q->selector);
		return;
	}
	q->selector = random_selector(r);
	matcher_add(&w->m, &q->ms, q->selector);
}

static void change_parent(struct world *w, struct rng *r)
{
	size_t i = rng_below(r, N_PARENTS);
	struct text_map labels = { .v = w->parent_labels[i] };

	w->n_parent_labels[i] = 0;
	if (rng_one_in(r, 4)) {
		parents_clear(&w->parents, parent_names[i]);
		return;
	}
	labels.n = w->n_parent_labels[i] = random_labels(r, w->parent_labels[i], 3);
	parents_set(&w->parents, parent_names[i], &labels);
}

struct lookup {
	const struct world *w;
	const struct thing *t;
};

static const char *find_label(const struct text_pair *labels, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(labels[i].key, key) == 0)
			return labels[i].value;
	return NULL;
}

static const char *plain_label(const void *ctx, const char *key)
{
	const struct lookup *l = ctx;
	const char *found = find_label(l->t->labels, l->t->n_labels, key);

	for (size_t i = 0; !found && i < l->t->n_parents; i++) {
		size_t p = (size_t)(l->t->parents[i][1] - '0');
		found = find_label(l->w->parent_labels[p], l->w->n_parent_labels[p], key);
	}
	return found;
}

static void check(const struct world *w)
{
	for (size_t i = 0; i < N_ITEMS; i++)
		for (size_t j = 0; j < N_SELECTORS; j++) {
			const struct thing *t = &w->things[i];
			const struct question *q = &w->questions[j];
			bool want =
				t->here && q->selector &&
				selector_match(q->selector, plain_label, &(struct lookup){ w, t });
			assert_int_equal(t->reported[j], want);
		}
}

static void equals_plain_evaluation(void **state)
{
	struct rng r = test_rng();

	for (int round = 0; round < 60; round++) {
		struct world w;
		world_init(&w);
		for (int step = 0; step < 120; step++) {
			switch (rng_below(&r, 4)) {
			case 0:
				change_question(&w, &r);
				break;
			case 1:
				change_parent(&w, &r);
				break;
			default:
				change_thing(&w, &r);
			}
			check(&w);
		}
		world_done(&w);
	}
}

/* n other items and selectors stand beside one item and one selector that belong together. */
static void fill(struct world *w, struct matcher *m, struct thing *things,
	struct question *questions, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		char value[16];
		snprintf(value, sizeof(value), "x%zu", i);
		buf_printf(&text, "ns == 'n' && app == '%s'", value);
		questions[i].selector = parse(buf_str(&text));
		matcher_add(m, &questions[i].ms, questions[i].selector);
		matcher_set(m, &things[i].item,
			(struct text_pair[]){ { "app", value }, { "ns", "n" } }, 2, NULL, 0);
	}
}

static void ignore_match(void *ctx, struct match_selector *s, struct match_item *item, bool matches)
{
}

/* What it costs to add a selector and to move an item into it, among n others. */
static uint64_t cost_among(size_t n)
{
	struct world w;
	struct thing *things = mem_new_n(struct thing, n + 1);
	struct question *questions = mem_new_n(struct question, n + 1), *q = &questions[n];
	uint64_t cost;

	world_init(&w);
	w.m.fn = ignore_match;
	fill(&w, &w.m, things, questions, n);
	cost = w.m.selectors_visited + w.m.items_visited;
	q->selector = parse("ns == 'n' && app == 'one'");
	matcher_add(&w.m, &q->ms, q->selector);
	matcher_set(&w.m, &things[n].item, (struct text_pair[]){ { "app", "one" }, { "ns", "n" } },
		2, NULL, 0);
	matcher_set(&w.m, &things[n].item, (struct text_pair[]){ { "app", "two" }, { "ns", "n" } },
		2, NULL, 0);
	cost = w.m.selectors_visited + w.m.items_visited - cost;
	for (size_t i = 0; i <= n; i++) {
		matcher_unset(&w.m, &things[i].item);
		matcher_remove(&w.m, &questions[i].ms);
		selector_free(questions[i].selector);
	}
	world_done(&w);
	free(things);
	free(questions);
	return cost;
}

static void work_does_not_grow_with_the_others(void **state)
{
	uint64_t cost = cost_among(100);

	assert_true(cost > 0);
	assert_int_equal(cost, cost_among(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_plain_evaluation),
		cmocka_unit_test(work_does_not_grow_with_the_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
