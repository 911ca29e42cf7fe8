/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "matcher_priv.h"

uint64_t label_pair_id_hash(struct label_pair_id id)
{
	return hash_u64((uint64_t)id.key->name->hash << 32 | id.value->hash);
}

bool label_pair_id_equal(struct label_pair_id a, struct label_pair_id b)
{
	return a.key == b.key && a.value == b.value;
}

struct label_key *label_key_get(struct matcher *m, const char *name)
{
	struct label_key **found = label_key_map_get(&m->keys, name);
	struct label_key *key;

	if (found)
		return *found;
	key = mem_new(struct label_key);
	key->name = atom_get(m->atoms, name);
	*label_key_map_put(&m->keys, key->name->text, NULL) = key;
	return key;
}

void label_key_drop(struct matcher *m, struct label_key *key)
{
	if (key->pairs.n || key->selectors.n)
		return;
	label_key_map_remove(&m->keys, key->name->text);
	ptrs_done(&key->pairs);
	ptrs_done(&key->selectors);
	atom_put(m->atoms, key->name);
	free(key);
}

struct label_pair *label_pair_find(const struct matcher *m, const char *key, const char *value)
{
	struct label_key **k = label_key_map_get(&m->keys, key);
	struct atom *v = atom_find(m->atoms, value);
	struct label_pair **found;

	if (!k || !v)
		return NULL;
	found = label_pair_map_get(&m->pairs, (struct label_pair_id){ *k, v });
	return found ? *found : NULL;
}

/* Of one kind of object the n-th label has mostly the same key, and often the same value. */
struct label_pair *label_pair_nth(struct matcher *m, size_t n, const char *key, const char *value)
{
	struct label_pair *pair = n < LABELS_RECENT ? m->recent[n] : NULL;

	if (pair && str_eq(pair->value->text, value) && str_eq(pair->key->name->text, key))
		return pair;
	pair = label_pair_get(m, key, value);
	if (n < LABELS_RECENT)
		m->recent[n] = pair;
	return pair;
}

struct label_pair *label_pair_get(struct matcher *m, const char *key, const char *value)
{
	struct label_pair *pair = label_pair_find(m, key, value);

	if (pair)
		return pair;
	pair = mem_new(struct label_pair);
	pair->key = label_key_get(m, key);
	pair->value = atom_get(m->atoms, value);
	pair->key_pos = ptrs_add(&pair->key->pairs, pair);
	*label_pair_map_put(&m->pairs, (struct label_pair_id){ pair->key, pair->value }, NULL) =
		pair;
	return pair;
}

void label_pair_drop(struct matcher *m, struct label_pair *pair)
{
	struct label_pair *moved;

	if (pair->classes.n || pair->selectors.n)
		return;
	label_pair_map_remove(&m->pairs, (struct label_pair_id){ pair->key, pair->value });
	for (size_t i = 0; i < LABELS_RECENT; i++)
		if (m->recent[i] == pair)
			m->recent[i] = NULL;
	moved = ptrs_take(&pair->key->pairs, pair->key_pos);
	if (moved)
		moved->key_pos = pair->key_pos;
	label_key_drop(m, pair->key);
	ptrs_done(&pair->classes);
	ptrs_done(&pair->selectors);
	atom_put(m->atoms, pair->value);
	free(pair);
}

void label_link(struct match_class *c, struct class_label *l)
{
	l->pos = ptrs_add(&l->pair->classes, c);
	l->pair->key->n_classes++;
}

void label_unlink(struct match_class *c, struct class_label *l)
{
	struct match_class *moved = ptrs_take(&l->pair->classes, l->pos);

	l->pair->key->n_classes--;
	for (uint32_t i = 0; moved && i < moved->n_labels; i++)
		if (moved->labels[i].pair == l->pair) {
			moved->labels[i].pos = l->pos;
			break;
		}
	label_pair_drop(c->m, l->pair);
}
