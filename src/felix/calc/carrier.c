/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "carrier.h"

static void give_back(struct carrier *c, struct sets *s, struct set **sets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (c->active)
			sets_unuse(s, sets[i]);
		sets_put(s, sets[i]);
	}
	free(sets);
}

void carrier_set(struct carrier *c, struct sets *s, const Felix__ToDataplane *update,
	const struct set_specs *specs)
{
	struct set **old = c->sets;
	uint32_t n_old = c->n_sets;

	if (!packed_set(&c->update, update))
		return; /* the same rules name the same sets */
	c->changed = true;
	c->n_sets = (uint32_t)specs->n;
	c->sets = specs->n ? mem_new_n(struct set *, specs->n) : NULL;
	for (size_t i = 0; i < specs->n; i++) {
		c->sets[i] = sets_get(s, &specs->v[i]);
		if (c->active)
			sets_use(s, c->sets[i]);
	}
	give_back(c, s, old, n_old);
}

void carrier_clear(struct carrier *c, struct sets *s)
{
	give_back(c, s, c->sets, c->n_sets);
	c->sets = NULL;
	c->n_sets = 0;
	c->active = false;
	packed_done(&c->update);
}

void carrier_done(struct carrier *c)
{
	free(c->sets);
	packed_done(&c->update);
}

void carrier_mark(struct carrier *c, struct ptrs *list, void *owner)
{
	if (c->dirty)
		return;
	c->dirty = true;
	ptrs_add(list, owner);
}

void carrier_settle(struct carrier *c, struct sets *s, bool wanted)
{
	if (wanted == c->active)
		return;
	for (uint32_t i = 0; i < c->n_sets; i++)
		(wanted ? sets_use : sets_unuse)(s, c->sets[i]);
	c->active = wanted;
}

void carrier_emit_update(struct carrier *c, struct emitter *e)
{
	if (!c->active || (c->told && !c->changed))
		return;
	packed_emit(&c->update, e);
	c->told = true;
	c->changed = false;
}

bool carrier_to_remove(struct carrier *c)
{
	bool remove = c->told && !c->active;

	c->dirty = false;
	if (remove)
		c->told = false;
	return remove;
}
