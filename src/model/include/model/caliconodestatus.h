/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caliconodestatus.h - CalicoNodeStatus: what a user wants to see of a node, and what its agent
 * saw.
 *
 * Source: datamodel.md 2.16.
 */
#pragma once

#include "model/resource.h"

struct calico_node_status_spec {
	const char *node;
	struct text_list classes; /* "Agent", "BGP", "Routes" */
	struct opt_int update_period_seconds;
};

struct bird_status {
	const char *state, *version, *router_id, *last_boot_time, *last_reconfiguration_time;
};
struct agent_status {
	struct bird_status bird_v4, bird_v6;
};
struct bgp_peer_status {
	const char *peer_ip, *type, *state, *since;
};
struct bgp_peer_status_list {
	size_t n;
	struct bgp_peer_status *v;
};
struct bgp_status {
	int64_t established_v4, not_established_v4, established_v6, not_established_v6;
	struct bgp_peer_status_list peers_v4, peers_v6;
};
struct route_source {
	const char *source_type, *peer_ip;
};
struct route_status {
	const char *type, *destination, *gateway, *interface;
	struct route_source learned_from;
};
struct route_status_list {
	size_t n;
	struct route_status *v;
};
struct routes_status {
	struct route_status_list routes_v4, routes_v6;
};
struct calico_node_status_status {
	const char *last_updated;
	struct agent_status agent;
	struct bgp_status bgp;
	struct routes_status routes;
};

static inline struct calico_node_status_spec *resource_calico_node_status(
	const struct resource *res)
{
	return res->spec;
}
static inline struct calico_node_status_status *resource_calico_node_status_status(
	const struct resource *res)
{
	return res->status;
}
