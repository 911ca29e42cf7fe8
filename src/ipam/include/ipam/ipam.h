/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam.h - who has which address: blocks, affinities, handles.
 *
 * An operation is made from its arguments, run, asked for its result, and freed:
 *
 *   struct ipam_op *op = ipam_assign_new(&args);
 *   if (ipam_run(op, loop, store, timeout_ms) == IPAM_OK)
 *           use(ipam_assigned(op));
 *   else
 *           complain(ipam_error(op), ipam_detail(op));
 *   ipam_op_free(op);
 *
 * Inside it is a pure planner: from all that was read so far it asks for more reads (sent together,
 * one round trip), or gives an ordered list of compare-and-swap steps (store_run(), one round trip
 * on etcd), or is done. After a conflict it plans again, at most IPAM_TRIES times. The order of the
 * steps makes a crash between any two of them harmless: a handle may count too many, an affinity
 * may wait for its block; an address never has two owners. Whoever failed or crashed releases by
 * handle, and runs again.
 *
 * Units:  times are CLOCK_REALTIME nanoseconds. An address with a length is a struct cidr whose
 *         host bits are kept.
 * Owner:  arguments are copied by the constructors; results belong to the operation.
 * Errors: ipam_error() has upstream's sentence. ipam_detail() says in our words which pool, host,
 *         block or limit it was about; "" when there is nothing to add.
 * Source: datamodel.md 6.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "model/block.h"
#include "store/store.h"

struct buf;
struct loop;
struct ipam_op;

#define IPAM_TRIES 100

enum ipam_status {
	IPAM_OK,
	IPAM_E_SHORT,     /* not all addresses, and all or nothing was asked for: none is taken */
	IPAM_E_NO_POOL,   /* no pool qualifies, or a requested one is not there */
	IPAM_E_LIMIT,     /* the host may not have another block */
	IPAM_E_NO_BLOCK,  /* new blocks may not be claimed, or none could be */
	IPAM_E_NOT_FOUND, /* Node, handle, block, address, affinity */
	IPAM_E_EXISTS,    /* the address is allocated */
	IPAM_E_COOLING,   /* the address was released a moment ago */
	IPAM_E_CONFLICT,  /* release: another handle or sequence number; affinity: another owner */
	IPAM_E_INVALID,   /* arguments, or a pool whose selector does not parse */
	IPAM_E_RETRIES,   /* IPAM_TRIES conflicts */
	IPAM_E_STORE,     /* the datastore's own words are in the error; a write may be done */
};

struct ipam_op *ipam_op_free(struct ipam_op *op); /* returns NULL */
DEFINE_CLEANUP(struct ipam_op *, ipam_op_free);

/* Runs the loop until the operation is done. timeout_ms for each round trip; 0 = for ever. */
enum ipam_status ipam_run(
	struct ipam_op *op, struct loop *loop, struct store *store, unsigned timeout_ms);

const char *ipam_error(const struct ipam_op *op);
const char *ipam_detail(const struct ipam_op *op);
unsigned ipam_round_trips(const struct ipam_op *op);
/* Values that were skipped because they could not be used, each a sentence that names the key. */
size_t ipam_warnings(const struct ipam_op *op, const char *const **ret);

struct cidr_list {
	size_t n;
	const struct cidr *v;
};

/* Blocks to read with the first round trip, because they are probably needed: those that
 * ipam_hints() gave after the last operation of this host. Wrong ones cost time and nothing
 * else. */
struct cidr_list ipam_hints(const struct ipam_op *op);

/* ---- give out ---- */

#define IPAM_USE_WORKLOAD      "Workload"
#define IPAM_USE_TUNNEL        "Tunnel"
#define IPAM_USE_LOAD_BALANCER "LoadBalancer"

/* The host of addresses of services: it has no Node, and its affinities are virtual. */
#define IPAM_HOST_LOAD_BALANCER "load-balancer"

struct ipam_assign {
	const char *host;      /* NULL or "": this machine's name */
	const char *use;       /* IPAM_USE_... */
	const char *handle;    /* NULL = none */
	struct text_map attrs; /* of the owner: node, pod, namespace, timestamp, ... */
	unsigned n4, n6;       /* addresses wanted */
	struct cidr_list pools4, pools6;   /* n = 0: those that select the host */
	const struct text_map *ns_labels;  /* of the Namespace; NULL = none known */
	int64_t max_blocks;                /* of this request; 0 = no other limit than the host's */
	int64_t max_per_handle;            /* and family; 0 = no limit */
	bool all_or_nothing;               /* else the result may be partial */
	struct cidr_list hints;
};

struct ipam_family {
	unsigned wanted;
	struct cidr_list addrs; /* with their block's length; /32 or /128 for those that the handle
				 * had already (max_per_handle) */
	size_t n_messages;      /* why there are not more */
	const char *const *messages;
};
struct ipam_assigned {
	struct ipam_family v4, v6;
};

struct ipam_op *ipam_assign_new(const struct ipam_assign *args);
const struct ipam_assigned *ipam_assigned(const struct ipam_op *op);
/* "Assigned N out of M requested IPv4 addresses; <message>; ..." After IPAM_E_SHORT the error is
 * this text of the first family that fell short. */
void ipam_family_text(const struct ipam_family *f, uint8_t family, struct buf *out);

struct ipam_assign_ip {
	struct addr addr;
	const char *host; /* as above */
	const char *use;  /* NULL: not checked */
	const char *handle;
	struct text_map attrs;
	int64_t max_per_handle;
	struct cidr_list hints;
};
/* Success also when max_per_handle is given and the handle has just this address. */
struct ipam_op *ipam_assign_ip_new(const struct ipam_assign_ip *args);

/* ---- take back ---- */

struct ipam_release {
	struct addr addr;
	const char *handle; /* NULL: whoever has it */
	bool has_sequence;
	uint64_t sequence; /* at allocation */
};
struct ipam_release_list {
	size_t n;
	const struct ipam_release *v;
};
struct addr_list {
	size_t n;
	const struct addr *v;
};
/* Of addresses in one block that do not all match none is released: IPAM_E_CONFLICT. */
struct ipam_op *ipam_release_new(const struct ipam_release_list *addrs, struct cidr_list hints);
struct addr_list ipam_already_free(const struct ipam_op *op);

/* All addresses of the handle. IPAM_E_NOT_FOUND when there is no such handle. `host` names the Node
 * to read with the first round trip; NULL = none. */
struct ipam_op *ipam_release_handle_new(
	const char *handle, const char *host, struct cidr_list hints);

struct addr_list ipam_released(const struct ipam_op *op);

/* ---- blocks and hosts ---- */

/* All affinities of a host, without asking whether addresses are in use; these stay. */
struct ipam_op *ipam_release_host_new(const char *host);
/* All host affinities within the prefix, as before a pool is deleted. */
struct ipam_op *ipam_release_pool_new(const struct cidr *pool);
/* One host's affinities to the blocks of a prefix that lies in a pool. `empty_only`: a block with
 * addresses gives IPAM_E_CONFLICT. */
struct ipam_op *ipam_release_affinity_new(
	const char *host, const struct cidr *cidr, bool empty_only);

/* ---- configuration ---- */

/* Checked, then written as it is. */
struct ipam_op *ipam_configure_new(const struct ipam_config *config);

/* ---- questions ---- */

struct ipam_op *ipam_config_new(void);
const struct ipam_config *ipam_config_of(const struct ipam_op *op);

/* Attributes of an address. IPAM_E_NOT_FOUND: free, or in no pool; IPAM_E_COOLING. */
struct ipam_op *ipam_owner_new(const struct addr *addr);
const struct block_attr *ipam_owner(const struct ipam_op *op);
uint64_t ipam_owner_sequence(const struct ipam_op *op); /* at allocation; 0 = not known */

struct ipam_op *ipam_handle_addrs_new(const char *handle);
struct addr_list ipam_handle_addrs(const struct ipam_op *op);

/* Numbers saturate at INT64_MAX. */
struct ipam_usage {
	const char *pool; /* name; NULL: a block outside of all pools */
	struct cidr cidr;
	uint64_t total, in_use, reserved, free;
	size_t n_blocks;
	struct ipam_usage *blocks; /* in key order */
};
struct ipam_usage_list {
	size_t n;
	const struct ipam_usage *v; /* in the order of the pools; last "0.0.0.0/0" with the IPv4
				     * blocks that are in none, when there are any */
};
struct ipam_op *ipam_usage_new(void);
struct ipam_usage_list ipam_usage(const struct ipam_op *op);

/* ---- owner slots (virtual machines that move) ---- */

/* An allocation has an active owner (`secondary`) and an alternate one. One slot of the two: */
struct ipam_slot {
	enum { SLOT_KEEP, SLOT_SET, SLOT_CLEAR } change;
	struct text_map attrs; /* SLOT_SET */
	/* What must be there now, else IPAM_E_CONFLICT; not judged for SLOT_KEEP. */
	enum { SLOT_ANY, SLOT_IS, SLOT_EMPTY } expect;
	const char *ns, *pod; /* SLOT_IS */
};
/* The attribute of the address changes in place: all addresses that share it have it so. */
struct ipam_op *ipam_set_owners_new(const struct addr *addr, const char *handle,
	const struct ipam_slot *active, const struct ipam_slot *alternate);
/* After a migration to the pod: for every address of the handle the alternate owner becomes the
 * active one, the active one the alternate. Where the pod is active already nothing is done.
 * IPAM_E_NOT_FOUND when there is no alternate, or it is another pod. */
struct ipam_op *ipam_promote_new(const char *handle, const char *ns, const char *pod);

/* ---- what a decoded block says ---- */

/* The attribute of an ordinal; NULL when it is free. */
const struct block_attr *block_attr_of(const struct block *b, uint32_t ordinal);
struct addr block_addr(const struct block *b, uint32_t ordinal);
/* False when the address is not in the block. */
bool block_ordinal(const struct cidr *block, const struct addr *addr, uint32_t *ret);
/* "h1" of "host:h1"; NULL when nobody, or nothing that is a host, owns the block. */
const char *block_host(const struct block *b);
