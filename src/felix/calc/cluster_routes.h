/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster_routes.h - nodes and blocks as input for routes.
 *
 * Source: datamodel.md 6.3, 8.2 (Node), felix.md 5.3.
 */
#pragma once

#include "model/block.h"
#include "routes.h"

void routes_node_update(struct routes *r, const char *name, const struct resource *res);

/* An allocation that names no node leads nowhere; *err says so of the first one. -EINVAL: the
 * block is not to be used. */
int routes_block_update(struct routes *r, const struct cidr *cidr, const struct block *b,
	struct err *err);
