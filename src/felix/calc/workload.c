/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workload.h"

#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "effective.h"
#include "rules.h"

static int compare_pairs(const void *a, const void *b)
{
	const struct text_pair *x = a, *y = b;

	return str_cmp(x->key, y->key);
}

/* The object's labels, without the inherited prefixes, and one more (NULL: none), which wins. */
static void put_labels(const struct text_map *labels, const char *key, const char *value,
	struct arena *arena, struct item_input *ret)
{
	struct text_pair *v = arena_new_n(arena, struct text_pair, labels->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < labels->n; i++) {
		const char *k = labels->v[i].key;
		if (!str_starts(k, PREFIX_NAMESPACE) && !str_starts(k, PREFIX_SERVICE_ACCOUNT) &&
			!(value && str_eq(k, key)))
			v[n++] = labels->v[i];
	}
	if (value)
		v[n++] = (struct text_pair){ key, value };
	qsort(v, n, sizeof(*v), compare_pairs);
	ret->labels = v;
	ret->n_labels = n;
}

/* Ports without a name are for the host port mapper. */
static void put_ports(
	const struct endpoint_port_list *ports, struct arena *arena, struct item_input *ret)
{
	struct item_port_input *v = arena_new_n(arena, struct item_port_input, ports->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		const struct endpoint_port *p = &ports->v[i];
		uint8_t protocol = protocol_with_ports(&p->protocol);
		if (!str_empty(p->name) && protocol && p->port > 0 && p->port <= UINT16_MAX)
			v[n++] = (struct item_port_input){ p->name, (uint16_t)p->port, protocol };
	}
	ret->ports = v;
	ret->n_ports = n;
}

/* The good ones; *err names a bad one. */
static void put_addresses(const struct text_list *nets, struct arena *arena, const char *what,
	struct item_input *ret, struct err *err)
{
	struct cidr *v = arena_new_n(arena, struct cidr, nets->n + 1);

	ret->nets = v;
	for (size_t i = 0; i < nets->n; i++) {
		struct cidr *c = &v[ret->n_nets];
		if (str_empty(nets->v[i]) || cidr_parse_net(nets->v[i], c) || !cidr_is_host(c))
			err_set(err, -EINVAL, "%s: '%s' is no single address", what,
				nets->v[i] ? nets->v[i] : "");
		else
			ret->n_nets++;
	}
}

static int check_interface(const char *name, struct err *err)
{
	if (str_empty(name))
		return err_set(err, -EINVAL, "it has no interfaceName");
	if (strpbrk(name, " \t\n\r/") || strlen(name) > 15)
		return err_set(err, -EINVAL, "interfaceName '%s' cannot be one", name);
	return 0;
}

static int check_spoofing(const struct text_list *prefixes, bool spoofing_any, struct err *err)
{
	struct cidr c;

	if (prefixes->n && !spoofing_any)
		return err_set(err, -EINVAL,
			"allowSpoofedSourcePrefixes needs WorkloadSourceSpoofing=Any");
	for (size_t i = 0; i < prefixes->n; i++)
		if (str_empty(prefixes->v[i]) || cidr_parse_net(prefixes->v[i], &c))
			return err_set(err, -EINVAL,
				"allowSpoofedSourcePrefixes: '%s' is no prefix",
				prefixes->v[i] ? prefixes->v[i] : "");
	return 0;
}

static int check_workload(
	const struct workload_endpoint_spec *spec, bool spoofing_any, struct err *err)
{
	uint8_t mac[6];

	if (!str_empty(spec->mac) && mac_parse(spec->mac, mac))
		return err_set(err, -EINVAL, "mac '%s' is none", spec->mac);
	if (check_interface(spec->interface_name, err))
		return -EINVAL;
	return check_spoofing(&spec->allow_spoofed_source_prefixes, spoofing_any, err);
}

static void note_limits(const struct resource *res, struct err *err)
{
	const struct workload_endpoint_spec *spec = resource_workload_endpoint(res);
	const struct qos_controls *qos = spec->qos_controls;
	const char *dscp = text_map_get(&res->meta.annotations, "qos.projectcalico.org/dscp");
	const char *what[3];
	size_t n = 0;

	if (spec->ip_nats.n)
		what[n++] = "ipNATs";
	if (qos)
		what[n++] = "qosControls";
	if (dscp || (qos && qos->dscp.set))
		what[n++] = "DSCP";
	if (n)
		err_set(err, -EOPNOTSUPP, "not applied yet: %s%s%s%s%s", what[0], n > 1 ? ", " : "",
			n > 1 ? what[1] : "", n > 2 ? ", " : "", n > 2 ? what[2] : "");
}

void workload_convert(const struct key *key, const struct resource *res, bool spoofing_any,
	struct arena *arena, struct workload *ret)
{
	const struct workload_endpoint_spec *spec = resource_workload_endpoint(res);
	const char *account = spec->service_account_name;

	*ret = (struct workload){ 0 };
	put_addresses(&spec->ip_networks, arena, "ipNetworks", &ret->item, &ret->fault);
	put_labels(&res->meta.labels, LABEL_SERVICE_ACCOUNT, str_empty(account) ? NULL : account,
		arena, &ret->item);
	put_ports(&spec->ports, arena, &ret->item);
	ret->item.parents = spec->profiles.v;
	ret->item.n_parents = spec->profiles.n;
	if (wep_name_parse(key->name, arena, &ret->name))
		err_set(&ret->fault, -EINVAL, "its name does not have the four parts");
	else if (spec->ip_networks.n && !ret->fault.code)
		check_workload(spec, spoofing_any, &ret->fault);
	note_limits(res, &ret->limits);
}

void host_endpoint_convert(
	const struct resource *res, struct arena *arena, struct item_input *ret, struct err *err)
{
	const struct host_endpoint_spec *spec = resource_host_endpoint(res);

	*ret = (struct item_input){ 0 };
	put_addresses(&spec->expected_ips, arena, "expectedIPs", ret, err);
	put_labels(&res->meta.labels, NULL, NULL, arena, ret);
	put_ports(&spec->ports, arena, ret);
	ret->parents = spec->profiles.v;
	ret->n_parents = spec->profiles.n;
}

/* The kernel's hash sets refuse a prefix of no length: it is its two halves. */
static size_t put_net(const struct cidr *c, struct cidr *at)
{
	if (c->len) {
		at[0] = cidr_mask(c);
		return 1;
	}
	at[0] = at[1] = (struct cidr){ .addr.family = c->addr.family, .len = 1 };
	at[1].addr.bytes[0] = 0x80;
	return 2;
}

void network_set_convert(const struct key *key, const struct resource *res, struct arena *arena,
	struct item_input *ret, struct err *err)
{
	const struct text_list *nets = &resource_network_set(res)->nets;
	struct cidr *v = arena_new_n(arena, struct cidr, nets->n * 2 + 1);
	const char **parents = arena_new(arena, const char *);

	*ret = (struct item_input){ .nets = v, .parents = parents };
	for (size_t i = 0; i < nets->n; i++) {
		struct cidr c;
		if (str_empty(nets->v[i]) || cidr_parse_net(nets->v[i], &c))
			err_set(err, -EINVAL, "nets: '%s' is left out, it is no net",
				nets->v[i] ? nets->v[i] : "");
		else
			ret->n_nets += put_net(&c, v + ret->n_nets);
	}
	put_labels(&res->meta.labels, LABEL_NAMESPACE, key->ns, arena, ret);
	if (!key->ns)
		return;
	parents[0] = arena_printf(arena, "kns.%s", key->ns);
	ret->n_parents = 1;
}
