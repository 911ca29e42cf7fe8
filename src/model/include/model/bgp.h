/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bgp.h - BGPPeer and BGPFilter; BGPConfiguration is in node.h.
 *
 * Source: datamodel.md 2.12, 2.13.
 */
#pragma once

#include "model/node.h"

struct opt_int_list {
	size_t n;
	struct opt_int *v;
};

struct bgp_peer_spec {
	const char *node, *node_selector, *peer_ip;
	struct opt_int as_number, local_as_number;
	const char *peer_selector;
	bool keep_original_next_hop;
	const char *next_hop_mode;
	struct bgp_password *password;
	const char *source_address;
	const char *max_restart_time, *keepalive_time; /* Go durations */
	struct opt_int num_allowed_local_as_numbers, ttl_security;
	const char *reachable_by;
	struct text_list filters;
	const char *local_workload_selector, *reverse_peering;
};

struct bgp_filter_prefix_length {
	struct opt_int min, max;
};
struct bgp_filter_communities {
	struct text_list values;
};
struct bgp_filter_community {
	const char *value;
};
struct bgp_filter_as_path {
	struct opt_int_list prefix;
};
struct bgp_filter_priority {
	struct opt_int value;
};
struct bgp_filter_operation { /* exactly one is set */
	struct bgp_filter_community *add_community;
	struct bgp_filter_as_path *prepend_as_path;
	struct bgp_filter_priority *set_priority;
};
struct bgp_filter_operation_list {
	size_t n;
	struct bgp_filter_operation *v;
};

struct bgp_filter_rule {
	const char *cidr;
	struct bgp_filter_prefix_length *prefix_length;
	const char *source, *interface, *match_operator, *peer_type;
	struct bgp_filter_communities *communities;
	struct opt_int_list as_path_prefix;
	struct opt_int priority;
	const char *action;
	struct bgp_filter_operation_list operations;
};
struct bgp_filter_rule_list {
	size_t n;
	struct bgp_filter_rule *v;
};

struct bgp_filter_spec {
	struct bgp_filter_rule_list export_v4, import_v4, export_v6, import_v6;
};

static inline struct bgp_peer_spec *resource_bgp_peer(const struct resource *res)
{
	return res->spec;
}
static inline struct bgp_filter_spec *resource_bgp_filter(const struct resource *res)
{
	return res->spec;
}
