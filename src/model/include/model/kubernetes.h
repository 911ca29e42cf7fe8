/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubernetes.h - the kinds that Kubernetes and OpenStack controllers live by:
 * KubeControllersConfiguration, StagedKubernetesNetworkPolicy, LiveMigration.
 *
 * Source: datamodel.md 2.6, 2.15, 2.17.
 */
#pragma once

#include "model/policy.h"

/* ---- KubeControllersConfiguration ---- */

struct host_endpoint_template {
	const char *generate_name;
	struct text_list interface_cidrs;
	const char *interface_pattern;
	struct text_map labels, annotations;
	const char *node_selector;
};
struct host_endpoint_template_list {
	size_t n;
	struct host_endpoint_template *v;
};
struct auto_host_endpoint {
	const char *auto_create, *create_default_host_endpoint;
	struct host_endpoint_template_list templates;
};
struct node_controller {
	const char *reconciler_period, *sync_labels;
	struct auto_host_endpoint *host_endpoint;
	const char *leak_grace_period;
};
struct reconciling_controller { /* policy, workloadEndpoint, serviceAccount, namespace */
	const char *reconciler_period;
};
struct load_balancer_controller {
	const char *assign_ips;
};
struct migration_controller {
	const char *policy_name_migrator;
};
struct controllers {
	struct node_controller *node;
	struct reconciling_controller *policy, *workload_endpoint, *service_account, *ns;
	struct load_balancer_controller *load_balancer;
	struct migration_controller *migration;
};

struct kube_controllers_spec {
	const char *log_severity_screen, *health_checks;
	const char *etcd_v3_compaction_period;
	struct opt_int prometheus_metrics_port;
	struct controllers controllers;
	struct opt_int debug_profile_port;
};
struct kube_controllers_status {
	struct kube_controllers_spec *running_config;
	struct text_map environment_vars;
};

/* ---- StagedKubernetesNetworkPolicy: networking/v1 under its own names ---- */

struct label_requirement {
	const char *key, *operator;
	struct text_list values;
};
struct label_requirement_list {
	size_t n;
	struct label_requirement *v;
};
struct label_selector {
	struct text_map match_labels;
	struct label_requirement_list match_expressions;
};
struct k8s_port {
	const char *protocol;
	struct raw_json port; /* a number or a name */
	struct opt_int end_port;
};
struct k8s_port_list {
	size_t n;
	struct k8s_port *v;
};
struct k8s_ip_block {
	const char *cidr;
	struct text_list except;
};
struct k8s_peer {
	struct label_selector *pod_selector, *namespace_selector;
	struct k8s_ip_block *ip_block;
};
struct k8s_peer_list {
	size_t n;
	struct k8s_peer *v;
};
struct k8s_rule {
	struct k8s_port_list ports;
	struct k8s_peer_list peers; /* "from" or "to" */
};
struct k8s_rule_list {
	size_t n;
	struct k8s_rule *v;
};
struct staged_kubernetes_policy_spec {
	const char *staged_action;
	struct label_selector pod_selector;
	struct k8s_rule_list ingress, egress;
	struct text_list policy_types;
};

/* ---- LiveMigration ---- */

struct workload_ref {
	const char *hostname, *orchestrator_id, *workload_id;
	const char *endpoint_id; /* of a workload endpoint */
};
struct migration_source {
	struct workload_ref *workload, *workload_endpoint;
};
struct migration_target {
	const char *selector;
	struct workload_ref *workload_endpoint;
};
struct live_migration_spec {
	struct migration_source *source;
	struct migration_target *target;
};

static inline struct kube_controllers_spec *resource_kube_controllers(const struct resource *res)
{
	return res->spec;
}
static inline struct staged_kubernetes_policy_spec *resource_staged_kubernetes_policy(
	const struct resource *res)
{
	return res->spec;
}
static inline struct live_migration_spec *resource_live_migration(const struct resource *res)
{
	return res->spec;
}
