/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

/* ---- index ---- */

static int cmp(const void *a, const void *b)
{
	return cidr_cmp(a, b);
}

struct block_index index_load(struct ipam_op *op, uint8_t family)
{
	struct key_range range = range_blocks(family);
	struct view_object *o = NULL;
	struct block_index x = { 0 };
	size_t n = 0;

	while ((o = view_next(&op->view, &range, o)))
		n++;
	x.v = arena_new_n(&op->scratch, struct cidr, n);
	while ((o = view_next(&op->view, &range, o)))
		x.v[x.n++] = o->key.cidr;
	qsort(x.v, x.n, sizeof(*x.v), cmp);
	return x;
}

/* The first that does not sort before the block. */
static size_t lower(const struct block_index *x, const struct cidr *block)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cidr_cmp(&x->v[mid], block) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void index_add(struct ipam_op *op, struct block_index *x, const struct cidr *block)
{
	struct cidr *grown = arena_new_n(&op->scratch, struct cidr, x->n + 1);
	size_t at = lower(x, block);

	if (x->n) {
		memcpy(grown, x->v, at * sizeof(*grown));
		memcpy(grown + at + 1, x->v + at, (x->n - at) * sizeof(*grown));
	}
	grown[at] = *block;
	x->v = grown;
	x->n++;
}

bool index_has(const struct block_index *x, const struct cidr *block)
{
	size_t i = lower(x, block);

	return i < x->n && cidr_eq(&x->v[i], block);
}

static uint8_t shortest(const struct cidr *block)
{
	return block->addr.family == 4 ? BLOCK_LEN_MIN_4 : BLOCK_LEN_MIN_6;
}

const struct cidr *index_overlap(const struct block_index *x, const struct cidr *block)
{
	size_t i;

	for (uint8_t len = shortest(block); len < block->len; len++) {
		struct cidr outer = { block->addr, len };

		outer = cidr_mask(&outer);
		i = lower(x, &outer);
		if (i < x->n && cidr_eq(&x->v[i], &outer))
			return &x->v[i];
	}
	i = lower(x, block);
	if (i < x->n && cidr_eq(&x->v[i], block))
		i++;
	return i < x->n && cidr_covers(block, &x->v[i]) ? &x->v[i] : NULL;
}

const struct cidr *index_of_addr(
	const struct block_index *x, const struct addr *addr, uint8_t min_len)
{
	struct cidr host = cidr_host(addr);
	uint8_t first = min_len > shortest(&host) ? min_len : shortest(&host);

	for (uint8_t len = first; len <= host.len; len++) {
		struct cidr outer = { *addr, len };
		size_t i;

		outer = cidr_mask(&outer);
		i = lower(x, &outer);
		if (i < x->n && cidr_eq(&x->v[i], &outer))
			return &x->v[i];
	}
	return NULL;
}

/* ---- walk ---- */

/* FNV-1, 32 bits. */
static uint32_t hash_name(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = h * 16777619u ^ (uint8_t)*name;
	return h;
}

struct walk walk_begin(const struct pool *pool, const char *host)
{
	struct rng rng = { hash_name(host) };
	unsigned bits = pool->block_len > pool->cidr.len ? pool->block_len - pool->cidr.len : 0;
	u128 wide = (u128)rng_next(&rng) << 64;

	wide |= rng_next(&rng);
	return (struct walk){
		.pool = pool,
		/* A pool that is smaller than its blocks, which only a disabled one may be, has
		 * none. */
		.n = pool->cidr.len > pool->block_len ? 0 : (u128)1 << bits,
		.start = bits ? wide >> (128 - bits) : 0,
	};
}

static u128 block_step(const struct pool *p)
{
	return (u128)1 << (addr_bits(&p->cidr.addr) - p->block_len);
}

static struct cidr block_at(const struct walk *w, u128 number)
{
	u128 base = addr_number(&w->pool->cidr.addr) + number * block_step(w->pool);

	return (struct cidr){ addr_from_number(w->pool->cidr.addr.family, base),
		w->pool->block_len };
}

/* How many blocks from this one on are inside of `outer`, at least 1. */
static u128 blocks_inside(const struct walk *w, const struct cidr *block, const struct cidr *outer)
{
	u128 base = addr_number(&block->addr), end = cidr_end(outer);

	return outer->len >= block->len ? 1 : (end - base) / block_step(w->pool);
}

/* Blocks to pass because of what is here; 0 when this one may be tried. */
static u128 obstacle(const struct walk *w, const struct cidr *block, const struct block_index *x,
	struct cidr_list reserved)
{
	const struct cidr *other;

	for (size_t i = 0; i < reserved.n; i++)
		if (cidr_covers(&reserved.v[i], block))
			return blocks_inside(w, block, &reserved.v[i]);
	if (block_is_reserved(block, reserved))
		return 1;
	other = index_overlap(x, block);
	return other ? blocks_inside(w, block, other) : 0;
}

bool walk_next(struct walk *w, const struct block_index *x, struct cidr_list reserved,
	struct cidr *ret)
{
	while (w->gone < w->n) {
		u128 number = (w->start + w->gone) % w->n, pass;

		*ret = block_at(w, number);
		pass = obstacle(w, ret, x, reserved);
		if (!pass) {
			w->gone++;
			return true;
		}
		if (pass > w->n - number) /* to the end of the pool, then on from its begin */
			pass = w->n - number;
		w->gone += pass;
	}
	return false;
}

bool walk_existing(
	const struct walk *w, const struct block_index *x, size_t *pos, struct cidr *ret)
{
	struct cidr first = { w->pool->cidr.addr, 0 }, start;
	size_t low, begin, high;

	if (!w->n)
		return false;
	start = block_at(w, w->start);
	start.len = 0;
	low = lower(x, &first);
	begin = lower(x, &start);
	for (high = begin; high < x->n && cidr_has(&w->pool->cidr, &x->v[high].addr);)
		high++;
	while (*pos < high - low) {
		size_t i = low + (begin - low + (*pos)++) % (high - low);

		if (cidr_covers(&w->pool->cidr, &x->v[i])) {
			*ret = x->v[i];
			return true;
		}
	}
	return false;
}
