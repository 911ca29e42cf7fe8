/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calc.h - what must this host look like? A pure, incremental function of the datastore.
 *
 * In: (key, object or nothing) in any order, any number of times. Out: at each flush the
 * difference in IP sets, policies, profiles, endpoints and routes, in dependency order (felix.md 1.6).
 * No clock, no socket, no address of memory influences it.
 *
 * The output messages are the protobuf-c structs of felixbackend.proto: flat, with a codec, no
 * pointer into the graph; a message is borrowed during the call.
 *
 * Work: proportional to the change. calc_counters() lets a test count it.
 * Source: felix.md 1.3 to 1.6, datamodel.md 4.6, 5, 8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/key.h"

struct block;
struct calc;
struct resource;
typedef struct Felix__ToDataplane Felix__ToDataplane;

typedef void (*calc_output_fn)(void *ctx, const Felix__ToDataplane *msg);
/* What cannot be enforced as written, and is denied instead; reason NULL clears. `subject` is the
 * object's key text "Kind(ns/name)". */
typedef void (*calc_problem_fn)(void *ctx, const char *subject, const char *reason);

struct calc_config {
	const char *hostname;
	bool spoofing_any;	  /* WorkloadSourceSpoofing=Any */
	bool suppress_covered_members; /* hide CIDRs inside others (NFTablesMode not Disabled) */

	/* Routes are told while a pool is there whose routes Felix makes, or WireGuard is on. */
	bool ipip_routes, no_encap_routes; /* ProgramClusterRoutes; those of VXLAN always are */
	bool wireguard;			   /* of either family */
	bool routes_from_workloads;	   /* RouteSource=WorkloadIPs */
};

struct calc *calc_new(const struct calc_config *config, calc_output_fn output,
	calc_problem_fn problem, void *ctx);
struct calc *calc_free(struct calc *c); /* returns NULL */

/* `res` NULL = the key is gone. Borrowed: calc keeps copies of what it needs. It checks what it
 * relies on (rules, selectors, addresses, names); the reader has only to decode. */
void calc_update(struct calc *c, const struct key *key, const struct resource *res);
/* The same for a key of type KEY_BLOCK. */
void calc_update_block(struct calc *c, const struct key *key, const struct block *b);
/* The value of this key does not decode or validate; `res` is what could be read, or NULL. Reported
 * with the reason until the key is updated or gone, and used so that nothing opens:
 *
 *   policy            denies what its readable selectors and its namespace select, if any bound it;
 *                     first in its tier when its order is lost
 *   profile           denies; its readable labels are inherited
 *   tier              keeps its order; its default action is Deny
 *   set, endpoint     its good addresses stay in sets, unless its labels are lost; a local workload
 *                     endpoint is absent, which denies its traffic
 *   anything else     gone */
void calc_invalid(struct calc *c, const struct key *key, const struct resource *res,
	const char *reason);

void calc_in_sync(struct calc *c);
void calc_flush(struct calc *c); /* nothing comes out before the first calc_in_sync() */

struct calc_counters { /* since calc_new(); only ever grow */
	uint64_t selectors_visited, endpoints_visited, members_emitted, messages_emitted;
	uint64_t routes_evaluated;
};
struct calc_counters calc_counters(const struct calc *c);

/* The size of every index, by name: all zero after everything was removed. */
typedef void (*calc_size_fn)(void *ctx, const char *index, size_t size);
void calc_sizes(const struct calc *c, calc_size_fn fn, void *ctx);
