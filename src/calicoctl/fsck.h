/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsck.h - whether blocks, affinities, handles and their users agree, and what would make them.
 *
 * All is read at one revision. The checks look at it and correct their copies; each corrected value
 * becomes one step, compared with the revision that was read. So whoever else writes meanwhile is
 * never overwritten: the repair stops there.
 *
 * Owner:  everything is in the arena.
 * Source: datamodel.md 6. Not in upstream's program.
 */
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "model/block.h"
#include "model/key.h"
#include "model/resource.h"

struct loop;
struct store;

/* What is wrong with one thing. */
struct violation {
	const char *kind;    /* "block-lost-ordinal" */
	const char *subject; /* "BlockKey(cidr=10.0.0.0/26)" */
	const char *proof;
	const char *repair; /* NULL: somebody has to decide */
};

struct fsck_item {
	struct key key;
	const char *revision; /* NULL: it is not there yet */
	bool readable;
	bool changed, gone; /* by a repair */
};

struct fsck_block {
	struct fsck_item item;
	struct block value; /* with room for all ordinals among the free ones */
	bool claimed;       /* its owner has an affinity for it */
	bool unsure;        /* a used address has no attribute: it may be any that seems unused */
};

struct fsck_affinity {
	struct fsck_item item;
	struct affinity value;
};

struct fsck_handle {
	struct fsck_item item;
	struct handle value;
	struct handle counted; /* what the blocks say */
	bool raised;           /* the repair adds: it goes before the blocks' */
};

/* Who says that it has an address. */
struct fsck_use {
	struct addr addr;
	const char *owner; /* "Workload(ns/name)", "Node(n)" */
	const char *node;
	const char *ns, *pod; /* of a workload; NULL for a node */
	const char *handle;   /* of a node's tunnel; NULL for a workload */
};

MAP_DEFINE(fsck_handles, const char *, struct fsck_handle, hash_str, hash_str_equal);

struct fsck {
	struct arena arena;
	bool users_unsure; /* one cannot be read, so nobody can be said not to use an address */
	size_t n_blocks, n_affinities, n_uses, n_pools, n_violations;
	size_t cap_affinities, cap_uses, cap_violations;
	struct fsck_block *blocks;       /* in the order of their addresses */
	struct fsck_affinity *affinities;
	struct fsck_handles handles;
	struct fsck_use *uses;           /* in the order of their addresses */
	struct cidr *pools;
	struct violation *violations;
};

/* 0 or -EIO. */
int fsck_read(struct fsck *f, struct loop *loop, struct store *store, struct err *err) MUST_CHECK;
void fsck_check(struct fsck *f);
void fsck_done(struct fsck *f);

/* One write of the repair, in the order in which a crash in between does no harm. */
struct fsck_step {
	enum { FSCK_CREATE, FSCK_UPDATE, FSCK_DELETE } op;
	const struct fsck_item *item;
	const char *value;
};
size_t fsck_plan(struct fsck *f, struct fsck_step **ret);
/* Carries out the steps; how many were done. Less than n with *err: the rest was not tried. */
size_t fsck_repair(const struct fsck_step *steps, size_t n, struct loop *loop, struct store *store,
	struct err *err);

/* ---- between the parts */

void fsck_report(struct fsck *f, const char *kind, const struct fsck_item *item, const char *repair,
	const char *proof_fmt, ...) __attribute__((format(printf, 5, 6)));
void fsck_report_about(struct fsck *f, const char *kind, const char *subject, const char *repair,
	const char *proof_fmt, ...) __attribute__((format(printf, 5, 6)));

void fsck_check_block(struct fsck *f, struct fsck_block *b); /* one by itself */
void fsck_check_overlaps(struct fsck *f);
void fsck_check_affinities(struct fsck *f);
void fsck_check_owners(struct fsck *f);
void fsck_check_handles(struct fsck *f);

struct fsck_block *fsck_find_block(struct fsck *f, const struct cidr *cidr);
/* The block that has the address; NULL. */
struct fsck_block *fsck_block_of(struct fsck *f, const struct addr *addr);
/* The users of an address; how many. */
size_t fsck_uses_of(const struct fsck *f, const struct addr *addr, const struct fsck_use **ret);
/* As "10.0.0.1", in the arena. */
const char *fsck_addr_text(struct fsck *f, const struct addr *addr);

/* No allocation but Windows' own. */
bool fsck_block_is_empty(const struct block *b);
void fsck_free_ordinal(struct fsck_block *b, uint32_t ordinal);
