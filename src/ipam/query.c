/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that write nothing, and the configuration. Source: datamodel.md 6.2, 6.12. */
#include "locate.h"
#include "release.h"

/* ---- configuration ---- */

static enum plan plan_config(struct ipam_op *op)
{
	return op_config(op) == 0 ? PLAN_READ : PLAN_DONE;
}

struct ipam_op *ipam_config_new(void)
{
	static const struct op_type type = { plan_config, sizeof(struct ipam_op) };

	return op_new(&type);
}

const struct ipam_config *ipam_config_of(const struct ipam_op *op)
{
	return &op->config;
}

struct configure {
	struct ipam_op op;
	struct ipam_config config;
};

static enum plan plan_configure(struct ipam_op *op)
{
	struct key key = { .type = KEY_IPAM_CONFIG };
	const struct ipam_config *c = &((struct configure *)op)->config;
	_cleanup_buf_ struct buf value = BUF_INIT;
	struct view_object *o;
	struct err err;

	if (ipam_config_check(c, &err) < 0)
		return op_fail(op, IPAM_E_INVALID, "%s", err.msg);
	o = op_get(op, &key);
	if (!o)
		return PLAN_READ;
	ipam_config_encode(c, &value);
	if (o->there && str_eq(o->value, buf_str(&value)))
		return PLAN_DONE;
	op_put(op, &key, &value);
	return PLAN_LAST;
}

struct ipam_op *ipam_configure_new(const struct ipam_config *config)
{
	static const struct op_type type = { plan_configure, sizeof(struct configure) };
	struct ipam_op *op = op_new(&type);
	struct configure *c = (struct configure *)op;

	c->config = *config;
	c->config.vm_persistence = arena_strdup(&op->args, config->vm_persistence);
	return op;
}

/* ---- the owner of an address ---- */

struct owner {
	struct ipam_op op;
	struct addr addr;
	const struct block_attr *attr;
	uint64_t sequence;
};

static enum plan fail_owner(struct owner *s, const char *cause)
{
	char text[ADDR_TEXT_MAX];

	return op_fail(&s->op, IPAM_E_NOT_FOUND, "resource does not exist: %s with error: %s",
		addr_format(&s->addr, text), cause);
}

static enum plan look_at_block(struct owner *s, struct view_object *o)
{
	const struct block *b = view_block(o);
	_cleanup_buf_ struct buf id = BUF_INIT;
	char text[ADDR_TEXT_MAX];
	uint32_t ordinal;
	struct block now;

	if (!o->there) {
		key_describe(&o->key, &id);
		return op_fail(&s->op, IPAM_E_NOT_FOUND,
			"resource does not exist: %s with error: <nil>", buf_str(&id));
	}
	if (!b || !block_ordinal(&b->cidr, &s->addr, &ordinal)) {
		op_warn_object(&s->op, o);
		return op_fail(&s->op, IPAM_E_INVALID, "%s", s->op.warnings.v[0]);
	}
	now = block_copy(b, &s->op.scratch);
	block_collect(&now, s->op.now_ns, s->op.config.cooldown_s);
	s->attr = block_attr_of(&now, ordinal);
	s->sequence = now.sequences[ordinal].value;
	if (!s->attr)
		return fail_owner(s, "IP is unassigned");
	if (s->attr->released_at)
		return op_fail(&s->op, IPAM_E_COOLING, "address %s is in cooldown",
			addr_format(&s->addr, text));
	return PLAN_DONE;
}

static enum plan plan_owner(struct ipam_op *op)
{
	struct owner *s = (struct owner *)op;
	struct key_range range = range_resources(KIND_IP_POOL);
	struct cidr host = cidr_host(&s->addr), block;
	struct block_index *indexes[2] = { 0 };
	const struct pool *p;
	struct pool_list pools;
	struct key key;
	struct view_object *o;

	int r = op_config(op);

	op_list(op, &range);
	if (r < 0)
		return PLAN_DONE;
	if (op_wants(op))
		return PLAN_READ;
	pools = pools_load(op);
	p = pool_of(&pools, &host);
	if (!p)
		return fail_owner(s, "No valid IPPool");
	switch (locate(op, &pools, indexes, &s->addr, true, &block)) {
	case LOCATE_READ:
		return PLAN_READ;
	case LOCATE_NONE: /* the one that the pool would have */
		block = cidr_mask(&(struct cidr){ s->addr, p->block_len });
		break;
	case LOCATED:
		break;
	}
	key = key_block(&block);
	o = op_get(op, &key);
	return o ? look_at_block(s, o) : PLAN_READ;
}

struct ipam_op *ipam_owner_new(const struct addr *addr)
{
	static const struct op_type type = { plan_owner, sizeof(struct owner) };
	struct ipam_op *op = op_new(&type);

	((struct owner *)op)->addr = *addr;
	return op;
}

const struct block_attr *ipam_owner(const struct ipam_op *op)
{
	return ((const struct owner *)op)->attr;
}

uint64_t ipam_owner_sequence(const struct ipam_op *op)
{
	return ((const struct owner *)op)->sequence;
}

/* ---- the addresses of a handle ---- */

struct handle_query {
	struct ipam_op op;
	const char *handle;
	struct addr_list result;
};

static enum plan plan_handle_query(struct ipam_op *op)
{
	struct handle_query *s = (struct handle_query *)op;
	struct key key = key_handle(s->handle);
	struct view_object *o = op_get(op, &key);
	struct cidr_list found;
	struct addr *v;

	if (!o)
		return PLAN_READ;
	if (!o->there)
		return op_fail(op, IPAM_E_NOT_FOUND,
			"resource does not exist: IPAMHandleKey(id=%s) with error: <nil>",
			s->handle);
	if (check_handle(op, s->handle) < 0)
		return PLAN_DONE;
	if (!handle_addrs(op, s->handle, 0, &found))
		return PLAN_READ;
	v = arena_new_n(&op->scratch, struct addr, found.n);
	for (size_t i = 0; i < found.n; i++)
		v[i] = found.v[i].addr;
	s->result = (struct addr_list){ found.n, v };
	return PLAN_DONE;
}

struct ipam_op *ipam_handle_addrs_new(const char *handle)
{
	static const struct op_type type = { plan_handle_query, sizeof(struct handle_query) };
	struct ipam_op *op = op_new(&type);

	((struct handle_query *)op)->handle = arena_strdup(&op->args, handle);
	return op;
}

struct addr_list ipam_handle_addrs(const struct ipam_op *op)
{
	return ((const struct handle_query *)op)->result;
}
