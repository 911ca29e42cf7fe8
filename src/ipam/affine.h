/* SPDX-License-Identifier: GPL-2.0-or-later */
/* affine.h - a host's claim on a block: made, renewed, given up, taken over. Every function adds
 * the steps in the order that a crash cannot hurt. Source: datamodel.md 6.5, 6.6, 6.10.
 *
 * No address is given out of a block before three things hold, in this order: the block exists, its
 * pool is still what it was when the blocks were listed (STORE_CHECK), and the affinity is
 * confirmed. So a host that has not yet heard that a pool was made anew with another block size
 * cannot give out an address that another host has: its own block, made too late, is never
 * confirmed. Others give out of an empty block only when its owner has confirmed it.
 *
 * Every claim first writes "pending", so an affinity that still has the revision with which it was
 * read as confirmed belongs to the block as it was read after it: that is checked along with each
 * use of a confirmed block.
 */
#pragma once

#include "search.h"

struct holder { /* who asks */
	struct ipam_op *op;
	const char *host, *affinity; /* "h1", "host:h1" */
	struct block_index *index; /* of the family; NULL until the blocks were listed */
	bool cleaned; /* a block goes that was in the way: a new plan may find more */
};

struct holder holder_of(struct ipam_op *op, const char *host); /* after op_config() */
bool holder_lists_blocks(struct holder *h, uint8_t family);
/* A copy in op->scratch, without the addresses that have cooled down. */
struct block block_now(struct ipam_op *op, const struct block *b);

enum held {
	HELD,           /* ours: *ret may be changed and written */
	HELD_READ,      /* something must be read first */
	HELD_NOT,       /* not ours, or gone; a stale affinity is deleted */
	HELD_MALFORMED, /* warned about */
};

/* The block for giving out addresses; claimed if nobody has it. `pool` is the one it lies in. */
enum held hold(struct holder *h, const struct cidr *block, const struct pool *pool,
	struct block *ret);

/* Another host's block that is empty: its affinity and block are deleted, if they stay as they were
 * read. HELD when they will be. */
enum held evict(struct holder *h, const struct cidr *block);

/* Whether addresses may be given out of a block that is not ours. HELD or HELD_NOT. */
enum held may_borrow(struct holder *h, const struct block *b);

/* Before an address of a block that hold() or may_borrow() gave is written: it is this block that
 * was confirmed, not an earlier one. */
void check_confirmed(struct ipam_op *op, const struct block *b);

enum release_affinity {
	RELEASED_AFFINITY,
	RELEASE_READ,
	RELEASE_NOT_EMPTY,
	RELEASE_NOT_THERE,
	RELEASE_CONFLICT, /* another host's block; the stale affinity is deleted */
};
/* `b` NULL: the block as it was read; else as this plan has just written it. */
enum release_affinity release_affinity(struct ipam_op *op, const char *host,
	const struct cidr *block, bool empty_only, const struct block *b);

/* Deleted when empty, else nobody's. `key` is the block's. */
void disown(struct ipam_op *op, const struct block *b, const struct key *key);

void put_block(struct ipam_op *op, struct block *b); /* sequence number + 1, then a step */
