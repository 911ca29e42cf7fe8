/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/node.h"

#include "tables.h"
#include "tags.h"
#include "validation.h"

#define T struct node_bgp
static const struct field node_bgp_fields[] = {
	AS_NUMBER("asNumber", T, as_number),
	TEXT("ipv4Address", T, ipv4_address, CHECK(.tag = &tag_cidrv4)),
	TEXT("ipv6Address", T, ipv6_address, CHECK(.tag = &tag_cidrv6)),
	TEXT("ipv4IPIPTunnelAddr", T, ipv4_ipip_tunnel_addr, CHECK(.tag = &tag_ipv4)),
	TEXT("routeReflectorClusterID", T, route_reflector_cluster_id, CHECK(.tag = &tag_ipv4)),
};
#undef T
OBJECT_TYPE(node_bgp_type, "internalapi", "NodeBGPSpec", struct node_bgp, node_bgp_fields);

#define T struct orch_ref
static const struct field orch_ref_fields[] = {
	TEXT("nodeName", T, node_name),
	TEXT("orchestrator", T, orchestrator, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(orch_ref_type, "internalapi", "OrchRef", struct orch_ref, orch_ref_fields);

#define T struct node_wireguard
static const struct field node_wireguard_fields[] = {
	TEXT("interfaceIPv4Address", T, interface_ipv4_address, CHECK(.tag = &tag_ipv4)),
	TEXT("interfaceIPv6Address", T, interface_ipv6_address, CHECK(.tag = &tag_ipv6)),
};
#undef T
static OBJECT_TYPE(node_wireguard_type, "internalapi", "NodeWireguardSpec", struct node_wireguard,
	node_wireguard_fields);

#define T struct node_address
static const struct field node_address_fields[] = {
	TEXT("address", T, address, .flags = FIELD_ALWAYS),
	TEXT("type", T, type),
};
#undef T
static OBJECT_TYPE(
	node_address_type, "internalapi", "NodeAddress", struct node_address, node_address_fields);

#define T struct node_interface
static const struct field node_interface_fields[] = {
	TEXT("name", T, name),
	TEXTS("addresses", T, addresses),
};
#undef T
static OBJECT_TYPE(node_interface_type, "internalapi", "NodeInterface", struct node_interface,
	node_interface_fields);

static void node_validate(struct validation *v, const void *object)
{
	const struct node_spec *s = object;

	if (s->bgp && object_is_empty(&node_bgp_type, s->bgp))
		object_failed(
			v, "BGP", &node_bgp_type, s->bgp, true, "Spec.BGP should not be empty");
}

#define T struct node_spec
static const struct field node_fields[] = {
	POINTER("bgp", T, bgp, node_bgp_type),
	TEXT("ipv4VXLANTunnelAddr", T, ipv4_vxlan_tunnel_addr, CHECK(.tag = &tag_ipv4)),
	TEXT("vxlanTunnelMACAddr", T, vxlan_tunnel_mac_addr, CHECK(.tag = &tag_mac)),
	TEXT("ipv6VXLANTunnelAddr", T, ipv6_vxlan_tunnel_addr, CHECK(.tag = &tag_ipv6)),
	TEXT("vxlanTunnelMACAddrV6", T, vxlan_tunnel_mac_addr_v6, CHECK(.tag = &tag_mac)),
	LIST("orchRefs", T, orch_refs, orch_ref_type),
	POINTER("wireguard", T, wireguard, node_wireguard_type),
	LIST("addresses", T, addresses, node_address_type),
	LIST("interfaces", T, interfaces, node_interface_type),
};
#undef T
OBJECT_TYPE(node_type, "internalapi", "NodeSpec", struct node_spec, node_fields,
	.validate = node_validate);

#define T struct node_status
static const struct field node_status_fields[] = {
	TEXT("wireguardPublicKey", T, wireguard_public_key, CHECK(.tag = &tag_wireguard_key)),
	TEXT("wireguardPublicKeyV6", T, wireguard_public_key_v6, CHECK(.tag = &tag_wireguard_key)),
	TEXTS("podCIDRs", T, pod_cidrs),
};
#undef T
OBJECT_TYPE(node_status_type, "internalapi", "NodeStatus", struct node_status, node_status_fields);

#define T struct cluster_information_spec
static const struct field cluster_information_fields[] = {
	TEXT("clusterGUID", T, cluster_guid),
	TEXT("clusterType", T, cluster_type),
	TEXT("calicoVersion", T, calico_version),
	OPT_BOOL("datastoreReady", T, datastore_ready),
	TEXT("variant", T, variant),
};
#undef T
OBJECT_TYPE(cluster_information_type, "v3", "ClusterInformationSpec",
	struct cluster_information_spec, cluster_information_fields);
