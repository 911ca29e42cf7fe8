/* SPDX-License-Identifier: GPL-2.0-or-later */
/* locate.h - the block that an address is in. Source: datamodel.md 6.8. */
#pragma once

#include "search.h"

enum located {
	LOCATED,
	LOCATE_READ, /* something must be read first */
	LOCATE_NONE, /* no block has it */
};

/* By the first pool that holds it; when that has no such block, or there is no pool, by all blocks
 * of the family. `taken`: rather a block that has given the address out than one that has not, for
 * a block without addresses that a claim left may lie over or under it.
 * Each family's index is made once in a run: NULL at its begin. */
enum located locate(struct ipam_op *op, const struct pool_list *pools,
	struct block_index **indexes, const struct addr *addr, bool taken, struct cidr *ret);
