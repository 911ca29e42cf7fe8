/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release.h - addresses taken back: first the block, then the handle, then the affinity of a block
 * that its pool no longer wants where it is. Source: datamodel.md 6.4, 6.8. */
#pragma once

#include "pool.h"

struct debt { /* a handle to be counted down once a block is written */
	const char *handle;
	struct cidr block;
	int64_t by;
	bool all; /* the handle has no address in the block any more */
};

struct release {
	struct ipam_op *op;
	struct debt *debts;
	size_t n_debts;
	struct block *blocks; /* as they are after the release */
	size_t n_blocks;
};

/* Of a block that may be changed; it is written, or deleted when nobody has any use for it. */
void release_ordinals(struct release *r, struct block *b, const uint32_t *ordinals, size_t n,
	bool keep_sequence);
void release_owe(struct release *r, const char *handle, const struct cidr *block, int64_t by,
	bool all);

/* The steps that follow the blocks. PLAN_LAST or PLAN_READ. */
enum plan release_finish(struct release *r);

/* Lists of addresses with their block's length, that this operation gave to `handle`. */
enum plan take_back(
	struct ipam_op *op, const struct cidr_list *lists, size_t n, const char *handle);

/* -1 after op_fail() when the handle is there and cannot be read. NULL: nothing to check. */
int check_handle(struct ipam_op *op, const char *handle);
/* The addresses of a family (0: both) that blocks say the handle has, as host prefixes in
 * op->scratch. False: something must be read first. */
bool handle_addrs(
	struct ipam_op *op, const char *handle, uint8_t family, struct cidr_list *ret);
