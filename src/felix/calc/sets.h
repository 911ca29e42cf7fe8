/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sets.h - the IP sets that active rules need, and their members.
 *
 * A set is known while a policy or profile names it, in use while an active one does. Only a set in
 * use costs members; which they are is settled at the flush, so that use and disuse in between
 * cost nothing. Identity and kinds: felix.md 1.4.
 */
#pragma once

#include "emit.h"
#include "items.h"
#include "rules.h"

struct set_live;

struct set {
	char *id, *selector;
	struct atom *port; /* NULL: a set of addresses */
	uint8_t protocol;
	bool dirty;
	uint32_t refs, uses;
	struct set_live *live; /* since the last flush it was in use at */
};
MAP_DEFINE(set_map, const char *, struct set *, hash_str, hash_str_equal);

struct sets {
	struct atoms *atoms;
	bool hide_covered;
	struct matcher matcher; /* of items with the sets' selectors */
	struct set_map map;
	struct ptrs dirty;   /* sets whose use or existence may have changed */
	struct ptrs changed; /* live sets with something to tell */
	struct ptrs gone;    /* identifiers of told sets that are no more */
	size_t n_live;
};

void sets_init(struct sets *s, struct atoms *atoms, struct parents *parents, bool hide_covered);
void sets_done(struct sets *s);

struct set *sets_get(struct sets *s, const struct set_spec *spec);
void sets_put(struct sets *s, struct set *set);
void sets_use(struct sets *s, struct set *set);
void sets_unuse(struct sets *s, struct set *set);

/* At a flush, in this order; rules that name the sets go out in between. */
void sets_settle(struct sets *s);
void sets_emit_updates(struct sets *s, struct emitter *e);
void sets_emit_removes(struct sets *s, struct emitter *e);
size_t sets_count_members(const struct sets *s);
