/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "matcher_priv.h"

struct parent *parent_get(struct parents *p, const char *name)
{
	struct parent **found = parent_map_get(&p->map, name);
	struct parent *parent;

	if (found)
		return *found;
	parent = mem_new(struct parent);
	parent->name = atom_get(p->atoms, name);
	*parent_map_put(&p->map, parent->name->text, NULL) = parent;
	return parent;
}

static void parent_free_labels(struct parents *p, struct parent *parent)
{
	for (size_t i = 0; i < parent->n_labels; i++) {
		atom_put(p->atoms, parent->labels[i].key);
		atom_put(p->atoms, parent->labels[i].value);
	}
	free(parent->labels);
	parent->labels = NULL;
	parent->n_labels = 0;
}

void parent_drop(struct parents *p, struct parent *parent)
{
	if (parent->defined || parent->classes.n)
		return;
	parent_map_remove(&p->map, parent->name->text);
	free(parent->labels);
	ptrs_done(&parent->classes);
	atom_put(p->atoms, parent->name);
	free(parent);
}

static bool parent_has(const struct parent *parent, const struct text_map *labels)
{
	if (parent->n_labels != labels->n)
		return false;
	for (size_t i = 0; i < labels->n; i++)
		if (!str_eq(parent->labels[i].key->text, labels->v[i].key) ||
			!str_eq(parent->labels[i].value->text, labels->v[i].value))
			return false;
	return true;
}

static void parent_inherited(struct parent *parent)
{
	for (uint32_t i = 0; i < parent->classes.n; i++) {
		struct match_class *c = parent->classes.v[i];
		match_class_inherit(c);
		match_class_evaluate(c);
	}
}

void parents_set(struct parents *p, const char *name, const struct text_map *labels)
{
	struct parent *parent = parent_get(p, name);

	parent->defined = true;
	if (parent_has(parent, labels))
		return;
	parent_free_labels(p, parent);
	parent->labels = mem_new_n(struct parent_label, labels->n);
	parent->n_labels = labels->n;
	for (size_t i = 0; i < labels->n; i++)
		parent->labels[i] = (struct parent_label){
			atom_get(p->atoms, labels->v[i].key),
			atom_get(p->atoms, str_empty(labels->v[i].value) ? "" : labels->v[i].value),
		};
	parent_inherited(parent);
}

void parents_clear(struct parents *p, const char *name)
{
	struct parent **found = parent_map_get(&p->map, name);
	struct parent *parent;

	if (!found)
		return;
	parent = *found;
	parent->defined = false;
	if (parent->n_labels) {
		parent_free_labels(p, parent);
		parent_inherited(parent);
	}
	parent_drop(p, parent);
}

void parents_done(struct parents *p)
{
	MAP_FOREACH(parent_map, &p->map, e) {
		free(e->value->labels);
		ptrs_done(&e->value->classes);
		free(e->value);
	}
	parent_map_done(&p->map);
}
