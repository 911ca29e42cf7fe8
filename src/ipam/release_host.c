/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Affinities given up: of a host, of a pool, of a prefix. Source: datamodel.md 6.10. */
#include "affine.h"

enum scope { SCOPE_HOST, SCOPE_POOL, SCOPE_CIDR };

struct release_host {
	struct ipam_op op;
	enum scope scope;
	const char *host;
	struct cidr cidr;
	bool empty_only;
};

static struct release_host *self(const struct ipam_op *op)
{
	return (struct release_host *)op;
}

/* One affinity. False: read first. */
static bool release_one(struct release_host *s, const struct view_object *o)
{
	char text[CIDR_TEXT_MAX];
	enum release_affinity r =
		release_affinity(&s->op, o->key.host, &o->key.cidr, s->empty_only, NULL);

	cidr_format(&o->key.cidr, text);
	if (r == RELEASE_NOT_EMPTY && s->op.status == IPAM_OK)
		op_fail(&s->op, IPAM_E_CONFLICT, "block '%s' is not empty", text);
	if (r == RELEASE_CONFLICT)
		op_warn(&s->op, "block %s has another owner: the affinity of host %s was stale",
			text, o->key.host);
	return r != RELEASE_READ;
}

static bool concerns(const struct release_host *s, const struct view_object *o)
{
	return s->scope == SCOPE_HOST || cidr_covers(&s->cidr, &o->key.cidr);
}

/* All of a range that fit one list of steps. */
static enum plan release_range(struct release_host *s, const struct key_range *range)
{
	struct view_object *o = NULL;
	bool known = true, room = true;

	while ((o = view_next(&s->op.view, range, o))) {
		if (!concerns(s, o))
			continue;
		room = op_has_room(&s->op) && s->op.n_keys < STORE_STEPS_MAX;
		if (!room)
			break;
		known &= release_one(s, o);
	}
	if (!known)
		return PLAN_READ;
	return room ? PLAN_LAST : PLAN_AGAIN;
}

/* A block whose claim was cut off between block and affinity has an owner that does not know of it,
 * and that may never come back. False: no room for more. */
static bool disown_forgotten(struct release_host *s, struct view_object *o)
{
	const struct block *b = view_block(o);
	const char *owner = b ? block_host(b) : NULL;
	struct key affinity_key;
	struct view_object *affinity;
	struct block now;

	if (!owner || !concerns(s, o) || (s->scope == SCOPE_HOST && !str_eq(owner, s->host)))
		return true;
	affinity_key = key_affinity(owner, &b->cidr);
	affinity = op_get(&s->op, &affinity_key);
	if (!affinity || affinity->there)
		return true;
	if (!op_has_room(&s->op))
		return false;
	now = block_now(&s->op, b);
	disown(&s->op, &now, &o->key);
	return true;
}

static enum plan disown_all_forgotten(struct release_host *s)
{
	struct key_range range = range_blocks(s->scope == SCOPE_POOL ? s->cidr.addr.family : 0);
	struct view_object *o = NULL;

	if (!op_list(&s->op, &range))
		return PLAN_READ;
	while ((o = view_next(&s->op.view, &range, o)))
		if (!disown_forgotten(s, o))
			return PLAN_AGAIN;
	return PLAN_LAST;
}

static enum plan drop_host_record(struct release_host *s)
{
	struct key key = { .type = KEY_IPAM_HOST, .host = s->host };
	struct view_object *o = op_get(&s->op, &key);

	if (!o)
		return PLAN_READ;
	if (o->there)
		op_delete(&s->op, &key);
	return PLAN_LAST;
}

/* A prefix must lie in a pool and have room for a block. -1 after op_fail(), 0: read first. */
static int check_cidr(struct release_host *s)
{
	struct key_range range = range_resources(KIND_IP_POOL);
	struct cidr first = cidr_host(&s->cidr.addr);
	char text[CIDR_TEXT_MAX];
	struct pool_list pools;
	const struct pool *p;

	if (!op_list(&s->op, &range))
		return 0;
	pools = pools_load(&s->op);
	p = pool_of(&pools, &first);
	cidr_format(&s->cidr, text);
	if (!p)
		op_fail(&s->op, IPAM_E_INVALID,
			"The requested CIDR (%s) is not within any configured pools.", text);
	else if (s->cidr.len > p->block_len)
		op_fail(&s->op, IPAM_E_INVALID,
			"The requested CIDR (%s) is smaller than the minimum.", text);
	return s->op.status == IPAM_OK ? 1 : -1;
}

static enum plan plan_release_host(struct ipam_op *op)
{
	struct release_host *s = self(op);
	struct key_range range = { .type = KEY_BLOCK_AFFINITY };
	int r = op_config(op), checked = s->scope == SCOPE_CIDR ? check_cidr(s) : 1;
	enum plan plan;

	if (s->scope != SCOPE_POOL)
		range = range_affinities(s->host, s->scope == SCOPE_CIDR ? s->cidr.addr.family : 0);
	if (r < 0 || checked < 0)
		return PLAN_DONE;
	if (!op_list(op, &range) || r == 0 || checked == 0)
		return PLAN_READ;
	plan = release_range(s, &range);
	if (plan == PLAN_LAST && s->scope != SCOPE_CIDR)
		plan = disown_all_forgotten(s);
	if (plan == PLAN_LAST && s->scope == SCOPE_HOST)
		plan = drop_host_record(s);
	return plan;
}

static struct ipam_op *new_op(enum scope scope, const char *host, const struct cidr *cidr)
{
	static const struct op_type type = { plan_release_host, sizeof(struct release_host) };
	struct ipam_op *op = op_new(&type);

	self(op)->scope = scope;
	if (scope != SCOPE_POOL)
		self(op)->host = op_host_name(op, host);
	if (cidr)
		self(op)->cidr = *cidr;
	return op;
}

struct ipam_op *ipam_release_host_new(const char *host)
{
	return new_op(SCOPE_HOST, host, NULL);
}

struct ipam_op *ipam_release_pool_new(const struct cidr *pool)
{
	return new_op(SCOPE_POOL, NULL, pool);
}

struct ipam_op *ipam_release_affinity_new(
	const char *host, const struct cidr *cidr, bool empty_only)
{
	struct ipam_op *op = new_op(SCOPE_CIDR, host, cidr);

	self(op)->empty_only = empty_only;
	return op;
}
