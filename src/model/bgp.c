/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/bgp.h"

#include "bgp_rules.h"
#include "tables.h"
#include "tags.h"

#define LOG_LEVELS WORDS("Trace", "Debug", "Info", "Warning", "Error", "Fatal")
#define PEERINGS   WORDS("Auto", "Manual")
#define SOURCES    WORDS("RemotePeers")
#define PEER_TYPES WORDS("eBGP", "iBGP")
#define OPERATORS  WORDS("Equal", "NotEqual", "In", "NotIn")
#define AS_INT32   CHECK(.is_int32 = true)

#define PRIORITY_BOUNDS   .bounds = { GTE(1), LTE(2147483646) }, .range = { GTE(1), LTE(2147483646) }
#define PRIORITY          CHECK(PRIORITY_BOUNDS)
#define PRIORITY_REQUIRED CHECK(.required = true, PRIORITY_BOUNDS)

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
	TEXT("cidr", struct cidr_item, cidr, CHECK(.tag = &tag_net, .is_cidr = true)),
};
static OBJECT_TYPE(load_balancer_block_type, "v3", "ServiceLoadBalancerIPBlock", struct cidr_item,
	service_block_fields);
static OBJECT_TYPE(external_block_type, "v3", "ServiceExternalIPBlock", struct cidr_item,
	service_block_fields);
static OBJECT_TYPE(
	cluster_block_type, "v3", "ServiceClusterIPBlock", struct cidr_item, service_block_fields);

#define T struct bgp_community
static const struct field community_fields[] = {
	TEXT("name", T, name, CHECK(.required = true, .tag = &tag_name)),
	TEXT("value", T, value,
		CHECK(.required = true, .pattern = &pattern_community, .max_bytes = 40)),
};
#undef T
static OBJECT_TYPE(community_type, "v3", "Community", struct bgp_community, community_fields);

#define T struct prefix_advertisement
static const struct field prefix_advertisement_fields[] = {
	TEXT("cidr", T, cidr, CHECK(.required = true, .tag = &tag_net, .is_cidr = true)),
	TEXTS("communities", T, communities, CHECK(.required = true, .max_items = 50)),
};
#undef T
static OBJECT_TYPE(prefix_advertisement_type, "v3", "PrefixAdvertisement",
	struct prefix_advertisement, prefix_advertisement_fields);

#define T struct bgp_configuration_spec
static const struct field bgp_configuration_fields[] = {
	TEXT("logSeverityScreen", T, log_severity_screen,
		CHECK(.fallback = "Info", .words_any_case = LOG_LEVELS)),
	OPT_BOOL("nodeToNodeMeshEnabled", T, node_to_node_mesh_enabled),
	AS_NUMBER("asNumber", T, as_number, AS_INT32),
	LIST("serviceLoadBalancerIPs", T, service_load_balancer_ips, load_balancer_block_type),
	LIST("serviceExternalIPs", T, service_external_ips, external_block_type),
	LIST("serviceClusterIPs", T, service_cluster_ips, cluster_block_type),
	TEXT("serviceLoadBalancerAggregation", T, service_load_balancer_aggregation,
		CHECK(.fallback = "Enabled", .words = WORDS("Enabled", "Disabled"))),
	LIST("communities", T, communities, community_type, CHECK(.max_items = 500)),
	LIST("prefixAdvertisements", T, prefix_advertisements, prefix_advertisement_type,
		CHECK(.max_items = 500)),
	OPT_INT("listenPort", T, listen_port, INT_UINT16, .flags = FIELD_OMIT_ZERO,
		CHECK(.range = { GTE(1), LTE(65535) })),
	POINTER("nodeMeshPassword", T, node_mesh_password, bgp_password_type),
	DURATION("nodeMeshMaxRestartTime", T, node_mesh_max_restart_time),
	TEXT("bindMode", T, bind_mode, CHECK(.words = WORDS("None", "NodeIP"))),
	TEXTS("ignoredInterfaces", T, ignored_interfaces, CHECK(.each = &tag_ignored_interface)),
	TEXT("localWorkloadPeeringIPV4", T, local_workload_peering_ipv4, CHECK(.tag = &tag_ipv4)),
	TEXT("localWorkloadPeeringIPV6", T, local_workload_peering_ipv6, CHECK(.tag = &tag_ipv6)),
	TEXT("programClusterRoutes", T, program_cluster_routes,
		CHECK(.words = WORDS(
			      "Enabled", "Disabled", "EnabledIPIPOnly", "EnabledNoEncapOnly"))),
	OPT_INT("ipv4NormalRoutePriority", T, ipv4_normal_route_priority, INT_INT, PRIORITY),
	OPT_INT("ipv6NormalRoutePriority", T, ipv6_normal_route_priority, INT_INT, PRIORITY),
};
#undef T
OBJECT_TYPE(bgp_configuration_type, "v3", "BGPConfigurationSpec", struct bgp_configuration_spec,
	bgp_configuration_fields, .validate = bgp_configuration_validate,
	.rules = bgp_configuration_rules);

/* ---- BGPPeer ---- */

#define T struct bgp_peer_spec
static const struct field bgp_peer_fields[] = {
	TEXT("node", T, node, CHECK(.tag = &tag_name)),
	TEXT("nodeSelector", T, node_selector, CHECK(.tag = &tag_selector)),
	TEXT("peerIP", T, peer_ip, CHECK(.tag = &tag_ip_port, .max_bytes = 64)),
	AS_NUMBER("asNumber", T, as_number, AS_INT32),
	AS_NUMBER("localASNumber", T, local_as_number, AS_INT32),
	TEXT("peerSelector", T, peer_selector, CHECK(.tag = &tag_selector)),
	BOOL("keepOriginalNextHop", T, keep_original_next_hop),
	TEXT("nextHopMode", T, next_hop_mode, CHECK(.words = WORDS("Auto", "Self", "Keep"))),
	POINTER("password", T, password, bgp_password_type),
	TEXT("sourceAddress", T, source_address, CHECK(.words = WORDS("UseNodeIP", "None"))),
	DURATION("maxRestartTime", T, max_restart_time),
	DURATION("keepaliveTime", T, keepalive_time),
	OPT_INT("numAllowedLocalASNumbers", T, num_allowed_local_as_numbers, INT_INT32),
	OPT_INT("ttlSecurity", T, ttl_security, INT_UINT8),
	TEXT("reachableBy", T, reachable_by, CHECK(.tag = &tag_reachable_by)),
	TEXTS("filters", T, filters, CHECK(.each = &tag_name)),
	TEXT("localWorkloadSelector", T, local_workload_selector, CHECK(.tag = &tag_selector)),
	TEXT("reversePeering", T, reverse_peering, CHECK(.words = PEERINGS, .also = PEERINGS)),
};
#undef T
OBJECT_TYPE(bgp_peer_type, "v3", "BGPPeerSpec", struct bgp_peer_spec, bgp_peer_fields,
	.validate = bgp_peer_validate, .rules = bgp_peer_rules);

/* ---- BGPFilter ---- */

#define T struct bgp_filter_prefix_length
#define LENGTH_UP_TO(MAX, TAG)                                              \
	CHECK(.bounds = { { BOUND_GTE, 0, TAG }, { BOUND_LTE, MAX, TAG } }, \
		.range = { GTE(0), LTE(MAX) })
#define LENGTH_V4 LENGTH_UP_TO(32, "bgpFilterPrefixLengthV4")
#define LENGTH_V6 LENGTH_UP_TO(128, "bgpFilterPrefixLengthV6")
static const struct field prefix_length_v4_fields[] = {
	OPT_INT("min", T, min, INT_INT32, LENGTH_V4),
	OPT_INT("max", T, max, INT_INT32, LENGTH_V4),
};
static const struct field prefix_length_v6_fields[] = {
	OPT_INT("min", T, min, INT_INT32, LENGTH_V6),
	OPT_INT("max", T, max, INT_INT32, LENGTH_V6),
};
#undef T
static OBJECT_TYPE(prefix_length_v4_type, "v3", "BGPFilterPrefixLengthV4",
	struct bgp_filter_prefix_length, prefix_length_v4_fields);
static OBJECT_TYPE(prefix_length_v6_type, "v3", "BGPFilterPrefixLengthV6",
	struct bgp_filter_prefix_length, prefix_length_v6_fields);

static const struct field community_match_fields[] = {
	TEXTS("values", struct bgp_filter_communities, values, .flags = FIELD_ALWAYS,
		CHECK(.pattern = &pattern_filter_community, .max_items = 1, .min_items = 1)),
};
static OBJECT_TYPE(community_match_type, "v3", "BGPFilterCommunityMatch",
	struct bgp_filter_communities, community_match_fields);

static const struct field add_community_fields[] = {
	TEXT("value", struct bgp_filter_community, value, .flags = FIELD_ALWAYS,
		CHECK(.required = true, .pattern = &pattern_filter_community)),
};
static OBJECT_TYPE(add_community_type, "v3", "BGPFilterAddCommunity", struct bgp_filter_community,
	add_community_fields);

static const struct field prepend_as_path_fields[] = {
	AS_NUMBERS("prefix", struct bgp_filter_as_path, prefix, .flags = FIELD_ALWAYS,
		CHECK(.max_items = 10, .min_items = 1, .is_int32 = true)),
};
static OBJECT_TYPE(prepend_as_path_type, "v3", "BGPFilterPrependASPath", struct bgp_filter_as_path,
	prepend_as_path_fields);

static const struct field set_priority_fields[] = {
	OPT_INT("value", struct bgp_filter_priority, value, INT_INT, PRIORITY_REQUIRED),
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
static OBJECT_TYPE(operation_type, "v3", "BGPFilterOperation", struct bgp_filter_operation,
	operation_fields, .schema = bgp_filter_operation_schema);

#define T struct bgp_filter_rule
#define FILTER_RULE(NET, LENGTH)                                                                 \
	TEXT("cidr", T, cidr, CHECK(.tag = &NET, .is_cidr = true)),                              \
		POINTER("prefixLength", T, prefix_length, LENGTH),                               \
		TEXT("source", T, source, CHECK(.oneof = SOURCES, .words = SOURCES)),            \
		TEXT("interface", T, interface, CHECK(.tag = &tag_bgp_filter_interface)),        \
		TEXT("matchOperator", T, match_operator, CHECK(.words = OPERATORS)),             \
		TEXT("peerType", T, peer_type, CHECK(.oneof = PEER_TYPES, .words = PEER_TYPES)), \
		POINTER("communities", T, communities, community_match_type),                    \
		AS_NUMBERS("asPathPrefix", T, as_path_prefix, AS_INT32),                         \
		OPT_INT("priority", T, priority, INT_INT, PRIORITY),                             \
		TEXT("action", T, action, .flags = FIELD_ALWAYS,                                 \
			CHECK(.required = true, .words = WORDS("Accept", "Reject"))),            \
		LIST("operations", T, operations, operation_type,                                \
			CHECK(.max_items = 10, .min_items = 1))
static const struct field filter_rule_v4_fields[] = { FILTER_RULE(
	tag_netv4, prefix_length_v4_type) };
static const struct field filter_rule_v6_fields[] = { FILTER_RULE(
	tag_netv6, prefix_length_v6_type) };
#undef T
static OBJECT_TYPE(filter_rule_v4_type, "v3", "BGPFilterRuleV4", struct bgp_filter_rule,
	filter_rule_v4_fields, .rules = bgp_filter_rule_rules);
static OBJECT_TYPE(filter_rule_v6_type, "v3", "BGPFilterRuleV6", struct bgp_filter_rule,
	filter_rule_v6_fields, .rules = bgp_filter_rule_rules);

#define T struct bgp_filter_spec
static const struct field bgp_filter_fields[] = {
	LIST("exportV4", T, export_v4, filter_rule_v4_type),
	LIST("importV4", T, import_v4, filter_rule_v4_type),
	LIST("exportV6", T, export_v6, filter_rule_v6_type),
	LIST("importV6", T, import_v6, filter_rule_v6_type),
};
#undef T
OBJECT_TYPE(bgp_filter_type, "v3", "BGPFilterSpec", struct bgp_filter_spec, bgp_filter_fields);
