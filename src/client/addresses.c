/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addresses.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "impl.h"
#include "ipam/ipam.h"
#include "model/endpoint.h"
#include "model/node.h"

struct releases {
	struct ipam_release *v;
	size_t n, cap;
};

static void add_address(struct releases *l, const char *text)
{
	struct cidr c;
	if (str_empty(text) || cidr_parse_net(text, &c) < 0)
		return;
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct ipam_release){ .addr = c.addr };
}

static enum client_status add_endpoints(struct client *c, struct releases *l, const char *node)
{
	struct resource_list list;
	enum client_status status =
		client_list(c, KIND_WORKLOAD_ENDPOINT, NULL, NULL, &list);
	if (status != CLIENT_OK)
		return status;
	for (size_t i = 0; i < list.n; i++) {
		const struct workload_endpoint_spec *spec = resource_workload_endpoint(list.v[i]);
		for (size_t a = 0; str_eq(spec->node, node) && a < spec->ip_networks.n; a++)
			add_address(l, spec->ip_networks.v[a]);
	}
	resource_list_done(&list);
	return CLIENT_OK;
}

/* Those of IPv4, as upstream does. The node may be missing. */
static enum client_status add_tunnels(struct client *c, struct releases *l, const char *node)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status = client_get(c, KIND_NODE, NULL, node, NULL, &res);
	if (status != CLIENT_OK)
		return status == CLIENT_E_NOT_FOUND ? CLIENT_OK : status;
	const struct node_spec *spec = resource_node(res);
	if (spec->bgp)
		add_address(l, spec->bgp->ipv4_ipip_tunnel_addr);
	add_address(l, spec->ipv4_vxlan_tunnel_addr);
	if (spec->wireguard)
		add_address(l, spec->wireguard->interface_ipv4_address);
	return CLIENT_OK;
}

static enum client_status run_ipam(struct client *c, struct ipam_op *op)
{
	enum ipam_status status = ipam_run(op, c->loop, c->store, c->timeout_ms);
	enum client_status result = CLIENT_OK;
	if (status != IPAM_OK && status != IPAM_E_NOT_FOUND)
		result = client_fail(c, CLIENT_E_OTHER, "%s", ipam_error(op));
	ipam_op_free(op);
	return result;
}

enum client_status node_release_addresses(struct client *c, const char *node)
{
	struct releases l = { 0 };
	enum client_status status = add_endpoints(c, &l, node);
	if (status == CLIENT_OK)
		status = add_tunnels(c, &l, node);
	if (status == CLIENT_OK && l.n) {
		const struct ipam_release_list list = { l.n, l.v };
		status = run_ipam(c, ipam_release_new(&list, (struct cidr_list){ 0 }));
	}
	free(l.v);
	return status;
}

enum client_status node_release_blocks(struct client *c, const char *node)
{
	return run_ipam(c, ipam_release_host_new(node));
}

enum client_status pool_release_blocks(struct client *c, const struct cidr *pool)
{
	return run_ipam(c, ipam_release_pool_new(pool));
}
