/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher_priv.h - the insides of a matcher: labels, classes, and what ties them together. */
#pragma once

#include "matcher.h"

struct label_key {
	struct atom *name;
	struct ptrs pairs;
	struct ptrs selectors; /* MATCH_PRESENT */
	uint32_t n_classes;    /* that have this label, with whatever value */
};

struct label_pair {
	struct label_key *key;
	struct atom *value;
	uint32_t key_pos;
	struct ptrs classes;
	struct ptrs selectors; /* MATCH_VALUES */
};

/* Items of equal own labels and equal parents. Own labels first, by key; inherited ones after. */
struct match_class {
	struct matcher *m;
	uint32_t hash;
	uint32_t n_own, n_labels;
	struct class_label {
		struct label_pair *pair;
		uint32_t pos; /* in pair->classes */
	} * labels;
	struct ptrs items;
	struct ptrs matched; /* selectors, by id */
	uint32_t n_parents;
	struct class_parent {
		struct parent *parent;
		uint32_t pos; /* in parent->classes */
	} parents[];
};

/* label_index.c. A key or pair lives while a class or a selector stands in it; made by get, it
 * goes with the drop that follows the last user's leaving. */
struct label_key *label_key_get(struct matcher *m, const char *name);
struct label_pair *label_pair_get(struct matcher *m, const char *key, const char *value);
struct label_pair *label_pair_nth(struct matcher *m, size_t n, const char *key, const char *value);
struct label_pair *label_pair_find(const struct matcher *m, const char *key, const char *value);
void label_key_drop(struct matcher *m, struct label_key *key);
void label_pair_drop(struct matcher *m, struct label_pair *pair);
void label_link(struct match_class *c, struct class_label *l);
void label_unlink(struct match_class *c, struct class_label *l);

/* parent.c. The same rule: a parent lives while it is defined or a class stands in it. */
struct parent *parent_get(struct parents *p, const char *name);
void parent_drop(struct parents *p, struct parent *parent);

/* match_class.c */
struct match_class *match_class_get(struct matcher *m, const struct text_pair *labels,
	size_t n_labels, const char *const *parents, size_t n_parents);
void match_class_drop(struct match_class *c);    /* frees it when it has no items */
void match_class_inherit(struct match_class *c); /* after a parent's labels changed */
const char *match_class_label(const void *class, const char *key); /* a label_fn */

/* matcher.c */
void match_class_evaluate(struct match_class *c); /* sets c->matched and reports the difference */
