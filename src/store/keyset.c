/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keyset.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct entry {
	uint32_t hash;
	uint16_t len;
	uint16_t round : 15, live : 1;
};

/* Entries are packed: they are copied in and out. */
static struct entry read_entry(const struct known_keys *k, size_t at)
{
	struct entry e;

	memcpy(&e, k->pool.data + at, sizeof(e));
	return e;
}

static void write_entry(struct known_keys *k, size_t at, const struct entry *e)
{
	memcpy(k->pool.data + at, e, sizeof(*e));
}

static size_t next_entry(const struct known_keys *k, size_t at)
{
	return at + sizeof(struct entry) + read_entry(k, at).len;
}

void known_keys_done(struct known_keys *k)
{
	buf_done(&k->pool);
	free(k->slots);
	memset(k, 0, sizeof(*k));
}

static bool is_entry(const struct known_keys *k, size_t at, uint32_t hash, const char *name, size_t len)
{
	struct entry e = read_entry(k, at);

	return e.live && e.hash == hash && e.len == len &&
	       !memcmp(k->pool.data + at + sizeof(e), name, len);
}

/* The slot of the name, or the free one where it belongs. */
static size_t find_slot(const struct known_keys *k, uint32_t hash, const char *name, size_t len)
{
	size_t i = hash & (k->n_slots - 1);

	while (k->slots[i] && !is_entry(k, k->slots[i] - 1, hash, name, len))
		i = (i + 1) & (k->n_slots - 1);
	return i;
}

/* Drops dead entries from the pool. */
static void compact(struct known_keys *k)
{
	struct buf pool = BUF_INIT;

	for (size_t at = 0; at < k->pool.len; at = next_entry(k, at))
		if (read_entry(k, at).live)
			buf_put(&pool, k->pool.data + at, next_entry(k, at) - at);
	buf_done(&k->pool);
	k->pool = pool;
	k->dead = 0;
}

static void rebuild(struct known_keys *k)
{
	size_t n = 16;

	if (k->dead)
		compact(k);
	while (n < (k->live + 1) * 2)
		n *= 2;
	free(k->slots);
	k->slots = mem_new_n(uint32_t, n);
	k->n_slots = n;
	k->used = k->live;
	for (size_t at = 0; at < k->pool.len; at = next_entry(k, at)) {
		size_t i = read_entry(k, at).hash & (n - 1);

		while (k->slots[i])
			i = (i + 1) & (n - 1);
		k->slots[i] = (uint32_t)at + 1;
	}
}

bool known_keys_put(struct known_keys *k, const char *name, size_t len, uint16_t round)
{
	struct entry e = { .hash = (uint32_t)hash_bytes(name, len),
		.len = (uint16_t)len,
		.round = round & 0x7fff,
		.live = true };
	size_t slot;

	if (len > KEYSET_NAME_MAX)
		return false;
	if ((k->used + 1) * 4 > k->n_slots * 3)
		rebuild(k);
	slot = find_slot(k, e.hash, name, e.len);
	if (k->slots[slot]) {
		write_entry(k, k->slots[slot] - 1, &e);
		return true;
	}
	k->slots[slot] = (uint32_t)k->pool.len + 1;
	buf_put(&k->pool, &e, sizeof(e));
	buf_put(&k->pool, name, e.len);
	k->used++;
	k->live++;
	return true;
}

/* The slot stays as a way mark until the next rebuild. */
static void kill(struct known_keys *k, size_t at)
{
	struct entry e = read_entry(k, at);

	e.live = false;
	write_entry(k, at, &e);
	k->live--;
	k->dead++;
}

bool known_keys_remove(struct known_keys *k, const char *name, size_t len)
{
	size_t slot;

	if (!k->live)
		return false;
	slot = find_slot(k, (uint32_t)hash_bytes(name, len), name, len);
	if (!k->slots[slot])
		return false;
	kill(k, k->slots[slot] - 1);
	if (!k->live)
		known_keys_done(k);
	return true;
}

size_t known_keys_count(const struct known_keys *k)
{
	return k->live;
}

void known_keys_sweep(struct known_keys *k, uint16_t round, known_keys_fn gone, void *ctx)
{
	for (size_t at = 0; at < k->pool.len; at = next_entry(k, at)) {
		struct entry e = read_entry(k, at);

		if (!e.live || e.round == (round & 0x7fff))
			continue;
		kill(k, at);
		gone(ctx, k->pool.data + at + sizeof(e), e.len);
	}
	if (k->dead)
		rebuild(k);
	if (!k->live)
		known_keys_done(k);
}
