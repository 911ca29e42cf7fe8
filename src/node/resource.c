/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/resource.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "model/node.h"
#include "node/address.h"
#include "node/detect.h"
#include "base/env.h"

static struct node_bgp *bgp_of(struct resource *res)
{
	struct node_spec *spec = resource_node(res);

	if (!spec->bgp)
		spec->bgp = arena_new(&res->arena, struct node_bgp);
	return spec->bgp;
}

static void drop_empty_bgp(struct resource *res)
{
	struct node_spec *spec = resource_node(res);
	const struct node_bgp *b = spec->bgp;

	if (b && !b->as_number.set && str_empty(b->ipv4_address) && str_empty(b->ipv6_address) &&
		str_empty(b->ipv4_ipip_tunnel_addr) && str_empty(b->route_reflector_cluster_id))
		spec->bgp = NULL;
}

static bool networking_off(const char *const *env)
{
	return str_eq(env_get(env, "CALICO_NETWORKING_BACKEND"), "none");
}

static int fill_address(struct resource *res, const char *const *env, int family,
	const struct host_interfaces *interfaces, struct err *err)
{
	struct node_bgp *bgp = bgp_of(res);
	const char **member = family == 4 ? &bgp->ipv4_address : &bgp->ipv6_address;
	struct address_request req = {
		.env_name = family == 4 ? "IP" : "IP6",
		.setting = env_get(env, family == 4 ? "IP" : "IP6"),
		.method = env_get(
			env, family == 4 ? "IP_AUTODETECTION_METHOD" : "IP6_AUTODETECTION_METHOD"),
		.recorded = *member,
		.family = family,
	};
	_cleanup_free_ char *text = NULL;
	int r = address_select(&req, interfaces, &text, err);

	if (r)
		return r;
	*member = *text ? arena_strdup(&res->arena, text) : NULL;
	return 0;
}

static int fill_addresses(struct resource *res, const char *const *env,
	const struct host_interfaces *interfaces, struct err *err)
{
	const struct node_bgp *bgp;
	int r;

	if ((r = fill_address(res, env, 4, interfaces, err)) ||
		(r = fill_address(res, env, 6, interfaces, err)))
		return r;
	bgp = bgp_of(res);
	if (str_empty(bgp->ipv4_address) && str_empty(bgp->ipv6_address))
		return err_set(err, -EINVAL,
			"no IPv4 or IPv6 address for this node: set IP or IP6 (an address or "
			"autodetect), or CALICO_NETWORKING_BACKEND=none");
	return 0;
}

static int fill_as(struct resource *res, const char *const *env, struct err *err)
{
	const char *text = env_get(env, "AS");
	int64_t number;

	if (str_empty(text))
		return 0;
	if (number_parse_as(text, &number))
		return err_set(err, -EINVAL, "AS=%s is not an AS number", text);
	bgp_of(res)->as_number = (struct opt_int){ true, number };
	return 0;
}

static void fill_orch_ref(struct resource *res, const char *const *env)
{
	struct orch_ref_list *refs = &resource_node(res)->orch_refs;

	if (!env_set(env, "CALICO_K8S_NODE_REF"))
		return;
	refs->n = 1;
	refs->v = arena_new(&res->arena, struct orch_ref);
	refs->v[0].orchestrator = "k8s";
	refs->v[0].node_name = arena_strdup(&res->arena, env_get(env, "CALICO_K8S_NODE_REF"));
}

/* BGP addresses first, then whatever others (Kubernetes) put there. */
static void fill_node_addresses(struct resource *res)
{
	struct node_spec *spec = resource_node(res);
	struct node_address_list old = spec->addresses, list = { 0 };
	const char *own[2] = { spec->bgp ? spec->bgp->ipv4_address : NULL,
		spec->bgp ? spec->bgp->ipv6_address : NULL };

	list.v = arena_new_n(&res->arena, struct node_address, old.n + 2);
	for (size_t i = 0; i < 2; i++)
		if (!str_empty(own[i]))
			list.v[list.n++] = (struct node_address){ own[i], "CalicoNodeIP" };
	for (size_t i = 0; i < old.n; i++)
		if (!str_eq(old.v[i].type, "CalicoNodeIP"))
			list.v[list.n++] = old.v[i];
	spec->addresses = list;
}

static bool family_wanted(const char *const *env, int family)
{
	const char *name = family == 4 ? "IP" : "IP6";

	return env_set(env, name) && !str_eq(env_get(env, name), "none");
}

static void fill_interface(struct resource *res, const struct host_interface *i,
	const char *const *env, struct node_interface *ret)
{
	char text[ADDR_TEXT_MAX];

	ret->name = arena_strdup(&res->arena, i->name);
	ret->addresses.v = arena_new_n(&res->arena, const char *, i->n + 1);
	for (size_t a = 0; a < i->n; a++)
		if (family_wanted(env, i->addrs[a].addr.family) && detect_global(&i->addrs[a].addr))
			ret->addresses.v[ret->addresses.n++] =
				arena_strdup(&res->arena, addr_format(&i->addrs[a].addr, text));
}

static int compare_names(const void *a, const void *b)
{
	const struct node_interface *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static void fill_interfaces(
	struct resource *res, const char *const *env, const struct host_interfaces *interfaces)
{
	struct node_interface_list list = { 0 };

	list.v = arena_new_n(&res->arena, struct node_interface, interfaces->n + 1);
	for (size_t i = 0; i < interfaces->n; i++) {
		struct node_interface *at = &list.v[list.n];

		if (detect_excluded(interfaces->v[i].name))
			continue;
		fill_interface(res, &interfaces->v[i], env, at);
		list.n += at->addresses.n > 0;
	}
	qsort(list.v, list.n, sizeof(*list.v), compare_names);
	resource_node(res)->interfaces = list;
}

int node_fill(struct resource *res, const char *const *env,
	const struct host_interfaces *interfaces, bool *ret_changed, struct err *err)
{
	_cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
	int r;

	resource_encode(res, &before);
	if (!networking_off(env) &&
		((r = fill_addresses(res, env, interfaces, err)) || (r = fill_as(res, env, err))))
		return r;
	drop_empty_bgp(res);
	fill_orch_ref(res, env);
	fill_node_addresses(res);
	fill_interfaces(res, env, interfaces);
	resource_encode(res, &after);
	*ret_changed = !str_eq(buf_str(&before), buf_str(&after));
	return 0;
}

static bool same_address(const char *a, const char *b)
{
	struct cidr x, y;

	return !str_empty(a) && !str_empty(b) && cidr_parse_net(a, &x) == 0 &&
	       cidr_parse_net(b, &y) == 0 && addr_eq(&x.addr, &y.addr);
}

int node_conflict(const struct resource *ours, const struct resource *other)
{
	const struct node_bgp *a = resource_node(ours)->bgp, *b = resource_node(other)->bgp;

	if (!a || !b || str_eq(ours->meta.name, other->meta.name))
		return 0;
	if (same_address(a->ipv4_address, b->ipv4_address))
		return 4;
	return same_address(a->ipv6_address, b->ipv6_address) ? 6 : 0;
}

void node_clear_address(struct resource *res, int family)
{
	struct node_bgp *bgp = bgp_of(res);

	*(family == 4 ? &bgp->ipv4_address : &bgp->ipv6_address) = NULL;
	drop_empty_bgp(res);
	fill_node_addresses(res);
}
