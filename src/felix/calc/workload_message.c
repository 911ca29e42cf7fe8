/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A local workload endpoint as the dataplane gets it, but for its tiers. */
#include "base/str.h"
#include "message.h"
#include "workload.h"

static void put_nets(const struct workload *w, struct arena *a, Felix__WorkloadEndpoint *out)
{
	out->ipv4_nets = arena_new_n(a, char *, w->item.n_nets);
	out->ipv6_nets = arena_new_n(a, char *, w->item.n_nets);
	for (size_t i = 0; i < w->item.n_nets; i++) {
		char buf[CIDR_TEXT_MAX], *net;
		net = arena_strdup(a, cidr_format(&w->item.nets[i], buf));
		if (w->item.nets[i].addr.family == 4)
			out->ipv4_nets[out->n_ipv4_nets++] = net;
		else
			out->ipv6_nets[out->n_ipv6_nets++] = net;
	}
}

static void put_nats(const struct ip_nat_list *nats, struct arena *a, Felix__WorkloadEndpoint *out)
{
	out->ipv4_nat = arena_new_n(a, Felix__NatInfo *, nats->n + 1);
	out->ipv6_nat = arena_new_n(a, Felix__NatInfo *, nats->n + 1);
	for (size_t i = 0; i < nats->n; i++) {
		struct addr internal, external;
		char buf[ADDR_TEXT_MAX];
		Felix__NatInfo *nat;
		if (str_empty(nats->v[i].internal_ip) || str_empty(nats->v[i].external_ip) ||
			addr_parse(nats->v[i].internal_ip, &internal) ||
			addr_parse(nats->v[i].external_ip, &external))
			continue;
		nat = arena_message(a, Felix__NatInfo, felix__nat_info__init);
		nat->int_ip = arena_strdup(a, addr_format(&internal, buf));
		nat->ext_ip = arena_strdup(a, addr_format(&external, buf));
		if (internal.family == 4)
			out->ipv4_nat[out->n_ipv4_nat++] = nat;
		else
			out->ipv6_nat[out->n_ipv6_nat++] = nat;
	}
}

static void put_prefixes(
	const struct text_list *prefixes, struct arena *a, Felix__WorkloadEndpoint *out)
{
	out->allow_spoofed_source_prefixes = arena_new_n(a, char *, prefixes->n + 1);
	for (size_t i = 0; i < prefixes->n; i++) {
		struct cidr c;
		char buf[CIDR_TEXT_MAX];
		if (cidr_parse_net(prefixes->v[i], &c)) /* workload_convert() has seen to it */
			continue;
		c = cidr_mask(&c);
		out->allow_spoofed_source_prefixes[out->n_allow_spoofed_source_prefixes++] =
			arena_strdup(a, cidr_format(&c, buf));
	}
}

/* The spec's, else the annotation's. */
static struct dscp dscp_of(const struct qos_controls *qos, const char *annotation)
{
	struct dscp d = { .set = !str_empty(annotation) };

	if (qos && qos->dscp.set)
		return qos->dscp;
	if (d.set && str_to_i64(annotation, &d.number))
		d.name = annotation;
	return d;
}

static void put_dscp(const struct qos_controls *qos, const char *annotation, struct arena *a,
	Felix__WorkloadEndpoint *out)
{
	struct dscp d = dscp_of(qos, annotation);

	if (!d.set || dscp_number(&d) < 0)
		return;
	out->n_qos_policies = 1;
	out->qos_policies = arena_new(a, Felix__QoSPolicy *);
	out->qos_policies[0] = arena_message(a, Felix__QoSPolicy, felix__qo_spolicy__init);
	out->qos_policies[0]->dscp = dscp_number(&d);
}

static void put_qos(const struct qos_controls *in, struct arena *a, Felix__WorkloadEndpoint *out)
{
	Felix__QoSControls *qos;
	bool ingress, egress;

	if (!in)
		return;
	qos = arena_message(a, Felix__QoSControls, felix__qo_scontrols__init);
	qos->ingressbandwidth = in->ingress_bandwidth;
	qos->ingressburst = in->ingress_burst;
	qos->ingresspeakrate = in->ingress_peakrate;
	qos->ingressminburst = in->ingress_minburst;
	qos->ingresspacketrate = in->ingress_packet_rate;
	qos->ingresspacketburst = in->ingress_packet_burst;
	qos->ingressmaxconnections = in->ingress_max_connections;
	qos->egressbandwidth = in->egress_bandwidth;
	qos->egressburst = in->egress_burst;
	qos->egresspeakrate = in->egress_peakrate;
	qos->egressminburst = in->egress_minburst;
	qos->egresspacketrate = in->egress_packet_rate;
	qos->egresspacketburst = in->egress_packet_burst;
	qos->egressmaxconnections = in->egress_max_connections;
	out->qos_controls = qos;
	ingress = in->ingress_bandwidth || in->ingress_packet_rate;
	egress = in->egress_bandwidth || in->egress_packet_rate;
	if (!ingress && !egress)
		return;
	out->skip_redir =
		arena_message(a, Felix__WorkloadBpfSkipRedir, felix__workload_bpf_skip_redir__init);
	out->skip_redir->ingress = ingress;
	out->skip_redir->egress = egress;
}

static char *mac_text(const char *mac, struct arena *a)
{
	uint8_t b[6];

	if (str_empty(mac) || mac_parse(mac, b))
		return message_text(a, NULL);
	return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static Felix__WorkloadEndpoint *endpoint_message(
	const struct resource *res, const struct workload *w, struct arena *a)
{
	const struct workload_endpoint_spec *spec = resource_workload_endpoint(res);
	Felix__WorkloadEndpoint *out =
		arena_message(a, Felix__WorkloadEndpoint, felix__workload_endpoint__init);

	out->state = message_text(a, "active");
	out->name = message_text(a, spec->interface_name);
	out->mac = mac_text(spec->mac, a);
	out->n_profile_ids = spec->profiles.n;
	out->profile_ids = message_texts(a, &spec->profiles);
	put_nets(w, a, out);
	put_nats(&spec->ip_nats, a, out);
	put_prefixes(&spec->allow_spoofed_source_prefixes, a, out);
	message_map(a, out->n_annotations, out->annotations,
		Felix__WorkloadEndpoint__AnnotationsEntry,
		felix__workload_endpoint__annotations_entry__init, &res->meta.annotations);
	put_qos(spec->qos_controls, a, out);
	put_dscp(spec->qos_controls,
		text_map_get(&res->meta.annotations, "qos.projectcalico.org/dscp"), a, out);
	return out;
}

Felix__WorkloadEndpointUpdate *workload_message(const struct key *key, const struct resource *res,
	const struct workload *w, struct arena *a)
{
	Felix__WorkloadEndpointUpdate *update = arena_message(
		a, Felix__WorkloadEndpointUpdate, felix__workload_endpoint_update__init);

	update->id = arena_message(a, Felix__WorkloadEndpointID, felix__workload_endpoint_id__init);
	update->id->orchestrator_id = message_text(a, w->name.orchestrator);
	update->id->workload_id = arena_printf(a, "%s/%s", key->ns, w->name.workload);
	update->id->endpoint_id = message_text(a, w->name.endpoint);
	update->endpoint = endpoint_message(res, w, a);
	return update;
}
