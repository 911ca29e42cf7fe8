/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node.h - Node, IPPool, ClusterInformation and the configuration kinds that programs read.
 *
 * Source: datamodel.md 2.1, 2.8, 2.11, 2.14, 2.18.
 */
#pragma once

#include "model/resource.h"

struct node_bgp {
	struct opt_int as_number;
	const char *ipv4_address, *ipv6_address; /* CIDR with host bits */
	const char *ipv4_ipip_tunnel_addr, *route_reflector_cluster_id;
};
struct node_address {
	const char *address, *type;
};
struct node_address_list {
	size_t n;
	struct node_address *v;
};
struct node_interface {
	const char *name;
	struct text_list addresses;
};
struct node_interface_list {
	size_t n;
	struct node_interface *v;
};
struct orch_ref {
	const char *node_name, *orchestrator;
};
struct orch_ref_list {
	size_t n;
	struct orch_ref *v;
};
struct node_wireguard {
	const char *interface_ipv4_address, *interface_ipv6_address;
};

struct node_spec {
	struct node_bgp *bgp;
	const char *ipv4_vxlan_tunnel_addr, *vxlan_tunnel_mac_addr;
	const char *ipv6_vxlan_tunnel_addr, *vxlan_tunnel_mac_addr_v6;
	struct orch_ref_list orch_refs;
	struct node_wireguard *wireguard;
	struct node_address_list addresses;
	struct node_interface_list interfaces;
};
struct node_status {
	const char *wireguard_public_key, *wireguard_public_key_v6;
	struct text_list pod_cidrs;
};

struct ip_pool_spec {
	const char *cidr, *vxlan_mode, *ipip_mode;
	bool nat_outgoing, disabled, disable_bgp_export;
	int64_t block_size;
	const char *node_selector, *namespace_selector;
	struct text_list allowed_uses;
	const char *assignment_mode;
};

struct cluster_information_spec {
	const char *cluster_guid, *cluster_type, *calico_version;
	struct opt_bool datastore_ready;
	const char *variant;
};

struct cidr_item {
	const char *cidr;
};
struct cidr_item_list {
	size_t n;
	struct cidr_item *v;
};
struct bgp_community {
	const char *name, *value;
};
struct bgp_community_list {
	size_t n;
	struct bgp_community *v;
};
struct prefix_advertisement {
	const char *cidr;
	struct text_list communities;
};
struct prefix_advertisement_list {
	size_t n;
	struct prefix_advertisement *v;
};
struct secret_key_ref {
	const char *name, *key;
};
struct bgp_password {
	struct secret_key_ref *secret_key_ref;
};

struct bgp_configuration_spec {
	const char *log_severity_screen;
	struct opt_bool node_to_node_mesh_enabled;
	struct opt_int as_number;
	struct cidr_item_list service_load_balancer_ips, service_external_ips, service_cluster_ips;
	const char *service_load_balancer_aggregation;
	struct bgp_community_list communities;
	struct prefix_advertisement_list prefix_advertisements;
	struct opt_int listen_port;
	struct bgp_password *node_mesh_password;
	const char *node_mesh_max_restart_time; /* Go duration */
	const char *bind_mode;
	struct text_list ignored_interfaces;
	const char *local_workload_peering_ipv4, *local_workload_peering_ipv6;
	const char *program_cluster_routes;
	struct opt_int ipv4_normal_route_priority, ipv6_normal_route_priority;
};

static inline struct node_spec *resource_node(const struct resource *res)
{
	return res->spec;
}
static inline struct ip_pool_spec *resource_ip_pool(const struct resource *res)
{
	return res->spec;
}
static inline struct cluster_information_spec *resource_cluster_information(
	const struct resource *res)
{
	return res->spec;
}
static inline struct bgp_configuration_spec *resource_bgp_configuration(const struct resource *res)
{
	return res->spec;
}

/* FelixConfiguration as Felix reads it: one (name, text) per member that is set, in the v1 form of
 * datamodel.md 2.18 (durations in seconds or milliseconds, lists joined), then those of the
 * annotations config.projectcalico.org/<Name>, which win. */
typedef void (*felix_param_fn)(void *ctx, const char *name, const char *value);
void felix_configuration_params(const struct resource *res, felix_param_fn fn, void *ctx);
const char *felix_configuration_node_selector(const struct resource *res); /* NULL when unset */
