/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lpm.h - longest prefix match over addresses of both families.
 *
 * LPM_DEFINE(name, type) makes `struct name`, from prefixes to `type *` (never NULL), and:
 *
 *   void   name_done(struct name *l)                      frees the trie, not the values
 *   size_t name_count(const struct name *l)
 *   type  *name_get(l, const struct cidr *c)              exactly this prefix, or NULL
 *   type  *name_put(l, const struct cidr *c, type *value) what it replaced, or NULL
 *   type  *name_remove(l, const struct cidr *c)           what was there, or NULL
 *   type  *name_match(l, const struct addr *a, struct cidr *ret)
 *               the longest prefix that has the address; ret may be NULL
 *   type  *name_covering(l, const struct cidr *c, struct cidr *ret)
 *               the longest prefix that is shorter than c and has all of it
 *   type  *name_next_under(l, const struct cidr *c, struct lpm_walk *w)
 *               one after the other, all prefixes inside c and longer than c
 *   type  *name_next_child(l, const struct cidr *c, struct lpm_walk *w)
 *               the same, without those that lie inside one that was visited
 *
 * A walk begins with LPM_WALK_INIT, goes in address order, sets w->cidr and ends at any change.
 * All of a family: walk under "0.0.0.0/0" or "::/0", and get that prefix itself.
 * Host bits of a prefix are ignored. A zeroed struct is empty.
 *
 * Shape: a binary trie whose nodes skip the bits that do not branch: at most 2n - 1 nodes, a
 *        look-up visits one node for each prefix or branch on its path.
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"

struct lpm_node;

struct lpm {
	struct lpm_node *root[2]; /* IPv4, IPv6 */
	size_t count;
};

struct lpm_walk {
	struct cidr cidr; /* of the value just returned */
	const struct lpm_node *at;
};

#define LPM_WALK_INIT ((struct lpm_walk){ 0 })

void lpm_done(struct lpm *l);
void *lpm_get(const struct lpm *l, const struct cidr *c);
void *lpm_put(struct lpm *l, const struct cidr *c, void *value);
void *lpm_remove(struct lpm *l, const struct cidr *c);
void *lpm_match(const struct lpm *l, const struct addr *a, struct cidr *ret);
void *lpm_covering(const struct lpm *l, const struct cidr *c, struct cidr *ret);
void *lpm_next_under(const struct lpm *l, const struct cidr *c, struct lpm_walk *w);
void *lpm_next_child(const struct lpm *l, const struct cidr *c, struct lpm_walk *w);

#define LPM_DEFINE(NAME, TYPE)                                                                  \
	struct NAME {                                                                           \
		struct lpm lpm;                                                                 \
	};                                                                                      \
	static inline __attribute__((unused)) void NAME##_done(struct NAME *l)                  \
	{                                                                                       \
		lpm_done(&l->lpm);                                                              \
	}                                                                                       \
	static inline __attribute__((unused)) size_t NAME##_count(const struct NAME *l)         \
	{                                                                                       \
		return l->lpm.count;                                                            \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_get(const struct NAME *l, const struct cidr *c)                            \
	{                                                                                       \
		return lpm_get(&l->lpm, c);                                                     \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_put(struct NAME *l, const struct cidr *c, TYPE *value)                     \
	{                                                                                       \
		return lpm_put(&l->lpm, c, value);                                              \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_remove(struct NAME *l, const struct cidr *c)                               \
	{                                                                                       \
		return lpm_remove(&l->lpm, c);                                                  \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_match(const struct NAME *l, const struct addr *a, struct cidr *ret)        \
	{                                                                                       \
		return lpm_match(&l->lpm, a, ret);                                              \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_covering(const struct NAME *l, const struct cidr *c, struct cidr *ret)     \
	{                                                                                       \
		return lpm_covering(&l->lpm, c, ret);                                           \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_next_under(const struct NAME *l, const struct cidr *c, struct lpm_walk *w) \
	{                                                                                       \
		return lpm_next_under(&l->lpm, c, w);                                           \
	}                                                                                       \
	static inline __attribute__((unused))                                                   \
	TYPE *NAME##_next_child(const struct NAME *l, const struct cidr *c, struct lpm_walk *w) \
	{                                                                                       \
		return lpm_next_child(&l->lpm, c, w);                                           \
	}                                                                                       \
	struct NAME##_needs_semicolon
