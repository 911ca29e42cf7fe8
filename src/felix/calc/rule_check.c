/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule must keep to so that its meaning is certain. Less than what a client refuses to
 * write: nets of both families in one rule, for one, have a meaning (felix.md 3.3). */
#include <errno.h>

#include "base/addr.h"
#include "base/str.h"
#include "rules.h"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "TCP", PROTOCOL_TCP },
	{ "UDP", PROTOCOL_UDP },
	{ "ICMP", 1 },
	{ "ICMPv6", 58 },
	{ "SCTP", PROTOCOL_SCTP },
	{ "UDPLite", 136 },
};

/* 0: unknown, or not set. */
static uint8_t protocol_number(const struct protocol *p)
{
	if (!p->set || !p->name)
		return p->set ? p->number : 0;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (str_eq(p->name, protocols[i].name))
			return protocols[i].number;
	return 0;
}

uint8_t protocol_with_ports(const struct protocol *p)
{
	uint8_t n = protocol_number(p);

	return n == PROTOCOL_TCP || n == PROTOCOL_UDP || n == PROTOCOL_SCTP ? n : PROTOCOL_ANY;
}

static int check_protocol(const struct protocol *p, const char *what, struct err *err)
{
	if (p->set && !protocol_number(p))
		return err_set(err, -EINVAL, "%s '%s' is unknown", what, p->name ? p->name : "0");
	return 0;
}

static int check_action(const char *action, struct err *err)
{
	static const char *const known[] = { "Allow", "Deny", "Log", "Pass" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(action, known[i]))
			return 0;
	return err_set(err, -EINVAL, "action '%s' is unknown", action ? action : "");
}

static int check_nets(const struct text_list *nets, const char *what, struct err *err)
{
	struct cidr c;

	for (size_t i = 0; i < nets->n; i++)
		if (str_empty(nets->v[i]) || cidr_parse_net(nets->v[i], &c))
			return err_set(err, -EINVAL, "%s: '%s' is no address or net", what,
				nets->v[i] ? nets->v[i] : "");
	return 0;
}

static int check_ports(const struct port_list *ports, const struct protocol *protocol,
	const char *what, struct err *err)
{
	for (size_t i = 0; i < ports->n; i++) {
		const struct port *p = &ports->v[i];
		if (p->name ? protocol->set && !protocol_with_ports(protocol)
			    : !protocol_with_ports(protocol))
			return err_set(err, -EINVAL, "%s need protocol TCP, UDP or SCTP", what);
		if (!p->name && (p->min < 1 || p->min > p->max))
			return err_set(err, -EINVAL, "%s: %u:%u is no range", what, p->min, p->max);
	}
	return 0;
}

static int check_icmp(const struct icmp_match *icmp, const char *what, struct err *err)
{
	if (!icmp)
		return 0;
	if (icmp->code.set && !icmp->type.set)
		return err_set(err, -EINVAL, "%s has a code without a type", what);
	if (icmp->type.set && (icmp->type.value < 0 || icmp->type.value > 254))
		return err_set(err, -EINVAL, "%s type is out of range", what);
	if (icmp->code.set && (icmp->code.value < 0 || icmp->code.value > 255))
		return err_set(err, -EINVAL, "%s code is out of range", what);
	return 0;
}

static int check_family(const struct rule *rule, struct err *err)
{
	uint8_t protocol = protocol_number(&rule->protocol);
	int64_t version = rule->ip_version.value;

	if (rule->icmp && protocol != 1 && protocol != 58)
		return err_set(err, -EINVAL, "icmp needs protocol ICMP or ICMPv6");
	if (!rule->ip_version.set)
		return 0;
	if (version != 4 && version != 6)
		return err_set(err, -EINVAL, "ipVersion is neither 4 nor 6");
	if ((protocol == 1 && version == 6) || (protocol == 58 && version == 4))
		return err_set(err, -EINVAL, "ipVersion and the ICMP protocol disagree");
	return 0;
}

static int check_side(
	const struct entity_rule *side, const struct protocol *protocol, struct err *err)
{
	if (side->services)
		return err_set(err, -EINVAL, "services cannot be matched yet");
	if (check_nets(&side->nets, "nets", err) || check_nets(&side->not_nets, "notNets", err))
		return -EINVAL;
	if (check_ports(&side->ports, protocol, "ports", err))
		return -EINVAL;
	return check_ports(&side->not_ports, protocol, "notPorts", err);
}

int rule_check(const struct rule *rule, struct err *err)
{
	if (check_action(rule->action, err) || check_protocol(&rule->protocol, "protocol", err) ||
		check_protocol(&rule->not_protocol, "notProtocol", err) || check_family(rule, err))
		return -EINVAL;
	if (check_icmp(rule->icmp, "icmp", err) || check_icmp(rule->not_icmp, "notICMP", err))
		return -EINVAL;
	if (check_side(&rule->source, &rule->protocol, err))
		return err_wrap(err, -EINVAL, "source");
	if (check_side(&rule->destination, &rule->protocol, err))
		return err_wrap(err, -EINVAL, "destination");
	return 0;
}
