/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How full the pools are. Source: datamodel.md 6.12. */
#include <string.h>

#include "pool.h"
#include "span.h"

struct usage {
	struct ipam_op op;
	struct ipam_usage_list result;
};

static uint64_t saturated(u128 n)
{
	return n > INT64_MAX ? INT64_MAX : (uint64_t)n;
}

static u128 size_of(const struct cidr *c)
{
	unsigned bits = host_bits(c);

	return bits >= 127 ? (u128)1 << 127 : (u128)1 << bits;
}

/* Addresses of `in` that reservations cover; each once, though reservations may nest. */
static u128 reserved_in(const struct cidr *in, struct cidr_list reserved)
{
	u128 n = 0;

	for (size_t i = 0; i < reserved.n; i++) {
		bool inside = false;

		if (cidr_covers(&reserved.v[i], in))
			return size_of(in);
		for (size_t k = 0; k < reserved.n; k++)
			inside |= k != i && cidr_covers(&reserved.v[k], &reserved.v[i]) &&
				  (k < i || !cidr_eq(&reserved.v[k], &reserved.v[i]));
		if (!inside && cidr_covers(in, &reserved.v[i]))
			n += size_of(&reserved.v[i]);
	}
	return n;
}

static size_t free_unreserved(const struct block *b, struct cidr_list reserved)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_unallocated; i++) {
		struct addr a = block_addr(b, b->unallocated[i]);

		n += !addr_is_reserved(reserved, &a);
	}
	return n;
}

static struct ipam_usage block_usage(
	struct ipam_op *op, struct view_object *o, struct cidr_list reserved)
{
	const struct block *b = view_block(o);
	struct ipam_usage u = { .cidr = o->key.cidr,
		.total = block_size(&o->key.cidr),
		.reserved = saturated(reserved_in(&o->key.cidr, reserved)) };

	if (!b) { /* nothing of it can be given out */
		op_warn_object(op, o);
		u.in_use = u.total;
		return u;
	}
	u.in_use = b->n_allocations - b->n_unallocated;
	u.free = free_unreserved(b, reserved);
	return u;
}

/* Room for 1, 2, 4, ... blocks: it is full at each power of two. */
static void add_block(struct ipam_op *op, struct ipam_usage *pool, const struct ipam_usage *u)
{
	size_t n = pool->n_blocks;

	if ((n & (n - 1)) == 0) {
		struct ipam_usage *grown =
			arena_new_n(&op->scratch, struct ipam_usage, n ? 2 * n : 1);

		if (n)
			memcpy(grown, pool->blocks, n * sizeof(*grown));
		pool->blocks = grown;
	}
	pool->blocks[pool->n_blocks++] = *u;
}

static bool overlaps_any(const struct pool_list *pools, const struct cidr *block)
{
	for (size_t i = 0; i < pools->n; i++)
		if (cidr_overlaps(&pools->v[i].cidr, block))
			return true;
	return false;
}

static struct ipam_usage pool_usage(
	struct ipam_op *op, const struct pool *p, struct cidr_list reserved)
{
	struct key_range range = range_blocks(p->cidr.addr.family);
	struct view_object *o = NULL;
	u128 in_blocks = 0, reserved_in_blocks = 0, free = 0, outside;
	u128 all_reserved = reserved_in(&p->cidr, reserved);
	struct ipam_usage u = { .pool = p->name,
		.cidr = p->cidr,
		.total = saturated(size_of(&p->cidr)),
		.reserved = saturated(all_reserved) };

	while ((o = view_next(&op->view, &range, o))) {
		struct ipam_usage b;

		if (!cidr_overlaps(&p->cidr, &o->key.cidr))
			continue;
		b = block_usage(op, o, reserved);
		add_block(op, &u, &b);
		in_blocks += b.total;
		reserved_in_blocks += b.reserved;
		free += b.free;
		u.in_use += b.in_use;
	}
	outside = size_of(&p->cidr) > in_blocks ? size_of(&p->cidr) - in_blocks : 0;
	all_reserved = all_reserved > reserved_in_blocks ? all_reserved - reserved_in_blocks : 0;
	free += outside > all_reserved ? outside - all_reserved : 0;
	u.free = saturated(free);
	return u;
}

/* IPv4 blocks that are in no pool; such IPv6 blocks appear nowhere. */
static struct ipam_usage stray_usage(
	struct ipam_op *op, const struct pool_list *pools, struct cidr_list reserved)
{
	struct key_range range = range_blocks(4);
	struct view_object *o = NULL;
	struct ipam_usage u = { .cidr.addr.family = 4 };

	while ((o = view_next(&op->view, &range, o))) {
		struct ipam_usage b;

		if (overlaps_any(pools, &o->key.cidr))
			continue;
		b = block_usage(op, o, reserved);
		add_block(op, &u, &b);
	}
	return u;
}

static enum plan plan_usage(struct ipam_op *op)
{
	struct usage *s = (struct usage *)op;
	struct key_range pools_range = range_resources(KIND_IP_POOL);
	struct key_range reservations = range_resources(KIND_IP_RESERVATION);
	struct key_range v4 = range_blocks(4), v6 = range_blocks(6);
	struct pool_list pools;
	struct cidr_list reserved;
	struct ipam_usage *v;
	size_t n = 0;

	op_list(op, &pools_range);
	op_list(op, &reservations);
	op_list(op, &v4);
	op_list(op, &v6);
	if (op_wants(op))
		return PLAN_READ;
	pools = pools_load(op);
	reserved = reservations_load(op);
	v = arena_new_n(&op->scratch, struct ipam_usage, pools.n + 1);
	for (; n < pools.n; n++)
		v[n] = pool_usage(op, &pools.v[n], reserved);
	v[n] = stray_usage(op, &pools, reserved);
	s->result = (struct ipam_usage_list){ n + (v[n].n_blocks > 0), v };
	return PLAN_DONE;
}

struct ipam_op *ipam_usage_new(void)
{
	static const struct op_type type = { plan_usage, sizeof(struct usage) };

	return op_new(&type);
}

struct ipam_usage_list ipam_usage(const struct ipam_op *op)
{
	return ((const struct usage *)op)->result;
}
