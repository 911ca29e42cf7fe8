/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dataplane.h - the drivers of this host, made from the configuration and put in their order.
 *
 * Owner: host_dataplane_free() ends drivers, sockets and the sequence; the kernel stays as it is.
 */
#pragma once

#include "base/err.h"
#include "dataplane/dataplane.h"

struct config_values;
struct host_dataplane;
struct loop;

/* status: "up" or "down", NULL = gone. */
typedef void (*endpoint_status_fn)(void *ctx, const char *orchestrator, const char *workload,
	const char *endpoint, const char *status);

int host_dataplane_new(struct loop *loop, const struct config_values *v,
	const struct dataplane_hooks *hooks, endpoint_status_fn status, void *ctx,
	struct host_dataplane **ret, struct err *err);
struct host_dataplane *host_dataplane_free(struct host_dataplane *h); /* returns NULL */

struct dataplane *host_dataplane_sequence(const struct host_dataplane *h);
