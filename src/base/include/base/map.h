/* SPDX-License-Identifier: GPL-2.0-or-later */
/* map.h - a typed hash map that iterates in insertion order.
 *
 * MAP_DEFINE(name, key type, value type, hash, equal) makes `struct name` and:
 *
 *   void     name_done(struct name *m)                 frees the map, not what it points to
 *   void     name_clear(struct name *m)
 *   size_t   name_count(const struct name *m)
 *   value_t *name_get(const struct name *m, key)       NULL when absent
 *   value_t *name_put(struct name *m, key, bool *added) the value, zeroed when it was absent
 *   bool     name_remove(struct name *m, key)          false when absent
 *   struct name_entry *name_next(const struct name *m, size_t *pos)  NULL at the end; *pos from 0
 *   MAP_FOREACH(name, m, e) { e->key, e->value }
 *
 * `hash` is `uint64_t hash(key_t)`, `equal` is `bool equal(key_t, key_t)`.
 * A zeroed struct is an empty map. Values move on put: keep no pointer to one across it.
 * The current entry may be removed during a walk and stays readable until the next put; a put
 * ends the walk. Memory is given back by later puts, and at once by clear and done.
 *
 * Shape: open addressing over 32-bit slots into a dense array of entries in insertion order.
 * Iterating that array keeps every run of a program alike, whatever the addresses are. Removed
 * entries stay in it until a put finds more of them than live ones; those in front are skipped
 * at no cost, so that a map also serves as a queue.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

uint64_t hash_bytes(const void *data, size_t len);
uint64_t hash_str(const char *s);
bool hash_str_equal(const char *a, const char *b);

static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

static inline bool hash_u64_equal(uint64_t a, uint64_t b)
{
	return a == b;
}

#define MAP_FREE_SLOT 0  /* slot values are entry index + 1 */
#define MAP_DEAD_MIN  32 /* so many removed entries are never worth a rebuild */

#define MAP_DEFINE(NAME, KEY, VALUE, HASH, EQUAL)                                                 \
	struct NAME##_entry {                                                                     \
		KEY key;                                                                          \
		VALUE value;                                                                      \
		uint32_t hash;                                                                    \
		bool live;                                                                        \
	};                                                                                        \
	struct NAME {                                                                             \
		struct NAME##_entry *entries;                                                     \
		uint32_t *slots;                                                                  \
		size_t first, used, live, cap; /* cap: power of two, number of slots */           \
	};                                                                                        \
	static inline __attribute__((unused)) void NAME##_done(struct NAME *m)                    \
	{                                                                                         \
		free(m->entries);                                                                 \
		free(m->slots);                                                                   \
		memset(m, 0, sizeof(*m));                                                         \
	}                                                                                         \
	static inline __attribute__((unused)) void NAME##_clear(struct NAME *m)                   \
	{                                                                                         \
		NAME##_done(m);                                                                   \
	}                                                                                         \
	static inline __attribute__((unused)) size_t NAME##_count(const struct NAME *m)           \
	{                                                                                         \
		return m->live;                                                                   \
	}                                                                                         \
	static inline __attribute__((unused))                                                     \
	size_t NAME##_slot(const struct NAME *m, KEY key, uint32_t hash)                          \
	{                                                                                         \
		size_t i = hash & (m->cap - 1);                                                   \
		for (; m->slots[i] != MAP_FREE_SLOT; i = (i + 1) & (m->cap - 1)) {                \
			const struct NAME##_entry *e = &m->entries[m->slots[i] - 1];              \
			if (e->live && e->hash == hash && EQUAL(e->key, key))                     \
				return i;                                                         \
		}                                                                                 \
		return i;                                                                         \
	}                                                                                         \
	static inline __attribute__((unused)) VALUE *NAME##_get(const struct NAME *m, KEY key)    \
	{                                                                                         \
		if (!m->live)                                                                     \
			return NULL;                                                              \
		size_t i = NAME##_slot(m, key, (uint32_t)HASH(key));                              \
		return m->slots[i] == MAP_FREE_SLOT ? NULL : &m->entries[m->slots[i] - 1].value;  \
	}                                                                                         \
	/* Drops removed entries and fits the arrays to `n` live ones: at most half of the slots. \
	 */                                                                                       \
	static inline __attribute__((unused)) void NAME##_rebuild(struct NAME *m, size_t n)       \
	{                                                                                         \
		size_t cap = 8, kept = 0;                                                         \
		while (n > cap / 2)                                                               \
			cap *= 2;                                                                 \
		for (size_t i = m->first; i < m->used; i++)                                       \
			if (m->entries[i].live)                                                   \
				m->entries[kept++] = m->entries[i];                               \
		m->first = 0;                                                                     \
		m->used = kept;                                                                   \
		if (cap != m->cap) {                                                              \
			m->entries = mem_realloc(m->entries, cap / 4 * 3 * sizeof(*m->entries));  \
			m->slots = mem_realloc(m->slots, cap * sizeof(*m->slots));                \
			m->cap = cap;                                                             \
		}                                                                                 \
		memset(m->slots, 0, cap * sizeof(*m->slots));                                     \
		for (size_t i = 0; i < kept; i++) {                                               \
			size_t s = m->entries[i].hash & (cap - 1);                                \
			while (m->slots[s] != MAP_FREE_SLOT)                                      \
				s = (s + 1) & (cap - 1);                                          \
			m->slots[s] = (uint32_t)i + 1;                                            \
		}                                                                                 \
	}                                                                                         \
	static inline __attribute__((unused))                                                     \
	VALUE *NAME##_put(struct NAME *m, KEY key, bool *added)                                   \
	{                                                                                         \
		uint32_t hash = (uint32_t)HASH(key);                                              \
		if (added)                                                                        \
			*added = false;                                                           \
		if (m->live) {                                                                    \
			size_t i = NAME##_slot(m, key, hash);                                     \
			if (m->slots[i] != MAP_FREE_SLOT)                                         \
				return &m->entries[m->slots[i] - 1].value;                        \
		}                                                                                 \
		if (m->used + 1 > m->cap / 4 * 3 || m->used - m->live > m->live + MAP_DEAD_MIN)   \
			NAME##_rebuild(m, m->live + 1);                                           \
		size_t i = hash & (m->cap - 1);                                                   \
		while (m->slots[i] != MAP_FREE_SLOT)                                              \
			i = (i + 1) & (m->cap - 1);                                               \
		struct NAME##_entry *e = &m->entries[m->used++];                                  \
		memset(e, 0, sizeof(*e));                                                         \
		e->key = key;                                                                     \
		e->hash = hash;                                                                   \
		e->live = true;                                                                   \
		m->slots[i] = (uint32_t)m->used;                                                  \
		m->live++;                                                                        \
		if (added)                                                                        \
			*added = true;                                                            \
		return &e->value;                                                                 \
	}                                                                                         \
	static inline __attribute__((unused)) bool NAME##_remove(struct NAME *m, KEY key)         \
	{                                                                                         \
		if (!m->live)                                                                     \
			return false;                                                             \
		size_t i = NAME##_slot(m, key, (uint32_t)HASH(key));                              \
		if (m->slots[i] == MAP_FREE_SLOT)                                                 \
			return false;                                                             \
		m->entries[m->slots[i] - 1].live = false; /* the slot stays until a rebuild */    \
		m->live--;                                                                        \
		while (m->first < m->used && !m->entries[m->first].live)                          \
			m->first++;                                                               \
		return true;                                                                      \
	}                                                                                         \
	static inline __attribute__((unused)) struct NAME##_entry *NAME##_next(                   \
		const struct NAME *m, size_t *pos)                                                \
	{                                                                                         \
		if (*pos < m->first)                                                              \
			*pos = m->first;                                                          \
		while (*pos < m->used) {                                                          \
			struct NAME##_entry *e = &m->entries[(*pos)++];                           \
			if (e->live)                                                              \
				return e;                                                         \
		}                                                                                 \
		return NULL;                                                                      \
	}                                                                                         \
	struct NAME##_needs_semicolon

#define MAP_FOREACH(NAME, m, e)                                        \
	for (size_t e##_pos = 0, e##_once = 1; e##_once; e##_once = 0) \
		for (struct NAME##_entry * e; (e = NAME##_next((m), &e##_pos)) != NULL;)
