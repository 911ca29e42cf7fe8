/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release.h"

#include <string.h>

#include "affine.h"

/* ---- blocks ---- */

/* The handle's name as its key has it. */
static const char *handle_name(struct ipam_op *op, const char *stored)
{
	return arena_strndup(&op->scratch, stored, strcspn(stored, "\r"));
}

void release_owe(struct release *r, const char *handle, const struct cidr *block, int64_t by,
	bool all)
{
	struct debt *grown;

	for (size_t i = 0; i < r->n_debts; i++)
		if (str_eq(r->debts[i].handle, handle) && cidr_eq(&r->debts[i].block, block)) {
			r->debts[i].by += by;
			r->debts[i].all |= all;
			return;
		}
	grown = arena_new_n(&r->op->scratch, struct debt, r->n_debts + 1);
	if (r->n_debts)
		memcpy(grown, r->debts, r->n_debts * sizeof(*grown));
	grown[r->n_debts++] = (struct debt){ handle, *block, by, all };
	r->debts = grown;
}

static void keep_block(struct release *r, const struct block *b)
{
	struct block *grown = arena_new_n(&r->op->scratch, struct block, r->n_blocks + 1);

	if (r->n_blocks)
		memcpy(grown, r->blocks, r->n_blocks * sizeof(*grown));
	grown[r->n_blocks++] = *b;
	r->blocks = grown;
}

static struct op_step *write_or_delete(struct ipam_op *op, struct block *b)
{
	struct key key = key_block(&b->cidr);

	if (!b->affinity && block_is_empty(b))
		return op_delete(op, &key);
	put_block(op, b);
	return &op->steps[op->n_steps - 1];
}

/* The handles of the ordinals, one entry each. */
static struct debt *owners(struct release *r, const struct block *b, const uint32_t *ordinals,
	size_t n, size_t *ret_n)
{
	struct debt *v = arena_new_n(&r->op->scratch, struct debt, n);

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct block_attr *a = block_attr_of(b, ordinals[i]);

		if (a && a->handle)
			v[(*ret_n)++] = (struct debt){ handle_name(r->op, a->handle), b->cidr, 1,
				false };
	}
	return v;
}

void release_ordinals(struct release *r, struct block *b, const uint32_t *ordinals, size_t n,
	bool keep_sequence)
{
	struct ipam_op *op = r->op;
	struct cidr *addrs = arena_new_n(&op->scratch, struct cidr, n);
	size_t n_owners;
	struct debt *owed = owners(r, b, ordinals, n, &n_owners);
	struct op_step *step;

	for (size_t i = 0; i < n; i++) {
		struct addr a = block_addr(b, ordinals[i]);

		addrs[i] = cidr_host(&a);
	}
	block_release(b, ordinals, n, keep_sequence, op->now_ns, op->config.cooldown_s,
		&op->scratch);
	step = write_or_delete(op, b);
	step->to = &op->released;
	step->addrs = addrs;
	step->n_addrs = n;
	for (size_t i = 0; i < n_owners; i++) {
		op_step_changes(op, step, owed[i].handle, &b->cidr, 1);
		release_owe(r, owed[i].handle, &b->cidr, 1, false);
	}
	keep_block(r, b);
}

/* ---- handles ---- */

static void pay_handle(struct release *r, struct view_object *o, const char *name)
{
	const struct handle *now = view_handle(o);
	struct handle h = { .deleted = now->deleted };
	_cleanup_buf_ struct buf value = BUF_INIT;
	struct key key = key_handle(name);
	char text[CIDR_TEXT_MAX];
	struct op_step *step;

	for (size_t i = 0; i < now->n; i++)
		handle_add(&h, &r->op->scratch, now->counts[i].block, now->counts[i].count);
	for (size_t i = 0; i < r->n_debts; i++) {
		const struct debt *d = &r->debts[i];

		if (!str_eq(d->handle, name))
			continue;
		cidr_format(&d->block, text);
		handle_add(&h, &r->op->scratch, text, d->all ? -handle_count(&h, text) : -d->by);
	}
	handle_encode(&h, &value);
	step = h.n ? op_put(r->op, &key, &value) : op_delete(r->op, &key);
	for (size_t i = 0; i < r->n_debts; i++)
		if (str_eq(r->debts[i].handle, name))
			op_step_changes(
				r->op, step, name, &r->debts[i].block, -r->debts[i].by);
}

/* A handle that is missing or that cannot be read is left alone. */
static bool pay(struct release *r)
{
	bool known = true;

	for (size_t i = 0; i < r->n_debts; i++) {
		struct key key = key_handle(r->debts[i].handle);
		struct view_object *o = op_get(r->op, &key);
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first &= !str_eq(r->debts[k].handle, r->debts[i].handle);
		known &= o != NULL;
		if (o && first && view_handle(o))
			pay_handle(r, o, r->debts[i].handle);
	}
	return known;
}

/* ---- affinities ---- */

static bool give_up_if_unselected(
	struct release *r, const struct pool_list *pools, const struct block *b)
{
	const struct pool *p = pool_of(pools, &b->cidr);
	const char *host = block_host(b);
	struct key key = key_resource(KIND_NODE, NULL, host);
	struct view_object *node;
	struct err err;

	if (!p || !host || !block_is_empty(b) || str_empty(p->spec->node_selector))
		return true;
	node = op_get(r->op, &key);
	if (!node)
		return false;
	if (!view_resource(node) || pool_selects_node(p, view_resource(node), &err) != 0)
		return true;
	return release_affinity(r->op, host, &b->cidr, true, b) != RELEASE_READ;
}

enum plan release_finish(struct release *r)
{
	struct key_range range = range_resources(KIND_IP_POOL);
	bool known = pay(r);
	struct pool_list pools;

	if (!op_list(r->op, &range))
		return PLAN_READ;
	pools = pools_load(r->op);
	for (size_t i = 0; i < r->n_blocks; i++)
		known &= give_up_if_unselected(r, &pools, &r->blocks[i]);
	return known ? PLAN_LAST : PLAN_READ;
}

/* ---- what this operation gave ---- */

static size_t ordinals_in(struct cidr_list list, const struct block *b, const char *handle,
	uint32_t *ordinals)
{
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		uint32_t o;

		if (!block_ordinal(&b->cidr, &list.v[i].addr, &o))
			continue;
		if (handle ? block_has_handle(b, o, handle) : block_attr_of(b, o) != NULL)
			ordinals[n++] = o;
	}
	return n;
}

static bool take_back_block(
	struct release *r, struct cidr_list list, const struct cidr *block, const char *handle)
{
	struct key key = key_block(block);
	struct view_object *o = op_get(r->op, &key);
	const struct block *b = o ? view_block(o) : NULL;
	uint32_t *ordinals = arena_new_n(&r->op->scratch, uint32_t, list.n);
	struct block now;
	size_t n;

	if (!b)
		return o != NULL;
	now = block_now(r->op, b);
	n = ordinals_in(list, &now, handle, ordinals);
	if (n)
		release_ordinals(r, &now, ordinals, n, false);
	return true;
}

static bool seen_before(struct cidr_list list, size_t i, const struct cidr *block)
{
	while (i-- > 0)
		if (cidr_has(block, &list.v[i].addr))
			return true;
	return false;
}

enum plan take_back(struct ipam_op *op, const struct cidr_list *lists, size_t n, const char *handle)
{
	struct release r = { .op = op };
	bool known = op_config(op) > 0;
	enum plan plan;

	for (size_t l = 0; l < n; l++)
		for (size_t i = 0; i < lists[l].n && op_has_room(op); i++) {
			struct cidr block = cidr_mask(&lists[l].v[i]);

			if (!seen_before(lists[l], i, &block))
				known &= take_back_block(&r, lists[l], &block, handle);
		}
	if (!known)
		return PLAN_READ;
	plan = release_finish(&r);
	return plan == PLAN_LAST && !op_has_room(op) ? PLAN_AGAIN : plan;
}

/* ---- the addresses of a handle ---- */

int check_handle(struct ipam_op *op, const char *handle)
{
	struct key key = key_handle(handle);
	struct view_object *o = handle ? op_get(op, &key) : NULL;

	if (!o || !o->there || view_handle(o))
		return 0;
	op_fail(op, IPAM_E_INVALID, "IPAMHandleKey(id=%s) cannot be read: %s", handle, o->err.msg);
	return -1;
}

static void add_addrs(struct ipam_op *op, const struct block *b, const char *handle,
	struct cidr_list *ret)
{
	struct cidr *grown = arena_new_n(&op->scratch, struct cidr, ret->n + b->n_allocations);

	if (ret->n)
		memcpy(grown, ret->v, ret->n * sizeof(*grown));
	ret->v = grown;
	for (uint32_t o = 0; o < b->n_allocations; o++)
		if (block_has_handle(b, o, handle)) {
			struct addr a = block_addr(b, o);

			grown[ret->n++] = cidr_host(&a);
		}
}

bool handle_addrs(struct ipam_op *op, const char *handle, uint8_t family, struct cidr_list *ret)
{
	struct key key = key_handle(handle);
	struct view_object *o = op_get(op, &key);
	const struct handle *h = o ? view_handle(o) : NULL;
	bool known = o != NULL;

	*ret = (struct cidr_list){ 0 };
	for (size_t i = 0; h && i < h->n; i++) {
		struct cidr cidr;
		struct key block_key;
		struct view_object *block;

		if (cidr_parse(h->counts[i].block, &cidr) < 0 ||
			(family && cidr.addr.family != family))
			continue;
		block_key = key_block(&cidr);
		block = op_get(op, &block_key);
		known &= block != NULL;
		if (block && view_block(block))
			add_addrs(op, view_block(block), handle, ret);
	}
	return known;
}
