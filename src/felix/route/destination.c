/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "route_priv.h"

#define LOOPBACK_INDEX 1

/* --- destinations --- */

struct destination *destination_find(const struct route_driver *d, const struct cidr *dst)
{
	struct destination **dest = destination_map_get(&d->destinations, *dst);

	return dest ? *dest : NULL;
}

struct destination *destination_get(struct route_driver *d, const struct cidr *dst)
{
	struct destination *dest = destination_find(d, dst);

	if (dest)
		return dest;
	dest = mem_new(struct destination);
	dest->dst = *dst;
	*destination_map_put(&d->destinations, *dst, NULL) = dest;
	return dest;
}

/* Nobody wants it, nothing is left of it, nobody points to it. */
void destination_release(struct route_driver *d, struct destination *dest)
{
	const struct route_table *table = table_of(d, dest->dst.addr.family);

	if (dest->endpoints.n || dest->block || dest->oif || dest->cleaning)
		return;
	if (route_table_actual(table, own_key(d, &dest->dst)) ||
		route_table_actual(table, blackhole_key(&dest->dst)))
		return;
	destination_map_remove(&d->destinations, dest->dst);
	cidr_set_remove(&d->changed, dest->dst);
	cidr_set_remove(&d->refused, dest->dst);
	ptrs_done(&dest->endpoints);
	free(dest);
}

void destination_changed(struct route_driver *d, struct destination *dest)
{
	cidr_set_put(&d->changed, dest->dst, NULL);
	route_wake(d);
}

static const struct iface *interface_of(
	const struct route_driver *d, const struct route_endpoint *ep)
{
	const struct iface *i = monitor_by_name(d->monitor, ep->ifname);

	return iface_is_up(i) ? i : NULL;
}

/* The youngest interface that is up: a new pod with the address of one that is about to go. */
static const struct iface *best_interface(
	const struct route_driver *d, const struct destination *dest)
{
	const struct iface *best = NULL;

	for (uint32_t i = 0; i < dest->endpoints.n; i++) {
		const struct iface *one = interface_of(d, dest->endpoints.v[i]);

		if (one && (!best || one->index > best->index))
			best = one;
	}
	return best;
}

static struct route_target own_target(
	const struct route_driver *d, const struct destination *dest, const struct iface *i)
{
	bool v4 = dest->dst.addr.family == 4;

	return (struct route_target){
		.oif = i->index,
		.src = v4 ? d->config.source4 : d->config.source6,
		.protocol = d->config.protocol,
		.scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.type = RTN_UNICAST,
	};
}

/* Unlike others, those of IPv6 have an interface: lo. */
static struct route_target blackhole_target(
	const struct route_driver *d, const struct destination *dest)
{
	return (struct route_target){
		.oif = dest->dst.addr.family == 4 ? 0 : LOOPBACK_INDEX,
		.protocol = cluster_protocol(d),
		.scope = RT_SCOPE_UNIVERSE,
		.type = RTN_BLACKHOLE,
	};
}

/* Both routes may have one key. An endpoint that wants all of a block has it. */
static void evaluate(struct route_driver *d, struct destination *dest)
{
	struct route_table *table = table_of(d, dest->dst.addr.family);
	struct route_key own = own_key(d, &dest->dst), hole = blackhole_key(&dest->dst);
	const struct iface *best = best_interface(d, dest);
	bool block = !best && dest->block && !dest->endpoints.n;
	bool one_key = route_key_equal(own, hole);

	d->counters.evaluated++;
	if (!best && !(block && one_key))
		route_table_unset_desired(table, own);
	if (!block && !one_key)
		route_table_unset_desired(table, hole);
	if (best)
		route_table_set_desired(table, own, own_target(d, dest, best));
	else if (block)
		route_table_set_desired(table, hole, blackhole_target(d, dest));
	dest->known = dest->known || best;
}

const char *destination_subject(const struct destination *dest)
{
	const struct route_endpoint *ep = dest->endpoints.n ? dest->endpoints.v[0] : NULL;

	return ep ? ep->subject : dest->block;
}

void destination_reconsider(struct route_driver *d, struct destination *dest)
{
	dest->refused = false;
	evaluate(d, dest);
	destination_changed(d, dest);
}

/* --- endpoints --- */

static struct route_endpoint *endpoint_on(const struct route_driver *d, const char *ifname)
{
	struct route_endpoint **ep = route_endpoint_map_get(&d->by_ifname, ifname);

	return ep ? *ep : NULL;
}

static struct route_endpoint *endpoint_of(
	struct route_driver *d, const Felix__WorkloadEndpointID *id)
{
	_cleanup_free_ char *text = endpoint_id_text(id);
	struct route_endpoint **found = route_endpoint_map_get(&d->by_id, text), *ep;

	if (found)
		return *found;
	ep = mem_new(struct route_endpoint);
	ep->id = TAKE_PTR(text);
	ep->subject = endpoint_id_subject(id);
	ep->ifname = mem_strdup("");
	*route_endpoint_map_put(&d->by_id, ep->id, NULL) = ep;
	return ep;
}

static void endpoint_free(struct route_endpoint *ep)
{
	free(ep->id);
	free(ep->subject);
	free(ep->ifname);
	free(ep->nets);
	free(ep);
}

/* Texts that are no prefixes were refused long before; they are left out here. */
static void add_nets(struct cidr **nets, size_t *n, char *const *texts, size_t n_texts)
{
	*nets = mem_realloc(*nets, (*n + n_texts + 1) * sizeof(**nets));
	for (size_t i = 0; i < n_texts; i++)
		if (cidr_parse_net(texts[i], &(*nets)[*n]) == 0)
			(*n)++;
}

static void wanted_nets(const struct route_driver *d, const Felix__WorkloadEndpoint *w,
	struct cidr **nets, size_t *n)
{
	if (!str_eq(w->state, "active"))
		return;
	add_nets(nets, n, w->ipv4_nets, w->n_ipv4_nets);
	if (d->config.ipv6)
		add_nets(nets, n, w->ipv6_nets, w->n_ipv6_nets);
}

static bool same_nets(const struct route_endpoint *ep, const struct cidr *nets, size_t n)
{
	if (ep->n_nets != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!cidr_eq(&ep->nets[i], &nets[i]))
			return false;
	return true;
}

static void join_all(struct route_driver *d, struct route_endpoint *ep)
{
	for (size_t i = 0; i < ep->n_nets; i++) {
		struct destination *dest = destination_get(d, &ep->nets[i]);

		ptrs_add(&dest->endpoints, ep);
		destination_reconsider(d, dest);
	}
}

static void leave_all(struct route_driver *d, struct route_endpoint *ep)
{
	for (size_t i = 0; i < ep->n_nets; i++) {
		struct destination *dest = destination_find(d, &ep->nets[i]);

		ptrs_remove(&dest->endpoints, ep);
		destination_reconsider(d, dest);
	}
	free(ep->nets);
	ep->nets = NULL;
	ep->n_nets = 0;
}

static void unname(struct route_driver *d, struct route_endpoint *ep)
{
	if (endpoint_on(d, ep->ifname) == ep)
		route_endpoint_map_remove(&d->by_ifname, ep->ifname);
}

static void set_name(struct route_driver *d, struct route_endpoint *ep, const char *ifname)
{
	unname(d, ep);
	free(ep->ifname);
	ep->ifname = mem_strdup(ifname);
	route_endpoint_map_remove(&d->by_ifname, ep->ifname); /* the key is the endpoint's own */
	*route_endpoint_map_put(&d->by_ifname, ep->ifname, NULL) = ep;
}

/* Most updates are about policy, and change nothing here. */
void endpoint_update(struct route_driver *d, const Felix__WorkloadEndpointUpdate *u)
{
	struct route_endpoint *ep = endpoint_of(d, u->id);
	_cleanup_free_ struct cidr *nets = NULL;
	size_t n = 0;

	wanted_nets(d, u->endpoint, &nets, &n);
	if (str_eq(ep->ifname, u->endpoint->name) && same_nets(ep, nets, n))
		return;
	leave_all(d, ep);
	set_name(d, ep, u->endpoint->name);
	ep->nets = TAKE_PTR(nets);
	ep->n_nets = n;
	join_all(d, ep);
}

void endpoint_remove(struct route_driver *d, const Felix__WorkloadEndpointRemove *r)
{
	_cleanup_free_ char *text = endpoint_id_text(r->id);
	struct route_endpoint **found = route_endpoint_map_get(&d->by_id, text), *ep;
	const struct driver_host *host = d->driver.host;

	if (!found)
		return;
	ep = *found;
	leave_all(d, ep);
	unname(d, ep);
	route_endpoint_map_remove(&d->by_id, ep->id);
	host->problem(host->ctx, "route", ep->subject, NULL);
	endpoint_free(ep);
}

void endpoint_interface_changed(struct route_driver *d, const char *ifname)
{
	const struct route_endpoint *ep = endpoint_on(d, ifname);

	for (size_t i = 0; ep && i < ep->n_nets; i++)
		destination_reconsider(d, destination_find(d, &ep->nets[i]));
}

/* The kernel has dropped the routes of this interface, those of IPv4 without a word. */
void endpoint_interface_down(struct route_driver *d, const struct iface *was)
{
	const struct route_endpoint *ep = endpoint_on(d, was->name);

	for (size_t i = 0; ep && i < ep->n_nets; i++) {
		struct route_table *table = table_of(d, ep->nets[i].addr.family);
		struct route_key key = own_key(d, &ep->nets[i]);
		const struct route_target *actual = route_table_actual(table, key);

		if (actual && actual->oif == was->index)
			route_table_unset_actual(table, key);
	}
}

void endpoints_free(struct route_driver *d)
{
	MAP_FOREACH(destination_map, &d->destinations, e) {
		ptrs_done(&e->value->endpoints);
		free(e->value->block);
		free(e->value);
	}
	MAP_FOREACH(route_endpoint_map, &d->by_id, e)
		endpoint_free(e->value);
	destination_map_done(&d->destinations);
	route_endpoint_map_done(&d->by_id);
	route_endpoint_map_done(&d->by_ifname);
}
