/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoint_rules.h"

#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "tables.h"
#include "validation.h"

/* ---- ports ---- */

static void check_port_protocol(
	struct validation *v, const struct endpoint_port *p, const char *type_name)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (protocol_has_ports(&p->protocol))
		return;
	buf_printf(&name, "%s.Protocol", type_name);
	member_failed(v, buf_str(&name), &endpoint_port_type, "protocol", p,
		"%s protocol does not support ports.", type_name);
}

void endpoint_port_validate(struct validation *v, const void *object)
{
	check_port_protocol(v, object, "EndpointPort");
}

void workload_port_validate(struct validation *v, const void *object)
{
	const struct endpoint_port *p = object;

	check_port_protocol(v, p, "WorkloadEndpointPort");
	if (str_empty(p->name) && !p->host_port)
		field_errors_add(v->errors, "WorkloadEndpointPort.Name", "",
			"WorkloadEndpointPort name must not be empty if no HostPort is specified");
}

/* ---- workload endpoints ---- */

static void check_networks(struct validation *v, const struct workload_endpoint_spec *s)
{
	for (size_t i = 0; i < s->ip_networks.n; i++) {
		struct cidr c;

		if (cidr_parse_net(s->ip_networks.v[i], &c) < 0 || cidr_is_host(&c))
			continue;
		member_failed(v, "IPNetworks", &workload_endpoint_type, "ipNetworks", s,
			"IP network contains multiple addresses");
		return;
	}
}

static bool has_address(const struct workload_endpoint_spec *s, const struct addr *a)
{
	struct cidr c;

	for (size_t i = 0; i < s->ip_networks.n; i++)
		if (cidr_parse_net(s->ip_networks.v[i], &c) == 0 && cidr_has(&c, a))
			return true;
	return false;
}

static void check_nat(
	struct validation *v, const struct workload_endpoint_spec *s, const struct ip_nat *nat)
{
	struct addr internal, external;

	if (str_empty(nat->internal_ip) || addr_parse(nat->internal_ip, &internal) < 0)
		return;
	if (!has_address(s, &internal))
		member_failed(v, "IPNATs", &workload_endpoint_type, "ipNATs", s,
			"NAT is not in the endpoint networks");
	if (!str_empty(nat->external_ip) && addr_parse(nat->external_ip, &external) == 0 &&
		external.family != internal.family)
		field_errors_add(
			v->errors, "ExternalIP", nat->external_ip, "mismatched IP versions");
}

static void check_gateway(struct validation *v, const char *name, const char *text, uint8_t family)
{
	struct addr a;

	if (!str_empty(text) && addr_parse(text, &a) == 0 && a.family != family)
		field_errors_add(
			v->errors, name, text, "invalid IPv%u gateway address specified", family);
}

void workload_endpoint_validate(struct validation *v, const void *object)
{
	const struct workload_endpoint_spec *s = object;

	check_networks(v, s);
	check_gateway(v, "IPv4Gateway", s->ipv4_gateway, 4);
	check_gateway(v, "IPv6Gateway", s->ipv6_gateway, 6);
	for (size_t i = 0; i < s->ip_nats.n; i++)
		check_nat(v, s, &s->ip_nats.v[i]);
}

/* ---- host endpoints ---- */

void host_endpoint_rules(struct validation *v, const void *object)
{
	const struct host_endpoint_spec *s = object;

	if (str_empty(s->interface_name) && !s->expected_ips.n)
		rule_failed(v, "at least one of interfaceName or expectedIPs must be specified");
	if (str_empty(s->node))
		rule_failed(v, "node must be specified");
}

/* ---- quality of service ---- */

static const struct dscp_name {
	const char *name;
	uint8_t value;
} dscp_names[] = {
	{ "DF", 0 },
	{ "EF", 46 },
	{ "CS0", 0 },
	{ "CS1", 8 },
	{ "CS2", 16 },
	{ "CS3", 24 },
	{ "CS4", 32 },
	{ "CS5", 40 },
	{ "CS6", 48 },
	{ "AF11", 10 },
	{ "AF12", 12 },
	{ "AF13", 14 },
	{ "AF21", 18 },
	{ "AF22", 20 },
	{ "AF23", 22 },
	{ "AF31", 26 },
	{ "AF32", 28 },
	{ "AF33", 30 },
	{ "AF41", 34 },
	{ "AF42", 36 },
	{ "AF43", 38 },
};

int dscp_number(const struct dscp *d)
{
	if (!d->name)
		return d->number >= 0 && d->number <= 63 ? (int)d->number : -1;
	for (size_t i = 0; i < ARRAY_SIZE(dscp_names); i++)
		if (str_eq_nocase(d->name, dscp_names[i].name))
			return dscp_names[i].value;
	return -1;
}

static void check_range(
	struct validation *v, const char *member, int64_t n, int64_t min, int64_t max)
{
	if (n && (n < min || n > max))
		member_rule_failed(
			v, member, "must be between %lld and %lld", (long long)min, (long long)max);
}

#define BANDWIDTH_MAX 1000000000000000
#define BURST_MAX     34359738360
#define PEAK_MAX      1010000000000000
#define MINBURST_MAX  100000000
#define PACKETS_MAX   10000
#define CONNS_MAX     4294967295

/* Upstream stores any of these values; what the kernel is told must make sense. */
void qos_rules(struct validation *v, const void *object)
{
	const struct qos_controls *q = object;

	if (!v->reading)
		return;
	check_range(v, "ingressBandwidth", q->ingress_bandwidth, 1000, BANDWIDTH_MAX);
	check_range(v, "egressBandwidth", q->egress_bandwidth, 1000, BANDWIDTH_MAX);
	check_range(v, "ingressBurst", q->ingress_burst, 1000, BURST_MAX);
	check_range(v, "egressBurst", q->egress_burst, 1000, BURST_MAX);
	check_range(v, "ingressPeakrate", q->ingress_peakrate, 1010, PEAK_MAX);
	check_range(v, "egressPeakrate", q->egress_peakrate, 1010, PEAK_MAX);
	check_range(v, "ingressMinburst", q->ingress_minburst, 1000, MINBURST_MAX);
	check_range(v, "egressMinburst", q->egress_minburst, 1000, MINBURST_MAX);
	check_range(v, "ingressPacketRate", q->ingress_packet_rate, 1, PACKETS_MAX);
	check_range(v, "egressPacketRate", q->egress_packet_rate, 1, PACKETS_MAX);
	check_range(v, "ingressPacketBurst", q->ingress_packet_burst, 1, PACKETS_MAX);
	check_range(v, "egressPacketBurst", q->egress_packet_burst, 1, PACKETS_MAX);
	check_range(v, "ingressMaxConnections", q->ingress_max_connections, 1, CONNS_MAX);
	check_range(v, "egressMaxConnections", q->egress_max_connections, 1, CONNS_MAX);
	if (q->ingress_peakrate && q->ingress_peakrate <= q->ingress_bandwidth)
		member_rule_failed(v, "ingressPeakrate", "must exceed ingressBandwidth");
	if (q->egress_peakrate && q->egress_peakrate <= q->egress_bandwidth)
		member_rule_failed(v, "egressPeakrate", "must exceed egressBandwidth");
	if (q->dscp.set && dscp_number(&q->dscp) < 0)
		member_rule_failed(v, "dscp", "must be a number from 0 to 63 or a DSCP name");
}
