/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster.h - nodes, pools and BGP configuration, as messages to the dataplane.
 *
 * Source: datamodel.md 8.2 (Node, IPPool), felix.md 1.13.
 */
#pragma once

#include "passthru.h"
#include "model/node.h"

struct pool;
MAP_DEFINE(pool_map, const char *, struct pool *, hash_str, hash_str_equal);
MAP_DEFINE(pool_cidr_map, const char *, struct ptrs, hash_str, hash_str_equal);

struct pools {
	struct passthru *passthru;
	struct pool_map map;          /* by name */
	struct pool_cidr_map by_cidr; /* pools of one CIDR: the first by name counts */
	uint32_t ipip, vxlan, vxlan6; /* that use it */
};

void pools_init(struct pools *p, struct passthru *passthru);
void pools_set(struct pools *p, const char *name, const struct ip_pool_spec *spec);
void pools_remove(struct pools *p, const char *name);
void pools_done(struct pools *p);

void passthru_node(struct passthru *p, const char *name, const struct resource *res);
void passthru_bgp_config(
	struct passthru *p, const struct bgp_configuration_spec *spec); /* NULL: gone */
