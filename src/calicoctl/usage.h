/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage.h - how much of each pool and block is in use.
 *
 * A pure count over what was read. A block belongs to the first pool that it overlaps. What cools
 * down is in use.
 *
 * Units:  addresses. As floating point, because an IPv6 pool has more than 64 bits can count, and
 *         saturated at 2^63 - 1 as upstream's are; exact up to 2^53.
 * Owner:  the results are in the arena.
 * Source: datamodel.md 6.12, calicoctl.md 8.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/arena.h"
#include "model/block.h"

struct usage {
	struct cidr cidr;
	double total, used, reserved, free;
};

struct usage_pool {
	struct usage sum;
	bool none; /* no pool: the IPv4 blocks that lie in none; sum is empty */
	size_t n_blocks;
	struct usage *blocks; /* in the order given */
};

struct usage_input {
	size_t n_pools, n_reserved, n_blocks;
	const struct cidr *pools;    /* in the order of the answer */
	const struct cidr *reserved; /* masked; may overlap */
	const struct block *blocks;  /* well-formed: block_check() */
};

/* One for each pool, and one more when IPv4 blocks lie in none. Returns how many. */
size_t usage_count(const struct usage_input *in, struct arena *arena, struct usage_pool **ret);
