/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/* ---- what it says ---- */

const struct block_attr *block_attr_of(const struct block *b, uint32_t ordinal)
{
	if (ordinal >= b->n_allocations || b->allocations[ordinal] == BLOCK_FREE ||
		(size_t)b->allocations[ordinal] >= b->n_attrs)
		return NULL;
	return &b->attrs[b->allocations[ordinal]];
}

struct addr block_addr(const struct block *b, uint32_t ordinal)
{
	return addr_add(&b->cidr.addr, ordinal);
}

bool block_ordinal(const struct cidr *block, const struct addr *addr, uint32_t *ret)
{
	size_t size = addr_size(addr);

	if (!cidr_has(block, addr))
		return false;
	*ret = ((uint32_t)addr->bytes[size - 2] << 8 | addr->bytes[size - 1]) &
	       (block_size(block) - 1);
	return true;
}

const char *block_host(const struct block *b)
{
	return str_starts(b->affinity, "host:") ? b->affinity + strlen("host:") : NULL;
}

/* Handles are compared up to the first carriage return: some were stored with a tail. */
static bool same_handle(const char *stored, const char *handle)
{
	size_t len = strcspn(stored, "\r");

	return strlen(handle) == len && memcmp(stored, handle, len) == 0;
}

bool block_has_handle(const struct block *b, uint32_t ordinal, const char *handle)
{
	const struct block_attr *a = block_attr_of(b, ordinal);

	return a && a->handle && !a->released_at && same_handle(a->handle, handle);
}

bool block_is_empty(const struct block *b)
{
	for (uint32_t o = 0; o < b->n_allocations; o++) {
		const struct block_attr *a = block_attr_of(b, o);

		if (a && !str_eq_nocase(a->handle, WINDOWS_HANDLE))
			return false;
	}
	return true;
}

/* ---- new and copied ---- */

struct block block_new(
	const struct cidr *cidr, const char *affinity, uint64_t now_ns, struct arena *arena)
{
	uint32_t size = block_size(cidr);
	char time[CLOCK_TEXT_MAX];
	struct block b = {
		.cidr = *cidr,
		.affinity = arena_strdup(arena, affinity),
		.claim_time = arena_strdup(arena, clock_format_rfc3339(now_ns, time)),
		.n_allocations = size,
		.allocations = arena_new_n(arena, int32_t, size),
		.n_unallocated = size,
		.unallocated = arena_new_n(arena, uint32_t, size),
		.attrs_null = true,
		.sequence = now_ns,
		.sequences = arena_new_n(arena, struct block_sequence, size),
	};

	for (uint32_t o = 0; o < size; o++) {
		b.allocations[o] = BLOCK_FREE;
		b.unallocated[o] = o;
	}
	return b;
}

struct block block_copy(const struct block *b, struct arena *arena)
{
	struct block copy = *b;
	uint32_t size = block_size(&b->cidr);

	copy.allocations =
		arena_memdup(arena, b->allocations, b->n_allocations * sizeof(*b->allocations));
	copy.unallocated = arena_new_n(arena, uint32_t, size);
	if (b->n_unallocated)
		memcpy(copy.unallocated, b->unallocated,
			b->n_unallocated * sizeof(*b->unallocated));
	copy.sequences = arena_memdup(arena, b->sequences, size * sizeof(*b->sequences));
	copy.attrs = arena_memdup(arena, b->attrs, b->n_attrs * sizeof(*b->attrs));
	return copy;
}

/* ---- changes ---- */

/* Drops attributes that no ordinal has and numbers the others anew. */
static void drop_unused_attrs(struct block *b)
{
	_cleanup_free_ int32_t *place = mem_new_n(int32_t, b->n_attrs + 1);
	size_t kept = 0;

	for (size_t o = 0; o < b->n_allocations; o++)
		if (b->allocations[o] != BLOCK_FREE)
			place[b->allocations[o]] = 1;
	for (size_t i = 0; i < b->n_attrs; i++) {
		if (!place[i])
			continue;
		b->attrs[kept] = b->attrs[i];
		place[i] = (int32_t)kept++;
	}
	for (size_t o = 0; o < b->n_allocations; o++)
		if (b->allocations[o] != BLOCK_FREE)
			b->allocations[o] = place[b->allocations[o]];
	b->n_attrs = kept;
	b->attrs_null = false;
}

static bool is_over(const struct block_attr *a, uint64_t now_ns, int64_t cooldown_s)
{
	uint64_t released_ns;

	if (!a->released_at)
		return false;
	if (cooldown_s <= 0)
		return true;
	if (clock_parse_rfc3339(a->released_at, &released_ns) < 0)
		return false;
	return now_ns / NSEC_PER_SEC > (uint64_t)cooldown_s &&
	       released_ns < now_ns - (uint64_t)cooldown_s * NSEC_PER_SEC;
}

void block_collect(struct block *b, uint64_t now_ns, int64_t cooldown_s)
{
	bool freed = false;

	for (uint32_t o = 0; o < b->n_allocations; o++) {
		const struct block_attr *a = block_attr_of(b, o);

		if (!a || !is_over(a, now_ns, cooldown_s))
			continue;
		b->allocations[o] = BLOCK_FREE;
		b->unallocated[b->n_unallocated++] = o;
		b->sequences[o] = (struct block_sequence){ 0 };
		freed = true;
	}
	if (freed)
		drop_unused_attrs(b);
}

static bool same_texts(const struct text_map *a, const struct text_map *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->v[i].key, b->v[i].key) || !str_eq(a->v[i].value, b->v[i].value))
			return false;
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_attr(const struct block_attr *a, const struct block_attr *b)
{
	return same_text(a->handle, b->handle) && same_texts(&a->secondary, &b->secondary) &&
	       same_texts(&a->alternate, &b->alternate) &&
	       same_text(a->released_at, b->released_at);
}

static int32_t find_or_add_attr(
	struct block *b, const struct block_attr *attr, struct arena *arena)
{
	struct block_attr *grown;

	for (size_t i = 0; i < b->n_attrs; i++)
		if (same_attr(&b->attrs[i], attr))
			return (int32_t)i;
	grown = arena_new_n(arena, struct block_attr, b->n_attrs + 1);
	if (b->n_attrs)
		memcpy(grown, b->attrs, b->n_attrs * sizeof(*grown));
	grown[b->n_attrs] = *attr;
	b->attrs = grown;
	return (int32_t)b->n_attrs++;
}

static void take_from_unallocated(struct block *b, uint32_t ordinal)
{
	size_t i = 0;

	while (i < b->n_unallocated && b->unallocated[i] != ordinal)
		i++;
	if (i == b->n_unallocated)
		return;
	b->n_unallocated--;
	memmove(&b->unallocated[i], &b->unallocated[i + 1],
		(b->n_unallocated - i) * sizeof(*b->unallocated));
}

void block_allocate(
	struct block *b, uint32_t ordinal, const struct block_attr *attr, struct arena *arena)
{
	take_from_unallocated(b, ordinal);
	b->allocations[ordinal] = find_or_add_attr(b, attr, arena);
	b->sequences[ordinal] = (struct block_sequence){ true, b->sequence };
}

void block_release(struct block *b, const uint32_t *ordinals, size_t n, bool keep_sequence,
	uint64_t now_ns, int64_t cooldown_s, struct arena *arena)
{
	char time[CLOCK_TEXT_MAX];
	struct block_attr cooling = {
		.released_at = arena_strdup(arena, clock_format_rfc3339(now_ns, time))
	};
	int32_t attr;

	if (!n)
		return;
	attr = find_or_add_attr(b, &cooling, arena);
	for (size_t i = 0; i < n; i++) {
		b->allocations[ordinals[i]] = attr;
		if (!keep_sequence)
			b->sequences[ordinals[i]] = (struct block_sequence){ true, b->sequence };
	}
	drop_unused_attrs(b);
	block_collect(b, now_ns, cooldown_s);
}

size_t block_next_free(
	const struct block *b, struct cidr_list reserved, uint32_t *ordinals, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < b->n_unallocated && found < n; i++) {
		struct addr a = block_addr(b, b->unallocated[i]);

		if (!addr_is_reserved(reserved, &a))
			ordinals[found++] = b->unallocated[i];
	}
	return found;
}

/* ---- reservations ---- */

bool addr_is_reserved(struct cidr_list reserved, const struct addr *a)
{
	for (size_t i = 0; i < reserved.n; i++)
		if (cidr_has(&reserved.v[i], a))
			return true;
	return false;
}

bool block_is_reserved(const struct cidr *block, struct cidr_list reserved)
{
	bool touched = false;

	for (size_t i = 0; i < reserved.n; i++) {
		if (cidr_covers(&reserved.v[i], block))
			return true;
		touched |= cidr_overlaps(&reserved.v[i], block);
	}
	for (uint32_t o = 0; touched && o < block_size(block); o++) {
		struct addr a = addr_add(&block->addr, o);

		if (!addr_is_reserved(reserved, &a))
			return false;
	}
	return touched;
}
