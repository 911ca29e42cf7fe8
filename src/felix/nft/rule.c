/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule.h"

#include <string.h>

#include "base/str.h"
#include "rule_plan.h"

/* --- names of protocols and actions --- */

static const struct {
	const char *name;
	int number;
} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP }, { "udplite", IPPROTO_UDPLITE } };

/* 1 to 255, or -1. */
static int protocol_number(const Felix__Protocol *p)
{
	if (p->number_or_name_case == FELIX__PROTOCOL__NUMBER_OR_NAME_NUMBER)
		return p->number > 0 && p->number < 256 ? p->number : -1;
	if (p->number_or_name_case != FELIX__PROTOCOL__NUMBER_OR_NAME_NAME)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (str_eq_nocase(p->name, protocols[i].name))
			return protocols[i].number;
	return -1;
}

static bool has_ports(int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

enum action { ALLOW, DENY, PASS, LOG, ACTION_UNKNOWN };

static enum action action_of(const Felix__Rule *r)
{
	if (str_empty(r->action) || str_eq_nocase(r->action, "allow"))
		return ALLOW;
	if (str_eq_nocase(r->action, "deny"))
		return DENY;
	if (str_eq_nocase(r->action, "pass") || str_eq_nocase(r->action, "next-tier"))
		return PASS;
	return str_eq_nocase(r->action, "log") ? LOG : ACTION_UNKNOWN;
}

bool rule_passes(const Felix__Rule *r)
{
	return action_of(r) == PASS;
}

/* --- what cannot be enforced --- */

static bool nets_are_good(char **nets, size_t n)
{
	struct cidr c;

	for (size_t i = 0; i < n; i++)
		if (cidr_parse_net(nets[i], &c) < 0)
			return false;
	return true;
}

static bool ports_are_good(Felix__PortRange **ports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i]->first < 0 || ports[i]->last > 65535 ||
			ports[i]->first > ports[i]->last)
			return false;
	return true;
}

static bool byte(int32_t v)
{
	return v >= 0 && v <= 255;
}

static bool icmp_is_good(const Felix__Rule *r)
{
	bool good = true;

	if (r->icmp_case == FELIX__RULE__ICMP_ICMP_TYPE)
		good = byte(r->icmp_type);
	else if (r->icmp_case == FELIX__RULE__ICMP_ICMP_TYPE_CODE)
		good = byte(r->icmp_type_code->type) && byte(r->icmp_type_code->code);
	if (r->not_icmp_case == FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE)
		good = good && byte(r->not_icmp_type);
	else if (r->not_icmp_case == FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE_CODE)
		good = good && byte(r->not_icmp_type_code->type) &&
		       byte(r->not_icmp_type_code->code);
	return good;
}

static bool matches_icmp(const Felix__Rule *r)
{
	return r->icmp_case != FELIX__RULE__ICMP__NOT_SET ||
	       r->not_icmp_case != FELIX__RULE__NOT_ICMP__NOT_SET;
}

static const char *fault_of_protocol(const Felix__Rule *r)
{
	const bool numbers =
		r->n_src_ports || r->n_dst_ports || r->n_not_src_ports || r->n_not_dst_ports;
	int protocol = r->protocol ? protocol_number(r->protocol) : 0;

	if (protocol < 0 || (r->not_protocol && protocol_number(r->not_protocol) < 0))
		return "unknown protocol";
	if (numbers && !has_ports(protocol))
		return "ports need protocol TCP, UDP or SCTP";
	if (matches_icmp(r) && protocol && protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6)
		return "an ICMP type needs protocol ICMP or ICMPv6";
	return icmp_is_good(r) ? NULL : "bad ICMP type or code";
}

/* Two for each selector; one for all numeric ports of a side and one for each named port. */
static size_t alternatives(const Felix__Rule *r)
{
	size_t n = 1, ports;

	for (size_t i = 0; i < r->n_src_ip_set_ids + r->n_dst_ip_set_ids; i++)
		n = n > ALTERNATIVES_MAX ? n : n * 2;
	ports = r->n_src_named_port_ip_set_ids + (r->n_src_ports > 0);
	n *= ports ? ports : 1;
	ports = r->n_dst_named_port_ip_set_ids + (r->n_dst_ports > 0);
	n *= ports ? ports : 1;
	return r->not_icmp_case == FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE_CODE ? n * 2 : n;
}

const char *rule_fault(const Felix__Rule *r)
{
	if (action_of(r) == ACTION_UNKNOWN)
		return "unknown action";
	if (!nets_are_good(r->src_net, r->n_src_net) || !nets_are_good(r->dst_net, r->n_dst_net) ||
		!nets_are_good(r->not_src_net, r->n_not_src_net) ||
		!nets_are_good(r->not_dst_net, r->n_not_dst_net))
		return "a net that is no address or prefix";
	if (!ports_are_good(r->src_ports, r->n_src_ports) ||
		!ports_are_good(r->dst_ports, r->n_dst_ports) ||
		!ports_are_good(r->not_src_ports, r->n_not_src_ports) ||
		!ports_are_good(r->not_dst_ports, r->n_not_dst_ports))
		return "a port range that is none";
	if (alternatives(r) > ALTERNATIVES_MAX)
		return "more alternatives than can be written";
	return fault_of_protocol(r);
}

bool rule_logs_apart(const Felix__Rule *r)
{
	return action_of(r) == LOG && alternatives(r) > 1;
}

/* --- nets of one family --- */

/* A list without an entry of the table's family takes the rule out of that family; so does one
 * that excludes all of it (plan_must()). */
static void plan_nets(struct plan *p, enum nft_field field, char **texts, size_t n, bool negate)
{
	const uint8_t family = p->out->table == TABLE_IP6 ? 6 : 4;
	struct cidr *nets = arena_new_n(p->out->arena, struct cidr, n + 1);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (cidr_parse_net(texts[i], &nets[kept]) == 0 && nets[kept].addr.family == family)
			kept++;
	if (kept)
		plan_must(p, nft_match_nets(p->out->arena, field, nets, kept, negate));
	else if (n)
		p->never = true;
}

/* --- sets --- */

static const struct nft_match *match_set(
	struct plan *p, enum nft_field field, const char *id, bool net, bool negate)
{
	return nft_match_set(p->out->arena, &field, 1, name_set(p->out->arena, id, net), negate);
}

static void plan_set(
	struct plan *p, const struct rule_context *c, enum nft_field field, const char *id)
{
	struct choice *choice = plan_choice(p, 2);

	choice_add(choice, match_set(p, field, id, false, false), NULL);
	if (c->has_nets(c->ctx, id, p->out->table))
		choice_add(choice, match_set(p, field, id, true, false), NULL);
}

static void plan_not_set(
	struct plan *p, const struct rule_context *c, enum nft_field field, const char *id)
{
	plan_must(p, match_set(p, field, id, false, true));
	if (c->has_nets(c->ctx, id, p->out->table))
		plan_must(p, match_set(p, field, id, true, true));
}

static const struct nft_match *match_ip_port(
	struct plan *p, enum nft_field address, const char *id, bool negate)
{
	const enum nft_field fields[] = { address, NFT_F_L4PROTO,
		address == NFT_F_SADDR ? NFT_F_SPORT : NFT_F_DPORT };

	return nft_match_set(p->out->arena, fields, 3, name_set(p->out->arena, id, false), negate);
}

/* --- ports --- */

static const struct nft_match *match_ports(
	struct plan *p, enum nft_field field, Felix__PortRange **ports, size_t n, bool negate)
{
	struct nft_port_range *list = arena_new_n(p->out->arena, struct nft_port_range, n);

	for (size_t i = 0; i < n; i++)
		list[i] = (struct nft_port_range){ (uint16_t)ports[i]->first,
			(uint16_t)ports[i]->last };
	return nft_match_ports(p->out->arena, field, list, n, negate);
}

/* In one of the ranges, or an element of one of the named sets. */
static void plan_ports(struct plan *p, enum nft_field address, enum nft_field port,
	Felix__PortRange **ports, size_t n, char **named, size_t n_named)
{
	struct choice *choice;
	const struct nft_match *m;

	if (!n && !n_named)
		return;
	choice = plan_choice(p, n_named + 1);
	m = n ? match_ports(p, port, ports, n, false) : NULL;
	if (n)
		choice_add(choice, m, NULL); /* NULL matches every port, and so the choice */
	for (size_t i = 0; i < n_named && (m || !n); i++)
		choice_add(choice, match_ip_port(p, address, named[i], false), NULL);
}

static void plan_not_ports(struct plan *p, enum nft_field address, enum nft_field port,
	Felix__PortRange **ports, size_t n, char **named, size_t n_named)
{
	if (n)
		plan_must(p, match_ports(p, port, ports, n, true));
	for (size_t i = 0; i < n_named; i++)
		plan_must(p, match_ip_port(p, address, named[i], true));
}

/* --- protocol, ICMP, family --- */

static bool family_allows(const struct plan *p, int protocol)
{
	const bool v6 = p->out->table == TABLE_IP6;

	return protocol != (v6 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static void plan_protocol(struct plan *p, const Felix__Rule *r)
{
	const bool v6 = p->out->table == TABLE_IP6;
	int protocol = r->protocol ? protocol_number(r->protocol) : 0;

	if (!protocol && matches_icmp(r))
		protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	if (r->ip_version != FELIX__IPVERSION__ANY &&
		r->ip_version != (v6 ? FELIX__IPVERSION__IPV6 : FELIX__IPVERSION__IPV4))
		p->never = true;
	if (!protocol)
		return;
	if (!family_allows(p, protocol))
		p->never = true;
	plan_must(p, nft_match_u8(p->out->arena, NFT_F_L4PROTO, (uint8_t)protocol, false));
}

static const struct nft_match *match_icmp(
	struct plan *p, enum nft_field field, int32_t value, bool negate)
{
	return nft_match_u8(p->out->arena, field, (uint8_t)value, negate);
}

static void plan_icmp(struct plan *p, const Felix__Rule *r)
{
	if (r->icmp_case == FELIX__RULE__ICMP_ICMP_TYPE) {
		plan_must(p, match_icmp(p, NFT_F_ICMP_TYPE, r->icmp_type, false));
	} else if (r->icmp_case == FELIX__RULE__ICMP_ICMP_TYPE_CODE) {
		plan_must(p, match_icmp(p, NFT_F_ICMP_TYPE, r->icmp_type_code->type, false));
		plan_must(p, match_icmp(p, NFT_F_ICMP_CODE, r->icmp_type_code->code, false));
	}
}

static void plan_not_icmp(struct plan *p, const Felix__Rule *r)
{
	if (r->not_icmp_case == FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE) {
		plan_must(p, match_icmp(p, NFT_F_ICMP_TYPE, r->not_icmp_type, true));
	} else if (r->not_icmp_case == FELIX__RULE__NOT_ICMP_NOT_ICMP_TYPE_CODE) {
		const Felix__IcmpTypeAndCode *tc = r->not_icmp_type_code;
		struct choice *choice = plan_choice(p, 2);

		choice_add(choice, match_icmp(p, NFT_F_ICMP_TYPE, tc->type, true), NULL);
		choice_add(choice, match_icmp(p, NFT_F_ICMP_TYPE, tc->type, false),
			match_icmp(p, NFT_F_ICMP_CODE, tc->code, true));
	}
}

/* --- the whole rule --- */

static void plan_source(struct plan *p, const struct rule_context *c, const Felix__Rule *r)
{
	plan_nets(p, NFT_F_SADDR, r->src_net, r->n_src_net, false);
	for (size_t i = 0; i < r->n_src_ip_set_ids; i++)
		plan_set(p, c, NFT_F_SADDR, r->src_ip_set_ids[i]);
	plan_ports(p, NFT_F_SADDR, NFT_F_SPORT, r->src_ports, r->n_src_ports,
		r->src_named_port_ip_set_ids, r->n_src_named_port_ip_set_ids);
}

static void plan_destination(struct plan *p, const struct rule_context *c, const Felix__Rule *r)
{
	plan_nets(p, NFT_F_DADDR, r->dst_net, r->n_dst_net, false);
	for (size_t i = 0; i < r->n_dst_ip_set_ids; i++)
		plan_set(p, c, NFT_F_DADDR, r->dst_ip_set_ids[i]);
	for (size_t i = 0; i < r->n_dst_ip_port_set_ids; i++)
		plan_must(p, match_ip_port(p, NFT_F_DADDR, r->dst_ip_port_set_ids[i], false));
	plan_ports(p, NFT_F_DADDR, NFT_F_DPORT, r->dst_ports, r->n_dst_ports,
		r->dst_named_port_ip_set_ids, r->n_dst_named_port_ip_set_ids);
}

static void plan_negations(struct plan *p, const struct rule_context *c, const Felix__Rule *r)
{
	if (r->not_protocol)
		plan_must(p, nft_match_u8(p->out->arena, NFT_F_L4PROTO,
				     (uint8_t)protocol_number(r->not_protocol), true));
	plan_nets(p, NFT_F_SADDR, r->not_src_net, r->n_not_src_net, true);
	for (size_t i = 0; i < r->n_not_src_ip_set_ids; i++)
		plan_not_set(p, c, NFT_F_SADDR, r->not_src_ip_set_ids[i]);
	plan_not_ports(p, NFT_F_SADDR, NFT_F_SPORT, r->not_src_ports, r->n_not_src_ports,
		r->not_src_named_port_ip_set_ids, r->n_not_src_named_port_ip_set_ids);
	plan_nets(p, NFT_F_DADDR, r->not_dst_net, r->n_not_dst_net, true);
	for (size_t i = 0; i < r->n_not_dst_ip_set_ids; i++)
		plan_not_set(p, c, NFT_F_DADDR, r->not_dst_ip_set_ids[i]);
	plan_not_ports(p, NFT_F_DADDR, NFT_F_DPORT, r->not_dst_ports, r->n_not_dst_ports,
		r->not_dst_named_port_ip_set_ids, r->n_not_dst_named_port_ip_set_ids);
	plan_not_icmp(p, r);
}

static struct plan plan_of(const struct rule_context *c, const Felix__Rule *r, struct rules *out)
{
	struct plan p = { .out = out };

	plan_protocol(&p, r);
	plan_source(&p, c, r);
	plan_destination(&p, c, r);
	plan_icmp(&p, r);
	plan_negations(&p, c, r);
	return p;
}

static void set_log(const struct rule_context *c, const struct rule_owner *o, struct nft_rule *rule,
	struct arena *a)
{
	rule->log_prefix = log_prefix(a, c->config->log_prefix, o);
	rule->limit = (struct nft_limit){ .rate = c->config->log_rate,
		.unit_seconds = c->config->log_unit_seconds,
		.burst = c->config->log_burst };
}

static void jump_to_log(
	const struct rule_owner *o, struct nft_rule *rule, size_t index, struct rules *out)
{
	rule->verdict = NFT_TO_JUMP;
	rule->target = name_log_chain(out->arena, o->direction, o->text, index);
	rules_append(out, rule);
}

void rule_render(const struct rule_context *c, const struct rule_owner *o, const Felix__Rule *r,
	size_t index, struct rules *out)
{
	struct plan p = plan_of(c, r, out);
	struct nft_rule *rule = nft_rule_new(out->arena);

	rule->comment = rule_comment(out->arena, o, r, index);
	if (p.never) {
		if (index == 0)
			rules_append(out, rule); /* the name still has to be seen */
		return;
	}
	if (rule_logs_apart(r)) {
		jump_to_log(o, rule, index, out);
		return;
	}
	switch (action_of(r)) {
	case ALLOW:
		rule->verdict = NFT_TO_ACCEPT;
		break;
	case PASS:
		rule->verdict = NFT_TO_RETURN;
		break;
	case LOG:
		set_log(c, o, rule, out->arena);
		break;
	case DENY:
	case ACTION_UNKNOWN:
		rule->verdict = c->config->reject ? NFT_TO_REJECT : NFT_TO_DROP;
		break;
	}
	plan_write(&p, rule);
}

void rule_render_log(const struct rule_context *c, const struct rule_owner *o, const Felix__Rule *r,
	struct rules *out)
{
	struct plan p = plan_of(c, r, out);
	struct nft_rule *rule = nft_rule_new(out->arena);

	rule->verdict = NFT_TO_RETURN;
	set_log(c, o, rule, out->arena);
	if (!p.never)
		plan_write(&p, rule);
}

void rule_render_none(const struct rule_owner *o, struct rules *out)
{
	rules_add(out, NFT_TO_CONTINUE)->comment = rule_comment(out->arena, o, NULL, 0);
}

static void each(char **ids, size_t n, void (*fn)(void *ctx, const char *id), void *ctx)
{
	for (size_t i = 0; i < n; i++)
		fn(ctx, ids[i]);
}

void rule_each_set(const Felix__Rule *r, void (*fn)(void *ctx, const char *id), void *ctx)
{
	each(r->src_ip_set_ids, r->n_src_ip_set_ids, fn, ctx);
	each(r->dst_ip_set_ids, r->n_dst_ip_set_ids, fn, ctx);
	each(r->not_src_ip_set_ids, r->n_not_src_ip_set_ids, fn, ctx);
	each(r->not_dst_ip_set_ids, r->n_not_dst_ip_set_ids, fn, ctx);
	each(r->src_named_port_ip_set_ids, r->n_src_named_port_ip_set_ids, fn, ctx);
	each(r->dst_named_port_ip_set_ids, r->n_dst_named_port_ip_set_ids, fn, ctx);
	each(r->not_src_named_port_ip_set_ids, r->n_not_src_named_port_ip_set_ids, fn, ctx);
	each(r->not_dst_named_port_ip_set_ids, r->n_not_dst_named_port_ip_set_ids, fn, ctx);
	each(r->dst_ip_port_set_ids, r->n_dst_ip_port_set_ids, fn, ctx);
}
