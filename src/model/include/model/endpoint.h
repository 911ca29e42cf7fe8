/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - WorkloadEndpoint, HostEndpoint, and the sets of addresses that stand beside them.
 *
 * Source: datamodel.md 2.2, 2.3, 2.10, 3.1.
 */
#pragma once

#include "model/policy.h"

struct endpoint_port {
	const char *name;
	struct protocol protocol;
	int64_t port;
	int64_t host_port;   /* WorkloadEndpoint only */
	const char *host_ip; /* WorkloadEndpoint only */
};
struct endpoint_port_list {
	size_t n;
	struct endpoint_port *v;
};

struct ip_nat {
	const char *internal_ip, *external_ip;
};
struct ip_nat_list {
	size_t n;
	struct ip_nat *v;
};

struct dscp {
	bool set;
	const char *name; /* NULL: the number */
	int64_t number;
};

int dscp_number(const struct dscp *d); /* 0..63, or -1 */

struct qos_controls {
	int64_t ingress_bandwidth, ingress_burst, ingress_peakrate, ingress_minburst;
	int64_t egress_bandwidth, egress_burst, egress_peakrate, egress_minburst;
	int64_t ingress_packet_rate, ingress_packet_burst;
	int64_t egress_packet_rate, egress_packet_burst;
	int64_t ingress_max_connections, egress_max_connections;
	struct dscp dscp;
};

struct workload_endpoint_spec {
	const char *orchestrator, *workload, *node, *container_id, *pod, *endpoint;
	const char *service_account_name;
	struct text_list ip_networks;
	struct ip_nat_list ip_nats;
	const char *ipv4_gateway, *ipv6_gateway;
	struct text_list profiles;
	const char *interface_name, *mac;
	struct endpoint_port_list ports;
	struct text_list allow_spoofed_source_prefixes;
	struct qos_controls *qos_controls;
};

struct host_endpoint_spec {
	const char *node, *interface_name;
	struct text_list expected_ips, profiles;
	struct endpoint_port_list ports;
};

struct network_set_spec { /* NetworkSet and GlobalNetworkSet */
	struct text_list nets;
};

static inline struct workload_endpoint_spec *resource_workload_endpoint(const struct resource *res)
{
	return res->spec;
}
static inline struct host_endpoint_spec *resource_host_endpoint(const struct resource *res)
{
	return res->spec;
}
static inline struct network_set_spec *resource_network_set(const struct resource *res)
{
	return res->spec;
}

/* The four segments of a WorkloadEndpoint's name: node, orchestrator, third, endpoint. */
struct wep_name {
	const char *node, *orchestrator, *workload, *endpoint;
};

/* -EINVAL unless the name has exactly four segments. */
int wep_name_parse(const char *name, struct arena *arena, struct wep_name *ret);
/* From the identifying members of spec; *err says which one is missing. The text goes to out. */
int wep_name_make(const struct workload_endpoint_spec *spec, struct buf *out, struct err *err);
/* The start of all names that agree with the members known so far, "node--1-k8s-web--0-"; the node
 * must be known. */
int wep_name_prefix(const struct workload_endpoint_spec *spec, struct buf *out, struct err *err);
