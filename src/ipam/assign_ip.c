/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignment of one given address. Source: datamodel.md 6.9. */
#include <string.h>

#include "affine.h"
#include "locate.h"
#include "release.h"

struct assign_ip {
	struct ipam_op op;
	struct ipam_assign_ip args;
};

static struct assign_ip *self(const struct ipam_op *op)
{
	return (struct assign_ip *)op;
}

static int read_first(struct assign_ip *s)
{
	struct key_range pools = range_resources(KIND_IP_POOL);
	struct key handle = key_handle(s->args.handle);
	int r = op_config(&s->op);

	op_list(&s->op, &pools);
	if (s->args.handle)
		op_get(&s->op, &handle);
	for (size_t i = 0; i < s->args.hints.n; i++)
		if (cidr_has(&s->args.hints.v[i], &s->args.addr)) {
			struct key key = key_block(&s->args.hints.v[i]);
			struct key affinity =
				key_affinity(s->args.host, &s->args.hints.v[i]);

			op_get(&s->op, &key);
			op_get(&s->op, &affinity);
		}
	return r < 0 ? r : !op_wants(&s->op);
}

static const char *addr_text(struct assign_ip *s)
{
	char text[ADDR_TEXT_MAX];

	return arena_strdup(&s->op.scratch, addr_format(&s->args.addr, text));
}

static const struct pool *find_pool(struct assign_ip *s, const struct pool_list *pools)
{
	const struct pool *p = NULL;
	_cleanup_buf_ struct buf uses = BUF_INIT;

	for (size_t i = 0; !p && i < pools->n; i++)
		if (pools->v[i].usable && cidr_has(&pools->v[i].cidr, &s->args.addr))
			p = &pools->v[i];
	if (!p) {
		op_fail(&s->op, IPAM_E_NO_POOL,
			"The provided IP address is not in a configured pool\n");
		op_detail(&s->op, "no enabled pool holds %s", addr_text(s));
		return NULL;
	}
	if (str_empty(s->args.use) || pool_has_use(p, s->args.use))
		return p;
	for (size_t i = 0; i < p->spec->allowed_uses.n; i++)
		buf_printf(&uses, "%s%s", i ? " " : "", p->spec->allowed_uses.v[i]);
	op_fail(&s->op, IPAM_E_NO_POOL,
		"IP address %s is in IP pool \"%s\", which is not allowed for use \"%s\" "
		"(allowedUses: [%s])",
		addr_text(s), p->name, s->args.use, buf_str(&uses));
	return NULL;
}

/* ---- the handle's limit ---- */

/* PLAN_LAST: go on. PLAN_DONE: decided, either way. */
static enum plan respect_handle(struct assign_ip *s)
{
	struct cidr_list present;

	if (!s->args.max_per_handle || !s->args.handle)
		return PLAN_LAST;
	if (!handle_addrs(&s->op, s->args.handle, s->args.addr.family, &present))
		return PLAN_READ;
	for (size_t i = 0; i < present.n; i++)
		if (addr_eq(&present.v[i].addr, &s->args.addr))
			return PLAN_DONE;
	if ((int64_t)present.n < s->args.max_per_handle)
		return PLAN_LAST;
	return op_fail(&s->op, IPAM_E_LIMIT,
		"handle %s already has IP(s) allocated, cannot assign additional IP %s "
		"(maxAllocPerIPVersion=%lld)",
		s->args.handle, addr_text(s), (long long)s->args.max_per_handle);
}

/* ---- the block ---- */

static enum plan fail_taken(struct assign_ip *s)
{
	return op_fail(&s->op, IPAM_E_EXISTS,
		"resource already exists: %s with error: Address already assigned in block",
		addr_text(s));
}

static enum plan fail_foreign(struct assign_ip *s, const struct block *b)
{
	char text[CIDR_TEXT_MAX];

	op_detail(&s->op, "block %s belongs to %s, and affinity is strict",
		cidr_format(&b->cidr, text), b->affinity ? b->affinity : "nobody");
	return op_fail(&s->op, IPAM_E_CONFLICT, "Block host affinity does not match");
}

/* Another host's block. */
static enum plan use_foreign(
	struct assign_ip *s, struct holder *h, const struct block *b, struct block *ret)
{
	char text[CIDR_TEXT_MAX];

	switch (may_borrow(h, b)) {
	case HELD:
		*ret = block_now(&s->op, b);
		return PLAN_LAST;
	case HELD_READ:
		return PLAN_READ;
	case HELD_NOT:
	case HELD_MALFORMED:
		break;
	}
	op_detail(&s->op, "the claim of %s on block %s is not confirmed",
		b->affinity ? b->affinity : "nobody", cidr_format(&b->cidr, text));
	return op_fail(&s->op, IPAM_E_NO_BLOCK, "failed to find or claim a block");
}

static enum plan claim_it(struct assign_ip *s, struct holder *h, const struct cidr *cidr,
	const struct pool *pool, struct block *ret)
{
	char text[CIDR_TEXT_MAX];

	switch (hold(h, cidr, pool, ret)) {
	case HELD:
		return PLAN_LAST;
	case HELD_READ:
		return PLAN_READ;
	case HELD_NOT:
	case HELD_MALFORMED:
		break;
	}
	op_detail(&s->op, "block %s cannot be had by host %s", cidr_format(cidr, text),
		s->args.host);
	return op_fail(&s->op, IPAM_E_NO_BLOCK, "failed to find or claim a block");
}

static bool is_ours(const struct holder *h, const struct block *b)
{
	return str_eq(b->affinity, h->affinity);
}

static enum plan find_block(struct assign_ip *s, struct holder *h, const struct pool *pool,
	const struct pool_list *pools, struct block *ret)
{
	struct block_index *indexes[2] = { 0 };
	struct cidr cidr;
	struct key key;
	struct view_object *o;
	const struct block *b;

	switch (locate(&s->op, pools, indexes, &s->args.addr, false, &cidr)) {
	case LOCATE_READ:
		return PLAN_READ;
	case LOCATE_NONE:
		cidr = cidr_mask(&(struct cidr){ s->args.addr, pool->block_len });
		return claim_it(s, h, &cidr, pool, ret);
	case LOCATED:
		break;
	}
	key = key_block(&cidr);
	o = op_get(&s->op, &key);
	b = view_block(o);
	if (!b) {
		op_warn_object(&s->op, o);
		return op_fail(&s->op, IPAM_E_INVALID, "%s", s->op.warnings.v[0]);
	}
	if (is_ours(h, b) || (!b->affinity && block_is_empty(b)))
		return claim_it(s, h, &cidr, pool, ret);
	if (s->op.config.strict_affinity)
		return fail_foreign(s, b);
	return use_foreign(s, h, b, ret);
}

/* ---- plan ---- */

static void count_handle(struct assign_ip *s, const struct cidr *block)
{
	struct key key = key_handle(s->args.handle);
	const struct handle *now = view_handle(op_get(&s->op, &key));
	struct handle h = { 0 };
	_cleanup_buf_ struct buf value = BUF_INIT;
	char text[CIDR_TEXT_MAX];

	for (size_t i = 0; now && i < now->n; i++)
		handle_add(&h, &s->op.scratch, now->counts[i].block, now->counts[i].count);
	handle_add(&h, &s->op.scratch, cidr_format(block, text), 1);
	handle_encode(&h, &value);
	op_step_changes(&s->op, op_put(&s->op, &key, &value), s->args.handle, block, 1);
}

static enum plan write_it(struct assign_ip *s, struct block *b)
{
	struct block_attr attr = { .handle = s->args.handle, .secondary = s->args.attrs };
	uint32_t ordinal;
	struct op_step *step;

	if (!block_ordinal(&b->cidr, &s->args.addr, &ordinal) || block_attr_of(b, ordinal)) {
		s->op.n_steps = 0; /* no claim for nothing */
		return fail_taken(s);
	}
	op_touch(&s->op, &b->cidr);
	check_confirmed(&s->op, b);
	if (s->args.handle)
		count_handle(s, &b->cidr);
	block_allocate(b, ordinal, &attr, &s->op.scratch);
	put_block(&s->op, b);
	step = &s->op.steps[s->op.n_steps - 1];
	if (s->args.handle)
		op_step_changes(&s->op, step, s->args.handle, &b->cidr, -1);
	return PLAN_LAST;
}

static enum plan plan_assign_ip(struct ipam_op *op)
{
	struct assign_ip *s = self(op);
	struct pool_list pools;
	const struct pool *pool;
	struct holder h;
	struct block b;
	enum plan plan;
	int r = read_first(s);

	if (r <= 0)
		return r < 0 ? PLAN_DONE : PLAN_READ;
	pools = pools_load(op);
	pool = find_pool(s, &pools);
	if (!pool || check_handle(op, s->args.handle) < 0)
		return PLAN_DONE;
	plan = respect_handle(s);
	if (plan != PLAN_LAST)
		return plan;
	h = holder_of(op, s->args.host);
	plan = find_block(s, &h, pool, &pools, &b);
	return plan == PLAN_LAST ? write_it(s, &b) : plan;
}

struct ipam_op *ipam_assign_ip_new(const struct ipam_assign_ip *args)
{
	static const struct op_type type = { plan_assign_ip, sizeof(struct assign_ip) };
	struct ipam_op *op = op_new(&type);
	struct assign_ip *s = self(op);

	s->args = *args;
	s->args.host = op_host_name(op, args->host);
	s->args.use = arena_strdup(&op->args, args->use);
	s->args.handle = arena_strdup(&op->args, args->handle);
	s->args.attrs = text_map_copy(&args->attrs, &op->args);
	s->args.hints = cidr_list_copy(args->hints, &op->args);
	return op;
}
