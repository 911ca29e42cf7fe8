/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/endpoint.h"

#include "tables.h"

#define T struct endpoint_port
#define PORT_HEAD                                                         \
	TEXT("name", T, name, .flags = FIELD_ALWAYS),                     \
		PROTOCOL("protocol", T, protocol, .flags = FIELD_ALWAYS), \
		INT("port", T, port, INT_UINT16, .flags = FIELD_ALWAYS)
static const struct field endpoint_port_fields[] = { PORT_HEAD };
static const struct field workload_port_fields[] = {
	PORT_HEAD,
	INT("hostPort", T, host_port, INT_UINT16, .flags = FIELD_ALWAYS),
	TEXT("hostIP", T, host_ip, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(
	endpoint_port_type, "v3", "EndpointPort", struct endpoint_port, endpoint_port_fields);
static OBJECT_TYPE(workload_port_type, "internalapi", "WorkloadEndpointPort", struct endpoint_port,
	workload_port_fields);

#define T struct ip_nat
static const struct field ip_nat_fields[] = {
	TEXT("internalIP", T, internal_ip, .flags = FIELD_ALWAYS),
	TEXT("externalIP", T, external_ip, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(ip_nat_type, "internalapi", "IPNAT", struct ip_nat, ip_nat_fields);

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
static OBJECT_TYPE(qos_type, "internalapi", "QoSControls", struct qos_controls, qos_fields);

#define T struct workload_endpoint_spec
static const struct field workload_endpoint_fields[] = {
	TEXT("orchestrator", T, orchestrator),
	TEXT("workload", T, workload),
	TEXT("node", T, node),
	TEXT("containerID", T, container_id),
	TEXT("pod", T, pod),
	TEXT("endpoint", T, endpoint),
	TEXT("serviceAccountName", T, service_account_name),
	TEXTS("ipNetworks", T, ip_networks),
	LIST("ipNATs", T, ip_nats, ip_nat_type),
	TEXT("ipv4Gateway", T, ipv4_gateway),
	TEXT("ipv6Gateway", T, ipv6_gateway),
	TEXTS("profiles", T, profiles),
	TEXT("interfaceName", T, interface_name),
	TEXT("mac", T, mac),
	LIST("ports", T, ports, workload_port_type),
	TEXTS("allowSpoofedSourcePrefixes", T, allow_spoofed_source_prefixes),
	POINTER("qosControls", T, qos_controls, qos_type),
};
#undef T
OBJECT_TYPE(workload_endpoint_type, "internalapi", "WorkloadEndpointSpec",
	struct workload_endpoint_spec, workload_endpoint_fields);

#define T struct host_endpoint_spec
static const struct field host_endpoint_fields[] = {
	TEXT("node", T, node),
	TEXT("interfaceName", T, interface_name),
	TEXTS("expectedIPs", T, expected_ips),
	TEXTS("profiles", T, profiles),
	LIST("ports", T, ports, endpoint_port_type),
};
#undef T
OBJECT_TYPE(host_endpoint_type, "v3", "HostEndpointSpec", struct host_endpoint_spec,
	host_endpoint_fields);

static const struct field network_set_fields[] = {
	TEXTS("nets", struct network_set_spec, nets),
};
OBJECT_TYPE(network_set_type, "v3", "NetworkSetSpec", struct network_set_spec, network_set_fields);
OBJECT_TYPE(global_network_set_type, "v3", "GlobalNetworkSetSpec", struct network_set_spec,
	network_set_fields);
