/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/policy.h"

#include "tables.h"

/* ---- rules ---- */

#define T struct service_match
static const struct field service_match_fields[] = {
	TEXT("name", T, name),
	TEXT("namespace", T, ns),
};
#undef T
static OBJECT_TYPE(
	service_match_type, "v3", "ServiceMatch", struct service_match, service_match_fields);

#define T struct service_account_match
static const struct field service_account_match_fields[] = {
	TEXTS("names", T, names),
	TEXT("selector", T, selector),
};
#undef T
static OBJECT_TYPE(service_account_match_type, "v3", "ServiceAccountMatch",
	struct service_account_match, service_account_match_fields);

#define T struct entity_rule
static const struct field entity_rule_fields[] = {
	TEXTS("nets", T, nets),
	TEXT("selector", T, selector),
	TEXT("namespaceSelector", T, namespace_selector),
	POINTER("services", T, services, service_match_type),
	PORTS("ports", T, ports),
	TEXTS("notNets", T, not_nets),
	TEXT("notSelector", T, not_selector),
	PORTS("notPorts", T, not_ports),
	POINTER("serviceAccounts", T, service_accounts, service_account_match_type),
};
#undef T
static OBJECT_TYPE(entity_rule_type, "v3", "EntityRule", struct entity_rule, entity_rule_fields);

#define T struct icmp_match
static const struct field icmp_match_fields[] = {
	OPT_INT("type", T, type, INT_INT),
	OPT_INT("code", T, code, INT_INT),
};
#undef T
static OBJECT_TYPE(icmp_match_type, "v3", "ICMPFields", struct icmp_match, icmp_match_fields);

#define T struct http_path
static const struct field http_path_fields[] = {
	TEXT("exact", T, exact),
	TEXT("prefix", T, prefix),
};
#undef T
static OBJECT_TYPE(http_path_type, "v3", "HTTPPath", struct http_path, http_path_fields);

#define T struct http_match
static const struct field http_match_fields[] = {
	TEXTS("methods", T, methods),
	LIST("paths", T, paths, http_path_type),
};
#undef T
static OBJECT_TYPE(http_match_type, "v3", "HTTPMatch", struct http_match, http_match_fields);

static const struct field rule_metadata_fields[] = {
	MAP("annotations", struct rule_metadata, annotations),
};
static OBJECT_TYPE(
	rule_metadata_type, "v3", "RuleMetadata", struct rule_metadata, rule_metadata_fields);

#define T struct rule
static const struct field rule_fields[] = {
	TEXT("action", T, action, .flags = FIELD_ALWAYS),
	OPT_INT("ipVersion", T, ip_version, INT_INT),
	PROTOCOL("protocol", T, protocol),
	POINTER("icmp", T, icmp, icmp_match_type),
	PROTOCOL("notProtocol", T, not_protocol),
	POINTER("notICMP", T, not_icmp, icmp_match_type),
	OBJECT("source", T, source, entity_rule_type),
	OBJECT("destination", T, destination, entity_rule_type),
	POINTER("http", T, http, http_match_type),
	POINTER("metadata", T, metadata, rule_metadata_type),
};
#undef T
static OBJECT_TYPE(rule_type, "v3", "Rule", struct rule, rule_fields);

/* ---- policies ---- */

#define T             struct policy_spec
#define STAGED_ACTION TEXT("stagedAction", T, staged_action)
#define POLICY_HEAD                                                                           \
	TEXT("tier", T, tier), OPT_FLOAT("order", T, order),                                  \
		LIST("ingress", T, ingress, rule_type), LIST("egress", T, egress, rule_type), \
		TEXT("selector", T, selector),                                                \
		TEXTS("types", T, types, .go_type = "[]v3.PolicyType")
#define GLOBAL_FLAGS                                                       \
	BOOL("doNotTrack", T, do_not_track), BOOL("preDNAT", T, pre_dnat), \
		BOOL("applyOnForward", T, apply_on_forward)
#define SERVICE_ACCOUNT TEXT("serviceAccountSelector", T, service_account_selector)
#define NAMESPACE       TEXT("namespaceSelector", T, namespace_selector)
#define HINTS \
	TEXTS("performanceHints", T, performance_hints, .go_type = "[]v3.PolicyPerformanceHint")

static const struct field network_policy_fields[] = { POLICY_HEAD, SERVICE_ACCOUNT, HINTS };
static const struct field staged_network_policy_fields[] = { STAGED_ACTION, POLICY_HEAD,
	SERVICE_ACCOUNT, HINTS };
static const struct field global_network_policy_fields[] = { POLICY_HEAD, GLOBAL_FLAGS,
	SERVICE_ACCOUNT, NAMESPACE, HINTS };
static const struct field staged_global_network_policy_fields[] = { STAGED_ACTION, POLICY_HEAD,
	GLOBAL_FLAGS, SERVICE_ACCOUNT, NAMESPACE, HINTS };
#undef T

OBJECT_TYPE(
	network_policy_type, "v3", "NetworkPolicySpec", struct policy_spec, network_policy_fields);
OBJECT_TYPE(staged_network_policy_type, "v3", "StagedNetworkPolicySpec", struct policy_spec,
	staged_network_policy_fields);
OBJECT_TYPE(global_network_policy_type, "v3", "GlobalNetworkPolicySpec", struct policy_spec,
	global_network_policy_fields);
OBJECT_TYPE(staged_global_network_policy_type, "v3", "StagedGlobalNetworkPolicySpec",
	struct policy_spec, staged_global_network_policy_fields);

/* ---- profiles and tiers ---- */

#define T struct profile_spec
static const struct field profile_fields[] = {
	LIST("ingress", T, ingress, rule_type),
	LIST("egress", T, egress, rule_type),
	MAP("labelsToApply", T, labels_to_apply),
};
#undef T
OBJECT_TYPE(profile_type, "v3", "ProfileSpec", struct profile_spec, profile_fields);

#define T struct tier_spec
static const struct field tier_fields[] = {
	OPT_FLOAT("order", T, order),
	TEXT("defaultAction", T, default_action),
};
#undef T
OBJECT_TYPE(tier_type, "v3", "TierSpec", struct tier_spec, tier_fields);
