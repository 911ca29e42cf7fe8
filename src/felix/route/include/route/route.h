/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.h - routes to the workloads of this host, in the main tables of both families, and
 * blackholes for its blocks.
 *
 * In:     messages of calc, interfaces and routes as the monitor tells of them. Each address of an
 *         active endpoint has a route on the endpoint's interface while that is up. Of several
 *         endpoints with one address the one on the youngest interface has it (felix.md 5.1).
 *         A block of this host whose pool's routes Felix makes is a blackhole, of metric 0 and with
 *         the protocol of cluster routes, unless it is one address or an endpoint's (5.4).
 * Owned:  what felix.md 5.2 calls ours, and is not wanted, goes; routes on an interface that is
 *         younger than the grace (10 s) are left alone, unless we made them. What others do to our
 * routes is put right when the kernel tells of it, and at each refresh. Phases: UNROUTE waits once
 * for the first dump, deletes, and starts to forget the connections of addresses that leave their
 * interface; the new route of such an address waits for that (it alone). ROUTES writes. Faults: a
 * refused route is a problem of its endpoint, and tried again every 5 s. Cost:   of a change, not
 * of what there is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "dataplane/driver.h"

struct loop;
struct monitor;

struct route_config {
	const char *hostname; /* of this host */
	bool ipip_routes, no_encap_routes; /* ProgramClusterRoutes; those of VXLAN always are ours */
	bool ipv6;
	uint8_t protocol;             /* DeviceRouteProtocol */
	uint32_t metric4, metric6;    /* IPv4NormalRoutePriority, ... */
	struct addr source4, source6; /* DeviceRouteSourceAddress, ...; family 0: none */
	bool remove_external;         /* RemoveExternalRoutes */
	uint64_t grace_ns;            /* of routes on an interface that is new: 10 s */
	uint64_t refresh_ns;          /* RouteRefreshInterval; 0: never */
};

#define ROUTE_CONFIG_DEFAULT                  \
	((struct route_config){ .ipv6 = true, \
		.protocol = 3,                \
		.metric4 = 1024,              \
		.metric6 = 1024,              \
		.remove_external = true,      \
		.grace_ns = 10000000000ULL,   \
		.refresh_ns = 90000000000ULL })

/* With RouteSyncDisabled there is no such driver. */
int route_driver_new(struct loop *l, const struct route_config *config,
	const struct driver_host *host, struct monitor *monitor, struct driver **ret,
	struct err *err);
struct driver *route_driver_free(struct driver *d); /* returns NULL; leaves the kernel as it is */

struct route_counters {                     /* only ever grow */
	uint64_t written, deleted, refused; /* routes */
	uint64_t evaluated;                 /* addresses looked at anew */
	uint64_t dumps;
	uint64_t forgotten; /* addresses whose connections were dropped */
};
struct route_counters route_counters(const struct driver *d);

/* The size of every index, by name: all zero after everything was removed. */
typedef void (*route_size_fn)(void *ctx, const char *index, size_t size);
void route_driver_sizes(const struct driver *d, route_size_fn fn, void *ctx);
