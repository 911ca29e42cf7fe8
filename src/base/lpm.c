/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lpm.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* A node without a value is a branch and has both children. */
struct lpm_node {
	struct cidr cidr; /* masked */
	void *value;
	struct lpm_node *child[2];
	struct lpm_node *parent;
};

static struct lpm_node *const *root_of(const struct lpm *l, const struct addr *a)
{
	return &l->root[a->family == 6];
}

static unsigned side(const struct addr *a, uint8_t bit)
{
	return a->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* The deepest node on the path to `c`, with or without value, whose prefix covers it. */
static struct lpm_node *deepest(const struct lpm *l, const struct cidr *c)
{
	struct lpm_node *n = *root_of(l, &c->addr), *found = NULL;

	while (n && cidr_covers(&n->cidr, c)) {
		found = n;
		if (n->cidr.len == c->len)
			break;
		n = n->child[side(&c->addr, n->cidr.len)];
	}
	return found;
}

/* The link that leads, or would lead, from `parent` towards `c`. */
static struct lpm_node **link_to(struct lpm *l, struct lpm_node *parent, const struct cidr *c)
{
	return parent ? &parent->child[side(&c->addr, parent->cidr.len)]
		      : (struct lpm_node **)root_of(l, &c->addr);
}

static struct lpm_node *node_new(const struct cidr *c, struct lpm_node *parent, void *value)
{
	struct lpm_node *n = mem_new(struct lpm_node);

	n->cidr = cidr_mask(c);
	n->parent = parent;
	n->value = value;
	return n;
}

static void adopt(struct lpm_node *parent, struct lpm_node *child)
{
	parent->child[side(&child->cidr.addr, parent->cidr.len)] = child;
	child->parent = parent;
}

/* Puts `n` in the place of `old`, which comes below it, under a branch if neither covers it. */
static void insert_above(struct lpm_node **link, struct lpm_node *n, struct lpm_node *old)
{
	struct cidr shared = { n->cidr.addr, addr_common_bits(&n->cidr.addr, &old->cidr.addr) };
	struct lpm_node *branch;

	if (shared.len >= n->cidr.len) {
		*link = n;
		adopt(n, old);
		return;
	}
	*link = branch = node_new(&shared, n->parent, NULL);
	adopt(branch, n);
	adopt(branch, old);
}

void *lpm_put(struct lpm *l, const struct cidr *c, void *value)
{
	struct lpm_node *n = deepest(l, c), **link, *fresh;
	void *replaced = NULL;

	if (n && n->cidr.len == c->len) {
		replaced = n->value;
		n->value = value;
		l->count += !replaced;
		return replaced;
	}
	link = link_to(l, n, c);
	fresh = node_new(c, n, value);
	l->count++;
	if (*link)
		insert_above(link, fresh, *link);
	else
		*link = fresh;
	return NULL;
}

/* Takes a node without value and with at most one child out of the trie. */
static void splice_out(struct lpm *l, struct lpm_node *n)
{
	struct lpm_node *child = n->child[0] ? n->child[0] : n->child[1];

	*link_to(l, n->parent, &n->cidr) = child;
	if (child)
		child->parent = n->parent;
	free(n);
}

static bool is_needed(const struct lpm_node *n)
{
	return n->value || (n->child[0] && n->child[1]);
}

void *lpm_remove(struct lpm *l, const struct cidr *c)
{
	struct lpm_node *n = deepest(l, c), *parent;
	void *value;

	if (!n || n->cidr.len != c->len || !n->value)
		return NULL;
	value = n->value;
	n->value = NULL;
	l->count--;
	parent = n->parent;
	if (!is_needed(n))
		splice_out(l, n);
	if (parent && !is_needed(parent))
		splice_out(l, parent);
	return value;
}

void *lpm_get(const struct lpm *l, const struct cidr *c)
{
	const struct lpm_node *n = deepest(l, c);

	return n && n->cidr.len == c->len ? n->value : NULL;
}

static void *nearest_value(const struct lpm_node *n, struct cidr *ret)
{
	while (n && !n->value)
		n = n->parent;
	if (n && ret)
		*ret = n->cidr;
	return n ? n->value : NULL;
}

void *lpm_match(const struct lpm *l, const struct addr *a, struct cidr *ret)
{
	struct cidr host = cidr_host(a);

	return nearest_value(deepest(l, &host), ret);
}

void *lpm_covering(const struct lpm *l, const struct cidr *c, struct cidr *ret)
{
	const struct lpm_node *n = deepest(l, c);

	return nearest_value(n && n->cidr.len == c->len ? n->parent : n, ret);
}

static const struct lpm_node *first_under(const struct lpm *l, const struct cidr *c)
{
	struct lpm_node *n = deepest(l, c);

	if (n && n->cidr.len == c->len)
		return n;
	n = *link_to((struct lpm *)l, n, c);
	return n && cidr_covers(c, &n->cidr) ? n : NULL;
}

/* The next node in address order; `below` says whether the children of `n` count. */
static const struct lpm_node *next_node(const struct lpm_node *n, bool below)
{
	if (below && (n->child[0] || n->child[1]))
		return n->child[0] ? n->child[0] : n->child[1];
	for (; n->parent; n = n->parent)
		if (n == n->parent->child[0] && n->parent->child[1])
			return n->parent->child[1];
	return NULL;
}

static void *step(const struct lpm *l, const struct cidr *c, struct lpm_walk *w, bool nested)
{
	const struct lpm_node *n = w->at;

	n = n ? next_node(n, nested) : first_under(l, c);
	while (n && (!n->value || n->cidr.len <= c->len))
		n = next_node(n, true);
	if (!n || !cidr_covers(c, &n->cidr))
		return NULL;
	w->at = n;
	w->cidr = n->cidr;
	return n->value;
}

void *lpm_next_under(const struct lpm *l, const struct cidr *c, struct lpm_walk *w)
{
	return step(l, c, w, true);
}

void *lpm_next_child(const struct lpm *l, const struct cidr *c, struct lpm_walk *w)
{
	return step(l, c, w, false);
}

static void free_tree(struct lpm_node *n)
{
	if (!n)
		return;
	free_tree(n->child[0]); /* at most 128 levels */
	free_tree(n->child[1]);
	free(n);
}

void lpm_done(struct lpm *l)
{
	free_tree(l->root[0]);
	free_tree(l->root[1]);
	*l = (struct lpm){ 0 };
}
