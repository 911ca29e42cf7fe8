/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/endpoint.h"

#include "endpoint_rules.h"
#include "tables.h"
#include "tags.h"

#define NAME CHECK(.tag = &tag_name)

#define T struct endpoint_port
#define PORT_HEAD                                                       \
	PROTOCOL("protocol", T, protocol, .flags = FIELD_ALWAYS),       \
		INT("port", T, port, INT_UINT16, .flags = FIELD_ALWAYS, \
			CHECK(.even_empty = true, .bounds = { GT(0) },  \
				.range = { GTE(1), LTE(65535) }))
static const struct field endpoint_port_fields[] = {
	TEXT("name", T, name, .flags = FIELD_ALWAYS,
		CHECK(.even_empty = true, .tag = &tag_port_name)),
	PORT_HEAD,
};
static const struct field workload_port_fields[] = {
	TEXT("name", T, name, .flags = FIELD_ALWAYS, CHECK(.tag = &tag_port_name)),
	PORT_HEAD,
	INT("hostPort", T, host_port, INT_UINT16, .flags = FIELD_ALWAYS),
	TEXT("hostIP", T, host_ip, .flags = FIELD_ALWAYS, CHECK(.tag = &tag_net)),
};
#undef T
OBJECT_TYPE(endpoint_port_type, "v3", "EndpointPort", struct endpoint_port, endpoint_port_fields,
	.validate = endpoint_port_validate);
OBJECT_TYPE(workload_port_type, "internalapi", "WorkloadEndpointPort", struct endpoint_port,
	workload_port_fields, .validate = workload_port_validate);

#define T struct ip_nat
static const struct field ip_nat_fields[] = {
	TEXT("internalIP", T, internal_ip, .flags = FIELD_ALWAYS, CHECK(.tag = &tag_ip)),
	TEXT("externalIP", T, external_ip, .flags = FIELD_ALWAYS, CHECK(.tag = &tag_ip)),
};
#undef T
OBJECT_TYPE(ip_nat_type, "internalapi", "IPNAT", struct ip_nat, ip_nat_fields);

#define T struct qos_controls
static const struct field qos_fields[] = {
	INT("ingressBandwidth", T, ingress_bandwidth, INT_INT64),
	INT("ingressBurst", T, ingress_burst, INT_INT64),
	INT("ingressPeakrate", T, ingress_peakrate, INT_INT64),
	INT("ingressMinburst", T, ingress_minburst, INT_INT64),
	INT("egressBandwidth", T, egress_bandwidth, INT_INT64),
	INT("egressBurst", T, egress_burst, INT_INT64),
	INT("egressPeakrate", T, egress_peakrate, INT_INT64),
	INT("egressMinburst", T, egress_minburst, INT_INT64),
	INT("ingressPacketRate", T, ingress_packet_rate, INT_INT64),
	INT("ingressPacketBurst", T, ingress_packet_burst, INT_INT64),
	INT("egressPacketRate", T, egress_packet_rate, INT_INT64),
	INT("egressPacketBurst", T, egress_packet_burst, INT_INT64),
	INT("ingressMaxConnections", T, ingress_max_connections, INT_INT64),
	INT("egressMaxConnections", T, egress_max_connections, INT_INT64),
	DSCP("dscp", T, dscp),
};
#undef T
OBJECT_TYPE(qos_type, "internalapi", "QoSControls", struct qos_controls, qos_fields,
	.rules = qos_rules);

#define T struct workload_endpoint_spec
static const struct field workload_endpoint_fields[] = {
	TEXT("orchestrator", T, orchestrator, NAME),
	TEXT("workload", T, workload, NAME),
	TEXT("node", T, node, NAME),
	TEXT("containerID", T, container_id, CHECK(.tag = &tag_container_id)),
	TEXT("pod", T, pod, NAME),
	TEXT("endpoint", T, endpoint, NAME),
	TEXT("serviceAccountName", T, service_account_name, NAME),
	TEXTS("ipNetworks", T, ip_networks, .flags = FIELD_KEEP_GOOD, CHECK(.each = &tag_net)),
	LIST("ipNATs", T, ip_nats, ip_nat_type),
	TEXT("ipv4Gateway", T, ipv4_gateway, CHECK(.tag = &tag_ipv4)),
	TEXT("ipv6Gateway", T, ipv6_gateway, CHECK(.tag = &tag_ipv6)),
	TEXTS("profiles", T, profiles, CHECK(.each = &tag_name)),
	TEXT("interfaceName", T, interface_name, CHECK(.even_empty = true, .tag = &tag_interface)),
	TEXT("mac", T, mac, CHECK(.tag = &tag_mac)),
	LIST("ports", T, ports, workload_port_type),
	TEXTS("allowSpoofedSourcePrefixes", T, allow_spoofed_source_prefixes,
		CHECK(.each = &tag_cidr)),
	POINTER("qosControls", T, qos_controls, qos_type),
};
#undef T
OBJECT_TYPE(workload_endpoint_type, "internalapi", "WorkloadEndpointSpec",
	struct workload_endpoint_spec, workload_endpoint_fields,
	.validate = workload_endpoint_validate);

#define T struct host_endpoint_spec
static const struct field host_endpoint_fields[] = {
	TEXT("node", T, node, NAME),
	TEXT("interfaceName", T, interface_name, CHECK(.tag = &tag_interface, .max_bytes = 15)),
	TEXTS("expectedIPs", T, expected_ips, .flags = FIELD_KEEP_GOOD, CHECK(.each = &tag_ip)),
	TEXTS("profiles", T, profiles, CHECK(.each = &tag_name)),
	LIST("ports", T, ports, endpoint_port_type),
};
#undef T
OBJECT_TYPE(host_endpoint_type, "v3", "HostEndpointSpec", struct host_endpoint_spec,
	host_endpoint_fields, .rules = host_endpoint_rules);

static const struct field network_set_fields[] = {
	TEXTS("nets", struct network_set_spec, nets, .flags = FIELD_KEEP_GOOD,
		CHECK(.each = &tag_cidr)),
};
OBJECT_TYPE(network_set_type, "v3", "NetworkSetSpec", struct network_set_spec, network_set_fields);
OBJECT_TYPE(global_network_set_type, "v3", "GlobalNetworkSetSpec", struct network_set_spec,
	network_set_fields);
