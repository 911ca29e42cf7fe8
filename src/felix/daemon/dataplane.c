/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dataplane.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "nft/nft.h"

enum { SOCKET_NFT = 1 };

struct host_dataplane {
	struct inbox *inbox; /* of the nft socket */
	struct netlink *nft_socket;
	struct dataplane *sequence;
	struct driver *nft;
};

static void on_event(void *ctx, const struct event *ev)
{
	struct host_dataplane *h = ctx;

	if (ev->type == EVENT_NETLINK || ev->type == EVENT_NETLINK_LOST)
		netlink_event(h->nft_socket, ev);
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
	struct host_dataplane *h, struct loop *loop, const struct config_values *v, struct err *err)
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
	h->inbox = loop_inbox(loop, "nft", on_event, h);
	r = netlink_open(loop, h->inbox, NETLINK_NETFILTER, SOCKET_NFT, &h->nft_socket, err);
	if (r)
		return r;
	h->nft = nft_driver_new(&c, dataplane_host(h->sequence), h->nft_socket);
	dataplane_add(h->sequence, h->nft);
	return 0;
}

int host_dataplane_new(struct loop *loop, const struct config_values *v,
	const struct dataplane_hooks *hooks, endpoint_status_fn status, void *ctx,
	struct host_dataplane **ret, struct err *err)
{
	struct host_dataplane *h = mem_new(struct host_dataplane);
	int r;

	h->sequence = dataplane_new(loop, hooks);
	r = make_nft(h, loop, v, err);
	if (r) {
		host_dataplane_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

struct host_dataplane *host_dataplane_free(struct host_dataplane *h)
{
	if (!h)
		return NULL;
	dataplane_free(h->sequence);
	nft_driver_free(h->nft);
	netlink_free(h->nft_socket);
	inbox_free(h->inbox);
	free(h);
	return NULL;
}

struct dataplane *host_dataplane_sequence(const struct host_dataplane *h)
{
	return h->sequence;
}
