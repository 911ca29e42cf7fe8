/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matcher.h - which items match which selectors, at all times, without scanning either.
 *
 * Items of equal labels and parents share one *class*, so a selector is evaluated once per class
 * and an item costs one pointer. Classes are indexed by the labels they have, own and inherited,
 * selectors by the restriction that at that moment excludes most: a new class looks only at
 * selectors that ask for one of its labels, a new selector only at classes that have its label.
 *
 * Inheritance: an item's own label wins, then the first of its parents (profiles, in the item's
 * order) that has the label. Parents are shared by all matchers that are given one struct parents.
 *
 * Owner: items and selectors are embedded in the caller's structs and belong to it.
 * Source: felix.md 1.4, datamodel.md 4.3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/atom.h"
#include "base/ptrs.h"
#include "model/resource.h"
#include "selector/selector.h"

struct label_key;
struct label_pair;
struct match_class;

struct match_item {
	struct match_class *class; /* NULL: in no matcher */
	uint32_t pos;
};

struct match_selector {
	const struct selector *selector; /* stays with the caller */
	uint32_t id;                     /* order of arrival; matches are reported in it */
	enum { MATCH_EVERY, MATCH_PRESENT, MATCH_VALUES } by;
	struct label_key *key;     /* MATCH_PRESENT */
	struct label_pair **pairs; /* MATCH_VALUES: one of them is there; none = nothing matches */
	uint32_t n_pairs;
};

/* One item starts or stops to match one selector. Neither may be changed from inside. */
typedef void (*match_fn)(
	void *ctx, struct match_selector *s, struct match_item *item, bool matches);

struct parent {
	struct atom *name;
	bool defined;
	struct parent_label {
		struct atom *key, *value;
	} * labels;
	size_t n_labels;
	struct ptrs classes;
};
MAP_DEFINE(parent_map, const char *, struct parent *, hash_str, hash_str_equal);

struct parents {
	struct atoms *atoms;
	struct parent_map map;
};

void parents_set(struct parents *p, const char *name, const struct text_map *labels);
void parents_clear(struct parents *p, const char *name); /* the parent has no labels any more */
void parents_done(struct parents *p);

MAP_DEFINE(label_key_map, const char *, struct label_key *, hash_str, hash_str_equal);
struct label_pair_id {
	const struct label_key *key;
	const struct atom *value;
};
uint64_t label_pair_id_hash(struct label_pair_id id);
bool label_pair_id_equal(struct label_pair_id a, struct label_pair_id b);
MAP_DEFINE(label_pair_map, struct label_pair_id, struct label_pair *, label_pair_id_hash,
	label_pair_id_equal);
uint64_t match_class_hash(const struct match_class *c);
bool match_class_equal(const struct match_class *a, const struct match_class *b);
MAP_DEFINE(match_class_map, const struct match_class *, struct match_class *, match_class_hash,
	match_class_equal);

#define LABELS_RECENT 8

struct matcher {
	struct atoms *atoms;
	struct parents *parents;
	match_fn fn;
	void *ctx;
	uint64_t selectors_visited, items_visited; /* only ever grow */
	uint32_t next_selector_id;
	struct label_key_map keys;
	struct label_pair_map pairs;
	struct label_pair *recent[LABELS_RECENT]; /* the n-th label of the last class looked for */
	struct match_class_map classes;
	struct ptrs every; /* selectors that no label helps to find */
};

void matcher_init(
	struct matcher *m, struct atoms *atoms, struct parents *parents, match_fn fn, void *ctx);
void matcher_done(struct matcher *m); /* without callbacks; items and selectors are forgotten */

/* Gives the item these own labels and parents, in or out of the matcher before. False: it had just
 * these. `labels` sorted by key, each key once. */
bool matcher_set(struct matcher *m, struct match_item *item, const struct text_pair *labels,
	size_t n_labels, const char *const *parents, size_t n_parents);
void matcher_unset(struct matcher *m, struct match_item *item);

void matcher_add(struct matcher *m, struct match_selector *s, const struct selector *selector);
void matcher_remove(struct matcher *m, struct match_selector *s); /* reports what stops to match */
void match_selector_done(struct match_selector *s); /* in place of the above, when all ends */

/* What matches now. */
void matcher_each_item(struct matcher *m, struct match_selector *s,
	void (*fn)(void *ctx, struct match_item *item), void *ctx);
const struct ptrs *match_item_selectors(const struct match_item *item);

void matcher_sizes(const struct matcher *m, const char *name,
	void (*fn)(void *ctx, const char *index, size_t size), void *ctx);
