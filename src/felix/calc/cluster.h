/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.h - nodes, pools and BGP configuration: messages of their own, and input for routes.
 *
 * Source: datamodel.md 8.2 (Node, IPPool), felix.md 1.13, 5.3, 5.4.
 */
#pragma once

#include "passthru.h"
#include "model/node.h"
#include "routes.h"

struct pool;
MAP_DEFINE(pool_map, const char *, struct pool *, hash_str, hash_str_equal);
MAP_DEFINE(pool_cidr_map, const char *, struct ptrs, hash_str, hash_str_equal);

struct pools {
	struct passthru *passthru;
	struct routes *routes;
	bool tells_no_encap;          /* Felix makes the routes of pools without encapsulation */
	struct pool_map map;          /* by name */
	struct pool_cidr_map by_cidr; /* pools of one CIDR: the first by name counts */
	uint32_t ipip, vxlan, vxlan6, no_encap; /* pools that use it */
};

void pools_init(
	struct pools *p, struct passthru *passthru, struct routes *routes, bool tells_no_encap);
void pools_set(struct pools *p, const char *name, const struct ip_pool_spec *spec);
void pools_remove(struct pools *p, const char *name);
void pools_done(struct pools *p);

/* The node's address of a family in its subnet, as BGP has it, else the first of type InternalIP,
 * else of ExternalIP; family 0 when there is none. */
struct cidr node_address(const struct node_spec *spec, uint8_t family);
/* Upstream tells nothing of a node with `bgp: {}` and no address, and all of one without bgp. */
bool node_says_nothing(const struct node_spec *spec);

void passthru_node(struct passthru *p, const char *name, const struct resource *res);
void passthru_bgp_config(
	struct passthru *p, const struct bgp_configuration_spec *spec); /* NULL: gone */
