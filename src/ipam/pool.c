/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include "model/ipam.h"
#include "selector/selector.h"

/* ---- load ---- */

static bool is_allocatable(const struct resource *res)
{
	const struct conditions_status *status = res->status;

	for (size_t i = 0; status && i < status->conditions.n; i++)
		if (str_eq(status->conditions.v[i].type, "Allocatable") &&
			str_eq(status->conditions.v[i].status, "False"))
			return false;
	return true;
}

static bool legal_block_size(const struct cidr *pool, int64_t len)
{
	bool v4 = pool->addr.family == 4;

	return len >= (v4 ? BLOCK_LEN_MIN_4 : BLOCK_LEN_MIN_6) &&
	       len <= (v4 ? BLOCK_LEN_MAX_4 : BLOCK_LEN_MAX_6);
}

static bool load(struct ipam_op *op, struct view_object *o, struct pool *ret)
{
	const struct resource *res = view_resource(o);

	if (!res) {
		op_warn_object(op, o);
		return false;
	}
	*ret = (struct pool){ .object = o, .spec = resource_ip_pool(res), .name = o->key.name };
	if (cidr_parse(ret->spec->cidr ? ret->spec->cidr : "", &ret->cidr) < 0) {
		op_warn(op, "IPPool(%s) was skipped: its cidr is no prefix", ret->name);
		return false;
	}
	ret->cidr = cidr_mask(&ret->cidr);
	if (!legal_block_size(&ret->cidr, ret->spec->block_size)) {
		op_warn(op, "IPPool(%s) was skipped: blocks of length %lld are not possible",
			ret->name, (long long)ret->spec->block_size);
		return false;
	}
	ret->block_len = (uint8_t)ret->spec->block_size;
	ret->usable = !res->meta.deletion_timestamp && !ret->spec->disabled && is_allocatable(res);
	return true;
}

struct pool_list pools_load(struct ipam_op *op)
{
	struct key_range range = range_resources(KIND_IP_POOL);
	struct view_object *o = NULL;
	struct pool_list l = { 0 };
	size_t n = 0;

	while ((o = view_next(&op->view, &range, o)))
		n++;
	l.v = arena_new_n(&op->scratch, struct pool, n);
	while ((o = view_next(&op->view, &range, o)))
		if (load(op, o, &l.v[l.n]))
			l.n++;
	return l;
}

const struct pool *pool_of(const struct pool_list *pools, const struct cidr *cidr)
{
	for (size_t i = 0; i < pools->n; i++)
		if (cidr_covers(&pools->v[i].cidr, cidr))
			return &pools->v[i];
	return NULL;
}

bool pool_has_use(const struct pool *p, const char *use)
{
	for (size_t i = 0; i < p->spec->allowed_uses.n; i++)
		if (str_eq(p->spec->allowed_uses.v[i], use))
			return true;
	return false;
}

void pools_put(const struct pool_list *pools, struct buf *out)
{
	char text[CIDR_TEXT_MAX];

	buf_putc(out, '[');
	for (size_t i = 0; i < pools->n; i++)
		buf_printf(out, "%s%s", i ? " " : "", cidr_format(&pools->v[i].cidr, text));
	buf_putc(out, ']');
}

/* ---- selectors ---- */

static const char *label_of(const void *ctx, const char *key)
{
	return ctx ? text_map_get(ctx, key) : NULL;
}

static int selects(const struct pool *p, const char *member, const char *text,
	const struct text_map *labels, struct err *err)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	if (str_empty(text))
		return 1;
	if (selector_parse(text, &s, err) < 0)
		return err_wrap(err, -EINVAL, "IPPool(%s): %s %s", p->name, member, text);
	return selector_match(s, label_of, labels);
}

int pool_selects_node(const struct pool *p, const struct resource *node, struct err *err)
{
	return selects(p, "nodeSelector", p->spec->node_selector,
		node ? &node->meta.labels : NULL, err);
}

static int selects_request(
	const struct pool *p, const struct pool_request *req, struct err *err)
{
	int r = pool_selects_node(p, req->node, err);
	int ns = selects(p, "namespaceSelector", p->spec->namespace_selector, req->ns_labels, err);

	if (r < 0 || ns < 0)
		return -EINVAL;
	return r && ns && !str_eq(p->spec->assignment_mode, "Manual");
}

/* ---- select ---- */

static struct pool_list list_new(struct ipam_op *op, size_t n)
{
	return (struct pool_list){ 0, arena_new_n(&op->scratch, struct pool, n) };
}

static struct pool_list usable_of(
	struct ipam_op *op, const struct pool_list *all, uint8_t family)
{
	struct pool_list l = list_new(op, all->n);

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].usable && all->v[i].cidr.addr.family == family)
			l.v[l.n++] = all->v[i];
	return l;
}

static int select_wanted(struct ipam_op *op, const struct pool_list *usable,
	const struct pool_request *req, struct pool_list *ret)
{
	char text[CIDR_TEXT_MAX];

	*ret = list_new(op, req->wanted.n);
	for (size_t i = 0; i < req->wanted.n; i++) {
		struct cidr wanted = cidr_mask(&req->wanted.v[i]);
		size_t k = 0;

		while (k < usable->n && !cidr_eq(&usable->v[k].cidr, &wanted))
			k++;
		if (k == usable->n) {
			op_fail(op, IPAM_E_NO_POOL,
				"the given pool (%s) does not exist, or is not enabled",
				cidr_format(&req->wanted.v[i], text));
			return -1;
		}
		ret->v[ret->n++] = usable->v[k];
	}
	return 0;
}

static int select_matching(struct ipam_op *op, const struct pool_list *usable,
	const struct pool_request *req, struct pool_list *ret)
{
	struct err err;

	*ret = list_new(op, usable->n);
	for (size_t i = 0; i < usable->n; i++) {
		int r = selects_request(&usable->v[i], req, &err);

		if (r < 0) {
			op_fail(op, IPAM_E_INVALID, "%s", err.msg);
			return -1;
		}
		if (r)
			ret->v[ret->n++] = usable->v[i];
	}
	if (ret->n)
		return 0;
	op_fail(op, IPAM_E_NO_POOL, "no configured Calico pools for node %s", req->host);
	op_detail(op,
		"none of the %zu enabled IPv%u pools is automatic and selects the node and the "
		"namespace",
		usable->n, req->family);
	return -1;
}

static int check_families(struct ipam_op *op, const struct pool_request *req)
{
	unsigned other = req->family == 4 ? 6 : 4;

	for (size_t i = 0; i < req->wanted.n; i++)
		if (req->wanted.v[i].addr.family != req->family) {
			op_fail(op, IPAM_E_INVALID,
				"provided IPv%u IPPools list contains one or more IPv%u IPPools",
				req->family, other);
			return -1;
		}
	return 0;
}

static int keep_use(struct ipam_op *op, const struct pool_request *req, struct pool_list *pools)
{
	size_t kept = 0;

	for (size_t i = 0; i < pools->n; i++)
		if (pool_has_use(&pools->v[i], req->use))
			pools->v[kept++] = pools->v[i];
	pools->n = kept;
	if (kept)
		return 0;
	op_fail(op, IPAM_E_NO_POOL,
		"cannot find a qualified ippool, no pools match the required use (%s)", req->use);
	return -1;
}

int pools_select(struct ipam_op *op, const struct pool_list *all, const struct pool_request *req,
	struct pool_list *ret)
{
	struct pool_list usable = usable_of(op, all, req->family);
	int r;

	if (check_families(op, req) < 0)
		return -1;
	if (!usable.n) {
		op_fail(op, IPAM_E_NO_POOL, "cannot find a qualified ippool");
		op_detail(op, "of %zu pools none is an enabled one for IPv%u", all->n,
			req->family);
		return -1;
	}
	r = req->wanted.n ? select_wanted(op, &usable, req, ret)
			  : select_matching(op, &usable, req, ret);
	return r < 0 ? r : keep_use(op, req, ret);
}

/* ---- reservations ---- */

static bool parse_reserved(const char *text, struct cidr *ret)
{
	char trimmed[CIDR_TEXT_MAX];
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, " \t");
	if (len >= sizeof(trimmed) || text[len + strspn(text + len, " \t")])
		return false;
	memcpy(trimmed, text, len);
	trimmed[len] = '\0';
	if (cidr_parse_net(trimmed, ret) < 0)
		return false;
	*ret = cidr_mask(ret);
	return true;
}

static void add_reserved(
	struct ipam_op *op, struct cidr_list *l, const struct ip_reservation_spec *spec)
{
	struct cidr *grown =
		arena_new_n(&op->scratch, struct cidr, l->n + spec->reserved_cidrs.n);
	size_t n = l->n;

	if (n)
		memcpy(grown, l->v, n * sizeof(*grown));
	for (size_t i = 0; i < spec->reserved_cidrs.n; i++)
		if (parse_reserved(spec->reserved_cidrs.v[i], &grown[n]))
			n++;
	*l = (struct cidr_list){ n, grown };
}

struct cidr_list reservations_load(struct ipam_op *op)
{
	struct key_range range = range_resources(KIND_IP_RESERVATION);
	struct cidr_list l = { 0 };
	struct view_object *o = NULL;

	while ((o = view_next(&op->view, &range, o))) {
		const struct resource *res = view_resource(o);

		if (res)
			add_reserved(op, &l, resource_ip_reservation(res));
		else
			op_warn_object(op, o);
	}
	return l;
}
