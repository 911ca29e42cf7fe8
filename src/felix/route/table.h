/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - one routing table of one family: what is wanted of it, what is in it.
 *
 * Shape: a route has a key, which is what the kernel replaces by, and a target, all the rest. Of
 *        several routes with one key (the kernel allows it) the last one told is kept.
 */
#pragma once

#include <linux/rtnetlink.h>

#include "base/delta.h"
#include "kernel/route.h"

struct route_key {
	struct cidr dst;
	uint32_t metric;
	uint8_t tos;
};

struct route_target {
	uint32_t oif;
	struct addr gateway, src;
	uint8_t protocol, scope, type;
	bool onlink, multipath;
};

static inline uint64_t route_key_hash(struct route_key k)
{
	return cidr_hash(&k.dst) ^ hash_u64(k.metric << 8 | k.tos);
}

static inline bool route_key_equal(struct route_key a, struct route_key b)
{
	return a.metric == b.metric && a.tos == b.tos && cidr_eq(&a.dst, &b.dst);
}

static inline bool route_target_same(const struct route_target *a, const struct route_target *b)
{
	return a->oif == b->oif && a->protocol == b->protocol && a->scope == b->scope &&
	       a->type == b->type && a->onlink == b->onlink && a->multipath == b->multipath &&
	       addr_eq(&a->gateway, &b->gateway) && addr_eq(&a->src, &b->src);
}

DELTA_DEFINE(route_table, struct route_key, struct route_target, route_key_hash, route_key_equal,
	route_target_same);

static inline struct route_key route_key_of(const struct route *r)
{
	return (struct route_key){ r->dst, r->metric, r->tos };
}

static inline struct route_target route_target_of(const struct route *r)
{
	return (struct route_target){ r->oif, r->gateway, r->src, r->protocol, r->scope, r->type,
		r->onlink, r->multipath };
}

static inline struct route route_of(const struct route_key *k, const struct route_target *t)
{
	return (struct route){ .dst = k->dst,
		.table = RT_TABLE_MAIN,
		.metric = k->metric,
		.oif = t->oif,
		.gateway = t->gateway,
		.src = t->src,
		.tos = k->tos,
		.protocol = t->protocol,
		.scope = t->scope,
		.type = t->type,
		.onlink = t->onlink,
		.multipath = t->multipath };
}
