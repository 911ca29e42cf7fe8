/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drivers.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "link/monitor.h"
#include "link/names.h"
#include "nft/nft.h"
#include "route/route.h"
#include "settings.h"
#include "takeover/takeover.h"

enum { SOCKET_NFT = 1 };

struct drivers {
	struct inbox *inbox; /* of the nft socket */
	struct netlink *nft_socket;
	struct dataplane *sequence;
	struct ifnames names;
	struct monitor *monitor;
	struct driver *nft, *link, *route; /* route NULL: RouteSyncDisabled */
	struct takeover *takeover;
	bool in_force; /* our policy */
};

static void on_event(void *ctx, const struct event *ev)
{
	struct drivers *d = ctx;

	if (ev->type == EVENT_NETLINK || ev->type == EVENT_NETLINK_LOST)
		netlink_event(d->nft_socket, ev);
}

static enum nft_host_action host_action(const char *text)
{
	if (str_eq(text, "ACCEPT"))
		return NFT_HOST_ACCEPT;
	return str_eq(text, "RETURN") ? NFT_HOST_RETURN : NFT_HOST_DROP;
}

/* "100/second": how many in how long. */
static void parse_rate(const char *text, struct nft_config *c)
{
	static const struct {
		const char *unit;
		uint32_t seconds;
	} units[] = { { "/second", 1 }, { "/minute", 60 }, { "/hour", 3600 }, { "/day", 86400 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!str_ends(text, units[i].unit))
			continue;
		c->log_rate = strtoull(text, NULL, 10);
		c->log_unit_seconds = units[i].seconds;
	}
}

/* Any of three signs says that this is an OpenStack compute host (felix.md 7.1). */
static bool is_openstack(const struct config_values *v, const struct strv *prefixes)
{
	_cleanup_strv_ struct strv types = { 0 };

	strv_split(&types, v->cluster_type, ',');
	for (size_t i = 0; i < types.n; i++)
		if (str_eq_nocase(types.v[i], "openstack"))
			return true;
	return strv_has(prefixes, "tap") ||
	       (!str_empty(v->metadata_addr) && !str_eq(v->metadata_addr, "127.0.0.1")) ||
	       (v->metadata_port != 0 && v->metadata_port != 8775);
}

static int make_nft(
	struct drivers *d, struct loop *loop, const struct config_values *v, struct err *err)
{
	_cleanup_strv_ struct strv prefixes = { 0 };
	struct nft_config c = {
		.ipv6 = v->ipv6_support,
		.reject = str_eq(v->deny_action, "REJECT"),
		.drop_invalid = !v->disable_conntrack_invalid_check,
		.host_action = host_action(v->default_endpoint_to_host_action),
		.allow_vxlan = v->allow_vxlan_from_workloads,
		.allow_ipip = v->allow_ipip_from_workloads,
		.vxlan_port = (uint16_t)v->vxlan_port,
		.log_prefix = v->log_prefix,
		.log_burst = (uint32_t)v->log_action_rate_limit_burst,
		.metadata_addr = v->metadata_addr,
		.metadata_port = (uint16_t)v->metadata_port,
	};
	int r;

	strv_split(&prefixes, v->interface_prefix, ',');
	c.interface_prefixes = prefixes;
	c.openstack = is_openstack(v, &prefixes);
	parse_rate(v->log_action_rate_limit, &c);
	d->inbox = loop_inbox(loop, "nft", on_event, d);
	r = netlink_open(loop, d->inbox, NETLINK_NETFILTER, SOCKET_NFT, &d->nft_socket, err);
	if (r)
		return r;
	d->nft = nft_driver_new(&c, dataplane_host(d->sequence), d->nft_socket);
	dataplane_add(d->sequence, d->nft);
	d->takeover = takeover_new(d->nft_socket, dataplane_host(d->sequence));
	return nft_driver_watch(d->nft, loop, err);
}

static void host_problem(void *ctx, const char *reason)
{
	const struct drivers *d = ctx;
	const struct driver_host *host = dataplane_host(d->sequence);

	host->problem(host->ctx, "link", "Host", reason);
}

static int make_links(struct drivers *d, struct loop *loop, const struct config_values *v,
	link_status_fn status, void *ctx, struct err *err)
{
	const struct monitor_config monitor = { &d->names, v->ipv6_support,
		v->interface_refresh_ns };
	const struct link_config link = { .ipv6 = v->ipv6_support,
		.refresh_ns = v->interface_refresh_ns };
	int r;

	r = ifnames_init(&d->names, v->interface_prefix, v->interface_exclude, err);
	if (r)
		return r;
	r = monitor_new(loop, &monitor, &d->monitor, err);
	if (r)
		return r;
	d->link = link_driver_new(
		loop, &link, dataplane_host(d->sequence), d->monitor, d->nft, status, ctx);
	dataplane_add(d->sequence, d->link);
	link_configure_host(&link, str_eq(v->ip_forwarding, "Enabled"), host_problem, d);
	return 0;
}

static struct addr source_address(const char *text)
{
	struct addr a = { 0 };

	if (!str_empty(text) && addr_parse(text, &a))
		a.family = 0;
	return a;
}

static int make_routes(
	struct drivers *d, struct loop *loop, const struct config_values *v, struct err *err)
{
	const struct route_config c = {
		.hostname = v->hostname,
		.ipip_routes = settings_owns_ipip_routes(v),
		.no_encap_routes = settings_owns_no_encap_routes(v),
		.ipv6 = v->ipv6_support,
		.protocol = (uint8_t)v->device_route_protocol,
		.metric4 = (uint32_t)v->ipv4_route_priority,
		.metric6 = (uint32_t)v->ipv6_route_priority,
		.source4 = source_address(v->device_route_source),
		.source6 = source_address(v->device_route_source_v6),
		.remove_external = v->remove_external_routes,
		.refresh_ns = v->route_refresh_ns,
	};
	int r;

	if (v->route_sync_disabled)
		return 0;
	r = route_driver_new(loop, &c, dataplane_host(d->sequence), d->monitor, &d->route, err);
	if (!r)
		dataplane_add(d->sequence, d->route);
	return r;
}

int drivers_new(struct loop *loop, const struct config_values *v,
	const struct dataplane_hooks *hooks, link_status_fn status, void *ctx, struct drivers **ret,
	struct err *err)
{
	struct drivers *d = mem_new(struct drivers);
	int r;

	d->sequence = dataplane_new(loop, hooks);
	if ((r = make_nft(d, loop, v, err)) || (r = make_links(d, loop, v, status, ctx, err)) ||
		(r = make_routes(d, loop, v, err))) {
		drivers_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

struct drivers *drivers_free(struct drivers *d)
{
	if (!d)
		return NULL;
	dataplane_free(d->sequence);
	route_driver_free(d->route);
	link_driver_free(d->link);
	takeover_free(d->takeover);
	nft_driver_free(d->nft);
	monitor_free(d->monitor);
	ifnames_done(&d->names);
	netlink_free(d->nft_socket);
	inbox_free(d->inbox);
	free(d);
	return NULL;
}

struct dataplane *drivers_sequence(const struct drivers *d)
{
	return d->sequence;
}

void drivers_refresh(struct drivers *d, bool full)
{
	nft_driver_refresh(d->nft, full);
	if (d->in_force && (full || takeover_wants_more(d->takeover)))
		takeover_run(d->takeover);
}

void drivers_in_force(struct drivers *d)
{
	d->in_force = true;
	takeover_run(d->takeover);
}
