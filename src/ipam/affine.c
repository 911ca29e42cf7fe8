/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "affine.h"

#include "base/clock.h"

struct holder holder_of(struct ipam_op *op, const char *host)
{
	const char *type = str_eq(host, IPAM_HOST_LOAD_BALANCER) ? "virtual" : "host";

	return (struct holder){ .op = op,
		.host = host,
		.affinity = arena_printf(&op->scratch, "%s:%s", type, host) };
}

struct block block_now(struct ipam_op *op, const struct block *b)
{
	struct block copy = block_copy(b, &op->scratch);

	block_collect(&copy, op->now_ns, op->config.cooldown_s);
	return copy;
}

/* ---- steps ---- */

static void put_state(struct ipam_op *op, const struct key *key, enum affinity_state state)
{
	struct affinity a = { .state = state };
	_cleanup_buf_ struct buf value = BUF_INIT;

	affinity_encode(&a, &value);
	op_put(op, key, &value);
}

static void put_as_is(struct ipam_op *op, const struct block *b)
{
	struct key key = key_block(&b->cidr);
	_cleanup_buf_ struct buf value = BUF_INIT;

	block_encode(b, &value);
	op_put(op, &key, &value);
}

void put_block(struct ipam_op *op, struct block *b)
{
	b->sequence++;
	put_as_is(op, b);
}

static bool is_state(struct view_object *o, enum affinity_state state)
{
	const struct affinity *a = view_affinity(o);

	return a && a->state == state;
}

/* Around the write of a block that makes it ours. */
static void claim(struct holder *h, struct view_object *affinity, struct block *b, bool fresh,
	const struct pool *pool)
{
	struct ipam_op *op = h->op;

	/* Also when it is pending: so nobody confirms it in the meantime because of another
	 * claim, and others see that this one is not checked yet. */
	put_state(op, &affinity->key, AFFINITY_PENDING);
	if (fresh)
		put_as_is(op, b);
	else
		put_block(op, b);
	op_check(op, &pool->object->key);
	put_state(op, &affinity->key, AFFINITY_CONFIRMED);
}

/* ---- hold ---- */

static enum held let_go(struct holder *h, struct view_object *affinity)
{
	if (affinity->there)
		op_delete(h->op, &affinity->key);
	return HELD_NOT;
}

bool holder_lists_blocks(struct holder *h, uint8_t family)
{
	struct key_range range = range_blocks(family);

	if (!op_list(h->op, &range))
		return false;
	if (!h->index) {
		h->index = arena_new(&h->op->scratch, struct block_index);
		*h->index = index_load(h->op, family);
	}
	return true;
}

static enum held hold_new(struct holder *h, struct view_object *affinity, const struct cidr *block,
	const struct pool *pool, struct block *ret)
{
	if (block->len != pool->block_len)
		return let_go(h, affinity);
	if (!holder_lists_blocks(h, block->addr.family))
		return HELD_READ;
	if (index_overlap(h->index, block))
		return let_go(h, affinity);
	*ret = block_new(block, h->affinity, h->op->now_ns, &h->op->scratch);
	claim(h, affinity, ret, true, pool);
	index_add(h->op, h->index, block);
	return HELD;
}

/* A block whose claim was not finished, or that nobody owns. One without addresses may have been
 * made too late for its pool, and others may not have seen it: it is used only if it is of the size
 * that the pool has now. */
static enum held hold_again(struct holder *h, struct view_object *affinity,
	struct view_object *object, const struct pool *pool, struct block *ret)
{
	const struct block *b = view_block(object);
	char time[CLOCK_TEXT_MAX];

	if (!holder_lists_blocks(h, b->cidr.addr.family))
		return HELD_READ;
	if (block_is_empty(b) &&
		(b->cidr.len != pool->block_len || index_overlap(h->index, &b->cidr))) {
		op_delete(h->op, &object->key);
		h->cleaned = true;
		return let_go(h, affinity);
	}
	*ret = block_copy(b, &h->op->scratch);
	if (!ret->affinity) {
		ret->affinity = h->affinity;
		ret->claim_time = arena_strdup(
			&h->op->scratch, clock_format_rfc3339(h->op->now_ns, time));
	}
	claim(h, affinity, ret, false, pool);
	block_collect(ret, h->op->now_ns, h->op->config.cooldown_s);
	return HELD;
}

static enum held hold_existing(struct holder *h, struct view_object *affinity,
	struct view_object *object, const struct pool *pool, struct block *ret)
{
	const struct block *b = view_block(object);

	if (!b) {
		op_warn_object(h->op, object);
		return HELD_MALFORMED;
	}
	if (!b->affinity && block_is_empty(b) && b->cidr.len == pool->block_len)
		return hold_again(h, affinity, object, pool, ret);
	if (!str_eq(b->affinity, h->affinity))
		return let_go(h, affinity);
	if (!affinity->there || !is_state(affinity, AFFINITY_CONFIRMED))
		return hold_again(h, affinity, object, pool, ret);
	*ret = block_now(h->op, b);
	return HELD;
}

enum held hold(struct holder *h, const struct cidr *block, const struct pool *pool,
	struct block *ret)
{
	struct key affinity_key = key_affinity(h->host, block), key = key_block(block);
	struct view_object *affinity = op_get(h->op, &affinity_key), *object = op_get(h->op, &key);

	if (!affinity || !object)
		return HELD_READ;
	return object->there ? hold_existing(h, affinity, object, pool, ret)
			     : hold_new(h, affinity, block, pool, ret);
}

/* ---- other hosts' blocks ---- */

enum held evict(struct holder *h, const struct cidr *block)
{
	struct key key = key_block(block), affinity_key;
	struct view_object *object = op_get(h->op, &key), *affinity = NULL;
	const struct block *b = object ? view_block(object) : NULL;
	const char *owner = b ? block_host(b) : NULL;
	struct block now;

	if (!object)
		return HELD_READ;
	if (!owner)
		return HELD_NOT;
	now = block_now(h->op, b);
	if (!block_is_empty(&now))
		return HELD_NOT;
	affinity_key = key_affinity(owner, block);
	affinity = op_get(h->op, &affinity_key);
	if (!affinity)
		return HELD_READ;
	if (affinity->there)
		put_state(h->op, &affinity->key, AFFINITY_PENDING_DELETION);
	op_delete(h->op, &key);
	if (affinity->there)
		op_delete(h->op, &affinity->key);
	return HELD;
}

enum held may_borrow(struct holder *h, const struct block *b)
{
	const char *owner = block_host(b);
	struct key key;
	struct view_object *affinity;

	if (!block_is_empty(b))
		return HELD;
	if (!owner && str_eq(b->affinity, AFFINITY_LOAD_BALANCER))
		owner = IPAM_HOST_LOAD_BALANCER;
	if (!owner)
		return HELD_NOT;
	key = key_affinity(owner, &b->cidr);
	affinity = op_get(h->op, &key);
	if (!affinity)
		return HELD_READ;
	return affinity->there && is_state(affinity, AFFINITY_CONFIRMED) ? HELD : HELD_NOT;
}

void check_confirmed(struct ipam_op *op, const struct block *b)
{
	const char *owner = block_host(b);
	struct key key;
	struct view_object *affinity;

	if (!owner && str_eq(b->affinity, AFFINITY_LOAD_BALANCER))
		owner = IPAM_HOST_LOAD_BALANCER;
	if (!owner)
		return;
	key = key_affinity(owner, &b->cidr);
	affinity = view_get(&op->view, &key);
	if (affinity && affinity->there && is_state(affinity, AFFINITY_CONFIRMED) &&
		!op_writes(op, &key))
		op_check(op, &key);
}

/* ---- give up ---- */

void disown(struct ipam_op *op, const struct block *b, const struct key *key)
{
	struct block copy;

	if (block_is_empty(b)) {
		op_delete(op, key);
		return;
	}
	copy = block_copy(b, &op->scratch);
	copy.affinity = NULL;
	copy.claim_time = NULL;
	put_block(op, &copy);
}

enum release_affinity release_affinity(struct ipam_op *op, const char *host,
	const struct cidr *block, bool empty_only, const struct block *b)
{
	struct key affinity_key = key_affinity(host, block), key = key_block(block);
	struct view_object *affinity = op_get(op, &affinity_key), *object = op_get(op, &key);
	struct holder h = holder_of(op, host);
	struct block now;

	if (!affinity || !object)
		return RELEASE_READ;
	if (!b && object->there) {
		b = view_block(object);
		if (!b)
			op_warn_object(op, object);
		if (!b)
			return RELEASE_NOT_EMPTY;
	}
	if (!affinity->there)
		return RELEASE_NOT_THERE;
	if (!b || !str_eq(b->affinity, h.affinity)) {
		op_delete(op, &affinity->key);
		return b ? RELEASE_CONFLICT : RELEASE_NOT_THERE;
	}
	now = block_now(op, b);
	if (empty_only && !block_is_empty(&now))
		return RELEASE_NOT_EMPTY;
	put_state(op, &affinity->key, AFFINITY_PENDING_DELETION);
	disown(op, &now, &key);
	op_delete(op, &affinity->key);
	return RELEASED_AFFINITY;
}
