/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - the status of each local endpoint, for the datastore (Neutron reads it there).
 *
 * Changes leave one at a time, first in first out, one per delay; a failed one is tried again
 * before the next. Every 180 delays, once the dataplane is in sync, the keys of this host are
 * listed: unknown ones are deleted, differing ones written again.
 *
 * Source: felix.md 6.2, datamodel.md 1.7.
 */
#pragma once

#include <stdint.h>

struct loop;
struct store;
struct endpoint_status;

struct endpoint_status_config {
	const char *hostname, *region;
	uint64_t delay_ns;
};

struct endpoint_status *endpoint_status_new(struct loop *loop, struct store *store,
	const struct endpoint_status_config *config, uint64_t now_ns);
struct endpoint_status *endpoint_status_free(struct endpoint_status *s); /* returns NULL */

/* status "up", "down" or "error"; NULL = the endpoint is gone. */
void endpoint_status_set(struct endpoint_status *s, const char *orchestrator, const char *workload,
	const char *endpoint, const char *status);
void endpoint_status_dataplane_in_sync(struct endpoint_status *s);
