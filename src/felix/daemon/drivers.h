/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drivers.h - the drivers of this host, made from the configuration and put in their order.
 *
 * Owner: drivers_free() ends drivers, sockets and the sequence; the kernel stays as it is.
 */
#pragma once

#include "base/err.h"
#include "dataplane/dataplane.h"
#include "link/link.h"

struct config_values;
struct drivers;
struct loop;

int drivers_new(struct loop *loop, const struct config_values *v,
	const struct dataplane_hooks *hooks, link_status_fn status, void *ctx, struct drivers **ret,
	struct err *err);
struct drivers *drivers_free(struct drivers *d); /* returns NULL */

struct dataplane *drivers_sequence(const struct drivers *d);
/* A glance at the generation of the nft tables, which costs next to nothing while nobody else
 * writes; `full`: also tries again what was refused, and removes what upstream's Felix left. */
void drivers_refresh(struct drivers *d, bool full);
/* The first walk came to its end: from now on what upstream's Felix left may go. */
void drivers_in_force(struct drivers *d);
