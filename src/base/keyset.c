/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/keyset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

enum state { WANTED = 1, THERE = 2, SEEN = 4, LISTED = 8 }; /* listed: in `pending`; 0: free */

#define CAP_MIN 8

void keyset_init(struct keyset *k, uint8_t size)
{
	assert(size && size <= KEYSET_SIZE_MAX);
	*k = (struct keyset){ .size = size };
}

void keyset_done(struct keyset *k)
{
	free(k->slots);
	buf_done(&k->pending);
	*k = (struct keyset){ .size = k->size };
}

size_t keyset_count(const struct keyset *k)
{
	return k->used;
}

size_t keyset_wanted(const struct keyset *k)
{
	return k->n_wanted;
}

static uint8_t *slot(const struct keyset *k, size_t i)
{
	return k->slots + i * (k->size + 1u);
}

static size_t home(const struct keyset *k, const void *key)
{
	return hash_bytes(key, k->size) & (k->cap - 1);
}

/* Where the key is, or the free place where it would be. */
static uint8_t *find(const struct keyset *k, const void *key)
{
	size_t i = home(k, key);

	while (*slot(k, i) && memcmp(slot(k, i) + 1, key, k->size) != 0)
		i = (i + 1) & (k->cap - 1);
	return slot(k, i);
}

static void resize(struct keyset *k, size_t cap)
{
	struct keyset old = *k;

	k->slots = mem_zalloc(cap * (k->size + 1u));
	k->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (*slot(&old, i))
			memcpy(find(k, slot(&old, i) + 1), slot(&old, i), k->size + 1u);
	free(old.slots);
}

static uint8_t *find_or_add(struct keyset *k, const void *key)
{
	uint8_t *s;

	if (!k->cap || k->used + 1 > k->cap - k->cap / 4)
		resize(k, k->cap ? k->cap * 2 : CAP_MIN);
	s = find(k, key);
	if (!*s) {
		memcpy(s + 1, key, k->size);
		k->used++;
	}
	return s;
}

/* Those behind move up, so that no search ends too early. */
static void free_slot(struct keyset *k, uint8_t *s)
{
	size_t hole = (size_t)(s - k->slots) / (k->size + 1u), i = hole;

	for (;;) {
		i = (i + 1) & (k->cap - 1);
		if (!*slot(k, i))
			break;
		size_t from = home(k, slot(k, i) + 1);

		if (((i - from) & (k->cap - 1)) < ((i - hole) & (k->cap - 1)))
			continue;
		memcpy(slot(k, hole), slot(k, i), k->size + 1u);
		hole = i;
	}
	*slot(k, hole) = 0;
	k->used--;
}

static void shrink(struct keyset *k)
{
	size_t cap = k->cap;

	while (cap > CAP_MIN && k->used < cap / 4)
		cap /= 2;
	if (!k->used)
		cap = 0;
	if (cap == k->cap)
		return;
	if (cap)
		resize(k, cap);
	else
		keyset_done(k);
}

static bool differs(uint8_t state)
{
	return !(state & WANTED) != !(state & THERE);
}

/* Lists a key that has a change now. One that has none any more stays listed until the changes are
 * written, or it would be there twice when it changes back. */
static void settle(struct keyset *k, uint8_t *s, bool had_change)
{
	const bool change = differs(*s);

	k->n_pending += (size_t)change - (size_t)had_change;
	if (change && !(*s & LISTED)) {
		*s |= LISTED;
		buf_put(&k->pending, s + 1, k->size);
	}
	if (!(*s & (WANTED | THERE | LISTED)))
		free_slot(k, s);
}

void keyset_want(struct keyset *k, const void *key)
{
	uint8_t *s = find_or_add(k, key);
	const bool had_change = *s && differs(*s);

	k->n_wanted += !(*s & WANTED);
	*s |= WANTED;
	settle(k, s, had_change);
}

void keyset_unwant(struct keyset *k, const void *key)
{
	uint8_t *s = k->cap ? find(k, key) : NULL;

	if (!s || !(*s & WANTED))
		return;
	const bool had_change = differs(*s);

	k->n_wanted--;
	*s &= (uint8_t)~WANTED;
	settle(k, s, had_change);
}

bool keyset_has_changes(const struct keyset *k)
{
	return k->n_pending > 0;
}

const uint8_t *keyset_next(const struct keyset *k, size_t *pos, bool *add)
{
	while (*pos < k->pending.len) {
		const uint8_t *key = (const uint8_t *)k->pending.data + *pos;
		const uint8_t *s = find(k, key);

		*pos += k->size;
		if (!differs(*s))
			continue;
		*add = *s & WANTED;
		return key;
	}
	return NULL;
}

static void take_off_the_list(struct keyset *k, const uint8_t *key, bool written)
{
	uint8_t *s = find(k, key);

	*s &= (uint8_t)~LISTED;
	if (written && (*s & WANTED))
		*s |= THERE;
	else if (written)
		*s &= (uint8_t)~THERE;
	if (!(*s & (WANTED | THERE)))
		free_slot(k, s);
}

static void empty_list(struct keyset *k, bool written)
{
	for (size_t at = 0; at < k->pending.len; at += k->size)
		take_off_the_list(k, (const uint8_t *)k->pending.data + at, written);
	buf_done(&k->pending);
	k->n_pending = 0;
}

void keyset_written(struct keyset *k)
{
	empty_list(k, true);
	shrink(k);
}

/* --- the whole table; free_slot() would move what is still to be visited --- */

static void list_changes(struct keyset *k)
{
	buf_clear(&k->pending);
	k->n_pending = 0;
	for (size_t i = 0; i < k->cap; i++) {
		uint8_t *s = slot(k, i);

		*s &= (uint8_t) ~(LISTED | SEEN);
		if (!*s || !differs(*s))
			continue;
		*s |= LISTED;
		buf_put(&k->pending, s + 1, k->size);
		k->n_pending++;
	}
}

/* A byte of state that became 0 in place leaves a gap in the runs: put everything in anew. */
static void rebuild(struct keyset *k)
{
	k->used = 0;
	for (size_t i = 0; i < k->cap; i++)
		k->used += *slot(k, i) != 0;
	if (!k->used) {
		keyset_done(k);
		return;
	}
	resize(k, k->cap);
	shrink(k);
}

void keyset_unwant_all(struct keyset *k)
{
	for (size_t i = 0; i < k->cap; i++)
		*slot(k, i) &= (uint8_t)~WANTED;
	k->n_wanted = 0;
	list_changes(k);
	rebuild(k);
}

void keyset_read_begin(struct keyset *k)
{
	for (size_t i = 0; i < k->cap; i++)
		*slot(k, i) &= (uint8_t)~SEEN;
}

void keyset_saw(struct keyset *k, const void *key)
{
	uint8_t *s = find_or_add(k, key);
	const bool had_change = *s && differs(*s);

	*s |= THERE | SEEN;
	settle(k, s, had_change);
}

void keyset_read_end(struct keyset *k)
{
	for (size_t i = 0; i < k->cap; i++)
		if (!(*slot(k, i) & SEEN))
			*slot(k, i) &= (uint8_t)~THERE;
	list_changes(k);
	rebuild(k);
}
