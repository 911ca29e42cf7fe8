/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every match has in common: "and" adds up what its children demand, "or" keeps what all of
 * them demand. A label that must be absent or different helps no index and is left out. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "node.h"
#include "selector/selector.h"

struct restriction {
	const char *key;
	const char *const *values; /* sorted, each once; NULL: only present */
	size_t n;
	uint32_t branch; /* the child that demands it */
};

/* A stack: a node's restrictions lie at its end, each key once. */
struct gathering {
	struct restriction *v;
	size_t n, cap;
	struct arena arena;
};

static void push_leaf(struct gathering *g, const struct node *n)
{
	struct restriction r = { .key = n->key };

	if (n->negated || n->op == NODE_ALL)
		return;
	if (n->op == NODE_IN) {
		r.values = n->values;
		r.n = n->n;
	}
	mem_grow(&g->v, &g->cap, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = r;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_keys(const void *a, const void *b)
{
	const struct restriction *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->branch > y->branch) - (x->branch < y->branch);
}

static size_t unique(const char **v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(v[i], v[kept - 1]) != 0)
			v[kept++] = v[i];
	return kept;
}

static struct restriction either(struct gathering *g, const struct restriction *r, size_t n)
{
	struct restriction all = { .key = r->key };
	const char **values;
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		if (!r[i].values)
			return all;
		total += r[i].n;
	}
	values = arena_new_n(&g->arena, const char *, total);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r[i].n; k++)
			values[all.n++] = r[i].values[k];
	if (all.n)
		qsort(values, all.n, sizeof(*values), compare_texts);
	all.n = unique(values, all.n);
	all.values = values;
	return all;
}

static struct restriction common(struct gathering *g, struct restriction a, struct restriction b)
{
	const char **values;
	size_t n = 0;

	if (!a.values || !b.values)
		return a.values ? a : b;
	values = arena_new_n(&g->arena, const char *, a.n < b.n ? a.n : b.n);
	for (size_t i = 0, k = 0; i < a.n && k < b.n;) {
		int c = strcmp(a.values[i], b.values[k]);

		if (c == 0)
			values[n++] = a.values[i];
		i += c <= 0;
		k += c >= 0;
	}
	a.values = values;
	a.n = n;
	return a;
}

static struct restriction both(struct gathering *g, const struct restriction *r, size_t n)
{
	struct restriction all = r[0];

	for (size_t i = 1; i < n; i++)
		all = common(g, all, r[i]);
	return all;
}

/* Folds what the children of `node` left on the stack from `begin` on into its own. */
static void fold(struct gathering *g, const struct node *node, size_t begin)
{
	size_t kept = begin;

	if (g->n == begin)
		return;
	qsort(g->v + begin, g->n - begin, sizeof(*g->v), compare_keys);
	for (size_t i = begin, end; i < g->n; i = end) {
		const struct restriction *run = &g->v[i];

		for (end = i + 1; end < g->n && strcmp(g->v[end].key, run->key) == 0;)
			end++;
		if (node->op == NODE_AND)
			g->v[kept++] = both(g, run, end - i);
		else if (end - i == node->n)
			g->v[kept++] = either(g, run, end - i);
	}
	g->n = kept;
}

static void gather(struct gathering *g, const struct node *node)
{
	const struct node *child = node + 1;
	size_t begin = g->n;

	if (node_is_leaf(node)) {
		push_leaf(g, node);
		return;
	}
	for (uint32_t branch = 0; branch < node->n; branch++, child += child->size) {
		size_t from = g->n;

		gather(g, child);
		for (size_t i = from; i < g->n; i++)
			g->v[i].branch = branch;
	}
	fold(g, node, begin);
}

void selector_restrictions(const struct selector *s, restriction_fn fn, void *ctx)
{
	struct gathering g = { .arena = ARENA_INIT };

	gather(&g, s->nodes);
	for (size_t i = 0; i < g.n; i++)
		fn(ctx, g.v[i].key, g.v[i].values, g.v[i].n);
	free(g.v);
	arena_done(&g.arena);
}
