/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tiers.h - the order of tiers and their default actions.
 *
 * A tier that does not exist, not yet or not any more, comes last and has no default action, which
 * is a deny. (Upstream keeps the default action of a deleted one: then the outcome depends on
 * what was before. Ours is a function of the datastore alone.) Source: felix.md 1.5.
 */
#pragma once

#include "base/map.h"
#include "model/policy.h"

struct tier {
	double order;               /* INFINITY: none */
	const char *default_action; /* "Deny", "Pass"; static */
};
MAP_DEFINE(tier_map, const char *, struct tier, hash_str, hash_str_equal);

struct tiers {
	struct tier_map map; /* the names are owned */
};

bool tiers_set(struct tiers *t, const char *name, const struct tier_spec *spec); /* changed? */
bool tiers_remove(struct tiers *t, const char *name);
void tiers_done(struct tiers *t);

const struct tier *tiers_get(const struct tiers *t, const char *name); /* NULL: does not exist */
int tiers_compare(const struct tiers *t, const char *a, const char *b);
