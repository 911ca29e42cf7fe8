/* SPDX-License-Identifier: GPL-2.0-or-later */
/* driver.h - what the dataplane's sequence asks of each driver (nft, link, route, later bpf).
 *
 * The dataplane feeds every message of calc to every driver and then, at a flush, walks through
 * the phases in order. A driver with work in a phase sends it to the kernel and calls
 * driver_host.done once the kernel has acknowledged all of it (never from inside apply()); the
 * next phase begins when all drivers are done. So:
 *
 *   PHASE_UNROUTE    routes of departed addresses, then their conntrack entries
 *   PHASE_UNGROUP    links that leave a class go to group 0, denied
 *   PHASE_TABLES     one nf_tables transaction: sets, chains, classes, owned
 *   PHASE_GROUPS     link groups, by interface index
 *   PHASE_ROUTES     sysctls, neighbours, routes
 *   PHASE_DELETIONS  chains, classes and sets that nothing refers to any more
 *
 * gives "no packet before policy" on the way in and "deny before delete" on the way out.
 * Nothing is applied before the in_sync message was handed on. No message comes while a walk is
 * under way: what changes meanwhile is one later walk.
 *
 * A driver that is not yet able (it still reads the kernel's state) says that it has work in its
 * first phase and is done once it could do it. One that could not do all it had to, in a way that
 * later phases must not build on, calls `failed` in place of `done`: the walk ends there and begins
 * anew after a back-off. A single refused object is no such failure: it is reported, the rest goes
 * on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Felix__ToDataplane Felix__ToDataplane;

enum phase {
	PHASE_UNROUTE,
	PHASE_UNGROUP,
	PHASE_TABLES,
	PHASE_GROUPS,
	PHASE_ROUTES,
	PHASE_DELETIONS,
	PHASE_N
};

struct driver;

struct driver_ops {
	const char *name;
	void (*message)(struct driver *d, const Felix__ToDataplane *msg);
	bool (*pending)(const struct driver *d, enum phase phase);
	void (*apply)(struct driver *d, enum phase phase);
	void (*settled)(struct driver *d); /* may be NULL: a walk came to its end, tell status */
};

/* The dataplane, as a driver sees it. */
struct driver_host {
	void *ctx;
	void (*done)(void *ctx, struct driver *d, enum phase phase);
	void (*failed)(
		void *ctx, struct driver *d, enum phase phase); /* never from inside apply() */
	void (*wake)(void *ctx); /* there is work: come back at the next flush */
	void (*problem)(void *ctx, const char *source, const char *subject, const char *reason);
};

struct driver { /* first member of each driver's own struct */
	const struct driver_ops *ops;
	const struct driver_host *host;
};
