/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mvcc.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/tree.h"

struct mvcc_key {
	RB_ENTRY(mvcc_key) link;
	char *path;
	struct version **versions; /* oldest first */
	size_t n, cap;
};

static int key_cmp(const struct mvcc_key *a, const struct mvcc_key *b)
{
	return strcmp(a->path, b->path);
}

TREE_GENERATE(mvcc_tree, mvcc_key, link, key_cmp)

void mvcc_init(struct mvcc *m)
{
	*m = (struct mvcc){ .revision = 1, .compacted = 0, .log_first = 2 };
	RB_INIT(&m->keys);
}

static void version_free(struct version *v)
{
	free(v->value);
	free(v);
}

static void key_free(struct mvcc *m, struct mvcc_key *k)
{
	RB_REMOVE(mvcc_tree, &m->keys, k);
	for (size_t i = 0; i < k->n; i++)
		version_free(k->versions[i]);
	free(k->versions);
	free(k->path);
	free(k);
}

void mvcc_done(struct mvcc *m)
{
	struct mvcc_key *k;

	while ((k = RB_ROOT(&m->keys)))
		key_free(m, k);
	free(m->log);
	mvcc_init(m);
}

static struct mvcc_key *find(struct mvcc *m, const char *path)
{
	return RB_FIND(mvcc_tree, &m->keys, &(struct mvcc_key){ .path = (char *)path });
}

static const struct version *at_revision(const struct mvcc_key *k, uint64_t revision)
{
	for (size_t i = k->n; i-- > 0;)
		if (k->versions[i]->mod_rev <= revision)
			return k->versions[i]->value ? k->versions[i] : NULL;
	return NULL;
}

const struct version *mvcc_get(struct mvcc *m, const char *path, uint64_t revision)
{
	struct mvcc_key *k = find(m, path);

	return k ? at_revision(k, revision) : NULL;
}

const struct version *mvcc_next(
	struct mvcc *m, const char *prefix, const char *from, uint64_t revision)
{
	struct mvcc_key *k =
		RB_NFIND(mvcc_tree, &m->keys, &(struct mvcc_key){ .path = (char *)from });

	for (; k && str_starts(k->path, prefix); k = RB_NEXT(mvcc_tree, &m->keys, k)) {
		const struct version *v = at_revision(k, revision);

		if (v)
			return v;
	}
	return NULL;
}

static struct mvcc_key *find_or_add(struct mvcc *m, const char *path)
{
	struct mvcc_key *k = find(m, path);

	if (k)
		return k;
	k = mem_new(struct mvcc_key);
	k->path = mem_strdup(path);
	RB_INSERT(mvcc_tree, &m->keys, k);
	return k;
}

static struct version *append(struct mvcc *m, struct mvcc_key *k, char *value, size_t len)
{
	struct version *last = k->n ? k->versions[k->n - 1] : NULL;
	struct version *v = mem_new(struct version);
	bool was_live = last && last->value;

	v->path = k->path;
	v->mod_rev = ++m->revision;
	v->create_rev = was_live ? last->create_rev : v->mod_rev;
	v->value = value;
	v->len = len;
	v->prev = last;
	mem_grow(&k->versions, &k->cap, k->n + 1, sizeof(v));
	k->versions[k->n++] = v;
	mem_grow(&m->log, &m->log_cap, m->log_n + 1, sizeof(v));
	m->log[m->log_n++] = v;
	m->live += (value != NULL) - was_live;
	return v;
}

const struct version *mvcc_put(struct mvcc *m, const char *path, const void *value, size_t len)
{
	return append(m, find_or_add(m, path), mem_strndup(value, len), len);
}

const struct version *mvcc_delete(struct mvcc *m, const char *path)
{
	struct mvcc_key *k = find(m, path);

	if (!k || !at_revision(k, m->revision))
		return NULL;
	return append(m, k, NULL, 0);
}

/* Keeps the version that is read at `revision`, and those after it. */
static void compact_key(struct mvcc *m, struct mvcc_key *k, uint64_t revision)
{
	size_t drop = 0;

	while (drop + 1 < k->n && k->versions[drop + 1]->mod_rev <= revision)
		drop++;
	if (drop < k->n && k->versions[drop]->mod_rev < revision && !k->versions[drop]->value)
		drop++; /* a deletion that nobody can see any more */
	for (size_t i = 0; i < drop; i++)
		version_free(k->versions[i]);
	memmove(k->versions, k->versions + drop, (k->n - drop) * sizeof(*k->versions));
	k->n -= drop;
	if (k->n && drop)
		k->versions[0]->prev = NULL;
	if (!k->n)
		key_free(m, k);
}

void mvcc_compact(struct mvcc *m, uint64_t revision)
{
	struct mvcc_key *k, *next;
	size_t drop = 0;

	m->compacted = revision;
	while (drop < m->log_n && m->log_first + drop < revision)
		drop++;
	memmove(m->log, m->log + drop, (m->log_n - drop) * sizeof(struct version *));
	m->log_n -= drop;
	m->log_first += drop;
	RB_FOREACH_SAFE(k, mvcc_tree, &m->keys, next)
		compact_key(m, k, revision);
}

const struct version *mvcc_change(const struct mvcc *m, uint64_t revision)
{
	if (revision < m->log_first || revision - m->log_first >= m->log_n)
		return NULL;
	return m->log[revision - m->log_first];
}
