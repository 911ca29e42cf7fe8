/* SPDX-License-Identifier: GPL-2.0-or-later */
/* search.h - the blocks of a pool in the order in which a host tries them.
 *
 * Each host starts at a place of its own, which is a fixed function of its name, and goes round.
 * Nothing is visited block by block that could be skipped as a whole: a pool may have 2^60 blocks.
 * Source: datamodel.md 6.7.
 */
#pragma once

#include "pool.h"
#include "span.h"

/* The blocks of one family that exist, sorted. */
struct block_index {
	struct cidr *v;
	size_t n;
};

/* In op->scratch. The range of blocks must have been read. */
struct block_index index_load(struct ipam_op *op, uint8_t family);
void index_add(struct ipam_op *op, struct block_index *x, const struct cidr *block);
bool index_has(const struct block_index *x, const struct cidr *block);
/* One that shares addresses with the block but is not it; NULL when there is none. */
const struct cidr *index_overlap(const struct block_index *x, const struct cidr *block);
/* The largest that the address is in, of those with at least that length. */
const struct cidr *index_of_addr(
	const struct block_index *x, const struct addr *addr, uint8_t min_len);

struct walk {
	const struct pool *pool;
	u128 start, n; /* in blocks */
	u128 gone;     /* blocks passed */
};

struct walk walk_begin(const struct pool *pool, const char *host);
/* The next block of the pool's size that is neither wholly reserved nor under or over one of
 * another size. False at the end. */
bool walk_next(struct walk *w, const struct block_index *x, struct cidr_list reserved,
	struct cidr *ret);

/* The existing blocks inside the pool, of any size, in the same order. *pos from 0. */
bool walk_existing(
	const struct walk *w, const struct block_index *x, size_t *pos, struct cidr *ret);
