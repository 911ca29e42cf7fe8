/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage.h"

#include <math.h>
#include <stdint.h>

#define SATURATED 0x1p63 /* 2^63 - 1 has no double of its own */

static double cidr_count(const struct cidr *c)
{
	return ldexp(1, addr_bits(&c->addr) - c->len);
}

static double saturate(double n)
{
	return n < SATURATED ? n : SATURATED;
}

/* Whether another reservation holds this one; of equal ones the first counts. */
static bool is_within_another(const struct usage_input *in, size_t i)
{
	for (size_t j = 0; j < in->n_reserved; j++)
		if (j != i && cidr_covers(&in->reserved[j], &in->reserved[i]) &&
			(j < i || !cidr_eq(&in->reserved[j], &in->reserved[i])))
			return true;
	return false;
}

/* How many addresses of `c` are reserved. Prefixes are disjoint or within each other. */
static double count_reserved(const struct usage_input *in, const struct cidr *c)
{
	double n = 0;
	for (size_t i = 0; i < in->n_reserved; i++) {
		const struct cidr *r = &in->reserved[i];
		if (cidr_covers(r, c))
			return cidr_count(c);
		if (cidr_covers(c, r) && !is_within_another(in, i))
			n += cidr_count(r);
	}
	return n;
}

static bool is_reserved(const struct usage_input *in, const struct addr *a)
{
	for (size_t i = 0; i < in->n_reserved; i++)
		if (cidr_has(&in->reserved[i], a))
			return true;
	return false;
}

static struct usage count_block(const struct usage_input *in, const struct block *b)
{
	struct usage u = { .cidr = b->cidr,
		.total = cidr_count(&b->cidr),
		.reserved = count_reserved(in, &b->cidr) };
	u.used = u.total - (double)b->n_unallocated;
	for (size_t i = 0; i < b->n_unallocated; i++) {
		struct addr a = addr_add(&b->cidr.addr, b->unallocated[i]);
		u.free += u.reserved == 0 || !is_reserved(in, &a);
	}
	return u;
}

static size_t pool_of(const struct usage_input *in, const struct cidr *block)
{
	size_t i = 0;
	while (i < in->n_pools && !cidr_overlaps(&in->pools[i], block))
		i++;
	return i;
}

/* The space outside of blocks is free unless reserved; what blocks say is added up. */
static struct usage sum_up(
	const struct usage_input *in, const struct cidr *pool, const struct usage_pool *p)
{
	struct usage u = { .cidr = *pool,
		.total = cidr_count(pool),
		.reserved = count_reserved(in, pool) };
	u.free = u.total - u.reserved;
	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct usage *b = &p->blocks[i];
		u.used += b->used;
		u.free -= b->total - b->reserved - b->free;
	}
	u.total = saturate(u.total);
	u.reserved = saturate(u.reserved);
	u.free = saturate(u.free);
	return u;
}

size_t usage_count(const struct usage_input *in, struct arena *arena, struct usage_pool **ret)
{
	struct usage_pool *pools = arena_new_n(arena, struct usage_pool, in->n_pools + 1);
	size_t *of = arena_new_n(arena, size_t, in->n_blocks + 1);
	for (size_t i = 0; i < in->n_blocks; i++) {
		of[i] = pool_of(in, &in->blocks[i].cidr);
		pools[of[i]].n_blocks++;
	}
	for (size_t p = 0; p <= in->n_pools; p++) {
		pools[p].blocks = arena_new_n(arena, struct usage, pools[p].n_blocks);
		pools[p].n_blocks = 0;
	}
	for (size_t i = 0; i < in->n_blocks; i++) {
		struct usage_pool *p = &pools[of[i]];
		if (of[i] < in->n_pools || in->blocks[i].cidr.addr.family == 4)
			p->blocks[p->n_blocks++] = count_block(in, &in->blocks[i]);
	}
	for (size_t p = 0; p < in->n_pools; p++)
		pools[p].sum = sum_up(in, &in->pools[p], &pools[p]);
	pools[in->n_pools].none = true;
	*ret = pools;
	return in->n_pools + (pools[in->n_pools].n_blocks > 0);
}
