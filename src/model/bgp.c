/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/bgp.h"

#include "tables.h"

#define T struct secret_key_ref
static const struct field secret_key_ref_fields[] = {
	TEXT("name", T, name, .flags = FIELD_ALWAYS),
	TEXT("key", T, key, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(secret_key_ref_type, "v1", "SecretKeySelector", struct secret_key_ref,
	secret_key_ref_fields);

static const struct field bgp_password_fields[] = {
	POINTER("secretKeyRef", struct bgp_password, secret_key_ref, secret_key_ref_type),
};
static OBJECT_TYPE(
	bgp_password_type, "v3", "BGPPassword", struct bgp_password, bgp_password_fields);

/* ---- BGPConfiguration ---- */

static const struct field service_block_fields[] = {
	TEXT("cidr", struct cidr_item, cidr),
};
static OBJECT_TYPE(load_balancer_block_type, "v3", "ServiceLoadBalancerIPBlock", struct cidr_item,
	service_block_fields);
static OBJECT_TYPE(external_block_type, "v3", "ServiceExternalIPBlock", struct cidr_item,
	service_block_fields);
static OBJECT_TYPE(
	cluster_block_type, "v3", "ServiceClusterIPBlock", struct cidr_item, service_block_fields);

#define T struct bgp_community
static const struct field community_fields[] = {
	TEXT("name", T, name),
	TEXT("value", T, value),
};
#undef T
static OBJECT_TYPE(community_type, "v3", "Community", struct bgp_community, community_fields);

#define T struct prefix_advertisement
static const struct field prefix_advertisement_fields[] = {
	TEXT("cidr", T, cidr),
	TEXTS("communities", T, communities),
};
#undef T
static OBJECT_TYPE(prefix_advertisement_type, "v3", "PrefixAdvertisement",
	struct prefix_advertisement, prefix_advertisement_fields);

#define T struct bgp_configuration_spec
static const struct field bgp_configuration_fields[] = {
	TEXT("logSeverityScreen", T, log_severity_screen),
	OPT_BOOL("nodeToNodeMeshEnabled", T, node_to_node_mesh_enabled),
	AS_NUMBER("asNumber", T, as_number),
	LIST("serviceLoadBalancerIPs", T, service_load_balancer_ips, load_balancer_block_type),
	LIST("serviceExternalIPs", T, service_external_ips, external_block_type),
	LIST("serviceClusterIPs", T, service_cluster_ips, cluster_block_type),
	TEXT("serviceLoadBalancerAggregation", T, service_load_balancer_aggregation),
	LIST("communities", T, communities, community_type),
	LIST("prefixAdvertisements", T, prefix_advertisements, prefix_advertisement_type),
	OPT_INT("listenPort", T, listen_port, INT_UINT16),
	POINTER("nodeMeshPassword", T, node_mesh_password, bgp_password_type),
	DURATION("nodeMeshMaxRestartTime", T, node_mesh_max_restart_time),
	TEXT("bindMode", T, bind_mode),
	TEXTS("ignoredInterfaces", T, ignored_interfaces),
	TEXT("localWorkloadPeeringIPV4", T, local_workload_peering_ipv4),
	TEXT("localWorkloadPeeringIPV6", T, local_workload_peering_ipv6),
	TEXT("programClusterRoutes", T, program_cluster_routes),
	OPT_INT("ipv4NormalRoutePriority", T, ipv4_normal_route_priority, INT_INT),
	OPT_INT("ipv6NormalRoutePriority", T, ipv6_normal_route_priority, INT_INT),
};
#undef T
OBJECT_TYPE(bgp_configuration_type, "v3", "BGPConfigurationSpec", struct bgp_configuration_spec,
	bgp_configuration_fields);

/* ---- BGPPeer ---- */

#define T struct bgp_peer_spec
static const struct field bgp_peer_fields[] = {
	TEXT("node", T, node),
	TEXT("nodeSelector", T, node_selector),
	TEXT("peerIP", T, peer_ip),
	AS_NUMBER("asNumber", T, as_number),
	AS_NUMBER("localASNumber", T, local_as_number),
	TEXT("peerSelector", T, peer_selector),
	BOOL("keepOriginalNextHop", T, keep_original_next_hop),
	TEXT("nextHopMode", T, next_hop_mode),
	POINTER("password", T, password, bgp_password_type),
	TEXT("sourceAddress", T, source_address),
	DURATION("maxRestartTime", T, max_restart_time),
	DURATION("keepaliveTime", T, keepalive_time),
	OPT_INT("numAllowedLocalASNumbers", T, num_allowed_local_as_numbers, INT_INT32),
	OPT_INT("ttlSecurity", T, ttl_security, INT_UINT8),
	TEXT("reachableBy", T, reachable_by),
	TEXTS("filters", T, filters),
	TEXT("localWorkloadSelector", T, local_workload_selector),
	TEXT("reversePeering", T, reverse_peering),
};
#undef T
OBJECT_TYPE(bgp_peer_type, "v3", "BGPPeerSpec", struct bgp_peer_spec, bgp_peer_fields);

/* ---- BGPFilter ---- */

#define T struct bgp_filter_prefix_length
static const struct field prefix_length_fields[] = {
	OPT_INT("min", T, min, INT_INT32),
	OPT_INT("max", T, max, INT_INT32),
};
#undef T
static OBJECT_TYPE(prefix_length_v4_type, "v3", "BGPFilterPrefixLengthV4",
	struct bgp_filter_prefix_length, prefix_length_fields);
static OBJECT_TYPE(prefix_length_v6_type, "v3", "BGPFilterPrefixLengthV6",
	struct bgp_filter_prefix_length, prefix_length_fields);

static const struct field community_match_fields[] = {
	TEXTS("values", struct bgp_filter_communities, values, .flags = FIELD_ALWAYS),
};
static OBJECT_TYPE(community_match_type, "v3", "BGPFilterCommunityMatch",
	struct bgp_filter_communities, community_match_fields);

static const struct field add_community_fields[] = {
	TEXT("value", struct bgp_filter_community, value, .flags = FIELD_ALWAYS),
};
static OBJECT_TYPE(add_community_type, "v3", "BGPFilterAddCommunity", struct bgp_filter_community,
	add_community_fields);

static const struct field prepend_as_path_fields[] = {
	AS_NUMBERS("prefix", struct bgp_filter_as_path, prefix, .flags = FIELD_ALWAYS),
};
static OBJECT_TYPE(prepend_as_path_type, "v3", "BGPFilterPrependASPath", struct bgp_filter_as_path,
	prepend_as_path_fields);

static const struct field set_priority_fields[] = {
	OPT_INT("value", struct bgp_filter_priority, value, INT_INT),
};
static OBJECT_TYPE(set_priority_type, "v3", "BGPFilterSetPriority", struct bgp_filter_priority,
	set_priority_fields);

#define T struct bgp_filter_operation
static const struct field operation_fields[] = {
	POINTER("addCommunity", T, add_community, add_community_type),
	POINTER("prependASPath", T, prepend_as_path, prepend_as_path_type),
	POINTER("setPriority", T, set_priority, set_priority_type),
};
#undef T
static OBJECT_TYPE(
	operation_type, "v3", "BGPFilterOperation", struct bgp_filter_operation, operation_fields);

#define T struct bgp_filter_rule
#define FILTER_RULE(LENGTH)                                                               \
	TEXT("cidr", T, cidr), POINTER("prefixLength", T, prefix_length, LENGTH),         \
		TEXT("source", T, source), TEXT("interface", T, interface),               \
		TEXT("matchOperator", T, match_operator), TEXT("peerType", T, peer_type), \
		POINTER("communities", T, communities, community_match_type),             \
		AS_NUMBERS("asPathPrefix", T, as_path_prefix),                            \
		OPT_INT("priority", T, priority, INT_INT),                                \
		TEXT("action", T, action, .flags = FIELD_ALWAYS),                         \
		LIST("operations", T, operations, operation_type)
static const struct field filter_rule_v4_fields[] = { FILTER_RULE(prefix_length_v4_type) };
static const struct field filter_rule_v6_fields[] = { FILTER_RULE(prefix_length_v6_type) };
#undef T
static OBJECT_TYPE(filter_rule_v4_type, "v3", "BGPFilterRuleV4", struct bgp_filter_rule,
	filter_rule_v4_fields);
static OBJECT_TYPE(filter_rule_v6_type, "v3", "BGPFilterRuleV6", struct bgp_filter_rule,
	filter_rule_v6_fields);

#define T struct bgp_filter_spec
static const struct field bgp_filter_fields[] = {
	LIST("exportV4", T, export_v4, filter_rule_v4_type),
	LIST("importV4", T, import_v4, filter_rule_v4_type),
	LIST("exportV6", T, export_v6, filter_rule_v6_type),
	LIST("importV6", T, import_v6, filter_rule_v6_type),
};
#undef T
OBJECT_TYPE(bgp_filter_type, "v3", "BGPFilterSpec", struct bgp_filter_spec, bgp_filter_fields);
