/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "model/bgp.h"
#include "tags.h"
#include "validation.h"

/* ---- BGPConfiguration ---- */

/* False when the text has not the form of a community; values out of range are reported. */
static bool check_community(struct validation *v, const char *name, const char *text)
{
	int bits = 16;
	char *end = (char *)text;

	if (!pattern_community.match(text))
		return false;
	if (strchr(strchr(text, ':') + 1, ':'))
		bits = 32;
	for (;; end++) {
		if (strtoull(end, &end, 10) >> bits) {
			field_errors_add(v->errors, name, text,
				"invalid community value, expected %d bit value", bits);
			return true;
		}
		if (!*end)
			return true;
	}
}

static bool is_defined(const struct bgp_configuration_spec *s, const char *name)
{
	for (size_t i = 0; i < s->communities.n; i++)
		if (str_eq(s->communities.v[i].name, name))
			return true;
	return false;
}

static void check_advertisement(struct validation *v, const struct bgp_configuration_spec *s,
	const struct prefix_advertisement *a)
{
	static const char community_name[] = "Spec.PrefixAdvertisement[].Communities[]";
	struct cidr c;

	if (!str_empty(a->cidr) && cidr_parse_net(a->cidr, &c) < 0)
		field_errors_add(v->errors, "Spec.PrefixAdvertisement[].CIDR", a->cidr,
			"invalid CIDR value.");
	for (size_t i = 0; i < a->communities.n; i++) {
		const char *text = a->communities.v[i];

		if (!check_community(v, community_name, text) && !is_defined(s, text))
			field_errors_add(v->errors, community_name, text,
				"community used is invalid or not defined.");
	}
}

void bgp_configuration_validate(struct validation *v, const void *object)
{
	const struct bgp_configuration_spec *s = object;

	for (size_t i = 0; i < s->communities.n; i++) {
		const char *value = s->communities.v[i].value;

		if (value && !check_community(v, "Spec.Communities[].Value", value))
			field_errors_add(v->errors, "Spec.Communities[].Value", value,
				"invalid community value or format used.");
	}
	for (size_t i = 0; i < s->prefix_advertisements.n; i++)
		check_advertisement(v, s, &s->prefix_advertisements.v[i]);
}

void bgp_configuration_rules(struct validation *v, const void *object)
{
	const struct bgp_configuration_spec *s = object;
	bool no_mesh = s->node_to_node_mesh_enabled.set && !s->node_to_node_mesh_enabled.value;

	if (no_mesh && s->node_mesh_password)
		rule_failed(
			v, "nodeMeshPassword cannot be set when nodeToNodeMeshEnabled is false");
	if (no_mesh && s->node_mesh_max_restart_time)
		rule_failed(v,
			"nodeMeshMaxRestartTime cannot be set when nodeToNodeMeshEnabled is false");
	if (s->communities.n && !s->prefix_advertisements.n)
		rule_failed(v, "communities are defined but not used in prefixAdvertisements");
}

static void check_default_only(
	struct validation *v, bool set, const char *member, const char *shown)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (!set)
		return;
	buf_printf(&name, "BGPConfiguration.Spec.%s", member);
	field_errors_add(v->errors, buf_str(&name), NULL,
		"Cannot set %s on a non default BGP Configuration.", shown);
}

void bgp_configuration_default_only(struct validation *v, const void *object)
{
	const struct bgp_configuration_spec *s = object;

	check_default_only(v, s->node_to_node_mesh_enabled.set, "NodeToNodeMeshEnabled",
		"nodeToNodeMeshEnabled");
	check_default_only(v, s->as_number.set, "ASNumber", "ASNumber");
	check_default_only(v, s->service_load_balancer_ips.n, "ServiceLoadBalancerIPs",
		"ServiceLoadBalancerIPs");
	check_default_only(
		v, s->service_external_ips.n, "ServiceExternalIPs", "ServiceExternalIPs");
	check_default_only(v, s->service_cluster_ips.n, "ServiceClusterIPs", "ServiceClusterIPs");
	check_default_only(v, s->node_mesh_password, "NodeMeshPassword", "nodeMeshPassword");
	check_default_only(v, s->node_mesh_max_restart_time, "NodeMeshMaxRestartTime",
		"nodeMeshMaxRestartTime");
}

/* ---- BGPPeer ---- */

static uint8_t peer_family(const char *peer_ip)
{
	struct addr a;

	if (addr_parse(peer_ip, &a) == 0)
		return a.family;
	return *peer_ip == '[' ? 6 : 4;
}

void bgp_peer_validate(struct validation *v, const void *object)
{
	const struct bgp_peer_spec *s = object;
	struct addr a;

	if (!str_empty(s->reachable_by) && !str_empty(s->peer_ip) && tag_ip_port.text(s->peer_ip) &&
		addr_parse(s->reachable_by, &a) == 0 && a.family != peer_family(s->peer_ip))
		field_errors_add(v->errors, "ReachableBy", s->reachable_by,
			"ReachableBy and PeerIP address family mismatched");
}

void bgp_peer_rules(struct validation *v, const void *object)
{
	const struct bgp_peer_spec *s = object;
	bool peer_ip = !str_empty(s->peer_ip), peer_selector = !str_empty(s->peer_selector);
	bool local = !str_empty(s->local_workload_selector);

	if (!str_empty(s->node) && !str_empty(s->node_selector))
		rule_failed(v, "node and nodeSelector cannot both be set");
	if (peer_ip && peer_selector)
		rule_failed(v, "peerIP and peerSelector cannot both be set");
	if (peer_selector && s->as_number.set)
		rule_failed(v, "asNumber must be empty when peerSelector is set");
	if (local && peer_ip)
		rule_failed(v, "peerIP must be empty when localWorkloadSelector is set");
	if (local && peer_selector)
		rule_failed(v, "peerSelector must be empty when localWorkloadSelector is set");
	if (local && !s->as_number.set)
		rule_failed(v, "asNumber is required when localWorkloadSelector is set");
	if (!str_empty(s->reachable_by) && !peer_ip)
		rule_failed(v, "reachableBy must be empty when peerIP is empty");
	if (s->keep_original_next_hop && !str_empty(s->next_hop_mode))
		rule_failed(v, "keepOriginalNextHop and nextHopMode cannot both be set; "
			       "keepOriginalNextHop is "
			       "deprecated, use nextHopMode instead");
}

/* ---- BGPFilter ---- */

void bgp_filter_rule_rules(struct validation *v, const void *object)
{
	const struct bgp_filter_rule *r = object;

	if (str_empty(r->cidr) != str_empty(r->match_operator))
		rule_failed(v, "cidr and matchOperator must both be set or both be empty");
	if (r->prefix_length && str_empty(r->cidr))
		rule_failed(v, "cidr is required when prefixLength is set");
	if (r->operations.n && !str_eq(r->action, "Accept"))
		rule_failed(v, "operations may only be used with action Accept");
}

void bgp_filter_operation_schema(struct validation *v, const void *object)
{
	const struct bgp_filter_operation *o = object;
	int n = !!o->add_community + !!o->prepend_as_path + !!o->set_priority;

	if (n > 1)
		rule_failed(v, "must have at most 1 item");
	if (n < 1)
		body_failed(v, "should have at least 1 properties");
}
