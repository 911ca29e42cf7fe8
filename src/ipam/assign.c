/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Automatic assignment of addresses of both families. */
#include <string.h>

#include "release.h"
#include "share.h"

struct assign {
	struct ipam_op op;
	struct ipam_assign args;
	struct ipam_assigned result;
	struct op_addrs had[2]; /* that the handle had already */
	bool giving_back;       /* all or nothing, and it cannot be all */
	enum ipam_status why;
	char *why_error, *why_detail;
};

static struct assign *assign_of(const struct ipam_op *op)
{
	return (struct assign *)op;
}

static struct op_addrs *got(struct assign *a, uint8_t family)
{
	return family == 4 ? &a->op.assigned4 : &a->op.assigned6;
}

static size_t wanted(const struct assign *a, uint8_t family)
{
	return family == 4 ? a->args.n4 : a->args.n6;
}

static size_t missing(struct assign *a, uint8_t family)
{
	size_t n = wanted(a, family), have = got(a, family)->n + a->had[family == 6].n;

	return n > have ? n - have : 0;
}

static bool has_node(const struct assign *a)
{
	return !str_eq(a->args.host, IPAM_HOST_LOAD_BALANCER);
}

/* ---- what is read first ---- */

static void read_family(struct assign *a, uint8_t family)
{
	struct key_range affinities = range_affinities(a->args.host, family);

	if (!missing(a, family))
		return;
	op_list(&a->op, &affinities);
	for (size_t i = 0; i < a->args.hints.n; i++)
		if (a->args.hints.v[i].addr.family == family) {
			struct key key = key_block(&a->args.hints.v[i]);

			op_get(&a->op, &key);
		}
}

/* 1, 0: something must be read first; -1 after op_fail(). */
static int read_first(struct assign *a)
{
	struct key node = key_resource(KIND_NODE, NULL, a->args.host);
	struct key_range pools = range_resources(KIND_IP_POOL);
	struct key_range reservations = range_resources(KIND_IP_RESERVATION);
	int r = op_config(&a->op);

	op_list(&a->op, &pools);
	op_list(&a->op, &reservations);
	if (has_node(a))
		op_get(&a->op, &node);
	if (a->args.handle) {
		struct key handle = key_handle(a->args.handle);

		op_get(&a->op, &handle);
	}
	read_family(a, 4);
	read_family(a, 6);
	return r < 0 ? r : !op_wants(&a->op);
}

/* The labels of the host; -1 when there is no such Node. */
static int find_node(struct assign *a, const struct resource **ret)
{
	struct key key = key_resource(KIND_NODE, NULL, a->args.host);
	struct view_object *o;

	*ret = NULL;
	if (!has_node(a))
		return 0;
	o = op_get(&a->op, &key);
	*ret = view_resource(o);
	if (*ret)
		return 0;
	if (o->there)
		op_warn_object(&a->op, o);
	op_fail(&a->op, IPAM_E_NOT_FOUND, "resource does not exist: Node(%s) with error: <nil>",
		a->args.host);
	op_detail(&a->op, "addresses are given to hosts that have a Node object");
	return -1;
}

/* ---- a handle that may have only so many ---- */

/* PLAN_LAST: go on; what it has is noted when it is enough. */
static enum plan respect_handle(struct assign *a, uint8_t family)
{
	struct op_addrs *had = &a->had[family == 6];
	struct cidr_list present;
	int64_t max = a->args.max_per_handle;
	size_t left;

	had->n = 0;
	left = missing(a, family);
	if (!max || !a->args.handle || !left)
		return PLAN_LAST;
	if (!handle_addrs(&a->op, a->args.handle, family, &present))
		return PLAN_READ;
	if ((int64_t)(present.n + left) <= max)
		return PLAN_LAST;
	if (present.n < left)
		return op_fail(&a->op, IPAM_E_LIMIT,
			"handle %s already has %zu allocation(s), cannot allocate more "
			"(maxAlloc=%lld)",
			a->args.handle, present.n, (long long)max);
	had->v = (struct cidr *)present.v;
	had->n = left;
	return PLAN_LAST;
}

/* ---- plan ---- */

static struct share share_of(struct assign *a, uint8_t family, const struct resource *node)
{
	return (struct share){
		.op = &a->op,
		.args = &a->args,
		.family = family,
		.left = missing(a, family),
		.all = pools_load(&a->op),
		.reserved = reservations_load(&a->op),
		.wanted_pools = family == 4 ? a->args.pools4 : a->args.pools6,
		.node = node,
		.holder = holder_of(&a->op, a->args.host),
	};
}

static void count_handle(struct assign *a, const struct share *shares)
{
	struct key key = key_handle(a->args.handle);
	struct view_object *o = op_get(&a->op, &key);
	const struct handle *now = view_handle(o);
	struct handle h = { 0 };
	_cleanup_buf_ struct buf value = BUF_INIT;
	char text[CIDR_TEXT_MAX];
	struct op_step *step;

	for (size_t i = 0; now && i < now->n; i++)
		handle_add(&h, &a->op.scratch, now->counts[i].block, now->counts[i].count);
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < shares[f].n_writes; i++)
			handle_add(&h, &a->op.scratch,
				cidr_format(&shares[f].writes[i].block->cidr, text),
				(int64_t)shares[f].writes[i].n);
	handle_encode(&h, &value);
	step = op_put(&a->op, &key, &value);
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < shares[f].n_writes; i++)
			op_step_changes(&a->op, step, a->args.handle,
				&shares[f].writes[i].block->cidr, (int64_t)shares[f].writes[i].n);
}

static void write_block(struct assign *a, const struct share *s, const struct share_write *w)
{
	struct op_step *step;

	put_block(&a->op, w->block);
	step = &a->op.steps[a->op.n_steps - 1];
	step->to = got(a, s->family);
	step->addrs = w->addrs;
	step->n_addrs = w->n;
	if (a->args.handle)
		op_step_changes(
			&a->op, step, a->args.handle, &w->block->cidr, -(int64_t)w->n);
}

/* The handle is counted up before any block has its address. */
static void write_all(struct assign *a, struct share *shares)
{
	if (a->args.handle && (shares[0].n_writes || shares[1].n_writes))
		count_handle(a, shares);
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < shares[f].n_writes; i++)
			write_block(a, &shares[f], &shares[f].writes[i]);
}

static void note_result(struct assign *a, struct share *s)
{
	struct ipam_family *f = s->family == 4 ? &a->result.v4 : &a->result.v6;

	f->wanted = (unsigned)wanted(a, s->family);
	f->n_messages = s->n_messages;
	f->messages = s->messages;
}

static void say_short(struct assign *a, const struct share *shares)
{
	const struct share *s = shares[0].left ? &shares[0] : &shares[1];
	struct ipam_family f = *(s->family == 4 ? &a->result.v4 : &a->result.v6);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (a->op.status != IPAM_OK)
		return;
	f.addrs.n = f.wanted - s->left;
	ipam_family_text(&f, s->family, &text);
	op_fail(&a->op, IPAM_E_SHORT, "%s", buf_str(&text));
}

static void keep_reason(struct assign *a)
{
	a->giving_back = true;
	a->why = a->op.status;
	a->why_error = arena_strdup(&a->op.args, buf_str(&a->op.error));
	a->why_detail = arena_strdup(&a->op.args, buf_str(&a->op.detail));
}

/* What earlier steps have given is taken back. */
static enum plan give_back(struct assign *a)
{
	struct cidr_list lists[2] = { { a->op.assigned4.n, a->op.assigned4.v },
		{ a->op.assigned6.n, a->op.assigned6.v } };
	enum plan plan = take_back(&a->op, lists, 2, a->args.handle);

	op_fail(&a->op, a->why, "%s", a->why_error);
	op_detail(&a->op, "%s", a->why_detail);
	return plan;
}

static enum plan plan_shares(struct assign *a, struct share *shares)
{
	enum plan plan = PLAN_LAST;

	for (int f = 0; f < 2; f++) {
		enum plan one = respect_handle(a, shares[f].family);

		shares[f].left = missing(a, shares[f].family);
		if (one == PLAN_LAST && shares[f].left)
			one = share_plan(&shares[f]);
		note_result(a, &shares[f]);
		if (one == PLAN_DONE && plan != PLAN_READ)
			return PLAN_DONE;
		if (one == PLAN_READ || (one == PLAN_AGAIN && plan != PLAN_READ))
			plan = one;
	}
	return plan;
}

static enum plan plan_give(struct assign *a)
{
	struct ipam_op *op = &a->op;
	struct share shares[2];
	const struct resource *node;
	enum plan plan;
	int r;

	if (str_empty(a->args.use))
		return op_fail(op, IPAM_E_INVALID,
			"must specify the intended use when assigning an IP");
	r = read_first(a);
	if (r <= 0)
		return r < 0 ? PLAN_DONE : PLAN_READ;
	if (find_node(a, &node) < 0 || check_handle(op, a->args.handle) < 0)
		return PLAN_DONE;
	shares[0] = share_of(a, 4, node);
	shares[1] = share_of(a, 6, node);
	plan = plan_shares(a, shares);
	if (plan == PLAN_READ)
		return plan;
	if (plan != PLAN_AGAIN && a->args.all_or_nothing &&
		(op->status != IPAM_OK || shares[0].left || shares[1].left)) {
		say_short(a, shares);
		return PLAN_DONE;
	}
	write_all(a, shares);
	return plan == PLAN_AGAIN ? PLAN_AGAIN : PLAN_LAST;
}

static enum plan plan_assign(struct ipam_op *op)
{
	struct assign *a = assign_of(op);
	enum plan plan;

	if (a->giving_back)
		return give_back(a);
	plan = plan_give(a);
	if (plan != PLAN_DONE || !a->args.all_or_nothing || op->status == IPAM_OK)
		return plan;
	op->n_steps = 0;
	if (!op->assigned4.n && !op->assigned6.n)
		return PLAN_DONE;
	keep_reason(a);
	return give_back(a);
}

/* ---- interface ---- */

struct ipam_op *ipam_assign_new(const struct ipam_assign *args)
{
	static const struct op_type type = { plan_assign, sizeof(struct assign) };
	struct ipam_op *op = op_new(&type);
	struct assign *a = assign_of(op);

	a->args = *args;
	a->args.host = op_host_name(op, args->host);
	a->args.use = arena_strdup(&op->args, args->use);
	a->args.handle = arena_strdup(&op->args, args->handle);
	a->args.attrs = text_map_copy(&args->attrs, &op->args);
	a->args.pools4 = cidr_list_copy(args->pools4, &op->args);
	a->args.pools6 = cidr_list_copy(args->pools6, &op->args);
	a->args.hints = cidr_list_copy(args->hints, &op->args);
	if (args->ns_labels) {
		struct text_map *labels = arena_new(&op->args, struct text_map);

		*labels = text_map_copy(args->ns_labels, &op->args);
		a->args.ns_labels = labels;
	}
	return op;
}

static void fill(struct assign *a, struct ipam_family *f, uint8_t family)
{
	struct op_addrs *g = got(a, family), *had = &a->had[family == 6];

	if (a->args.all_or_nothing && a->op.status != IPAM_OK)
		return;
	f->addrs = had->n ? (struct cidr_list){ had->n, had->v }
			  : (struct cidr_list){ g->n, g->v };
}

const struct ipam_assigned *ipam_assigned(const struct ipam_op *op)
{
	struct assign *a = assign_of(op);

	a->result.v4.wanted = a->args.n4;
	a->result.v6.wanted = a->args.n6;
	fill(a, &a->result.v4, 4);
	fill(a, &a->result.v6, 6);
	return &a->result;
}

void ipam_family_text(const struct ipam_family *f, uint8_t family, struct buf *out)
{
	buf_printf(out, "Assigned %zu out of %u requested IPv%u addresses", f->addrs.n, f->wanted,
		family);
	for (size_t i = 0; i < f->n_messages; i++)
		buf_printf(out, "; %s", f->messages[i]);
}
