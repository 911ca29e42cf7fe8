/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor.h - the host's interfaces, their addresses and the main routing tables, as told by the
 * kernel: one dump, then notifications; another dump whenever some were lost, and now and then.
 *
 * The one NETLINK_ROUTE socket of Felix. Drivers write through it too (monitor_netlink()), so what
 * others do and what became of one's own writes is heard in the kernel's own order.
 *
 * State:  belongs to the index. A name may go to another index, an index may change its name.
 * Up:     IFF_RUNNING, not merely IFF_UP (felix.md 4.3).
 * Addresses: from the routes of the local table, so tentative ones do not count; those of excluded
 *         interfaces are not kept.
 * Routes: an interface that goes down loses its IPv4 routes without a word from the kernel.
 * Order:  watchers are called in the order in which they were added.
 * Source: felix.md 4.2, 4.3.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "link/names.h"

struct loop;
struct monitor;
struct netlink;
struct nlmsghdr;
struct route;

struct iface {
	uint32_t index;
	uint32_t flags; /* IFF_x */
	uint32_t group;
	char name[IFNAMSIZ];
	bool workload;     /* by its name */
	uint64_t since_ns; /* when this index with this name was first seen */
};

static inline bool iface_is_up(const struct iface *i)
{
	return i && (i->flags & IFF_RUNNING);
}

struct monitor_watcher { /* each may be NULL */
	void *ctx;
	/* was NULL: new; is NULL: gone; else a change, perhaps of the name. Borrowed. */
	void (*iface)(void *ctx, const struct iface *was, const struct iface *is);
	void (*address)(void *ctx, uint32_t index, const struct addr *a, bool present);
	/* A notification about a route of the main table. `gone`, or new or replaced. */
	void (*route)(void *ctx, const struct route *r, bool gone);
	/* A notification about neighbours, or about parameters of interfaces (RTM_NEWNETCONF). */
	void (*other)(void *ctx, const struct nlmsghdr *msg);
	void (*synced)(void *ctx); /* once: all interfaces and addresses have been told */
	void (*lost)(void *ctx);   /* routes may have come or gone without a word */
};

struct monitor_config {
	const struct ifnames *names; /* borrowed while the monitor lives */
	bool ipv6;
	uint64_t refresh_ns; /* 0: never */
};

/* Nothing is called before the loop runs. */
int monitor_new(
	struct loop *l, const struct monitor_config *config, struct monitor **ret, struct err *err);
struct monitor *monitor_free(struct monitor *m); /* returns NULL */
DEFINE_CLEANUP(struct monitor *, monitor_free);

void monitor_watch(struct monitor *m, const struct monitor_watcher *w); /* at most 4; copied */

struct netlink *monitor_netlink(const struct monitor *m);
bool monitor_synced(const struct monitor *m);

/* NULL when absent; borrowed until the next event. */
const struct iface *monitor_by_index(const struct monitor *m, uint32_t index);
const struct iface *monitor_by_name(const struct monitor *m, const char *name);
const struct iface *monitor_next(const struct monitor *m, size_t *pos); /* *pos from 0 */
