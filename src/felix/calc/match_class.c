/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "matcher_priv.h"

uint64_t match_class_hash(const struct match_class *c)
{
	return c->hash;
}

bool match_class_equal(const struct match_class *a, const struct match_class *b)
{
	if (a->n_own != b->n_own || a->n_parents != b->n_parents)
		return false;
	for (uint32_t i = 0; i < a->n_own; i++)
		if (a->labels[i].pair != b->labels[i].pair)
			return false;
	for (uint32_t i = 0; i < a->n_parents; i++)
		if (a->parents[i].parent != b->parents[i].parent)
			return false;
	return true;
}

/* Pairs and parents that are made here on the way belong to no class yet, so no class was equal
 * and match_class_get() keeps this one. */
static struct match_class *class_new(struct matcher *m, const struct text_pair *labels,
	size_t n_labels, const char *const *parents, size_t n_parents)
{
	struct match_class *c = mem_zalloc(sizeof(*c) + n_parents * sizeof(c->parents[0]));
	uint64_t hash = 0;

	c->m = m;
	c->n_own = c->n_labels = (uint32_t)n_labels;
	c->labels = mem_new_n(struct class_label, n_labels);
	for (size_t i = 0; i < n_labels; i++) {
		const char *value = str_empty(labels[i].value) ? "" : labels[i].value;
		struct label_pair *pair = label_pair_nth(m, i, labels[i].key, value);
		c->labels[i].pair = pair;
		hash = hash_u64(hash ^ pair->key->name->hash);
		hash = hash_u64(hash ^ pair->value->hash);
	}
	c->n_parents = (uint32_t)n_parents;
	for (size_t i = 0; i < n_parents; i++) {
		c->parents[i].parent = parent_get(m->parents, parents[i]);
		hash = hash_u64(hash + c->parents[i].parent->name->hash);
	}
	c->hash = (uint32_t)hash;
	return c;
}

static void class_free(struct match_class *c)
{
	ptrs_done(&c->items);
	ptrs_done(&c->matched);
	free(c->labels);
	free(c);
}

static bool class_has_key(const struct match_class *c, const struct atom *key)
{
	for (uint32_t i = 0; i < c->n_labels; i++)
		if (c->labels[i].pair->key->name == key)
			return true;
	return false;
}

static size_t count_parent_labels(const struct match_class *c)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->n_parents; i++)
		n += c->parents[i].parent->n_labels;
	return n;
}

void match_class_inherit(struct match_class *c)
{
	while (c->n_labels > c->n_own) {
		c->n_labels--;
		label_unlink(c, &c->labels[c->n_labels]);
	}
	c->labels =
		mem_realloc(c->labels, (c->n_own + count_parent_labels(c)) * sizeof(*c->labels));
	for (uint32_t i = 0; i < c->n_parents; i++) {
		const struct parent *parent = c->parents[i].parent;
		for (size_t j = 0; j < parent->n_labels; j++) {
			const struct parent_label *l = &parent->labels[j];
			struct class_label *new = &c->labels[c->n_labels];
			if (class_has_key(c, l->key))
				continue;
			new->pair = label_pair_get(c->m, l->key->text, l->value->text);
			c->n_labels++;
			label_link(c, new);
		}
	}
}

static void class_link(struct match_class *c)
{
	*match_class_map_put(&c->m->classes, c, NULL) = c;
	for (uint32_t i = 0; i < c->n_own; i++)
		label_link(c, &c->labels[i]);
	for (uint32_t i = 0; i < c->n_parents; i++)
		c->parents[i].pos = ptrs_add(&c->parents[i].parent->classes, c);
	match_class_inherit(c);
}

struct match_class *match_class_get(struct matcher *m, const struct text_pair *labels,
	size_t n_labels, const char *const *parents, size_t n_parents)
{
	struct match_class *c = class_new(m, labels, n_labels, parents, n_parents);
	struct match_class **found = match_class_map_get(&m->classes, c);

	if (found) {
		class_free(c);
		return *found;
	}
	class_link(c);
	match_class_evaluate(c);
	return c;
}

/* A class may name one parent twice, so the moved class's entry is found by its position too. */
static void parent_unlink(struct match_class *c, struct class_parent *p)
{
	struct parent *parent = p->parent;
	struct match_class *moved = ptrs_take(&parent->classes, p->pos);

	for (uint32_t i = 0; moved && i < moved->n_parents; i++)
		if (moved->parents[i].parent == parent &&
			moved->parents[i].pos == parent->classes.n) {
			moved->parents[i].pos = p->pos;
			break;
		}
	parent_drop(c->m->parents, parent);
}

void match_class_drop(struct match_class *c)
{
	if (c->items.n)
		return;
	match_class_map_remove(&c->m->classes, c);
	while (c->n_labels) {
		c->n_labels--;
		label_unlink(c, &c->labels[c->n_labels]);
	}
	while (c->n_parents) {
		c->n_parents--;
		parent_unlink(c, &c->parents[c->n_parents]);
	}
	class_free(c);
}

const char *match_class_label(const void *class, const char *key)
{
	const struct match_class *c = class;

	for (uint32_t i = 0; i < c->n_labels; i++)
		if (strcmp(c->labels[i].pair->key->name->text, key) == 0)
			return c->labels[i].pair->value->text;
	return NULL;
}
