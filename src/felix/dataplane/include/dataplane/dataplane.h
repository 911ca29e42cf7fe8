/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dataplane.h - the sequence of an apply: what calc says, driver by driver, phase by phase.
 *
 * A flush of the event queue asks for what changed (`collect`), hands it to every driver, and walks
 * through the phases of driver.h. The next walk begins when this one has ended; what came up
 * meanwhile was not collected and is one walk then, so a burst costs one transaction.
 *
 * Gates:  no walk before the in_sync message.
 * Faults: after a failed walk the next begins after 0.1 s, doubling up to 10 s; new messages are
 *         reason enough to begin at once.
 * Names:  two workload endpoints may claim one interface. The lowest id (orchestrator, workload,
 *         endpoint) has it; drivers do not hear of the others until it is theirs (felix.md 4.5).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "dataplane/driver.h"

struct dataplane;
struct loop;

struct dataplane_hooks { /* each may be NULL */
	void *ctx;
	void (*collect)(void *ctx); /* idle: call dataplane_message() for all that changed */
	void (*settled)(void *ctx, bool first); /* a walk came to its end: the kernel has it all */
	void (*problem)(void *ctx, const char *source, const char *subject, const char *reason);
};

struct dataplane *dataplane_new(struct loop *l, const struct dataplane_hooks *hooks);
struct dataplane *dataplane_free(struct dataplane *dp); /* returns NULL; drivers are not freed */
DEFINE_CLEANUP(struct dataplane *, dataplane_free);

/* What drivers are made with. They are told and applied in the order in which they are added. */
const struct driver_host *dataplane_host(const struct dataplane *dp);
void dataplane_add(struct dataplane *dp, struct driver *d);

/* From `collect`, or at any time while no walk is under way. Borrowed. */
void dataplane_message(struct dataplane *dp, const Felix__ToDataplane *msg);

struct dataplane_info {
	bool in_sync; /* calc has said all there is */
	bool applied; /* a walk came to its end since: ready */
	bool walking; /* since walk_ns: far back means that a driver is stuck */
	enum phase phase;
	uint64_t walk_ns;
	uint64_t messages, walks, failures; /* only ever grow */
};
struct dataplane_info dataplane_info(const struct dataplane *dp);
