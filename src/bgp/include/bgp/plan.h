/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.h - what the BGP daemon of one node should do, free of any daemon's syntax.
 *
 * Computed from a view; equal views give equal plans, in a fixed order. A daemon's directory
 * (bird/) turns a plan into its configuration.
 *
 * Owner:  plan_done() frees it; texts borrow from the view.
 * Source: bgp.md 1.5, 1.7 to 1.14.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/str.h"

struct view;

struct plan_peer {
	char name[64]; /* "Mesh_10_0_0_1" */
	int family;
	struct addr addr;
	uint32_t as;
	uint16_t port; /* 0 = 179, not stated */
	bool passive;
};

enum plan_kernel { PLAN_INSTALL, PLAN_REJECT }; /* do routes of this pool go into the kernel? */

struct plan_pool {
	struct cidr cidr;
	bool export;
	enum plan_kernel kernel;
};

/* A block of this node. It is announced as one route, and its own addresses hide behind it; what
 * nobody has of it is thrown away. */
struct plan_block {
	struct cidr cidr;
	bool blackhole;  /* not one address, which is the workload's */
	bool aggregates; /* not while it is released: then its addresses are announced one by one */
};

enum plan_debug { PLAN_DEBUG_NONE, PLAN_DEBUG_INFO, PLAN_DEBUG_ALL };

struct plan {
	struct addr router_id; /* IPv4 */
	struct addr own[2];    /* IPv4, IPv6; family 0 = off */
	uint32_t as;
	uint16_t listen_port; /* 0 = 179, not stated */
	bool bind_node_ip;
	enum plan_debug debug;
	uint32_t priority[2];    /* normal route metric per family */
	uint32_t mesh_restart_s; /* 0 = the daemon's default */
	struct strv ignored_interfaces; /* patterns: letters, digits, "_.-" and "*" */
	struct plan_peer *peers; /* sorted by name */
	size_t peers_n;
	struct plan_pool *pools; /* sorted by CIDR */
	size_t pools_n;
	struct plan_block *blocks; /* sorted by CIDR */
	size_t blocks_n;
	struct strv warnings; /* duplicates and the like, for the log */
};

enum plan_outcome { PLAN_E_NOT_YET = 1 }; /* the own Node does not exist */

/* router_id: CALICO_ROUTER_ID: NULL or "" = the IPv4 address, "hash", or an IPv4 address. */
int plan_make(const struct view *v, const char *router_id, struct plan *ret, struct err *err);
void plan_done(struct plan *p);
