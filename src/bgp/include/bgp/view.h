/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.h - the part of the datastore that BGP on one node depends on.
 *
 * Fed with (key, object or nothing) in any order. An update that does not change what BGP sees of
 * an object (a heartbeat in a Node's status, say) is no change.
 *
 * Owner:  the view copies what it keeps.
 * Source: bgp.md 1.2, 1.3, 1.5.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/key.h"

struct affinity;
struct resource;

struct view_node {
	char *name;
	char *v4, *v6; /* CIDR texts with host bits, NULL when the family is off */
	bool has_as;
	uint32_t as;
	char *cluster_id; /* NULL: no route reflector */
};

enum view_encap { VIEW_NO_ENCAP, VIEW_VXLAN, VIEW_IPIP };

struct view_pool {
	char *name;
	struct cidr cidr;
	bool no_export;
	enum view_encap encap;
	bool cross_subnet;
};

struct view_block { /* that this node has an affinity for, confirmed */
	char *name; /* as the CIDR is written */
	struct cidr cidr;
	bool releasing; /* its affinity is on the way out */
};

struct view_config { /* one BGPConfiguration */
	bool present;
	char *log_severity; /* NULL when unset */
	bool mesh_off;
	uint32_t as;          /* 0 = unset */
	uint16_t listen_port; /* 0 = unset */
	bool bind_node_ip;
	char *program_cluster_routes, *mesh_restart_time;
	uint32_t v4_priority, v6_priority; /* 0 = unset */
	struct strv ignored_interfaces;
};

struct view;

struct view *view_new(const char *hostname);
struct view *view_free(struct view *v); /* returns NULL */

/* True when what BGP sees has changed. `res` NULL = gone. */
bool view_update(struct view *v, const struct key *key, const struct resource *res);
/* The same for a stored value, NULL = gone. *err has a code when the value is damaged: of a Node or a
 * BGPConfiguration what can be read counts, so that one slip does not end a node's sessions; any
 * other is as if gone. */
bool view_read(struct view *v, const struct key *key, const char *value, size_t len,
	struct err *err);

/* The same for a key of type KEY_BLOCK_AFFINITY; other nodes' and pending ones are nothing. */
bool view_update_affinity(struct view *v, const struct key *key, const struct affinity *a);

const char *view_hostname(const struct view *v);
/* Sorted by name. */
size_t view_nodes(const struct view *v, const struct view_node *const **ret);
const struct view_node *view_own_node(const struct view *v); /* NULL: no Node yet */
size_t view_pools(const struct view *v, const struct view_pool *const **ret); /* sorted by name */
size_t view_blocks(const struct view *v, const struct view_block *const **ret); /* by name */
const struct view_config *view_global(const struct view *v);
const struct view_config *view_node_config(const struct view *v, const char *node); /* or NULL */
