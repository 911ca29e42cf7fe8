/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release of all that a handle has. */
#include <string.h>

#include "affine.h"
#include "release.h"

struct release_handle {
	struct ipam_op op;
	const char *handle, *host;
	struct cidr_list hints;
};

static struct release_handle *self(const struct ipam_op *op)
{
	return (struct release_handle *)op;
}

/* 1, 0: something must be read first; -1 after op_fail(). */
static int read_first(struct release_handle *s)
{
	struct key handle = key_handle(s->handle), node = key_resource(KIND_NODE, NULL, s->host);
	struct key_range pools = range_resources(KIND_IP_POOL);
	int r = op_config(&s->op);

	op_get(&s->op, &handle);
	op_list(&s->op, &pools);
	if (s->host)
		op_get(&s->op, &node);
	for (size_t i = 0; i < s->hints.n; i++) {
		struct key block = key_block(&s->hints.v[i]);

		op_get(&s->op, &block);
	}
	return r < 0 ? r : !op_wants(&s->op);
}

/* The hints that were right, for the next time. */
static void keep_hints(struct release_handle *s)
{
	for (size_t i = 0; i < s->hints.n; i++) {
		struct key key = key_block(&s->hints.v[i]);
		struct view_object *o = op_get(&s->op, &key);

		if (o && o->there)
			op_touch(&s->op, &s->hints.v[i]);
	}
}

/* Its count goes as a whole, also where the block has none of its addresses: such a count is what a
 * crash left. A block that cannot be read keeps it. False: read first. */
static bool release_block(struct release_handle *s, struct release *r, const struct cidr *block)
{
	struct key key = key_block(block);
	struct view_object *o = op_get(&s->op, &key);
	struct block b;
	uint32_t *ordinals;
	size_t n = 0;

	if (!o)
		return false;
	if (o->there && !view_block(o)) {
		op_warn_object(&s->op, o);
		return true;
	}
	release_owe(r, s->handle, block, 0, true);
	if (!o->there)
		return true;
	op_touch(&s->op, block);
	b = block_now(&s->op, view_block(o));
	ordinals = arena_new_n(&s->op.scratch, uint32_t, b.n_allocations);
	for (uint32_t i = 0; i < b.n_allocations; i++)
		if (block_has_handle(&b, i, s->handle))
			ordinals[n++] = i;
	if (n)
		release_ordinals(r, &b, ordinals, n, true);
	return true;
}

static enum plan release_blocks(struct release_handle *s, const struct handle *h)
{
	struct release r = { .op = &s->op };
	bool known = true, all = true;
	enum plan plan;
	struct cidr block;

	for (size_t i = 0; i < h->n; i++) {
		if (!op_has_room(&s->op)) {
			all = false;
			break;
		}
		if (cidr_parse(h->counts[i].block, &block) < 0)
			op_warn(&s->op, "IPAMHandleKey(id=%s): %s is no block", s->handle,
				h->counts[i].block);
		else
			known &= release_block(s, &r, &block);
	}
	if (!known)
		return PLAN_READ;
	plan = release_finish(&r);
	return plan == PLAN_LAST && !all ? PLAN_AGAIN : plan;
}

static enum plan plan_release_handle(struct ipam_op *op)
{
	struct release_handle *s = self(op);
	struct key key = key_handle(s->handle);
	struct view_object *o;
	int r = read_first(s);

	if (r <= 0)
		return r < 0 ? PLAN_DONE : PLAN_READ;
	keep_hints(s);
	o = op_get(op, &key);
	if (check_handle(op, s->handle) < 0)
		return PLAN_DONE;
	if (o->there)
		return release_blocks(s, view_handle(o));
	if (op->released.n)
		return PLAN_DONE;
	return op_fail(op, IPAM_E_NOT_FOUND,
		"resource does not exist: IPAMHandleKey(id=%s) with error: <nil>", s->handle);
}

struct ipam_op *ipam_release_handle_new(
	const char *handle, const char *host, struct cidr_list hints)
{
	static const struct op_type type = { plan_release_handle, sizeof(struct release_handle) };
	struct ipam_op *op = op_new(&type);

	self(op)->handle = arena_strdup(&op->args, handle);
	self(op)->host = arena_strdup(&op->args, host);
	self(op)->hints = cidr_list_copy(hints, &op->args);
	return op;
}

struct addr_list ipam_released(const struct ipam_op *op)
{
	struct addr *v = arena_new_n(&((struct ipam_op *)op)->args, struct addr, op->released.n);

	for (size_t i = 0; i < op->released.n; i++)
		v[i] = op->released.v[i].addr;
	return (struct addr_list){ op->released.n, v };
}
