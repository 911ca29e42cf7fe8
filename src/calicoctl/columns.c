/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "base/str.h"
#include "client/client.h"
#include "model/bgp.h"
#include "model/caliconodestatus.h"
#include "model/endpoint.h"
#include "model/ipam.h"
#include "model/kubernetes.h"
#include "model/node.h"
#include "model/policy.h"

#define AS_NUMBER_DEFAULT "64512"
#define NETS_MAX          80 /* longer lists are cut */

/* A cell function: RES is the object, OUT takes the text. */
#define CELL(NAME) \
	static void NAME(struct cell_source *src, const struct resource *res, struct buf *out)

static void put(struct buf *out, const char *text)
{
	buf_puts(out, text ? text : "");
}

static void put_or(struct buf *out, const char *text, const char *otherwise)
{
	buf_puts(out, str_empty(text) ? otherwise : text);
}

static void put_bool(struct buf *out, bool value)
{
	buf_puts(out, value ? "true" : "false");
}

static void put_opt_bool(struct buf *out, struct opt_bool value, const char *otherwise)
{
	buf_puts(out, !value.set ? otherwise : value.value ? "true" : "false");
}

static void put_opt_int(struct buf *out, struct opt_int value, const char *otherwise)
{
	if (value.set)
		buf_printf(out, "%" PRId64, value.value);
	else
		buf_puts(out, otherwise);
}

static void put_opt_float(struct buf *out, struct opt_float value)
{
	char text[NUMBER_TEXT_MAX];
	buf_puts(out, value.set ? number_format_g(value.value, text) : "<nil>");
}

static void put_joined(struct buf *out, const struct text_list *list, const char *separator)
{
	for (size_t i = 0; i < list->n; i++)
		buf_printf(out, "%s%s", i ? separator : "", list->v[i]);
}

static void put_cut(struct buf *out, const struct text_list *list)
{
	_cleanup_buf_ struct buf all = BUF_INIT;
	put_joined(&all, list, ",");
	if (all.len > NETS_MAX)
		buf_printf(out, "%.*s...", NETS_MAX - 3, buf_str(&all));
	else
		buf_puts(out, buf_str(&all));
}

/* ---- every kind */

CELL(ns)
{
	put(out, res->meta.ns);
}

CELL(name)
{
	put(out, res->meta.name);
}

const struct column common_columns[] = { { "NAMESPACE", ns }, { "NAME", name }, { 0 } };
const struct column no_columns[] = { { 0 } };

/* ---- BGPConfiguration */

CELL(log_severity)
{
	put(out, resource_bgp_configuration(res)->log_severity_screen);
}

CELL(mesh_enabled)
{
	put_opt_bool(out, resource_bgp_configuration(res)->node_to_node_mesh_enabled, "-");
}

CELL(as_number)
{
	put_opt_int(out, resource_bgp_configuration(res)->as_number, "-");
}

const struct column bgp_configuration_columns[] = { { "LOGSEVERITY", log_severity },
	{ "MESHENABLED", mesh_enabled }, { "ASNUMBER", as_number }, { 0 } };

/* ---- BGPFilter */

CELL(export_v4)
{
	buf_printf(out, "%zu", resource_bgp_filter(res)->export_v4.n);
}

CELL(import_v4)
{
	buf_printf(out, "%zu", resource_bgp_filter(res)->import_v4.n);
}

CELL(export_v6)
{
	buf_printf(out, "%zu", resource_bgp_filter(res)->export_v6.n);
}

CELL(import_v6)
{
	buf_printf(out, "%zu", resource_bgp_filter(res)->import_v6.n);
}

const struct column bgp_filter_columns[] = { { "NUMEXPORTV4", export_v4 },
	{ "NUMIMPORTV4", import_v4 }, { "NUMEXPORTV6", export_v6 }, { "NUMIMPORTV6", import_v6 },
	{ 0 } };

/* ---- BGPPeer */

CELL(peer_ip)
{
	put(out, resource_bgp_peer(res)->peer_ip);
}

CELL(peer_node)
{
	const struct bgp_peer_spec *s = resource_bgp_peer(res);
	put_or(out, s->node, str_empty(s->node_selector) ? "(global)" : s->node_selector);
}

CELL(peer_as_number)
{
	put_opt_int(out, resource_bgp_peer(res)->as_number, "0");
}

const struct column bgp_peer_columns[] = { { "PEERIP", peer_ip }, { "NODE", peer_node },
	{ "ASN", peer_as_number }, { 0 } };

/* ---- CalicoNodeStatus */

CELL(status_node)
{
	put(out, resource_calico_node_status(res)->node);
}

CELL(status_classes)
{
	put_joined(out, &resource_calico_node_status(res)->classes, ",");
}

const struct column calico_node_status_columns[] = { { "NODE", status_node },
	{ "CLASSES", status_classes }, { 0 } };

/* ---- ClusterInformation */

CELL(cluster_guid)
{
	put(out, resource_cluster_information(res)->cluster_guid);
}

CELL(cluster_type)
{
	put(out, resource_cluster_information(res)->cluster_type);
}

CELL(calico_version)
{
	put(out, resource_cluster_information(res)->calico_version);
}

CELL(datastore_ready)
{
	put_opt_bool(out, resource_cluster_information(res)->datastore_ready, "<nil>");
}

const struct column cluster_information_columns[] = { { "CLUSTERGUID", cluster_guid },
	{ "CLUSTERTYPE", cluster_type }, { "CALICOVERSION", calico_version },
	{ "DATASTOREREADY", datastore_ready }, { 0 } };

/* ---- HostEndpoint */

CELL(hep_node)
{
	put(out, resource_host_endpoint(res)->node);
}

CELL(hep_interface)
{
	put(out, resource_host_endpoint(res)->interface_name);
}

CELL(hep_ips)
{
	put_joined(out, &resource_host_endpoint(res)->expected_ips, ",");
}

CELL(hep_profiles)
{
	put_joined(out, &resource_host_endpoint(res)->profiles, ",");
}

const struct column host_endpoint_columns[] = { { "NODE", hep_node },
	{ "INTERFACE", hep_interface }, { "IPS", hep_ips }, { "PROFILES", hep_profiles }, { 0 } };

/* ---- IPAMConfiguration, IPReservation */

CELL(strict_affinity)
{
	put_bool(out, resource_ipam_configuration(res)->strict_affinity);
}

CELL(auto_allocate_blocks)
{
	put_bool(out, resource_ipam_configuration(res)->auto_allocate_blocks);
}

CELL(max_blocks_per_host)
{
	buf_printf(out, "%" PRId64, resource_ipam_configuration(res)->max_blocks_per_host);
}

const struct column ipam_configuration_columns[] = { { "STRICTAFFINITY", strict_affinity },
	{ "AUTOALLOCATEBLOCKS", auto_allocate_blocks }, { "MAXBLOCKSPERHOST", max_blocks_per_host },
	{ 0 } };

CELL(reserved_cidrs)
{
	put_cut(out, &resource_ip_reservation(res)->reserved_cidrs);
}

const struct column ip_reservation_columns[] = { { "CIDRS", reserved_cidrs }, { 0 } };

/* ---- IPPool */

CELL(pool_cidr)
{
	put(out, resource_ip_pool(res)->cidr);
}

CELL(pool_nat)
{
	put_bool(out, resource_ip_pool(res)->nat_outgoing);
}

CELL(pool_ipip_mode)
{
	put_or(out, resource_ip_pool(res)->ipip_mode, "Never");
}

CELL(pool_vxlan_mode)
{
	put_or(out, resource_ip_pool(res)->vxlan_mode, "Never");
}

CELL(pool_disabled)
{
	put_bool(out, resource_ip_pool(res)->disabled);
}

CELL(pool_disable_bgp_export)
{
	put_bool(out, resource_ip_pool(res)->disable_bgp_export);
}

CELL(pool_selector)
{
	put(out, resource_ip_pool(res)->node_selector);
}

CELL(pool_assignment_mode)
{
	put(out, resource_ip_pool(res)->assignment_mode);
}

const struct column ip_pool_columns[] = { { "CIDR", pool_cidr }, { "NAT", pool_nat },
	{ "IPIPMODE", pool_ipip_mode }, { "VXLANMODE", pool_vxlan_mode },
	{ "DISABLED", pool_disabled }, { "DISABLEBGPEXPORT", pool_disable_bgp_export },
	{ "SELECTOR", pool_selector }, { "ASSIGNMENTMODE", pool_assignment_mode }, { 0 } };

/* ---- NetworkSet, GlobalNetworkSet */

CELL(set_nets)
{
	put_cut(out, &resource_network_set(res)->nets);
}

const struct column network_set_columns[] = { { "NETS", set_nets }, { 0 } };

/* ---- Node */

/* The cluster's AS number, asked for once. */
const char *cluster_as_number(struct cell_source *src)
{
	if (src->as_number[0])
		return src->as_number;
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status =
		client_get(src->client, KIND_BGP_CONFIGURATION, NULL, "default", NULL, &res);
	struct opt_int n = { 0 };
	if (status == CLIENT_OK)
		n = resource_bgp_configuration(res)->as_number;
	if (n.set)
		snprintf(src->as_number, sizeof(src->as_number), "%" PRId64, n.value);
	else
		snprintf(src->as_number, sizeof(src->as_number), "%s",
			status == CLIENT_OK || status == CLIENT_E_NOT_FOUND ? AS_NUMBER_DEFAULT
									    : "unknown");
	return src->as_number;
}

CELL(node_as_number)
{
	const struct node_bgp *bgp = resource_node(res)->bgp;
	if (bgp && bgp->as_number.set)
		put_opt_int(out, bgp->as_number, "");
	else if (bgp)
		buf_printf(out, "(%s)", cluster_as_number(src));
}

CELL(node_ipv4)
{
	if (resource_node(res)->bgp)
		put(out, resource_node(res)->bgp->ipv4_address);
}

CELL(node_ipv6)
{
	if (resource_node(res)->bgp)
		put(out, resource_node(res)->bgp->ipv6_address);
}

const struct column node_columns[] = { { "ASN", node_as_number }, { "IPV4", node_ipv4 },
	{ "IPV6", node_ipv6 }, { 0 } };

/* ---- policies, plain and staged */

CELL(policy_tier)
{
	put(out, resource_policy(res)->tier);
}

CELL(policy_order)
{
	put_opt_float(out, resource_policy(res)->order);
}

CELL(policy_selector)
{
	put(out, resource_policy(res)->selector);
}

const struct column policy_columns[] = { { "TIER", policy_tier }, { "ORDER", policy_order },
	{ "SELECTOR", policy_selector }, { 0 } };

/* As Kubernetes prints the selector's struct. */
CELL(pod_selector)
{
	const struct label_selector *s = &resource_staged_kubernetes_policy(res)->pod_selector;
	buf_puts(out, "&LabelSelector{MatchLabels:map[string]string{");
	for (size_t i = 0; i < s->match_labels.n; i++)
		buf_printf(out, "%s: %s,", s->match_labels.v[i].key, s->match_labels.v[i].value);
	buf_puts(out, "},MatchExpressions:[]LabelSelectorRequirement{");
	for (size_t i = 0; i < s->match_expressions.n; i++) {
		const struct label_requirement *r = &s->match_expressions.v[i];
		buf_printf(out, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[", r->key,
			r->operator);
		put_joined(out, &r->values, " ");
		buf_puts(out, "],},");
	}
	buf_puts(out, "},}");
}

const struct column staged_kubernetes_policy_columns[] = { { "PODSELECTOR", pod_selector }, { 0 } };

/* ---- Profile, Tier */

CELL(profile_labels)
{
	const struct text_map *labels = &resource_profile(res)->labels_to_apply;
	for (size_t i = 0; i < labels->n; i++)
		buf_printf(out, "%s%s=%s", i ? "," : "", labels->v[i].key, labels->v[i].value);
}

const struct column profile_columns[] = { { "LABELS", profile_labels }, { 0 } };

CELL(tier_order)
{
	put_opt_float(out, resource_tier(res)->order);
}

const struct column tier_columns[] = { { "ORDER", tier_order }, { 0 } };

/* ---- WorkloadEndpoint */

CELL(wep_workload)
{
	const struct workload_endpoint_spec *s = resource_workload_endpoint(res);
	put_or(out, s->workload, s->pod ? s->pod : "");
}

CELL(wep_orchestrator)
{
	put(out, resource_workload_endpoint(res)->orchestrator);
}

CELL(wep_node)
{
	put(out, resource_workload_endpoint(res)->node);
}

CELL(wep_networks)
{
	put_joined(out, &resource_workload_endpoint(res)->ip_networks, ",");
}

CELL(wep_interface)
{
	put(out, resource_workload_endpoint(res)->interface_name);
}

CELL(wep_profiles)
{
	put_joined(out, &resource_workload_endpoint(res)->profiles, ",");
}

CELL(wep_nats)
{
	const struct ip_nat_list *nats = &resource_workload_endpoint(res)->ip_nats;
	for (size_t i = 0; i < nats->n; i++)
		buf_printf(out, "%s{%s %s}", i ? "," : "",
			nats->v[i].internal_ip ? nats->v[i].internal_ip : "",
			nats->v[i].external_ip ? nats->v[i].external_ip : "");
}

const struct column workload_endpoint_columns[] = { { "WORKLOAD", wep_workload },
	{ "ORCHESTRATOR", wep_orchestrator }, { "NODE", wep_node }, { "NETWORKS", wep_networks },
	{ "INTERFACE", wep_interface }, { "PROFILES", wep_profiles }, { "NATS", wep_nats }, { 0 } };
