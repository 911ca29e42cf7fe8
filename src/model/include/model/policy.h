/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.h - rules, and the kinds made of them: NetworkPolicy, GlobalNetworkPolicy, their staged
 * forms, Profile and Tier.
 *
 * NetworkPolicy and GlobalNetworkPolicy share one struct; the table of each kind lists the members
 * that it has. Source: datamodel.md 2.4 to 2.7, 5.1, 5.3.
 */
#pragma once

#include "model/resource.h"

struct port {
	const char *name; /* NULL: the numeric range min..max (equal for a single port) */
	uint16_t min, max;
};
struct port_list {
	size_t n;
	struct port *v;
};

struct protocol {
	bool set;
	const char *name; /* "TCP"; NULL: the number */
	uint8_t number;
};

struct icmp_match {
	struct opt_int type, code;
};

struct service_match {
	const char *name, *ns;
};

struct service_account_match {
	struct text_list names;
	const char *selector;
};

struct entity_rule {
	struct text_list nets;
	const char *selector, *namespace_selector;
	struct service_match *services;
	struct port_list ports;
	struct text_list not_nets;
	const char *not_selector;
	struct port_list not_ports;
	struct service_account_match *service_accounts;
};

struct http_path {
	const char *exact, *prefix;
};
struct http_path_list {
	size_t n;
	struct http_path *v;
};
struct http_match {
	struct text_list methods;
	struct http_path_list paths;
};

struct rule_metadata {
	struct text_map annotations;
};

struct rule {
	const char *action; /* as written: "Allow", "Deny", "Log", "Pass" when valid */
	struct opt_int ip_version;
	struct protocol protocol;
	struct icmp_match *icmp;
	struct protocol not_protocol;
	struct icmp_match *not_icmp;
	struct entity_rule source, destination;
	struct http_match *http;
	struct rule_metadata *metadata;
};
struct rule_list {
	size_t n;
	struct rule *v;
};

struct policy_spec {
	const char *staged_action; /* staged kinds only */
	const char *tier;
	struct opt_float order;
	struct rule_list ingress, egress;
	const char *selector;
	struct text_list types;
	bool do_not_track, pre_dnat, apply_on_forward; /* global kinds only */
	const char *service_account_selector;
	const char *namespace_selector; /* global kinds only */
	struct text_list performance_hints;
};

struct profile_spec {
	struct rule_list ingress, egress;
	struct text_map labels_to_apply;
};

struct tier_spec {
	struct opt_float order;
	const char *default_action;
};

static inline struct policy_spec *resource_policy(const struct resource *res)
{
	return res->spec;
}
static inline struct profile_spec *resource_profile(const struct resource *res)
{
	return res->spec;
}
static inline struct tier_spec *resource_tier(const struct resource *res)
{
	return res->spec;
}
