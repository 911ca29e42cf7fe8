/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule matches when each of its fields does; felix.md 3.2 and 3.3, in that order. */
#include "rule.h"

#include "base/mem.h"
#include "base/str.h"
#include "object.h"
#include "scope.h"
#include "selector/selector.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, UDPLITE = 136 };

enum rule_action rule_action(const struct rule *r)
{
	static const struct {
		const char *name;
		enum rule_action action;
	} names[] = {
		{ "", RULE_ALLOW },
		{ "Allow", RULE_ALLOW },
		{ "Deny", RULE_DENY },
		{ "Pass", RULE_PASS },
		{ "Log", RULE_LOG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq_nocase(names[i].name, r->action))
			return names[i].action;
	return RULE_ACTION_UNKNOWN;
}

/* What cannot be evaluated */

static bool selector_is_broken(const char *text)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	return selector_parse(text, &s, NULL) != 0;
}

static bool side_is_broken(const struct entity_rule *side, const char *policy_ns)
{
	_cleanup_free_ char *scope = NULL;

	return scope_of_side(side, policy_ns, &scope) || selector_is_broken(side->not_selector);
}

static bool has_numeric(const struct port_list *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!ports->v[i].name)
			return true;
	return false;
}

static bool ports_are_broken(const struct rule *r, const struct port_list *ports)
{
	uint8_t protocol = protocol_number(&r->protocol);

	if (!ports->n)
		return false;
	if (!r->protocol.set)
		return has_numeric(ports);
	return protocol != TCP && protocol != UDP && protocol != SCTP;
}

static bool protocol_is_broken(const struct protocol *p)
{
	return p->set && protocol_number(p) == 0;
}

static bool icmp_is_broken(const struct icmp_match *icmp)
{
	return icmp && icmp->code.set && !icmp->type.set;
}

bool rule_is_broken(const struct rule *r, const char *policy_ns)
{
	bool version = r->ip_version.set && r->ip_version.value != 4 && r->ip_version.value != 6;

	return version || rule_action(r) == RULE_ACTION_UNKNOWN ||
	       protocol_is_broken(&r->protocol) || protocol_is_broken(&r->not_protocol) ||
	       icmp_is_broken(r->icmp) || icmp_is_broken(r->not_icmp) ||
	       side_is_broken(&r->source, policy_ns) ||
	       side_is_broken(&r->destination, policy_ns) ||
	       ports_are_broken(r, &r->source.ports) || ports_are_broken(r, &r->source.not_ports) ||
	       ports_are_broken(r, &r->destination.ports) ||
	       ports_are_broken(r, &r->destination.not_ports);
}

/* One side of the packet and of the rule */

struct side {
	const struct world *w;
	const struct entity_rule *rule;
	const char *scope; /* NULL: any address */
	const struct addr *addr;
	uint16_t port;
	uint8_t protocol;
};

/* Unparsable entries and those of the other family are not there; a list that has entries and
 * loses all of them constrains to nothing. */
static bool nets_match(const struct text_list *nets, const struct addr *a)
{
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++)
		if (cidr_parse_net(nets->v[i], &c) == 0 && cidr_has(&c, a))
			return true;
	return nets->n == 0;
}

static bool not_nets_match(const struct text_list *nets, const struct addr *a)
{
	bool any_of_family = nets->n == 0;
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++) {
		if (cidr_parse_net(nets->v[i], &c) || c.addr.family != a->family)
			continue;
		if (cidr_has(&c, a))
			return false;
		any_of_family = true;
	}
	return any_of_family;
}

static bool object_matches(
	const struct world *w, const struct resource *object, const struct selector *s)
{
	struct labelled labelled = { w, object };

	return selector_match(s, object_label, &labelled);
}

/* Whether somebody with this address matches `text`, does not match `not_text` if there is one,
 * and, if a name is given, has a port of that name there. */
static bool address_is(
	const struct side *s, const char *text, const char *not_text, const char *port_name)
{
	_cleanup_(selector_freep) struct selector *yes = NULL, *no = NULL;

	if (selector_parse(text, &yes, NULL) ||
		(!str_empty(not_text) && selector_parse(not_text, &no, NULL)))
		return false;
	for (size_t i = 0; i < s->w->n; i++) {
		const struct resource *o = s->w->resources[i];

		if (object_is_selectable(o) && object_has_address(o, s->addr) &&
			object_matches(s->w, o, yes) && !(no && object_matches(s->w, o, no)) &&
			(!port_name || object_has_port(o, port_name, s->protocol, s->port)))
			return true;
	}
	return false;
}

static bool selectors_match(const struct side *s)
{
	if (s->scope)
		return address_is(s, s->scope, s->rule->not_selector, NULL);
	return str_empty(s->rule->not_selector) ||
	       !address_is(s, s->rule->not_selector, NULL, NULL);
}

static bool has_ports(uint8_t protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP || protocol == UDPLITE;
}

static bool port_is_listed(const struct side *s, const struct port_list *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct port *port = &ports->v[i];

		if (port->name) {
			if (address_is(s, s->scope ? s->scope : "",
				    s->scope ? s->rule->not_selector : NULL, port->name))
				return true;
		} else if (has_ports(s->protocol) && s->port >= port->min && s->port <= port->max) {
			return true;
		}
	}
	return false;
}

static bool side_matches(const struct side *s)
{
	const struct entity_rule *r = s->rule;

	return nets_match(&r->nets, s->addr) && not_nets_match(&r->not_nets, s->addr) &&
	       (!r->ports.n || port_is_listed(s, &r->ports)) && !port_is_listed(s, &r->not_ports) &&
	       selectors_match(s) &&
	       !r->services; /* no EndpointSlices: a service has no addresses */
}

/* The packet as a whole */

static int64_t version_of(const struct rule *r)
{
	uint8_t protocol = r->protocol.set ? protocol_number(&r->protocol) : 0;

	if (r->ip_version.set)
		return r->ip_version.value;
	return protocol == ICMP ? 4 : protocol == ICMPV6 ? 6 : 0;
}

static bool is_icmp(const struct packet *p)
{
	return p->protocol == (p->source.family == 4 ? ICMP : ICMPV6);
}

static bool icmp_equals(const struct icmp_match *icmp, const struct packet *p)
{
	return p->icmp_type == icmp->type.value &&
	       (!icmp->code.set || p->icmp_code == icmp->code.value);
}

static bool icmp_matches(const struct rule *r, const struct packet *p)
{
	bool asked = r->icmp && r->icmp->type.set, excluded = r->not_icmp && r->not_icmp->type.set;

	if ((asked || excluded) && !is_icmp(p))
		return false;
	return !(asked && !icmp_equals(r->icmp, p)) && !(excluded && icmp_equals(r->not_icmp, p));
}

static bool protocol_matches(const struct rule *r, const struct packet *p)
{
	if (r->protocol.set && protocol_number(&r->protocol) != p->protocol)
		return false;
	return !r->not_protocol.set || protocol_number(&r->not_protocol) != p->protocol;
}

bool rule_matches(
	const struct world *w, const struct rule *r, const char *policy_ns, const struct packet *p)
{
	_cleanup_free_ char *from = NULL, *to = NULL;
	int64_t version = version_of(r);
	struct side source, destination;

	if (scope_of_side(&r->source, policy_ns, &from) ||
		scope_of_side(&r->destination, policy_ns, &to))
		return false;
	source = (struct side){ w, &r->source, from, &p->source, p->source_port, p->protocol };
	destination = (struct side){ w, &r->destination, to, &p->destination, p->destination_port,
		p->protocol };
	return (!version || version == p->source.family) && protocol_matches(r, p) &&
	       icmp_matches(r, p) && side_matches(&source) && side_matches(&destination);
}
