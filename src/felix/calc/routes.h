/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routes.h - to which node does each prefix lead? From pools, blocks, nodes and endpoints.
 *
 * A destination is a prefix that one of them names. What is told of it depends on those of its
 * own prefix and on the pools and blocks around it: routes_evaluate() (route_value.c).
 *
 * Told again: when what is told differs, and, as upstream does, at every change of a node's
 * addresses for all that leads to the node, of a pool for all inside it, and at each write of an
 * endpoint. Nothing is told while routes are not wanted (felix.md 1.3).
 *
 * Work: of an allocation, its address; of a block's owner, what lies inside the block; of a node,
 *       what leads there; of this node's subnet or of what is wanted, everything.
 * Source: felix.md 5.3, datamodel.md 6.3.
 */
#pragma once

#include <bsd/sys/queue.h>

#include "base/addr.h"
#include "base/atom.h"
#include "base/lpm.h"
#include "base/ptrs.h"
#include "emit.h"
#include "endpoints.h"

/* What a node has a prefix for. Of one prefix the highest decides where it leads. */
enum route_use {
	ROUTE_BLOCK, /* a block of its own, or an address in somebody else's */
	ROUTE_HOST,  /* the node's address */
	ROUTE_WORKLOAD,
	ROUTE_WIREGUARD, /* from here on: addresses of tunnels */
	ROUTE_IPIP,
	ROUTE_VXLAN,
};

struct route_node;
struct route_destination;

struct route_ref {
	enum route_use use;
	uint32_t count;
	struct route_node *node;
	struct route_destination *dst;
	struct route_ref *next;          /* of the destination: by use, then name of the node */
	LIST_ENTRY(route_ref) of_node;
};

struct route_pool {
	bool exists, nat_outgoing, cross_subnet;
	uint8_t type; /* Felix__IPPoolType */
};

struct route_value { /* what is told of a destination */
	struct atom *node;
	struct addr node_ip;
	uint8_t types, pool_type; /* Felix__RouteType, Felix__IPPoolType */
	bool same_subnet, nat_outgoing, local_workload, borrowed;
	bool ipip, vxlan, wireguard; /* it is the address of such a tunnel */
};

struct route_destination {
	struct cidr cidr;
	struct route_pool pool;
	struct route_ref *refs;
	struct route_value told;
	bool is_told, dirty, again;
};
LPM_DEFINE(route_trie, struct route_destination);

/* What a node says of itself. Family 0: none. */
struct route_node_info {
	struct cidr address[2]; /* IPv4, IPv6: its own, in its subnet */
	struct addr ipip, vxlan[2], wireguard[2];
};

struct route_node {
	struct atom *name;
	uint32_t holders;    /* its own object, blocks and endpoints that name it */
	bool exists, is_own; /* not exists: only blocks or endpoints name it */
	struct route_node_info info;
	LIST_HEAD(, route_ref) refs;
};
MAP_DEFINE(route_node_map, const char *, struct route_node *, hash_str, hash_str_equal);

struct route_block;
static inline uint64_t route_cidr_hash(struct cidr c)
{
	return cidr_hash(&c);
}
static inline bool route_cidr_equal(struct cidr a, struct cidr b)
{
	return cidr_eq(&a, &b);
}
MAP_DEFINE(route_block_map, struct cidr, struct route_block *, route_cidr_hash, route_cidr_equal);

struct route_workload;
MAP_DEFINE(route_workload_map, struct endpoint_id, struct route_workload *, endpoint_id_hash,
	endpoint_id_equal);

struct routes {
	struct atoms *atoms;
	bool from_workloads; /* RouteSource=WorkloadIPs: endpoints of all nodes, and no blocks */
	struct route_trie trie;
	const char *hostname; /* of this host */
	struct route_node *own; /* NULL: nothing names this host */
	struct route_node_map nodes;
	struct route_block_map blocks;
	struct route_workload_map workloads;
	struct ptrs dirty;
	bool wanted;
	uint64_t evaluated; /* destinations, only ever grows */
};

/* The host's name is borrowed. */
void routes_init(struct routes *r, struct atoms *atoms, const char *hostname, bool from_workloads);
void routes_done(struct routes *r);

void routes_set_pool(struct routes *r, const struct cidr *cidr, const struct route_pool *pool);
void routes_set_node(struct routes *r, const char *name, const struct route_node_info *info);
void routes_remove_node(struct routes *r, const char *name);

/* An address of a block that another node than the block's owner has. */
struct route_loan {
	uint32_t ordinal;
	const char *node;
};
/* `owner` NULL: nobody. Loans in the order of their ordinals. */
void routes_set_block(struct routes *r, const struct cidr *cidr, const char *owner,
	const struct route_loan *loans, size_t n);
void routes_remove_block(struct routes *r, const struct cidr *cidr);

void routes_set_workload(struct routes *r, const struct key *key, const char *node,
	const struct cidr *nets, size_t n);
void routes_remove_workload(struct routes *r, const struct key *key);

void routes_want(struct routes *r, bool wanted);
void routes_emit(struct routes *r, struct emitter *e); /* removals first */

/* --- inside --- */

/* route_value.c */
struct route_value routes_evaluate(const struct routes *r, const struct route_destination *dst);
bool route_value_equal(const struct route_value *a, const struct route_value *b);
void route_value_emit(
	const struct route_value *v, const struct cidr *dst, struct emitter *e);

/* routes.c */
struct route_destination *routes_destination(
	struct routes *r, const struct cidr *cidr); /* made if absent */
void routes_add_ref(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr);
void routes_drop_ref(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr);
/* To be looked at in the next flush; `again`: and told though nothing differs. */
void routes_mark(struct routes *r, struct route_destination *dst, bool again);
void routes_mark_under(struct routes *r, const struct cidr *cidr, bool again);
void routes_mark_all(struct routes *r, uint8_t family);

/* route_sources.c */
struct route_node *routes_hold_node(struct routes *r, const char *name); /* made if absent */
void routes_release_node(struct routes *r, struct route_node *n);        /* NULL: none */
void routes_free_workloads(struct routes *r);

/* route_blocks.c */
void routes_free_blocks(struct routes *r);
