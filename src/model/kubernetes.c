/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/kubernetes.h"

#include "kubernetes_rules.h"
#include "tables.h"
#include "tags.h"

#define ENABLED_WORDS WORDS("Enabled", "Disabled")
#define ENABLED_ONEOF CHECK(.oneof = ENABLED_WORDS, .words = ENABLED_WORDS)

/* ---- KubeControllersConfiguration ---- */

#define T struct host_endpoint_template
static const struct field template_fields[] = {
	TEXT("generateName", T, generate_name, CHECK(.tag = &tag_name)),
	TEXTS("interfaceCIDRs", T, interface_cidrs, CHECK(.tag = &tag_cidrs)),
	TEXT("interfacePattern", T, interface_pattern, CHECK(.tag = &tag_regexp)),
	MAP("labels", T, labels, CHECK(.tag = &tag_labels)),
	MAP("annotations", T, annotations),
	TEXT("nodeSelector", T, node_selector, CHECK(.tag = &tag_selector)),
};
#undef T
static OBJECT_TYPE(template_type, "v3", "Template", struct host_endpoint_template, template_fields);

#define T struct auto_host_endpoint
static const struct field auto_host_endpoint_fields[] = {
	TEXT("autoCreate", T, auto_create, ENABLED_ONEOF),
	TEXT("createDefaultHostEndpoint", T, create_default_host_endpoint,
		CHECK(.tag = &tag_create_default_host_endpoint)),
	LIST("templates", T, templates, template_type),
};
#undef T
static OBJECT_TYPE(auto_host_endpoint_type, "v3", "AutoHostEndpointConfig",
	struct auto_host_endpoint, auto_host_endpoint_fields);

#define T struct node_controller
static const struct field node_controller_fields[] = {
	DURATION("reconcilerPeriod", T, reconciler_period),
	TEXT("syncLabels", T, sync_labels, ENABLED_ONEOF),
	POINTER("hostEndpoint", T, host_endpoint, auto_host_endpoint_type),
	DURATION("leakGracePeriod", T, leak_grace_period),
};
#undef T
static OBJECT_TYPE(node_controller_type, "v3", "NodeControllerConfig", struct node_controller,
	node_controller_fields);

static const struct field reconciling_controller_fields[] = {
	DURATION("reconcilerPeriod", struct reconciling_controller, reconciler_period),
};
static OBJECT_TYPE(policy_controller_type, "v3", "PolicyControllerConfig",
	struct reconciling_controller, reconciling_controller_fields);
static OBJECT_TYPE(workload_endpoint_controller_type, "v3", "WorkloadEndpointControllerConfig",
	struct reconciling_controller, reconciling_controller_fields);
static OBJECT_TYPE(service_account_controller_type, "v3", "ServiceAccountControllerConfig",
	struct reconciling_controller, reconciling_controller_fields);
static OBJECT_TYPE(namespace_controller_type, "v3", "NamespaceControllerConfig",
	struct reconciling_controller, reconciling_controller_fields);

static const struct field load_balancer_controller_fields[] = {
	TEXT("assignIPs", struct load_balancer_controller, assign_ips,
		CHECK(.fallback = "AllServices",
			.words = WORDS("AllServices", "RequestedServicesOnly"))),
};
static OBJECT_TYPE(load_balancer_controller_type, "v3", "LoadBalancerControllerConfig",
	struct load_balancer_controller, load_balancer_controller_fields);

static const struct field migration_controller_fields[] = {
	TEXT("policyNameMigrator", struct migration_controller, policy_name_migrator,
		CHECK(.fallback = "Enabled", .oneof = ENABLED_WORDS,
			.words = WORDS("Disabled", "Enabled"))),
};
static OBJECT_TYPE(migration_controller_type, "v3", "MigrationControllerConfig",
	struct migration_controller, migration_controller_fields);

#define T struct controllers
static const struct field controllers_fields[] = {
	POINTER("node", T, node, node_controller_type),
	POINTER("policy", T, policy, policy_controller_type),
	POINTER("workloadEndpoint", T, workload_endpoint, workload_endpoint_controller_type),
	POINTER("serviceAccount", T, service_account, service_account_controller_type),
	POINTER("namespace", T, ns, namespace_controller_type),
	POINTER("loadBalancer", T, load_balancer, load_balancer_controller_type),
	POINTER("migration", T, migration, migration_controller_type),
};
#undef T
static OBJECT_TYPE(
	controllers_type, "v3", "ControllersConfig", struct controllers, controllers_fields);

#define T struct kube_controllers_spec
static const struct field kube_controllers_fields[] = {
	TEXT("logSeverityScreen", T, log_severity_screen,
		CHECK(.words = WORDS(
			      "None", "Debug", "Info", "Warning", "Error", "Fatal", "Panic"))),
	TEXT("healthChecks", T, health_checks,
		CHECK(.fallback = "Enabled", .oneof = ENABLED_WORDS, .words = ENABLED_WORDS)),
	DURATION("etcdV3CompactionPeriod", T, etcd_v3_compaction_period),
	OPT_INT("prometheusMetricsPort", T, prometheus_metrics_port, INT_INT,
		CHECK(.range = { GTE(0), LTE(65535) })),
	OBJECT("controllers", T, controllers, controllers_type, .flags = FIELD_ALWAYS),
	OPT_INT("debugProfilePort", T, debug_profile_port, INT_INT32,
		CHECK(.range = { GTE(0), LTE(65535) })),
};
#undef T
OBJECT_TYPE(kube_controllers_type, "v3", "KubeControllersConfigurationSpec",
	struct kube_controllers_spec, kube_controllers_fields);

#define T struct kube_controllers_status
static const struct field kube_controllers_status_fields[] = {
	POINTER("runningConfig", T, running_config, kube_controllers_type),
	MAP("environmentVars", T, environment_vars),
};
#undef T
OBJECT_TYPE(kube_controllers_status_type, "v3", "KubeControllersConfigurationStatus",
	struct kube_controllers_status, kube_controllers_status_fields);

/* ---- StagedKubernetesNetworkPolicy ---- */

#define T struct label_requirement
static const struct field label_requirement_fields[] = {
	TEXT("key", T, key, .flags = FIELD_ALWAYS),
	TEXT("operator", T, operator, .flags = FIELD_ALWAYS),
	TEXTS("values", T, values),
};
#undef T
static OBJECT_TYPE(label_requirement_type, "v1", "LabelSelectorRequirement",
	struct label_requirement, label_requirement_fields);

#define T struct label_selector
static const struct field label_selector_fields[] = {
	MAP("matchLabels", T, match_labels),
	LIST("matchExpressions", T, match_expressions, label_requirement_type),
};
#undef T
static OBJECT_TYPE(
	label_selector_type, "v1", "LabelSelector", struct label_selector, label_selector_fields);

#define T struct k8s_port
static const struct field k8s_port_fields[] = {
	TEXT("protocol", T, protocol, .flags = FIELD_GO_POINTER),
	RAW("port", T, port),
	OPT_INT("endPort", T, end_port, INT_INT32),
};
#undef T
static OBJECT_TYPE(k8s_port_type, "v1", "NetworkPolicyPort", struct k8s_port, k8s_port_fields);

#define T struct k8s_ip_block
static const struct field k8s_ip_block_fields[] = {
	TEXT("cidr", T, cidr, .flags = FIELD_ALWAYS),
	TEXTS("except", T, except),
};
#undef T
static OBJECT_TYPE(k8s_ip_block_type, "v1", "IPBlock", struct k8s_ip_block, k8s_ip_block_fields);

#define T struct k8s_peer
static const struct field k8s_peer_fields[] = {
	POINTER("podSelector", T, pod_selector, label_selector_type),
	POINTER("namespaceSelector", T, namespace_selector, label_selector_type),
	POINTER("ipBlock", T, ip_block, k8s_ip_block_type),
};
#undef T
static OBJECT_TYPE(k8s_peer_type, "v1", "NetworkPolicyPeer", struct k8s_peer, k8s_peer_fields);

#define T struct k8s_rule
static const struct field k8s_ingress_rule_fields[] = {
	LIST("ports", T, ports, k8s_port_type),
	LIST("from", T, peers, k8s_peer_type),
};
static const struct field k8s_egress_rule_fields[] = {
	LIST("ports", T, ports, k8s_port_type),
	LIST("to", T, peers, k8s_peer_type),
};
#undef T
static OBJECT_TYPE(k8s_ingress_rule_type, "v1", "NetworkPolicyIngressRule", struct k8s_rule,
	k8s_ingress_rule_fields);
static OBJECT_TYPE(k8s_egress_rule_type, "v1", "NetworkPolicyEgressRule", struct k8s_rule,
	k8s_egress_rule_fields);

#define T struct staged_kubernetes_policy_spec
static const struct field staged_kubernetes_policy_fields[] = {
	TEXT("stagedAction", T, staged_action,
		CHECK(.fallback = "Set", .words = WORDS("Set", "Delete", "Learn", "Ignore"))),
	OBJECT("podSelector", T, pod_selector, label_selector_type, .flags = FIELD_ALWAYS),
	LIST("ingress", T, ingress, k8s_ingress_rule_type),
	LIST("egress", T, egress, k8s_egress_rule_type),
	TEXTS("policyTypes", T, policy_types, .go_type = "[]v1.PolicyType"),
};
#undef T
OBJECT_TYPE(staged_kubernetes_network_policy_type, "v3", "StagedKubernetesNetworkPolicySpec",
	struct staged_kubernetes_policy_spec, staged_kubernetes_policy_fields,
	.validate = staged_kubernetes_validate);

/* ---- LiveMigration ---- */

#define T struct workload_ref
#define WORKLOAD_REF                                                               \
	TEXT("hostname", T, hostname), TEXT("orchestratorID", T, orchestrator_id), \
		TEXT("workloadID", T, workload_id)
static const struct field workload_ref_fields[] = { WORKLOAD_REF };
static const struct field workload_endpoint_ref_fields[] = {
	WORKLOAD_REF,
	TEXT("endpointID", T, endpoint_id),
};
#undef T
static OBJECT_TYPE(workload_ref_type, "internalapi", "WorkloadIdentifier", struct workload_ref,
	workload_ref_fields);
static OBJECT_TYPE(workload_endpoint_ref_type, "internalapi", "WorkloadEndpointIdentifier",
	struct workload_ref, workload_endpoint_ref_fields);

#define T struct migration_source
static const struct field migration_source_fields[] = {
	POINTER("workload", T, workload, workload_ref_type),
	POINTER("workloadEndpoint", T, workload_endpoint, workload_endpoint_ref_type),
};
#undef T
static OBJECT_TYPE(migration_source_type, "internalapi", "LiveMigrationSource",
	struct migration_source, migration_source_fields);

#define T struct migration_target
static const struct field migration_target_fields[] = {
	TEXT("selector", T, selector),
	POINTER("workloadEndpoint", T, workload_endpoint, workload_endpoint_ref_type),
};
#undef T
static OBJECT_TYPE(migration_target_type, "internalapi", "LiveMigrationTarget",
	struct migration_target, migration_target_fields);

#define T struct live_migration_spec
static const struct field live_migration_fields[] = {
	POINTER("source", T, source, migration_source_type),
	POINTER("target", T, target, migration_target_type),
};
#undef T
OBJECT_TYPE(live_migration_type, "internalapi", "LiveMigrationSpec", struct live_migration_spec,
	live_migration_fields);
