/* SPDX-License-Identifier: GPL-2.0-or-later */
/* carrier.h - what policies and profiles have in common: rules, the sets they name, and whether
 * the dataplane knows them.
 *
 * A carrier that changed waits in its owner's list for the flush: carrier_settle() takes the sets
 * into use or gives them back, then sets go out, then carrier_emit_update(), then endpoints, then
 * carrier_emit_remove().
 */
#pragma once

#include "sets.h"

struct carrier {
	struct packed update; /* the message */
	struct set **sets;    /* that the rules name */
	uint32_t n_sets;
	bool active;  /* its sets are in use */
	bool told;    /* the dataplane has it */
	bool changed; /* since it was told */
	bool dirty;   /* it stands in its owner's list */
};

/* Takes the new rules; *changed stays as it was when they are the old ones. */
void carrier_set(struct carrier *c, struct sets *s, const Felix__ToDataplane *update,
	const struct set_specs *specs);
void carrier_clear(struct carrier *c, struct sets *s); /* no rules, no sets */
void carrier_done(struct carrier *c); /* when all ends: the sets go by themselves */

void carrier_mark(struct carrier *c, struct ptrs *list, void *owner);
void carrier_settle(struct carrier *c, struct sets *s, bool wanted);
void carrier_emit_update(struct carrier *c, struct emitter *e);
/* True: it has to be removed, which the caller tells. */
bool carrier_to_remove(struct carrier *c);
