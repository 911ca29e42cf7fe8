/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share.h - the addresses of one family that an automatic assignment plans. */
#pragma once

#include "affine.h"

struct share_write { /* a block with addresses to be given out, not yet among the steps */
	struct block *block;
	struct cidr *addrs; /* with the block's length */
	size_t n;
};

struct share {
	struct ipam_op *op;
	const struct ipam_assign *args;
	uint8_t family;
	size_t left; /* addresses still wanted */
	struct pool_list all, pools;
	struct cidr_list reserved, wanted_pools;
	const struct resource *node;
	struct holder holder;
	int64_t owned, limit; /* blocks */
	const struct cidr *malformed; /* one of our own blocks */
	struct share_write *writes;
	size_t n_writes;
	const char **messages;
	size_t n_messages;
};

/* PLAN_READ; PLAN_DONE after op_fail(); PLAN_AGAIN when the steps so far must be done first;
 * PLAN_LAST with what could be had. */
enum plan share_plan(struct share *s);

void share_message(struct share *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
