/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policies.h - policies, the local endpoints they select, and so which of them are active.
 *
 * Policies of equal selectors share one entry of the matcher. An active policy is told with its
 * sets in use; what an endpoint then lists is made from match_item_selectors(). Source: felix.md
 * 1.3, 1.5.
 */
#pragma once

#include "carrier.h"
#include "policy_compile.h"
#include "reports.h"

struct policy_selector {
	struct match_selector match; /* first */
	struct selector *selector;
	char *text;
	struct ptrs policies;
	uint32_t n_items; /* local endpoints that it selects */
};
MAP_DEFINE(policy_selector_map, const char *, struct policy_selector *, hash_str, hash_str_equal);

struct policy {
	struct carrier carrier; /* first */
	enum kind kind;
	struct atom *ns; /* NULL: global */
	char *name;
	char *rank; /* "name/namespace/kind" decides between equal orders */
	bool exists;
	struct atom *tier;
	struct policy_traits traits;
	struct policy_selector *selector; /* NULL: it cannot be said whom it selects */
	char *problem;
};

struct policy_id {
	enum kind kind;
	const char *ns, *name;
};
uint64_t policy_id_hash(struct policy_id id);
bool policy_id_equal(struct policy_id a, struct policy_id b);
MAP_DEFINE(policy_map, struct policy_id, struct policy *, policy_id_hash, policy_id_equal);

struct policies {
	struct atoms *atoms;
	struct sets *sets;
	struct reports *reports;
	/* The lists of this local endpoint have to be made anew. */
	void (*touch)(void *ctx, struct match_item *item);
	void *ctx;
	struct matcher matcher; /* of local endpoints with the policies' selectors */
	struct policy_map map;
	struct policy_selector_map selectors;
	struct ptrs dirty;
};

void policies_init(struct policies *p, struct atoms *atoms, struct parents *parents,
	struct sets *sets, struct reports *reports,
	void (*touch)(void *ctx, struct match_item *item), void *ctx);
void policies_done(struct policies *p);

/* `invalid` not NULL: what the reader found wrong with it. */
void policies_set(
	struct policies *p, const struct key *key, const struct resource *res, const char *invalid);
void policies_remove(struct policies *p, const struct key *key);

void policies_settle(struct policies *p);
void policies_emit_updates(struct policies *p, struct emitter *e);
void policies_emit_removes(struct policies *p, struct emitter *e);
