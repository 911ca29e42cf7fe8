/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route_priv.h - the parts of the route driver.
 *
 * destination.c: endpoints and the addresses that they want; which of them has an address.
 * block.c:       the blocks of this host, as blackholes.
 * owner.c:       which routes in the kernel may be deleted.
 * send.c:        the two phases, and what the kernel answered.
 * route.c:       the driver: messages, notifications, dumps.
 */
#pragma once

#include "base/ptrs.h"
#include "dataplane/endpoint_id.h"
#include "kernel/conntrack.h"
#include "link/monitor.h"
#include "route/route.h"
#include "table.h"

#define IPV6_DEFAULT_METRIC 1024 /* what the kernel makes of 0 */

/* What calc wants of one endpoint. */
struct route_endpoint {
	char *id, *subject, *ifname;
	struct cidr *nets; /* none while it is not active */
	size_t n_nets;
};

/* A prefix that an endpoint wants, or has left behind, or a block of this host. */
struct destination {
	struct cidr dst;
	struct ptrs endpoints; /* those that want it */
	char *block;           /* the name of the block, for people; NULL: it is none */
	uint32_t oif;          /* the interface it was last routed to; 0: none that we know */
	bool known;            /* the route was ours to make, so there is no grace for it */
	bool cleaning;         /* its connections are being dropped: no route yet */
	bool refused;          /* by the kernel: no further try until something changes */
	bool evict;            /* another route stands in the way */
};

static inline uint64_t hash_cidr(struct cidr c)
{
	return cidr_hash(&c);
}

static inline bool equal_cidr(struct cidr a, struct cidr b)
{
	return cidr_eq(&a, &b);
}

MAP_DEFINE(route_endpoint_map, const char *, struct route_endpoint *, hash_str, hash_str_equal);
MAP_DEFINE(destination_map, struct cidr, struct destination *, hash_cidr, equal_cidr);
MAP_DEFINE(cidr_set, struct cidr, bool, hash_cidr, equal_cidr);

/* One message of a batch. */
struct sent_route {
	struct route_key key;
	struct route_target target;
	bool refused;
};

struct route_driver {
	struct driver driver;
	struct loop *loop;
	struct inbox *inbox;
	struct monitor *monitor;
	struct conntrack *conntrack;
	struct route_config config; /* hostname: the one below */
	char *hostname;
	struct route_counters counters;

	struct route_endpoint_map by_id, by_ifname;
	struct destination_map destinations;
	struct route_table tables[2]; /* IPv4, IPv6 */

	struct cidr_set changed; /* destinations to look at in the next UNROUTE */
	struct cidr_set refused; /* until the timer */
	struct ptrs leaving;     /* destinations whose route is being deleted */
	struct sent_route *sent;
	size_t n_sent, sent_cap;
	bool retry_set, repair_set;

	unsigned dumps; /* under way */
	bool dump_failed;
	bool remembering;   /* this dump tells where addresses are routed to, even if as we want */
	bool remember_next; /* the next one is to: an interface was renamed, or one forgotten */
	bool ready;      /* the first dumps are through */
	bool awaited;    /* PHASE_UNROUTE waits for that */
	bool first_done; /* the first PHASE_UNROUTE is through */
};

static inline struct route_table *table_of(struct route_driver *d, uint8_t family)
{
	return &d->tables[family == 6];
}

/* That of the route to an endpoint. */
static inline struct route_key own_key(const struct route_driver *d, const struct cidr *dst)
{
	return (struct route_key){ *dst,
		dst->addr.family == 4 ? d->config.metric4 : d->config.metric6, 0 };
}

/* What the kernel has for metric 0. */
static inline struct route_key blackhole_key(const struct cidr *dst)
{
	return (struct route_key){ *dst, dst->addr.family == 4 ? 0 : IPV6_DEFAULT_METRIC, 0 };
}

/* destination.c */
struct destination *destination_find(const struct route_driver *d, const struct cidr *dst);
struct destination *destination_get(struct route_driver *d, const struct cidr *dst);
void destination_release(struct route_driver *d, struct destination *dest); /* if of no use */
/* Decides anew where it is to be routed. */
void destination_reconsider(struct route_driver *d, struct destination *dest);
void destination_changed(struct route_driver *d, struct destination *dest);
const char *destination_subject(const struct destination *dest); /* NULL: nobody wants it */

void endpoint_update(struct route_driver *d, const Felix__WorkloadEndpointUpdate *u);
void endpoint_remove(struct route_driver *d, const Felix__WorkloadEndpointRemove *r);
void endpoint_interface_changed(struct route_driver *d, const char *ifname);
void endpoint_interface_down(struct route_driver *d, const struct iface *was);
void endpoints_free(struct route_driver *d);

/* block.c */
void block_route_update(struct route_driver *d, const Felix__RouteUpdate *u);
void block_route_remove(struct route_driver *d, const Felix__RouteRemove *r);

/* owner.c */
uint8_t cluster_protocol(const struct route_driver *d); /* of all but the routes to endpoints */
bool route_is_ours(const struct route_driver *d, const struct route *r);
/* 0, or when the grace of its interface ends. */
uint64_t route_grace_ns(
	const struct route_driver *d, const struct route_key *k, const struct route_target *t);

/* send.c */
bool unroute_pending(struct route_driver *d);
void unroute(struct route_driver *d);
bool routes_pending(struct route_driver *d);
void routes_send(struct route_driver *d);

/* route.c */
void route_wake(struct route_driver *d);
void route_retry_later(struct route_driver *d);
void route_grace_until(struct route_driver *d, uint64_t deadline_ns);
void route_done_later(struct route_driver *d, enum phase phase);
