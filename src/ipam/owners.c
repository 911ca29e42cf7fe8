/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two owners of an address. Source: datamodel.md 6.13. */
#include <string.h>

#include "affine.h"
#include "locate.h"
#include "release.h"

static bool is_owner(const struct text_map *attrs, const char *ns, const char *pod)
{
	const char *its_pod = text_map_get(attrs, "pod");
	const char *its_ns = text_map_get(attrs, "namespace");

	return its_pod && its_ns && str_eq(its_pod, pod) && str_eq(its_ns, ns);
}

static bool fits(const struct ipam_slot *slot, const struct text_map *now)
{
	if (slot->change == SLOT_KEEP || slot->expect == SLOT_ANY)
		return true;
	return slot->expect == SLOT_EMPTY ? now->n == 0 : is_owner(now, slot->ns, slot->pod);
}

static void change(const struct ipam_slot *slot, struct text_map *now)
{
	if (slot->change == SLOT_SET)
		*now = slot->attrs;
	else if (slot->change == SLOT_CLEAR)
		*now = (struct text_map){ 0 };
}

/* ---- set ---- */

struct set_owners {
	struct ipam_op op;
	struct addr addr;
	const char *handle;
	struct ipam_slot active, alternate;
};

static const char *addr_text(struct ipam_op *op, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return arena_strdup(&op->scratch, addr_format(addr, text));
}

static enum plan write_owners(struct set_owners *s, const struct block *now)
{
	struct block b = block_copy(now, &s->op.scratch);
	const char *addr = addr_text(&s->op, &s->addr);
	struct block_attr *a;
	uint32_t ordinal;

	if (!block_ordinal(&b.cidr, &s->addr, &ordinal) || !block_attr_of(&b, ordinal))
		return op_fail(&s->op, IPAM_E_NOT_FOUND,
			"resource does not exist: %s with error: IP is unassigned", addr);
	if (!block_has_handle(&b, ordinal, s->handle))
		return op_fail(&s->op, IPAM_E_CONFLICT, "IP %s is not assigned to handle %s", addr,
			s->handle);
	a = &b.attrs[b.allocations[ordinal]];
	if (!fits(&s->active, &a->secondary) || !fits(&s->alternate, &a->alternate))
		return op_fail(&s->op, IPAM_E_CONFLICT, "update conflict: %s", addr);
	change(&s->active, &a->secondary);
	change(&s->alternate, &a->alternate);
	put_block(&s->op, &b);
	return PLAN_LAST;
}

static enum plan plan_set_owners(struct ipam_op *op)
{
	struct set_owners *s = (struct set_owners *)op;
	struct key_range range = range_resources(KIND_IP_POOL);
	struct block_index *indexes[2] = { 0 };
	struct cidr host = cidr_host(&s->addr), block = { 0 };
	struct pool_list pools;
	enum located l;
	struct key key;
	struct view_object *o;

	if (!op_list(op, &range))
		return PLAN_READ;
	pools = pools_load(op);
	if (!pool_of(&pools, &host))
		return op_fail(op, IPAM_E_NO_POOL,
			"the provided IP address %s is not in a configured pool",
			addr_text(op, &s->addr));
	l = locate(op, &pools, indexes, &s->addr, true, &block);
	if (l == LOCATE_READ)
		return PLAN_READ;
	key = key_block(&block);
	o = l == LOCATED ? op_get(op, &key) : NULL;
	if (l == LOCATED && !o)
		return PLAN_READ;
	if (o && !view_block(o))
		op_warn_object(op, o);
	if (!o || !view_block(o))
		return op_fail(op, IPAM_E_NOT_FOUND,
			"resource does not exist: %s with error: IP is unassigned",
			addr_text(op, &s->addr));
	return write_owners(s, view_block(o));
}

static struct ipam_slot slot_copy(const struct ipam_slot *slot, struct arena *arena)
{
	struct ipam_slot copy = { 0 };

	if (!slot)
		return copy;
	copy = *slot;
	copy.attrs = text_map_copy(&slot->attrs, arena);
	copy.ns = arena_strdup(arena, slot->ns);
	copy.pod = arena_strdup(arena, slot->pod);
	return copy;
}

struct ipam_op *ipam_set_owners_new(const struct addr *addr, const char *handle,
	const struct ipam_slot *active, const struct ipam_slot *alternate)
{
	static const struct op_type type = { plan_set_owners, sizeof(struct set_owners) };
	struct ipam_op *op = op_new(&type);
	struct set_owners *s = (struct set_owners *)op;

	s->addr = *addr;
	s->handle = arena_strdup(&op->args, handle);
	s->active = slot_copy(active, &op->args);
	s->alternate = slot_copy(alternate, &op->args);
	return op;
}

/* ---- promote ---- */

struct promote {
	struct ipam_op op;
	const char *handle, *ns, *pod;
};

static int swap(struct promote *s, struct block *b, uint32_t ordinal)
{
	struct block_attr *a = &b->attrs[b->allocations[ordinal]];
	struct addr addr = block_addr(b, ordinal);
	struct text_map active = a->secondary;

	if (is_owner(&a->secondary, s->ns, s->pod))
		return 0;
	if (!is_owner(&a->alternate, s->ns, s->pod)) {
		op_fail(&s->op, IPAM_E_NOT_FOUND,
			a->alternate.n ? "AlternateOwnerAttrs doesn't match expected target owner: "
					 "%s"
				       : "AlternateOwnerAttrs is empty for IP %s",
			addr_text(&s->op, &addr));
		return -1;
	}
	a->secondary = a->alternate;
	a->alternate = active;
	return 1;
}

/* An attribute that several addresses share changes once: then its owner is the pod. */
static enum plan promote_block(struct promote *s, const struct block *now)
{
	struct block b = block_copy(now, &s->op.scratch);
	bool changed = false;

	for (uint32_t o = 0; o < b.n_allocations; o++) {
		int r = block_has_handle(&b, o, s->handle) ? swap(s, &b, o) : 0;

		if (r < 0)
			return PLAN_DONE;
		changed |= r > 0;
	}
	if (changed)
		put_block(&s->op, &b);
	return PLAN_LAST;
}

static enum plan promote_all(struct promote *s, const struct handle *h)
{
	bool known = true, room = true;

	for (size_t i = 0; i < h->n && (room = op_has_room(&s->op)); i++) {
		struct cidr cidr;
		struct key key;
		struct view_object *o;

		if (cidr_parse(h->counts[i].block, &cidr) < 0)
			continue;
		key = key_block(&cidr);
		o = op_get(&s->op, &key);
		known &= o != NULL;
		if (o && view_block(o) && promote_block(s, view_block(o)) == PLAN_DONE)
			return PLAN_DONE;
	}
	if (!known)
		return PLAN_READ;
	return room ? PLAN_LAST : PLAN_AGAIN;
}

static enum plan plan_promote(struct ipam_op *op)
{
	struct promote *s = (struct promote *)op;
	struct key key = key_handle(s->handle);
	struct view_object *o = op_get(op, &key);

	if (!o)
		return PLAN_READ;
	if (check_handle(op, s->handle) < 0)
		return PLAN_DONE;
	if (!o->there)
		return op_fail(op, IPAM_E_NOT_FOUND,
			"resource does not exist: IPAMHandleKey(id=%s) with error: <nil>",
			s->handle);
	return promote_all(s, view_handle(o));
}

struct ipam_op *ipam_promote_new(const char *handle, const char *ns, const char *pod)
{
	static const struct op_type type = { plan_promote, sizeof(struct promote) };
	struct ipam_op *op = op_new(&type);
	struct promote *s = (struct promote *)op;

	s->handle = arena_strdup(&op->args, handle);
	s->ns = arena_strdup(&op->args, ns);
	s->pod = arena_strdup(&op->args, pod);
	return op;
}
