/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "matcher_priv.h"

#include "base/arena.h"
#include "base/buf.h"

void matcher_init(
	struct matcher *m, struct atoms *atoms, struct parents *parents, match_fn fn, void *ctx)
{
	*m = (struct matcher){ .atoms = atoms, .parents = parents, .fn = fn, .ctx = ctx };
}

static void report_matches(
	struct matcher *m, struct match_class *c, struct match_selector *s, bool matches)
{
	for (uint32_t i = 0; i < c->items.n; i++) {
		m->items_visited++;
		m->fn(m->ctx, s, c->items.v[i], matches);
	}
}

/* Walks two lists of selectors that are sorted by id; calls fn for what only one of them has. */
static void compare_matches(const struct ptrs *before, const struct ptrs *after, void *ctx,
	void (*fn)(void *ctx, struct match_selector *s, bool matches))
{
	uint32_t i = 0, j = 0;

	while (i < before->n || j < after->n) {
		struct match_selector *was = i < before->n ? before->v[i] : NULL;
		struct match_selector *is = j < after->n ? after->v[j] : NULL;
		bool started = is && (!was || is->id < was->id);
		if (was != is)
			fn(ctx, started ? is : was, started);
		i += was == is || !started;
		j += was == is || started;
	}
}

static bool visit(struct match_class *c, const struct match_selector *s)
{
	c->m->selectors_visited++;
	return selector_match(s->selector, match_class_label, c);
}

static void visit_all(struct match_class *c, const struct ptrs *selectors, struct ptrs *ret)
{
	for (uint32_t i = 0; i < selectors->n; i++)
		if (visit(c, selectors->v[i]))
			ptrs_add(ret, selectors->v[i]);
}

static int compare_ids(const void *a, const void *b)
{
	const struct match_selector *x = *(void *const *)a, *y = *(void *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static void report_to_class(void *ctx, struct match_selector *s, bool matches)
{
	struct match_class *c = ctx;

	report_matches(c->m, c, s, matches);
}

void match_class_evaluate(struct match_class *c)
{
	struct ptrs before = c->matched, after = { 0 };

	for (uint32_t i = 0; i < c->n_labels; i++) {
		visit_all(c, &c->labels[i].pair->selectors, &after);
		visit_all(c, &c->labels[i].pair->key->selectors, &after);
	}
	visit_all(c, &c->m->every, &after);
	if (after.n)
		qsort(after.v, after.n, sizeof(*after.v), compare_ids);
	c->matched = after;
	compare_matches(&before, &after, c, report_to_class);
	ptrs_done(&before);
}

/* Items. */

static void item_join(struct match_item *item, struct match_class *c)
{
	item->class = c;
	item->pos = ptrs_add(&c->items, item);
}

static void item_leave(struct match_item *item)
{
	struct match_class *c = item->class;
	struct match_item *moved = ptrs_take(&c->items, item->pos);

	if (moved)
		moved->pos = item->pos;
	item->class = NULL;
	match_class_drop(c);
}

struct item_report {
	struct matcher *m;
	struct match_item *item;
};

static void report_to_item(void *ctx, struct match_selector *s, bool matches)
{
	struct item_report *r = ctx;

	r->m->items_visited++;
	r->m->fn(r->m->ctx, s, r->item, matches);
}

bool matcher_set(struct matcher *m, struct match_item *item, const struct text_pair *labels,
	size_t n_labels, const char *const *parents, size_t n_parents)
{
	static const struct ptrs nothing;
	struct match_class *c = match_class_get(m, labels, n_labels, parents, n_parents);

	if (c == item->class)
		return false;
	compare_matches(item->class ? &item->class->matched : &nothing, &c->matched,
		&(struct item_report){ m, item }, report_to_item);
	if (item->class)
		item_leave(item);
	item_join(item, c);
	return true;
}

void matcher_unset(struct matcher *m, struct match_item *item)
{
	static const struct ptrs nothing;

	if (!item->class)
		return;
	compare_matches(
		&item->class->matched, &nothing, &(struct item_report){ m, item }, report_to_item);
	item_leave(item);
}

const struct ptrs *match_item_selectors(const struct match_item *item)
{
	return &item->class->matched;
}

/* Selectors. */

struct choice { /* the restriction that leaves the least to look at */
	struct matcher *m;
	struct arena arena;
	bool found;
	size_t cost;
	const char *key;
	const char **values;
	size_t n;
};

static size_t restriction_cost(
	const struct matcher *m, const char *key, const char *const *values, size_t n)
{
	struct label_key **k = label_key_map_get(&m->keys, key);
	size_t cost = 0;

	if (!k)
		return 0;
	if (!values)
		return (*k)->n_classes + (*k)->selectors.n;
	for (size_t i = 0; i < n; i++) {
		const struct label_pair *pair = label_pair_find(m, key, values[i]);
		cost += pair ? pair->classes.n + pair->selectors.n : 0;
	}
	return cost;
}

/* On a tie values win over presence, and the first over later ones. */
static void choose(void *ctx, const char *key, const char *const *values, size_t n)
{
	struct choice *choice = ctx;
	size_t cost = restriction_cost(choice->m, key, values, n);
	bool better = cost < choice->cost || (cost == choice->cost && values && !choice->values);

	if (choice->found && !better)
		return;
	choice->found = true;
	choice->cost = cost;
	choice->key = arena_strdup(&choice->arena, key);
	choice->values = values ? arena_new_n(&choice->arena, const char *, n + 1) : NULL;
	choice->n = n;
	for (size_t i = 0; values && i < n; i++)
		choice->values[i] = arena_strdup(&choice->arena, values[i]);
}

static void selector_register(struct matcher *m, struct match_selector *s)
{
	struct choice choice = { .m = m };

	selector_restrictions(s->selector, choose, &choice);
	if (!choice.found) {
		s->by = MATCH_EVERY;
		ptrs_add(&m->every, s);
	} else if (!choice.values) {
		s->by = MATCH_PRESENT;
		s->key = label_key_get(m, choice.key);
		ptrs_add(&s->key->selectors, s);
	} else {
		s->by = MATCH_VALUES;
		s->n_pairs = (uint32_t)choice.n;
		s->pairs = mem_new_n(struct label_pair *, choice.n);
		for (size_t i = 0; i < choice.n; i++) {
			s->pairs[i] = label_pair_get(m, choice.key, choice.values[i]);
			ptrs_add(&s->pairs[i]->selectors, s);
		}
	}
	arena_done(&choice.arena);
}

static void selector_unregister(struct matcher *m, struct match_selector *s)
{
	switch (s->by) {
	case MATCH_EVERY:
		ptrs_remove(&m->every, s);
		break;
	case MATCH_PRESENT:
		ptrs_remove(&s->key->selectors, s);
		label_key_drop(m, s->key);
		break;
	case MATCH_VALUES:
		for (uint32_t i = 0; i < s->n_pairs; i++) {
			ptrs_remove(&s->pairs[i]->selectors, s);
			label_pair_drop(m, s->pairs[i]);
		}
		break;
	}
	match_selector_done(s);
}

void match_selector_done(struct match_selector *s)
{
	free(s->pairs);
	*s = (struct match_selector){ 0 };
}

typedef void (*class_fn)(void *ctx, struct match_selector *s, struct match_class *c);

static void each_class_in(
	const struct label_pair *pair, struct match_selector *s, class_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < pair->classes.n; i++)
		fn(ctx, s, pair->classes.v[i]);
}

/* Each class that could match, once: a class has one value of a label. */
static void each_candidate(struct matcher *m, struct match_selector *s, class_fn fn, void *ctx)
{
	switch (s->by) {
	case MATCH_EVERY:
		MAP_FOREACH(match_class_map, &m->classes, e)
			fn(ctx, s, e->value);
		break;
	case MATCH_PRESENT:
		for (uint32_t i = 0; i < s->key->pairs.n; i++)
			each_class_in(s->key->pairs.v[i], s, fn, ctx);
		break;
	case MATCH_VALUES:
		for (uint32_t i = 0; i < s->n_pairs; i++)
			each_class_in(s->pairs[i], s, fn, ctx);
		break;
	}
}

static bool class_matched(
	const struct match_class *c, const struct match_selector *s, uint32_t *pos)
{
	uint32_t low = 0, high = c->matched.n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct match_selector *at = c->matched.v[mid];
		if (at->id < s->id)
			low = mid + 1;
		else
			high = mid;
	}
	*pos = low;
	return low < c->matched.n && c->matched.v[low] == s;
}

static void start_matching(void *ctx, struct match_selector *s, struct match_class *c)
{
	if (!visit(c, s))
		return;
	ptrs_add(&c->matched, s); /* the newest id is the highest */
	report_matches(c->m, c, s, true);
}

static void stop_matching(void *ctx, struct match_selector *s, struct match_class *c)
{
	uint32_t pos;

	c->m->selectors_visited++;
	if (!class_matched(c, s, &pos))
		return;
	ptrs_remove(&c->matched, s);
	report_matches(c->m, c, s, false);
}

void matcher_add(struct matcher *m, struct match_selector *s, const struct selector *selector)
{
	*s = (struct match_selector){ .selector = selector, .id = m->next_selector_id++ };
	selector_register(m, s);
	each_candidate(m, s, start_matching, NULL);
}

void matcher_remove(struct matcher *m, struct match_selector *s)
{
	each_candidate(m, s, stop_matching, NULL);
	selector_unregister(m, s);
}

struct item_walk {
	void (*fn)(void *ctx, struct match_item *item);
	void *ctx;
};

static void walk_items(void *ctx, struct match_selector *s, struct match_class *c)
{
	struct item_walk *walk = ctx;
	uint32_t pos;

	if (!class_matched(c, s, &pos))
		return;
	for (uint32_t i = 0; i < c->items.n; i++)
		walk->fn(walk->ctx, c->items.v[i]);
}

void matcher_each_item(struct matcher *m, struct match_selector *s,
	void (*fn)(void *ctx, struct match_item *item), void *ctx)
{
	each_candidate(m, s, walk_items, &(struct item_walk){ fn, ctx });
}

/* The end. */

void matcher_sizes(const struct matcher *m, const char *name,
	void (*fn)(void *ctx, const char *index, size_t size), void *ctx)
{
	const struct {
		const char *part;
		size_t size;
	} parts[] = {
		{ "keys", label_key_map_count(&m->keys) },
		{ "pairs", label_pair_map_count(&m->pairs) },
		{ "classes", match_class_map_count(&m->classes) },
		{ "every", m->every.n },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		_cleanup_buf_ struct buf index = BUF_INIT;
		buf_printf(&index, "%s.%s", name, parts[i].part);
		fn(ctx, buf_str(&index), parts[i].size);
	}
}

void matcher_done(struct matcher *m)
{
	MAP_FOREACH(match_class_map, &m->classes, e) {
		ptrs_done(&e->value->items);
		ptrs_done(&e->value->matched);
		free(e->value->labels);
		free(e->value);
	}
	MAP_FOREACH(label_pair_map, &m->pairs, e) {
		ptrs_done(&e->value->classes);
		ptrs_done(&e->value->selectors);
		free(e->value);
	}
	MAP_FOREACH(label_key_map, &m->keys, e) {
		ptrs_done(&e->value->pairs);
		ptrs_done(&e->value->selectors);
		free(e->value);
	}
	match_class_map_done(&m->classes);
	label_pair_map_done(&m->pairs);
	label_key_map_done(&m->keys);
	ptrs_done(&m->every);
}
