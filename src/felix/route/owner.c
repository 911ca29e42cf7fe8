/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose route is it? felix.md 5.2. */
#include "io/loop.h"
#include "route_priv.h"

#define PROTOCOL_CLUSTER 80 /* upstream's for all but workload routes, where that is "boot" */

uint8_t cluster_protocol(const struct route_driver *d)
{
	return d->config.protocol == RTPROT_BOOT ? PROTOCOL_CLUSTER : d->config.protocol;
}

static bool is_link_local(const struct cidr *c)
{
	return c->addr.family == 6 && c->addr.bytes[0] == 0xfe && (c->addr.bytes[1] & 0xc0) == 0x80;
}

bool route_is_ours(const struct route_driver *d, const struct route *r)
{
	const struct iface *i = monitor_by_index(d->monitor, r->oif);

	if (is_link_local(&r->dst))
		return false;
	if (r->protocol == cluster_protocol(d))
		return true;
	if (!i || !i->workload)
		return false;
	return d->config.remove_external ||
	       (d->config.protocol == RTPROT_BOOT && r->protocol == RTPROT_BOOT);
}

uint64_t route_grace_ns(
	const struct route_driver *d, const struct route_key *k, const struct route_target *t)
{
	const struct iface *i = monitor_by_index(d->monitor, t->oif);
	const struct destination *dest = destination_find(d, &k->dst);

	if (!i || !i->workload || (dest && dest->known && dest->oif == t->oif))
		return 0;
	return i->since_ns + d->config.grace_ns > loop_now(d->loop)
		       ? i->since_ns + d->config.grace_ns
		       : 0;
}
