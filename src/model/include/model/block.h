/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.h - the values of address management as they are stored: block, affinity, handle,
 * configuration. What is done with them is the business of src/ipam.
 *
 * Units:  an ordinal is an address less the network's; times are texts of RFC 3339; sequence
 *         numbers use all 64 bits.
 * Owner:  a value is in the arena given to its decoder; who changes one allocates there.
 * Errors: decoders give -EBADMSG and name the member; *ret is untouched then. They take the shapes
 *         that older versions stored: members that are absent, null or unknown.
 * Source: datamodel.md 1.5, 6.2, 6.3, 6.5, 6.8; member order and compact form as upstream writes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/resource.h"

struct buf;

/* ---- block ---- */

#define BLOCK_FREE (-1) /* in allocations */

/* Legal lengths of a block's prefix. */
#define BLOCK_LEN_MIN_4 20
#define BLOCK_LEN_MAX_4 32
#define BLOCK_LEN_MIN_6 116
#define BLOCK_LEN_MAX_6 128

#define BLOCK_SIZE_MAX 4096 /* addresses of the largest legal block */

/* Who has an address. Ordinals whose attribute would be equal share one. */
struct block_attr {
	const char *handle;        /* NULL = none */
	struct text_map secondary; /* of the active owner */
	struct text_map alternate; /* of the other owner, while a virtual machine moves */
	const char *released_at;   /* set: the address cools down and has no owner */
};

struct block_sequence { /* the block's sequence number when the address was allocated */
	bool set;
	uint64_t value;
};

struct block {
	struct cidr cidr;        /* masked */
	const char *affinity;    /* "host:NAME", "virtual:load-balancer", NULL = nobody's */
	const char *claim_time;  /* NULL = not recorded */
	size_t n_allocations;    /* as stored; block_check() compares it with the size */
	int32_t *allocations;    /* by ordinal: index into attrs, or BLOCK_FREE */
	size_t n_unallocated;    /* free ordinals, the next to give out first */
	uint32_t *unallocated;   /* room for all ordinals of the block */
	size_t n_attrs;
	struct block_attr *attrs; /* room for n_attrs only */
	bool attrs_null;          /* written as null while empty: so in a fresh block */
	uint64_t sequence;
	struct block_sequence *sequences; /* by ordinal, as many as addresses */
	bool deleted;                     /* always false on etcd */
};

int block_decode(const char *json, size_t len, struct arena *arena, struct block *ret,
	struct err *err) MUST_CHECK;
void block_encode(const struct block *b, struct buf *out);

uint32_t block_size(const struct cidr *cidr); /* addresses; 0 when the length is not legal */

/* What calicoctl calls an invalid block, one text a fault (calicoctl.md 8.4). now_ns 0: times are
 * not looked at. */
typedef void (*block_fault_fn)(void *ctx, const char *text);
void block_faults(const struct block *b, uint64_t now_ns, block_fault_fn fn, void *ctx);

/* Whether addresses may be given out of it: 0, or -EBADMSG with the first thing wrong in *err: the
 * length, another CIDR than the key's, or lists that do not cover each ordinal exactly once. */
int block_check(const struct block *b, const struct cidr *key, struct err *err) MUST_CHECK;

/* ---- affinity ---- */

enum affinity_state {
	AFFINITY_CONFIRMED, /* also an empty state, or no value at all */
	AFFINITY_PENDING,
	AFFINITY_PENDING_DELETION,
};

struct affinity {
	enum affinity_state state;
	bool deleted;
};

int affinity_decode(const char *json, size_t len, struct affinity *ret, struct err *err) MUST_CHECK;
void affinity_encode(const struct affinity *a, struct buf *out);

/* ---- handle ---- */

struct handle_count {
	const char *block; /* CIDR text as stored */
	int64_t count;     /* an upper bound */
};

struct handle {
	size_t n;
	struct handle_count *counts; /* sorted by text, bytewise */
	bool deleted;
};

int handle_decode(const char *json, size_t len, struct arena *arena, struct handle *ret,
	struct err *err) MUST_CHECK;
void handle_encode(const struct handle *h, struct buf *out);
/* Changes the count of a block; one that is zero or less goes. */
void handle_add(struct handle *h, struct arena *arena, const char *block, int64_t by);
int64_t handle_count(const struct handle *h, const char *block); /* 0 when absent */

/* ---- configuration ---- */

#define VM_PERSISTENCE_ENABLED  "Enabled"
#define VM_PERSISTENCE_DISABLED "Disabled"

struct ipam_config {
	bool strict_affinity;      /* no addresses from other hosts' blocks */
	bool auto_allocate_blocks; /* new blocks may be claimed */
	int64_t max_blocks_per_host; /* 0 = the default, negative = no limit */
	const char *vm_persistence;  /* NULL when the stored value says nothing: enabled */
	int64_t cooldown_s;          /* of released addresses */
};

struct ipam_config ipam_config_default(void); /* when no key is there */
int ipam_config_decode(const char *json, size_t len, struct arena *arena, struct ipam_config *ret,
	struct err *err) MUST_CHECK;
void ipam_config_encode(const struct ipam_config *c, struct buf *out);
/* Upstream's words for combinations that may not be set; 0 or -EINVAL. */
int ipam_config_check(const struct ipam_config *c, struct err *err) MUST_CHECK;
