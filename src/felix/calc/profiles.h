/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiles.h - profiles: labels for everyone, rules for the local endpoints that list them.
 *
 * A profile that is listed and does not exist stands in with a deny in both directions; only
 * projectcalico-default-allow exists without being stored. Source: felix.md 1.3, datamodel.md 3.2.
 */
#pragma once

#include "carrier.h"
#include "passthru.h"
#include "reports.h"

struct profile {
	struct carrier carrier; /* first */
	char *name;
	bool exists;
	uint32_t users; /* local endpoints */
	char *problem;
};
MAP_DEFINE(profile_map, const char *, struct profile *, hash_str, hash_str_equal);

struct profiles {
	struct sets *sets;
	struct parents *parents;
	struct passthru *passthru;
	struct reports *reports;
	struct profile_map map;
	struct ptrs dirty;
};

/* `invalid` not NULL: what the reader found wrong with it. Then it denies, and gives the labels that
 * could be read. */
void profiles_set(
	struct profiles *p, const char *name, const struct resource *res, const char *invalid);
void profiles_remove(struct profiles *p, const char *name);
struct profile *profile_use(struct profiles *p, const char *name);
void profile_unuse(struct profiles *p, struct profile *profile);

void profiles_settle(struct profiles *p);
void profiles_emit_updates(struct profiles *p, struct emitter *e);
void profiles_emit_removes(struct profiles *p, struct emitter *e);
void profiles_done(struct profiles *p);
