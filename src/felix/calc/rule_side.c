/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "effective.h"
#include "rule_priv.h"
#include "selector/selector.h"

static char *add_spec(struct rule_context *ctx, const struct set_spec *spec)
{
	mem_grow(&ctx->specs.v, &ctx->specs.cap, ctx->specs.n + 1, sizeof(*ctx->specs.v));
	ctx->specs.v[ctx->specs.n++] = *spec;
	return arena_strdup(ctx->arena, spec->id);
}

static char *add_selector_set(struct rule_context *ctx, const struct selector *s)
{
	struct set_spec spec = { .selector = arena_strdup(ctx->arena, selector_text(s)) };

	snprintf(spec.id, sizeof(spec.id), "%s", selector_id(s));
	return add_spec(ctx, &spec);
}

static char *add_port_set(struct rule_context *ctx, const struct selector *s, const char *port,
	const struct protocol *protocol)
{
	uint8_t number = protocol_with_ports(protocol);
	const char *name = !protocol->set            ? "any"
			   : number == PROTOCOL_UDP  ? "udp"
			   : number == PROTOCOL_SCTP ? "sctp"
						     : "tcp";
	_cleanup_free_ char *content = mem_printf("%s,%s,%s", selector_id(s), name, port);
	struct set_spec spec = {
		.selector = arena_strdup(ctx->arena, selector_text(s)),
		.port = arena_strdup(ctx->arena, port),
		.protocol = protocol->set ? number : PROTOCOL_ANY,
	};

	id_make("n", content, spec.id);
	return add_spec(ctx, &spec);
}

static void put_nets(struct arena *a, const struct text_list *in, size_t *n, char ***v)
{
	char buf[CIDR_TEXT_MAX];

	*v = in->n ? arena_new_n(a, char *, in->n) : NULL;
	for (*n = 0; *n < in->n; ++*n) {
		struct cidr c;
		if (cidr_parse_net(in->v[*n], &c)) /* rule_check() has seen to it */
			return;
		c = cidr_mask(&c);
		(*v)[*n] = arena_strdup(a, cidr_format(&c, buf));
	}
}

static void put_ports(struct arena *a, const struct port_list *in, size_t *n, Felix__PortRange ***v)
{
	*n = 0;
	*v = in->n ? arena_new_n(a, Felix__PortRange *, in->n) : NULL;
	for (size_t i = 0; i < in->n; i++) {
		if (in->v[i].name)
			continue;
		(*v)[*n] = arena_message(a, Felix__PortRange, felix__port_range__init);
		(*v)[*n]->first = in->v[i].min;
		(*v)[*n]->last = in->v[i].max;
		++*n;
	}
}

static void put_port_sets(struct rule_context *ctx, const struct rule_side *side,
	const struct port_list *in, const struct selector *selector, size_t *n, char ***v)
{
	*n = 0;
	*v = in->n ? arena_new_n(ctx->arena, char *, in->n) : NULL;
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].name)
			(*v)[(*n)++] = add_port_set(ctx, selector, in->v[i].name, side->protocol);
}

static void put_one(struct arena *a, char *id, size_t *n, char ***v)
{
	*n = 1;
	*v = arena_new(a, char *);
	(*v)[0] = id;
}

/* The positive selector, narrowed by the negated one if both are there; *ret_not only if there is
 * no positive one. NULL: nothing asked for. */
static int side_selectors(struct rule_context *ctx, const struct entity_rule *in,
	struct selector **ret, struct selector **ret_not, struct err *err)
{
	_cleanup_buf_ struct buf positive = BUF_INIT;
	_cleanup_(selector_freep) struct selector *not = NULL;

	if (effective_side_selector(in, ctx->ns, &positive, err))
		return -EINVAL;
	if (!str_empty(in->not_selector) && selector_parse(in->not_selector, &not, err))
		return err_wrap(err, -EINVAL, "notSelector");
	if (positive.len && selector_parse(buf_str(&positive), ret, err))
		return err_wrap(err, -EINVAL, "selector");
	if (*ret && not ) {
		_cleanup_free_ char *both =
			mem_printf("(%s) && (!(%s))", buf_str(&positive), in->not_selector);
		*ret = selector_free(*ret);
		return selector_parse(both, ret, err);
	}
	*ret_not = TAKE_PTR(not );
	return 0;
}

static int put_sets(struct rule_context *ctx, const struct rule_side *side, struct err *err)
{
	_cleanup_(selector_freep) struct selector *selector = NULL, *not = NULL, *all = NULL;
	const struct selector *of_ports;

	if (side_selectors(ctx, side->in, &selector, &not, err) || selector_parse("", &all, err))
		return -EINVAL;
	of_ports = selector ? selector : all;
	put_port_sets(ctx, side, &side->in->ports, of_ports, side->port_sets.n, side->port_sets.v);
	put_port_sets(ctx, side, &side->in->not_ports, of_ports, side->not_port_sets.n,
		side->not_port_sets.v);
	/* Named ports alone imply the selector. */
	if (selector && (*side->ports.n || !*side->port_sets.n))
		put_one(ctx->arena, add_selector_set(ctx, selector), side->sets.n, side->sets.v);
	if (not )
		put_one(ctx->arena, add_selector_set(ctx, not ), side->not_sets.n,
			side->not_sets.v);
	return 0;
}

static void put_originals(struct arena *a, const struct rule_side *side)
{
	const struct service_account_match *in = side->in->service_accounts;
	Felix__ServiceAccountMatch *match;

	*side->selector = message_text(a, side->in->selector);
	*side->namespace_selector = message_text(a, side->in->namespace_selector);
	*side->not_selector = message_text(a, side->in->not_selector);
	if (!in || (str_empty(in->selector) && !in->names.n))
		return;
	match = arena_message(a, Felix__ServiceAccountMatch, felix__service_account_match__init);
	match->selector = message_text(a, in->selector);
	match->n_names = in->names.n;
	match->names = message_texts(a, &in->names);
	*side->accounts = match;
}

int rule_side_convert(struct rule_context *ctx, const struct rule_side *side, struct err *err)
{
	put_nets(ctx->arena, &side->in->nets, side->nets.n, side->nets.v);
	put_nets(ctx->arena, &side->in->not_nets, side->not_nets.n, side->not_nets.v);
	put_ports(ctx->arena, &side->in->ports, side->ports.n, side->ports.v);
	put_ports(ctx->arena, &side->in->not_ports, side->not_ports.n, side->not_ports.v);
	put_originals(ctx->arena, side);
	return put_sets(ctx, side, err);
}
