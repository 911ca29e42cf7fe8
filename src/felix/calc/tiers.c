/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tiers.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"

bool tiers_set(struct tiers *t, const char *name, const struct tier_spec *spec)
{
	struct tier new = {
		.order = spec->order.set ? spec->order.value : INFINITY,
		.default_action = str_eq(spec->default_action, "Pass") ? "Pass" : "Deny",
	};
	struct tier *tier = tier_map_get(&t->map, name);

	if (tier && tier->order == new.order && tier->default_action == new.default_action)
		return false;
	if (!tier)
		tier = tier_map_put(&t->map, mem_strdup(name), NULL);
	*tier = new;
	return true;
}

bool tiers_remove(struct tiers *t, const char *name)
{
	struct tier *tier = tier_map_get(&t->map, name);
	char *owned;

	if (!tier)
		return false;
	owned = (char *)container_of(tier, struct tier_map_entry, value)->key;
	tier_map_remove(&t->map, name);
	free(owned);
	return true;
}

void tiers_done(struct tiers *t)
{
	MAP_FOREACH(tier_map, &t->map, e)
		free((char *)e->key);
	tier_map_done(&t->map);
}

const struct tier *tiers_get(const struct tiers *t, const char *name)
{
	return tier_map_get(&t->map, name);
}

int tiers_compare(const struct tiers *t, const char *a, const char *b)
{
	const struct tier *x = tiers_get(t, a), *y = tiers_get(t, b);

	if (!x != !y)
		return x ? -1 : 1;
	if (x && x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return str_cmp(a, b);
}
