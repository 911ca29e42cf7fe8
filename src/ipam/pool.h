/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.h - which pools there are, and which of them serve a request. Source: datamodel.md 2.8, 2.9,
 * 6.7. */
#pragma once

#include "model/node.h"
#include "op.h"

struct pool {
	struct view_object *object;
	const struct ip_pool_spec *spec;
	const char *name;
	struct cidr cidr;
	uint8_t block_len;
	bool usable; /* neither disabled nor going away */
};

struct pool_list {
	size_t n;
	struct pool *v;
};

/* All pools in key order, in op->scratch; those that make no sense are warned about and left out.
 * The range must have been read. */
struct pool_list pools_load(struct ipam_op *op);
const struct pool *pool_of(const struct pool_list *pools, const struct cidr *cidr);
bool pool_has_use(const struct pool *p, const char *use);
/* 1, 0, or -EINVAL when the selector does not parse. */
int pool_selects_node(const struct pool *p, const struct resource *node, struct err *err);

struct pool_request {
	uint8_t family;
	const char *host, *use;
	const struct text_map *ns_labels;
	struct cidr_list wanted;     /* n = 0: by selectors */
	const struct resource *node; /* NULL for load balancers */
};

/* 0, or -1 after op_fail(). */
int pools_select(struct ipam_op *op, const struct pool_list *all, const struct pool_request *req,
	struct pool_list *ret);

/* Prefixes of all IPReservations, in op->scratch. The range must have been read. */
struct cidr_list reservations_load(struct ipam_op *op);

/* "[10.0.0.0/16 10.1.0.0/16]" */
void pools_put(const struct pool_list *pools, struct buf *out);
