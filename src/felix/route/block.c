/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of this host: what no workload has of them ends here, and does not follow the default
 * route to a router that sends it back. felix.md 5.4, "Local block". */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "route_priv.h"

/* Those of other pools are BIRD's to make. */
static bool pool_is_ours(const struct route_driver *d, Felix__IPPoolType type)
{
	switch (type) {
	case FELIX__IPPOOL_TYPE__VXLAN:
		return true;
	case FELIX__IPPOOL_TYPE__IPIP:
		return d->config.ipip_routes;
	case FELIX__IPPOOL_TYPE__NO_ENCAP:
		return d->config.no_encap_routes;
	default:
		return false;
	}
}

/* A block of one address is the workload's that has it. */
static bool is_blackhole(
	const struct route_driver *d, const Felix__RouteUpdate *u, const struct cidr *dst)
{
	return (u->types & FELIX__ROUTE_TYPE__LOCAL_WORKLOAD) && !cidr_is_host(dst) &&
	       str_eq(u->dst_node_name, d->config.hostname) && pool_is_ours(d, u->ip_pool_type) &&
	       (dst->addr.family == 4 || d->config.ipv6);
}

static void set_blackhole(struct route_driver *d, const struct cidr *dst, bool blackhole)
{
	struct destination *dest = destination_find(d, dst);
	char text[CIDR_TEXT_MAX];

	if (blackhole == (dest && dest->block))
		return;
	if (blackhole) {
		dest = destination_get(d, dst);
		dest->block = mem_printf("Block(%s)", cidr_format(dst, text));
	} else {
		d->driver.host->problem(d->driver.host->ctx, "route", dest->block, NULL);
		free(dest->block);
		dest->block = NULL;
	}
	destination_reconsider(d, dest);
}

void block_route_update(struct route_driver *d, const Felix__RouteUpdate *u)
{
	struct cidr dst;

	if (cidr_parse(u->dst, &dst) == 0)
		set_blackhole(d, &dst, is_blackhole(d, u, &dst));
}

void block_route_remove(struct route_driver *d, const Felix__RouteRemove *r)
{
	struct cidr dst;

	if (cidr_parse(r->dst, &dst) == 0)
		set_blackhole(d, &dst, false);
}
