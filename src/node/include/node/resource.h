/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource.h - this host's Node: what start-up writes into it and what it leaves alone.
 *
 * Source: bgp.md 2.1 steps 3 to 7, 2.2, 2.3.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "model/resource.h"
#include "node/interfaces.h"

/* Addresses, interfaces, AS number and orchestrator reference from env and interfaces, into *res.
 * -EINVAL: start-up must end. *ret_changed: whether anything differs from before. */
int node_fill(struct resource *res, const char *const *env,
	const struct host_interfaces *interfaces, bool *ret_changed, struct err *err);

/* Does `other` carry one of our addresses? Its family (4 or 6), else 0. */
int node_conflict(const struct resource *ours, const struct resource *other);

/* Forgets the address of one family; an emptied spec.bgp goes away. */
void node_clear_address(struct resource *res, int family);
