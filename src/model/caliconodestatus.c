/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/caliconodestatus.h"

#include "tables.h"
#include "tags.h"

#define T struct calico_node_status_spec
static const struct field spec_fields[] = {
	TEXT("node", T, node, CHECK(.required = true, .tag = &tag_name)),
	TEXTS("classes", T, classes, .go_type = "[]v3.NodeStatusClassType",
		CHECK(.required = true, .unique = true, .words = WORDS("Agent", "BGP", "Routes"))),
	OPT_INT("updatePeriodSeconds", T, update_period_seconds, INT_UINT32,
		CHECK(.required = true, .bounds = { GTE(0), LTE(86400) })),
};
#undef T
OBJECT_TYPE(calico_node_status_type, "v3", "CalicoNodeStatusSpec", struct calico_node_status_spec,
	spec_fields);

#define T struct bird_status
static const struct field bird_fields[] = {
	TEXT("state", T, state),
	TEXT("version", T, version),
	TEXT("routerID", T, router_id),
	TEXT("lastBootTime", T, last_boot_time),
	TEXT("lastReconfigurationTime", T, last_reconfiguration_time),
};
#undef T
static OBJECT_TYPE(bird_type, "v3", "BGPDaemonStatus", struct bird_status, bird_fields);

#define T struct agent_status
static const struct field agent_fields[] = {
	OBJECT("birdV4", T, bird_v4, bird_type, .flags = FIELD_ALWAYS),
	OBJECT("birdV6", T, bird_v6, bird_type, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(agent_type, "v3", "CalicoNodeAgentStatus", struct agent_status, agent_fields);

#define T struct bgp_peer_status
static const struct field peer_fields[] = {
	TEXT("peerIP", T, peer_ip),
	TEXT("type", T, type),
	TEXT("state", T, state),
	TEXT("since", T, since),
};
#undef T
static OBJECT_TYPE(peer_type, "v3", "CalicoNodePeer", struct bgp_peer_status, peer_fields);

#define T struct bgp_status
static const struct field bgp_fields[] = {
	INT("numberEstablishedV4", T, established_v4, INT_INT, .flags = FIELD_ALWAYS),
	INT("numberNotEstablishedV4", T, not_established_v4, INT_INT, .flags = FIELD_ALWAYS),
	INT("numberEstablishedV6", T, established_v6, INT_INT, .flags = FIELD_ALWAYS),
	INT("numberNotEstablishedV6", T, not_established_v6, INT_INT, .flags = FIELD_ALWAYS),
	LIST("peersV4", T, peers_v4, peer_type),
	LIST("peersV6", T, peers_v6, peer_type),
};
#undef T
static OBJECT_TYPE(bgp_type, "v3", "CalicoNodeBGPStatus", struct bgp_status, bgp_fields);

#define T struct route_source
static const struct field route_source_fields[] = {
	TEXT("sourceType", T, source_type),
	TEXT("peerIP", T, peer_ip),
};
#undef T
static OBJECT_TYPE(route_source_type, "v3", "CalicoNodeRouteLearnedFrom", struct route_source,
	route_source_fields);

#define T struct route_status
static const struct field route_fields[] = {
	TEXT("type", T, type),
	TEXT("destination", T, destination),
	TEXT("gateway", T, gateway),
	TEXT("interface", T, interface),
	OBJECT("learnedFrom", T, learned_from, route_source_type, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(route_type, "v3", "CalicoNodeRoute", struct route_status, route_fields);

#define T struct routes_status
static const struct field routes_fields[] = {
	LIST("routesV4", T, routes_v4, route_type),
	LIST("routesV6", T, routes_v6, route_type),
};
#undef T
static OBJECT_TYPE(
	routes_type, "v3", "CalicoNodeBGPRouteStatus", struct routes_status, routes_fields);

#define T struct calico_node_status_status
static const struct field status_fields[] = {
	TIME("lastUpdated", T, last_updated, .flags = FIELD_ALWAYS),
	OBJECT("agent", T, agent, agent_type, .flags = FIELD_ALWAYS),
	OBJECT("bgp", T, bgp, bgp_type, .flags = FIELD_ALWAYS),
	OBJECT("routes", T, routes, routes_type, .flags = FIELD_ALWAYS),
};
#undef T
OBJECT_TYPE(calico_node_status_status_type, "v3", "CalicoNodeStatusStatus",
	struct calico_node_status_status, status_fields);
