/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_rules.h"

#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "names.h"
#include "tables.h"
#include "validation.h"

#define IPPROTO_SCTP_NUMBER 132

static bool has_global(const char *selector)
{
	return selector && strstr(selector, "global(");
}

static bool protocol_is(const struct protocol *p, const char *name, uint8_t number)
{
	return p->set && (p->name ? strcmp(p->name, name) == 0 : p->number == number);
}

/* Names of any case: a wrong one is reported as such, and only once. */
bool protocol_has_ports(const struct protocol *p)
{
	if (!p->set)
		return false;
	if (p->name)
		return str_eq_nocase(p->name, "TCP") || str_eq_nocase(p->name, "UDP") ||
		       str_eq_nocase(p->name, "SCTP");
	return p->number == 6 || p->number == 17 || p->number == IPPROTO_SCTP_NUMBER;
}

/* ---- rules: field validators ---- */

static bool any_number(const struct port_list *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!ports->v[i].name)
			return true;
	return false;
}

static void check_ports(struct validation *v, const struct rule *r, const char *name,
	const struct entity_rule *side, const char *member, const struct port_list *ports)
{
	if (!ports->n || protocol_has_ports(&r->protocol))
		return;
	if (r->protocol.set)
		member_failed(v, name, &entity_rule_type, member, side,
			"rules that specify ports must set protocol to TCP or UDP or SCTP");
	else if (any_number(ports))
		member_failed(v, name, &entity_rule_type, member, side,
			"rules with numeric port or port range must set protocol to TCP or UDP or "
			"SCTP");
}

struct families {
	bool v4, v6;
};

static int parse_net(const struct validation *v, const char *text, struct cidr *ret)
{
	return v->reading ? cidr_parse_net(text, ret) : cidr_parse(text, ret);
}

/* Readers skip entries that do not parse. */
static struct families families_of(
	struct validation *v, const char *name, const struct text_list *nets)
{
	struct families f = { 0 };
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++) {
		if (parse_net(v, nets->v[i], &c) == 0) {
			f.v4 = f.v4 || c.addr.family == 4;
			f.v6 = f.v6 || c.addr.family == 6;
		} else if (!v->reading) {
			field_errors_add(v->errors, name, nets->v[i], "invalid CIDR");
		}
	}
	return f;
}

static void check_nets(struct validation *v, const struct rule *r, const char *name,
	const struct entity_rule *side, const char *member, const struct text_list *nets,
	struct families *seen)
{
	struct families f = families_of(v, name, nets);

	if ((f.v4 && (f.v6 || seen->v6)) || (f.v6 && seen->v4))
		member_failed(v, name, &entity_rule_type, member, side,
			"rule contains both IPv4 and IPv6 CIDRs");
	seen->v4 = seen->v4 || f.v4;
	seen->v6 = seen->v6 || f.v6;
	/* Upstream quotes the positive list here, whichever list it means. */
	if (r->ip_version.set &&
		((r->ip_version.value == 4 && f.v6) || (r->ip_version.value == 6 && f.v4)))
		member_failed(v, name, &entity_rule_type, "nets", side,
			"rule IP version doesn't match CIDR version");
}

static void check_not_everything(
	struct validation *v, const char *name, const struct text_list *nets)
{
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++)
		if (cidr_parse(nets->v[i], &c) == 0 && c.len == 0)
			field_errors_add(v->errors, name, nets->v[i],
				"catch-all CIDR in negation creates logical contradiction (matches "
				"no "
				"traffic)");
}

void rule_validate(struct validation *v, const void *object)
{
	const struct rule *r = object;
	const struct entity_rule *s = &r->source, *d = &r->destination;
	struct families seen = { 0 };

	check_ports(v, r, "Source.Ports", s, "ports", &s->ports);
	check_ports(v, r, "Source.NotPorts", s, "notPorts", &s->not_ports);
	check_ports(v, r, "Destination.Ports", d, "ports", &d->ports);
	check_ports(v, r, "Destination.NotPorts", d, "notPorts", &d->not_ports);
	check_nets(v, r, "Source.Nets", s, "nets", &s->nets, &seen);
	check_nets(v, r, "Source.NotNets", s, "notNets", &s->not_nets, &seen);
	check_nets(v, r, "Destination.Nets", d, "nets", &d->nets, &seen);
	check_nets(v, r, "Destination.NotNets", d, "notNets", &d->not_nets, &seen);
	if (v->reading)
		return; /* it has a meaning: it matches nothing (felix.md 3.3) */
	check_not_everything(v, "Source.NotNets", &s->not_nets);
	check_not_everything(v, "Destination.NotNets", &d->not_nets);
}

void entity_validate(struct validation *v, const void *object)
{
	const struct entity_rule *e = object;

	if (has_global(e->namespace_selector) && !str_eq(e->namespace_selector, "global()"))
		field_errors_add(v->errors, "NamespaceSelector field", e->namespace_selector,
			"global() cannot be combined with other selectors");
}

static const char *path_fault(const struct http_path *p, const char **shown)
{
	const char *path = p->exact ? p->exact : p->prefix;

	if (p->exact && p->prefix)
		return "Invalid path match. Both 'exact' and 'prefix' are set";
	if (!path)
		return "Invalid path match. Either 'exact' or 'prefix' must be set";
	*shown = path;
	if (*path != '/' || strpbrk(path, "?# "))
		return "";
	return NULL;
}

static bool has_duplicates(const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(l->v[i], l->v[j]) == 0)
				return true;
	return false;
}

void http_validate(struct validation *v, const void *object)
{
	const struct http_match *h = object;
	_cleanup_buf_ struct buf methods = BUF_INIT;

	if (has_duplicates(&h->methods)) {
		dump_member(&methods, &http_match_type.fields[0], h);
		field_errors_add(v->errors, "Methods", buf_str(&methods),
			"Invalid methods (duplicates): %s", buf_str(&methods));
	}
	for (size_t i = 0; i < h->paths.n; i++) {
		const char *shown = NULL, *fault = path_fault(&h->paths.v[i], &shown);

		if (fault && !*fault)
			member_failed(v, "Paths", &http_match_type, "paths", h,
				"Invalid path %s. (must start with `/` and not contain `?` or `#`",
				shown);
		else if (fault)
			member_failed(v, "Paths", &http_match_type, "paths", h, "%s", fault);
	}
}

/* ---- rules: schema ---- */

void icmp_rules(struct validation *v, const void *object)
{
	const struct icmp_match *m = object;

	if (m->code.set && !m->type.set)
		rule_failed(v, "ICMP code specified without an ICMP type");
}

static bool needs_version(const struct rule *r, const char *name, uint8_t number, int64_t version)
{
	return r->ip_version.set && r->ip_version.value != version &&
	       (protocol_is(&r->protocol, name, number) ||
		       protocol_is(&r->not_protocol, name, number));
}

void rule_rules(struct validation *v, const void *object)
{
	const struct rule *r = object;
	const struct entity_rule *d = &r->destination;

	if (r->http && r->protocol.set && !protocol_is(&r->protocol, "TCP", 6))
		rule_failed(v, "rules with HTTP match must have protocol TCP or unset");
	if (r->http && !str_eq(r->action, "Allow"))
		rule_failed(v, "HTTP match is only valid on Allow rules");
	if (d->services && (d->ports.n || d->not_ports.n))
		rule_failed(v, "ports and notPorts cannot be specified with services");
	if (r->icmp && !protocol_is(&r->protocol, "ICMP", 1) &&
		!protocol_is(&r->protocol, "ICMPv6", 58))
		rule_failed(v, "ICMP fields require protocol to be ICMP or ICMPv6");
	if (needs_version(r, "ICMP", 1, 4))
		rule_failed(v, "protocol ICMP requires ipVersion 4");
	if (needs_version(r, "ICMPv6", 58, 6))
		rule_failed(v, "protocol ICMPv6 requires ipVersion 6");
}

void entity_rules(struct validation *v, const void *object)
{
	const struct entity_rule *e = object;

	if (has_global(e->selector))
		rule_failed(v, "global() can only be used in an EntityRule namespaceSelector");
	if (!e->services)
		return;
	if (!str_empty(e->namespace_selector))
		rule_failed(v, "cannot specify NamespaceSelector and Services on the same rule");
	if (e->service_accounts)
		rule_failed(v, "cannot specify ServiceAccounts and Services on the same rule");
	if (!str_empty(e->selector) || !str_empty(e->not_selector))
		rule_failed(v, "cannot specify Selector/NotSelector and Services on the same rule");
	if (e->nets.n || e->not_nets.n)
		rule_failed(v, "cannot specify Nets/NotNets and Services on the same rule");
	if (str_empty(e->services->name))
		rule_failed(v,
			"no such key: name evaluating rule: services must specify a service name");
}

/* ---- policies: field validators ---- */

static void check_types(struct validation *v, const struct policy_spec *s, const char *name)
{
	for (size_t i = 0; i < s->types.n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(s->types.v[i], s->types.v[j]) != 0)
				continue;
			member_failed(v, name, &network_policy_type, "types", s,
				"'%s' type specified more than once", s->types.v[i]);
			return;
		}
	}
}

static void check_services(struct validation *v, const struct entity_rule *side, const char *reason)
{
	if (side->services)
		member_failed(v, "Services", &entity_rule_type, "services", side, "%s", reason);
}

static void check_service_namespace(struct validation *v, const struct entity_rule *side)
{
	if (side->services && str_empty(side->services->ns))
		field_errors_add(v->errors, "Namespace", "", "must specify a namespace");
}

static void check_rule_places(struct validation *v, const struct policy_spec *s, bool global)
{
	for (size_t i = 0; i < s->egress.n; i++) {
		const struct rule *r = &s->egress.v[i];

		if (r->http)
			member_failed(v, "HTTP", &rule_type, "http", r,
				"not allowed in egress rule%s", global ? "s" : "");
		check_services(v, &r->source, "not allowed in egress rule source");
		if (global)
			check_service_namespace(v, &r->destination);
	}
	for (size_t i = 0; i < s->ingress.n; i++) {
		const struct rule *r = &s->ingress.v[i];

		check_services(v, &r->destination, "not allowed in ingress rule destination");
		if (global)
			check_service_namespace(v, &r->source);
	}
}

/* With Delete, nothing but the tier may be set. */
static void check_staged_delete(
	struct validation *v, const struct policy_spec *s, const struct object_type *t)
{
	struct policy_spec rest = *s, shown = *s;

	if (!str_eq(s->staged_action, "Delete"))
		return;
	rest.staged_action = rest.tier = NULL;
	if (str_eq(s->tier, "default")) /* upstream fills it in after this check */
		shown.tier = NULL;
	if (!object_is_empty(t, &rest))
		object_failed(v, t->go_name, t, &shown, false,
			"Spec fields, except Tier, should all be zero-value if stagedAction is "
			"Delete");
}

void network_policy_validate(struct validation *v, const void *object)
{
	const struct policy_spec *s = object;

	if (v->res->kind == KIND_STAGED_NETWORK_POLICY)
		check_staged_delete(v, s, &staged_network_policy_type);
	check_types(v, s, "NetworkPolicySpec.Types");
	check_rule_places(v, s, false);
}

void global_policy_validate(struct validation *v, const void *object)
{
	const struct policy_spec *s = object;

	if (v->res->kind == KIND_STAGED_GLOBAL_NETWORK_POLICY)
		check_staged_delete(v, s, &staged_global_network_policy_type);
	check_types(v, s, "GlobalNetworkPolicySpec.Types");
	check_rule_places(v, s, true);
}

void policy_name_validate(struct validation *v, const void *resource)
{
	const struct resource *res = resource;
	const char *name = res->meta.name ? res->meta.name : "";
	const char *dot = strchr(name, '.');
	bool generated = kind_namespaced(res->kind) &&
			 (str_starts(name, "knp.default.") || str_starts(name, "ossg.default."));

	validate_name_length(v, NAME_MAX_SUBDOMAIN);
	if (generated ? !name_is_subdomain(name)
		      : !name_is_subdomain(name) || (dot && strchr(dot + 1, '.')))
		field_errors_add(v->errors, "Metadata.Name", name, LABEL_NAME_FAULT);
}

/* ---- policies: schema ---- */

static void check_global_selector(struct validation *v, const char *selector)
{
	if (has_global(selector))
		rule_failed(v, "global() can only be used in an EntityRule namespaceSelector");
}

void network_policy_rules(struct validation *v, const void *object)
{
	const struct policy_spec *s = object;

	check_global_selector(v, s->selector);
	check_global_selector(v, s->service_account_selector);
}

static bool has_egress_type(const struct policy_spec *s)
{
	for (size_t i = 0; i < s->types.n; i++)
		if (strcmp(s->types.v[i], "Egress") == 0)
			return true;
	return false;
}

void global_policy_rules(struct validation *v, const void *object)
{
	const struct policy_spec *s = object;

	check_global_selector(v, s->selector);
	check_global_selector(v, s->service_account_selector);
	check_global_selector(v, s->namespace_selector);
	if (s->pre_dnat && s->do_not_track)
		rule_failed(v, "preDNAT and doNotTrack cannot both be true");
	if (s->pre_dnat && s->egress.n)
		rule_failed(v, "preDNAT policy cannot have any egress rules");
	if (s->pre_dnat && has_egress_type(s))
		rule_failed(v, "preDNAT policy cannot have 'Egress' type");
	if ((s->do_not_track || s->pre_dnat) && !s->apply_on_forward)
		rule_failed(
			v, "applyOnForward must be true if either preDNAT or doNotTrack is true");
}

/* ---- tiers ---- */

/* Of the tiers that every cluster has, neither action nor order may change. */
static const struct tier_rule {
	const char *tier, *action; /* NULL: the order */
	double order;
	const char *text;
} tier_rule_table[] = {
	{ "kube-admin", "Pass", 0, "The 'kube-admin' tier must have default action 'Pass'" },
	{ "kube-baseline", "Pass", 0, "The 'kube-baseline' tier must have default action 'Pass'" },
	{ "default", "Deny", 0, "The 'default' tier must have default action 'Deny'" },
	{ "default", NULL, 1000000, "default tier order must be 1000000" },
	{ "kube-admin", NULL, 1000, "kube-admin tier order must be 1000" },
	{ "kube-baseline", NULL, 10000000, "kube-baseline tier order must be 10000000" },
};

/* A rule that has to look at a name that is not there fails with a text of its own. */
static void check_tier_rule(
	struct validation *v, const struct tier_rule *rule, const struct tier_spec *s)
{
	const char *name = v->res->meta.name;
	bool holds = rule->action ? str_eq(s->default_action, rule->action)
				  : s->order.set && s->order.value == rule->order;

	if (str_empty(name)) {
		if (rule->action || !holds)
			rule_failed(v, "no such key: name evaluating rule: %s", rule->text);
	} else if (!holds && str_eq(name, rule->tier)) {
		rule_failed(v, "%s", rule->text);
	}
}

void tier_rules(struct validation *v, const void *resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(tier_rule_table); i++)
		check_tier_rule(v, &tier_rule_table[i], resource_tier(resource));
}

void tier_validate(struct validation *v, const void *resource)
{
	validate_label_name(v, ((const struct resource *)resource)->meta.name);
	validate_labels(v);
}
