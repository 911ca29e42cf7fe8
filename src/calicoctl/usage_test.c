/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counted against the slow obvious way: every address of every pool, asked one by one. */
#include "base/testing.h"

#include "base/cleanup.h"
#include "usage.h"

#define MAX_POOLS  4
#define MAX_BLOCKS 24

struct world {
	struct arena arena;
	struct cidr pools[MAX_POOLS], reserved[8];
	struct block blocks[MAX_BLOCKS];
	struct usage_input in;
};

static struct cidr parse(const char *text)
{
	struct cidr c;
	assert_int_equal(cidr_parse(text, &c), 0);
	return c;
}

static void add_block(struct world *w, struct cidr cidr, struct rng *rng)
{
	struct block *b = &w->blocks[w->in.n_blocks++];
	uint32_t size = 1u << (addr_bits(&cidr.addr) - cidr.len);
	*b = (struct block){ .cidr = cidr,
		.n_allocations = size,
		.allocations = arena_new_n(&w->arena, int32_t, size),
		.unallocated = arena_new_n(&w->arena, uint32_t, size) };
	for (uint32_t o = 0; o < size; o++) {
		if (rng_below(rng, 2)) {
			b->allocations[o] = BLOCK_FREE;
			b->unallocated[b->n_unallocated++] = o;
		}
	}
}

static void add_reserved(struct world *w, struct rng *rng)
{
	struct cidr c = parse("10.0.0.0/24");
	c.addr.bytes[3] = (uint8_t)rng_below(rng, 256);
	c.len = (uint8_t)(23 + rng_below(rng, 10));
	w->reserved[w->in.n_reserved++] = cidr_mask(&c);
}

/* Pools of 64 addresses in 10.0.0.0/24, some left out, and blocks of 8, also outside of pools. */
static void make_world(struct world *w, struct rng *rng)
{
	*w = (struct world){ 0 };
	w->in.pools = w->pools;
	w->in.reserved = w->reserved;
	w->in.blocks = w->blocks;
	for (unsigned i = 0; i < MAX_POOLS; i++) {
		struct cidr c = parse("10.0.0.0/26");
		c.addr.bytes[3] = (uint8_t)(i * 64);
		if (rng_below(rng, 4))
			w->pools[w->in.n_pools++] = c;
	}
	for (unsigned i = 0; i < 32; i++) {
		struct cidr c = parse("10.0.0.0/29");
		c.addr.bytes[3] = (uint8_t)(i * 8);
		if (w->in.n_blocks < MAX_BLOCKS && rng_below(rng, 2))
			add_block(w, c, rng);
	}
	for (size_t n = rng_below(rng, 7); n > 0; n--)
		add_reserved(w, rng);
}

static bool allocated(const struct world *w, const struct addr *a, bool *in_block)
{
	*in_block = false;
	for (size_t i = 0; i < w->in.n_blocks; i++) {
		const struct block *b = &w->blocks[i];
		if (!cidr_has(&b->cidr, a))
			continue;
		*in_block = true;
		return b->allocations[a->bytes[3] - b->cidr.addr.bytes[3]] != BLOCK_FREE;
	}
	return false;
}

static struct usage slow_count(const struct world *w, const struct cidr *c)
{
	struct usage u = { .cidr = *c };
	for (struct addr a = c->addr; cidr_has(c, &a); a = addr_add(&a, 1)) {
		bool in_block, used = allocated(w, &a, &in_block), reserved = false;
		for (size_t i = 0; i < w->in.n_reserved; i++)
			reserved |= cidr_has(&w->reserved[i], &a);
		u.total++;
		u.used += used;
		u.reserved += reserved;
		u.free += !used && !reserved;
	}
	return u;
}

static void assert_same(const struct usage *got, const struct usage *want)
{
	assert_true(cidr_eq(&got->cidr, &want->cidr));
	assert_int_equal((int)got->total, (int)want->total);
	assert_int_equal((int)got->used, (int)want->used);
	assert_int_equal((int)got->reserved, (int)want->reserved);
	assert_int_equal((int)got->free, (int)want->free);
}

static void test_against_counting(void **state)
{
	struct rng rng = test_rng();
	for (int round = 0; round < 500; round++) {
		struct world w;
		struct usage_pool *pools;
		size_t n_blocks = 0;
		make_world(&w, &rng);
		size_t n = usage_count(&w.in, &w.arena, &pools);
		assert_in_range(n, w.in.n_pools, w.in.n_pools + 1);
		for (size_t p = 0; p < n; p++) {
			assert_int_equal(pools[p].none, p == w.in.n_pools);
			n_blocks += pools[p].n_blocks;
			for (size_t b = 0; b < pools[p].n_blocks; b++) {
				struct usage want = slow_count(&w, &pools[p].blocks[b].cidr);
				assert_same(&pools[p].blocks[b], &want);
			}
			if (pools[p].none)
				continue;
			struct usage want = slow_count(&w, &w.pools[p]);
			assert_same(&pools[p].sum, &want);
		}
		assert_int_equal(n_blocks, w.in.n_blocks);
		arena_done(&w.arena);
	}
}

static void test_huge(void **state)
{
	struct rng rng = { 1 };
	struct world w = { 0 };
	struct usage_pool *pools;
	w.pools[0] = parse("fd00::/64");
	w.in = (struct usage_input){ .n_pools = 1, .pools = w.pools, .blocks = w.blocks };
	add_block(&w, parse("fd00::/122"), &rng);
	add_block(&w, parse("fd01::/122"), &rng);
	assert_int_equal(usage_count(&w.in, &w.arena, &pools), 1); /* v6 outside: nowhere */
	assert_true(pools[0].sum.total == 0x1p63);
	assert_true(pools[0].sum.free == 0x1p63);
	assert_int_equal(pools[0].n_blocks, 1);
	arena_done(&w.arena);
}

static void test_nothing(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct usage_input in = { 0 };
	struct usage_pool *pools;
	assert_int_equal(usage_count(&in, &arena, &pools), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_counting),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
