/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/policy.h"

#include "policy_rules.h"
#include "tables.h"
#include "tags.h"

#define RULES_MAX  1024
#define SELECTOR   CHECK(.tag = &tag_selector)
#define RULE_NETS  CHECK(.each = &tag_rule_net, .max_items = 256)
#define RULE_PORTS CHECK(.each = &tag_port_name, .max_items = 50)
#define HINT_WORDS WORDS("AssumeNeededOnEveryNode")

/* ---- rules ---- */

#define T struct service_match
static const struct field service_match_fields[] = {
	TEXT("name", T, name, CHECK(.tag = &tag_name)),
	TEXT("namespace", T, ns, CHECK(.tag = &tag_name)),
};
#undef T
static OBJECT_TYPE(
	service_match_type, "v3", "ServiceMatch", struct service_match, service_match_fields);

#define T struct service_account_match
static const struct field service_account_match_fields[] = {
	TEXTS("names", T, names),
	TEXT("selector", T, selector, CHECK(.tag = &tag_selector)),
};
#undef T
static OBJECT_TYPE(service_account_match_type, "v3", "ServiceAccountMatch",
	struct service_account_match, service_account_match_fields);

#define T struct entity_rule
static const struct field entity_rule_fields[] = {
	TEXTS("nets", T, nets, RULE_NETS),
	TEXT("selector", T, selector, SELECTOR),
	TEXT("namespaceSelector", T, namespace_selector, SELECTOR),
	POINTER("services", T, services, service_match_type),
	PORTS("ports", T, ports, RULE_PORTS),
	TEXTS("notNets", T, not_nets, RULE_NETS),
	TEXT("notSelector", T, not_selector, SELECTOR),
	PORTS("notPorts", T, not_ports, RULE_PORTS),
	POINTER("serviceAccounts", T, service_accounts, service_account_match_type),
};
#undef T
OBJECT_TYPE(entity_rule_type, "v3", "EntityRule", struct entity_rule, entity_rule_fields,
	.validate = entity_validate, .rules = entity_rules);

#define T struct icmp_match
static const struct field icmp_match_fields[] = {
	OPT_INT("type", T, type, INT_INT,
		CHECK(.bounds = { GTE(0), LTE(254) }, .range = { GTE(0), LTE(254) })),
	OPT_INT("code", T, code, INT_INT,
		CHECK(.bounds = { GTE(0), LTE(255) }, .range = { GTE(0), LTE(255) })),
};
#undef T
static OBJECT_TYPE(icmp_match_type, "v3", "ICMPFields", struct icmp_match, icmp_match_fields,
	.rules = icmp_rules);

#define T struct http_path
static const struct field http_path_fields[] = {
	TEXT("exact", T, exact),
	TEXT("prefix", T, prefix),
};
#undef T
static OBJECT_TYPE(http_path_type, "v3", "HTTPPath", struct http_path, http_path_fields);

#define T struct http_match
static const struct field http_match_fields[] = {
	TEXTS("methods", T, methods, CHECK(.max_items = 20)),
	LIST("paths", T, paths, http_path_type, CHECK(.max_items = 20)),
};
#undef T
OBJECT_TYPE(http_match_type, "v3", "HTTPMatch", struct http_match, http_match_fields,
	.validate = http_validate);

static const struct field rule_metadata_fields[] = {
	MAP("annotations", struct rule_metadata, annotations),
};
static OBJECT_TYPE(
	rule_metadata_type, "v3", "RuleMetadata", struct rule_metadata, rule_metadata_fields);

#define T struct rule
static const struct field rule_fields[] = {
	TEXT("action", T, action, .flags = FIELD_ALWAYS,
		CHECK(.words = WORDS("Allow", "Deny", "Log", "Pass"))),
	OPT_INT("ipVersion", T, ip_version, INT_INT, CHECK(.words = WORDS("4", "6"))),
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
OBJECT_TYPE(rule_type, "v3", "Rule", struct rule, rule_fields, .validate = rule_validate,
	.rules = rule_rules);

/* ---- policies ---- */

#define T struct policy_spec
#define STAGED_ACTION                          \
	TEXT("stagedAction", T, staged_action, \
		CHECK(.fallback = "Set", .words = WORDS("Set", "Delete", "Learn", "Ignore")))
#define POLICY_HEAD                                                                            \
	TEXT("tier", T, tier, CHECK(.fallback = "default", .tag = &tag_name)),                 \
		OPT_FLOAT("order", T, order),                                                  \
		LIST("ingress", T, ingress, rule_type, CHECK(.max_items = RULES_MAX)),         \
		LIST("egress", T, egress, rule_type, CHECK(.max_items = RULES_MAX)),           \
		TEXT("selector", T, selector, CHECK(.tag = &tag_selector, .max_bytes = 1024)), \
		TEXTS("types", T, types, .go_type = "[]v3.PolicyType",                         \
			CHECK(.words = WORDS("Ingress", "Egress"), .max_items = 2))
#define GLOBAL_FLAGS                                                       \
	BOOL("doNotTrack", T, do_not_track), BOOL("preDNAT", T, pre_dnat), \
		BOOL("applyOnForward", T, apply_on_forward)
#define SERVICE_ACCOUNT TEXT("serviceAccountSelector", T, service_account_selector, SELECTOR)
#define NAMESPACE       TEXT("namespaceSelector", T, namespace_selector, SELECTOR)
#define HINTS                                                                                    \
	TEXTS("performanceHints", T, performance_hints, .go_type = "[]v3.PolicyPerformanceHint", \
		CHECK(.unique = true, .oneof = HINT_WORDS, .words = HINT_WORDS))

static const struct field network_policy_fields[] = { POLICY_HEAD, SERVICE_ACCOUNT, HINTS };
static const struct field staged_network_policy_fields[] = { STAGED_ACTION, POLICY_HEAD,
	SERVICE_ACCOUNT, HINTS };
static const struct field global_network_policy_fields[] = { POLICY_HEAD, GLOBAL_FLAGS,
	SERVICE_ACCOUNT, NAMESPACE, HINTS };
static const struct field staged_global_network_policy_fields[] = { STAGED_ACTION, POLICY_HEAD,
	GLOBAL_FLAGS, SERVICE_ACCOUNT, NAMESPACE, HINTS };
#undef T

OBJECT_TYPE(network_policy_type, "v3", "NetworkPolicySpec", struct policy_spec,
	network_policy_fields, .validate = network_policy_validate, .rules = network_policy_rules);
OBJECT_TYPE(staged_network_policy_type, "v3", "StagedNetworkPolicySpec", struct policy_spec,
	staged_network_policy_fields, .validate = network_policy_validate,
	.rules = network_policy_rules);
OBJECT_TYPE(global_network_policy_type, "v3", "GlobalNetworkPolicySpec", struct policy_spec,
	global_network_policy_fields, .validate = global_policy_validate,
	.rules = global_policy_rules);
OBJECT_TYPE(staged_global_network_policy_type, "v3", "StagedGlobalNetworkPolicySpec",
	struct policy_spec, staged_global_network_policy_fields, .validate = global_policy_validate,
	.rules = global_policy_rules);

/* ---- profiles and tiers ---- */

#define T struct profile_spec
static const struct field profile_fields[] = {
	LIST("ingress", T, ingress, rule_type),
	LIST("egress", T, egress, rule_type),
	MAP("labelsToApply", T, labels_to_apply, CHECK(.tag = &tag_labels)),
};
#undef T
OBJECT_TYPE(profile_type, "v3", "ProfileSpec", struct profile_spec, profile_fields);

#define T struct tier_spec
static const struct field tier_fields[] = {
	OPT_FLOAT("order", T, order),
	TEXT("defaultAction", T, default_action,
		CHECK(.fallback = "Deny", .oneof = WORDS("Pass", "Deny"),
			.words = WORDS("Allow", "Deny", "Log", "Pass"),
			.also = WORDS("Pass", "Deny"))),
};
#undef T
OBJECT_TYPE(tier_type, "v3", "TierSpec", struct tier_spec, tier_fields);
