/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: datamodel.md 6.7, whose steps have the numbers used here. */
#include "share.h"

#include <string.h>

#include "base/clock.h"

#define DEFAULT_BLOCKS_MAX 20
#define RECLAIM_AGE_NS     (60 * NSEC_PER_SEC)
#define READS_MAX          64 /* of other hosts' affinities at a time */

void share_message(struct share *s, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char **grown = arena_new_n(&s->op->scratch, const char *, s->n_messages + 1);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (s->n_messages)
		memcpy(grown, s->messages, s->n_messages * sizeof(*grown));
	grown[s->n_messages++] = arena_strdup(&s->op->scratch, buf_str(&text));
	s->messages = grown;
}

static const char *pools_text(struct share *s)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	pools_put(&s->pools, &text);
	return arena_strdup(&s->op->scratch, buf_str(&text));
}

/* ---- taking addresses out of a block ---- */

static void add_write(struct share *s, const struct block *b, struct cidr *addrs, size_t n)
{
	struct share_write *grown =
		arena_new_n(&s->op->scratch, struct share_write, s->n_writes + 1);

	if (s->n_writes)
		memcpy(grown, s->writes, s->n_writes * sizeof(*grown));
	grown[s->n_writes].block = arena_memdup(&s->op->scratch, b, sizeof(*b));
	grown[s->n_writes].addrs = addrs;
	grown[s->n_writes++].n = n;
	s->writes = grown;
	s->op->n_deferred++;
}

static void take(struct share *s, struct block *b)
{
	struct arena *arena = &s->op->scratch;
	struct block_attr attr = { .handle = s->args->handle, .secondary = s->args->attrs };
	size_t wanted = s->left < b->n_unallocated ? s->left : b->n_unallocated, n;
	uint32_t *ordinals = arena_new_n(arena, uint32_t, wanted);
	struct cidr *addrs = arena_new_n(arena, struct cidr, wanted);

	n = block_next_free(b, s->reserved, ordinals, wanted);
	for (size_t i = 0; i < n; i++) {
		addrs[i] = (struct cidr){ block_addr(b, ordinals[i]), b->cidr.len };
		block_allocate(b, ordinals[i], &attr, arena);
	}
	s->left -= n;
	if (!n)
		return;
	check_confirmed(s->op, b);
	add_write(s, b, addrs, n);
}

/* ---- 3 to 5: blocks that we have ---- */

/* Step 3: an empty block of a pool that no longer selects the node goes back. False: read first. */
static bool give_up_unselected(struct share *s, const struct cidr *block)
{
	const struct pool *p = pool_of(&s->all, block);
	struct err err;

	if (!p || !p->usable || !s->node || pool_selects_node(p, s->node, &err) != 0)
		return true;
	op_touch(s->op, block);
	return release_affinity(s->op, s->holder.host, block, true, NULL) != RELEASE_READ;
}

static bool use_affine_block(struct share *s, const struct cidr *block, const struct pool *p)
{
	struct block b;

	if (block_is_reserved(block, s->reserved))
		return true;
	op_touch(s->op, block);
	switch (hold(&s->holder, block, p, &b)) {
	case HELD:
		take(s, &b);
		return true;
	case HELD_READ:
		return false;
	case HELD_NOT:
		s->owned--;
		return true;
	case HELD_MALFORMED:
		s->malformed = arena_memdup(&s->op->scratch, block, sizeof(*block));
		return true;
	}
	return true;
}

static enum plan use_affine_blocks(struct share *s)
{
	struct key_range range = range_affinities(s->holder.host, s->family);
	struct view_object *o = NULL;
	bool known = true;

	while ((o = view_next(&s->op->view, &range, o)))
		s->owned += pool_of(&s->pools, &o->key.cidr) != NULL;
	while ((o = view_next(&s->op->view, &range, o))) {
		const struct pool *p = pool_of(&s->pools, &o->key.cidr);

		if (!op_has_room(s->op))
			break;
		if (!p)
			known &= give_up_unselected(s, &o->key.cidr);
		else if (s->left)
			known &= use_affine_block(s, &o->key.cidr, p);
	}
	return known ? PLAN_LAST : PLAN_READ;
}

/* ---- 6: a new block ---- */

static int64_t block_limit(const struct share *s)
{
	int64_t all = s->op->config.max_blocks_per_host, own = s->args->max_blocks;

	if (own <= 0 && all == 0)
		return DEFAULT_BLOCKS_MAX;
	if (own > 0 && (all <= 0 || own < all))
		return own;
	return all < 0 ? INT64_MAX : all;
}

static enum plan refuse_new_block(struct share *s)
{
	char text[CIDR_TEXT_MAX];

	if (s->owned >= s->limit) {
		share_message(s,
			"Need to allocate an IPAM block but could not - limit of %lld blocks "
			"reached for this node",
			(long long)s->limit);
		op_detail(s->op, "host %s has %lld blocks in pools %s, the limit is %lld",
			s->holder.host, (long long)s->owned, pools_text(s), (long long)s->limit);
		return op_fail(s->op, IPAM_E_LIMIT,
			"cannot allocate new block due to per host block limit");
	}
	if (!s->op->config.auto_allocate_blocks)
		op_detail(s->op,
			"host %s has %lld blocks in pools %s, all of them full, and the IPAM "
			"configuration does not allow new ones (auto_allocate_blocks)",
			s->holder.host, (long long)s->owned, pools_text(s));
	else
		op_detail(s->op,
			"block %s of host %s is malformed; it must be repaired or deleted before "
			"the host gets another one",
			cidr_format(s->malformed, text), s->holder.host);
	return op_fail(s->op, IPAM_E_NO_BLOCK, "failed to find or claim a block");
}

static bool may_have_new_block(const struct share *s)
{
	return s->owned < s->limit && s->op->config.auto_allocate_blocks && !s->malformed;
}

/* Worth a closer look: a block of ours without an affinity, or nobody's. */
static bool may_be_ours(struct share *s, const struct cidr *block)
{
	struct key key = key_block(block), affinity_key = key_affinity(s->holder.host, block);
	struct view_object *o = op_get(s->op, &key), *affinity = op_get(s->op, &affinity_key);

	if (!o || !o->there || !affinity || affinity->there)
		return false;
	return memmem(o->value, o->len, s->holder.affinity, strlen(s->holder.affinity)) ||
	       memmem(o->value, o->len, "\"affinity\":null", 15);
}

static enum held try_candidate(struct share *s, const struct cidr *block, const struct pool *p)
{
	struct block b;
	enum held held;

	if (index_has(s->holder.index, block) && !may_be_ours(s, block))
		return HELD_NOT;
	held = hold(&s->holder, block, p, &b);
	if (held == HELD) {
		op_touch(s->op, block);
		s->owned++;
		take(s, &b);
	}
	return held;
}

static enum plan claim_in_pool(struct share *s, const struct pool *p)
{
	struct walk w = walk_begin(p, s->holder.host);
	struct cidr block;

	while (s->left && walk_next(&w, s->holder.index, s->reserved, &block)) {
		if (!may_have_new_block(s))
			return refuse_new_block(s);
		if (!op_has_room(s->op))
			return PLAN_AGAIN;
		if (try_candidate(s, &block, p) == HELD_READ)
			return PLAN_READ;
	}
	return PLAN_LAST;
}

static bool is_old(const struct block *b, uint64_t now_ns)
{
	uint64_t claimed_ns;

	return !b->claim_time || clock_parse_rfc3339(b->claim_time, &claimed_ns) < 0 ||
	       claimed_ns + RECLAIM_AGE_NS <= now_ns;
}

/* Of any size: one that the pool no longer has is in the way of those that it has. */
static bool may_reclaim(struct share *s, const struct cidr *block)
{
	struct key key = key_block(block);
	struct view_object *o = op_get(s->op, &key);
	const struct block *b = o ? view_block(o) : NULL;

	return b && block_host(b) &&
	       !str_eq(b->affinity, s->holder.affinity) && is_old(b, s->op->now_ns) &&
	       !block_is_reserved(block, s->reserved);
}

/* Deletes one empty block of another host; it is claimed when the plan is made again. */
static enum plan reclaim(struct share *s)
{
	struct cidr block;

	for (size_t i = 0; i < s->pools.n; i++) {
		struct walk w = walk_begin(&s->pools.v[i], s->holder.host);
		size_t pos = 0;

		while (walk_existing(&w, s->holder.index, &pos, &block)) {
			enum held held = may_reclaim(s, &block) ? evict(&s->holder, &block)
								: HELD_NOT;

			if (held == HELD_READ)
				return PLAN_READ;
			if (held == HELD)
				return PLAN_AGAIN;
		}
	}
	return PLAN_LAST;
}

static enum plan claim_blocks(struct share *s)
{
	enum plan plan = PLAN_LAST;

	if (!may_have_new_block(s))
		return refuse_new_block(s);
	if (!holder_lists_blocks(&s->holder, s->family))
		return PLAN_READ;
	for (size_t i = 0; s->left && plan == PLAN_LAST && i < s->pools.n; i++)
		plan = claim_in_pool(s, &s->pools.v[i]);
	if (plan != PLAN_LAST || !s->left)
		return plan;
	return may_have_new_block(s) ? reclaim(s) : refuse_new_block(s);
}

/* ---- 7: other hosts' blocks ---- */

static bool borrow_from(struct share *s, const struct cidr *block)
{
	struct key key = key_block(block);
	struct view_object *o = op_get(s->op, &key);
	const struct block *b = o ? view_block(o) : NULL;
	uint32_t ordinal;
	struct block now;

	if (o && !b)
		op_warn_object(s->op, o);
	if (!b || str_eq(b->affinity, s->holder.affinity))
		return true;
	now = block_now(s->op, b);
	if (!block_next_free(&now, s->reserved, &ordinal, 1))
		return true;
	switch (may_borrow(&s->holder, b)) {
	case HELD:
		take(s, &now);
		return true;
	case HELD_READ:
		return false;
	case HELD_NOT:
	case HELD_MALFORMED:
		break;
	}
	return true;
}

static enum plan borrow(struct share *s)
{
	bool known = true;
	struct cidr block;

	for (size_t i = 0; i < s->pools.n; i++) {
		struct walk w = walk_begin(&s->pools.v[i], s->holder.host);
		size_t pos = 0;

		while (s->left && op_has_room(s->op) && s->op->n_keys < READS_MAX &&
			walk_existing(&w, s->holder.index, &pos, &block))
			known &= borrow_from(s, &block);
	}
	if (!known)
		return PLAN_READ;
	return s->left && !op_has_room(s->op) ? PLAN_AGAIN : PLAN_LAST;
}

/* ---- all of it ---- */

static int select_pools(struct share *s)
{
	struct pool_request request = {
		.family = s->family,
		.host = s->holder.host,
		.use = s->args->use,
		.ns_labels = s->args->ns_labels,
		.wanted = s->wanted_pools,
		.node = s->node,
	};

	return pools_select(s->op, &s->all, &request, &s->pools);
}

static void say_exhausted(struct share *s)
{
	if (s->op->config.strict_affinity)
		share_message(s, "No more free affine blocks and strict affinity enabled");
	else
		share_message(s, "No IPs available in pools: %s", pools_text(s));
	op_detail(s->op,
		"pools %s have no %s for host %s, which has %lld blocks of at most %lld",
		pools_text(s),
		s->op->config.strict_affinity ? "unclaimed block" : "free address",
		s->holder.host, (long long)s->owned, (long long)s->limit);
}

enum plan share_plan(struct share *s)
{
	enum plan plan;

	if (select_pools(s) < 0)
		return PLAN_DONE;
	s->limit = block_limit(s);
	plan = use_affine_blocks(s);
	if (plan == PLAN_LAST && s->left && !op_has_room(s->op))
		plan = PLAN_AGAIN;
	if (plan == PLAN_LAST && s->left)
		plan = claim_blocks(s);
	if (plan == PLAN_LAST && s->left && !s->op->config.strict_affinity)
		plan = borrow(s);
	if (plan != PLAN_READ && s->left && s->holder.cleaned)
		return PLAN_AGAIN;
	if (plan == PLAN_LAST && s->left)
		say_exhausted(s);
	return plan;
}
