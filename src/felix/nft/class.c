/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "class.h"

#include <bsd/string.h>
#include <string.h>

#include "endpoint.h"

static const struct nft_set_type map_types[DIRECTION_N] = {
	[INBOUND] = { .fields = { NFT_F_OIFGROUP }, .n_fields = 1, .verdict_map = true },
	[OUTBOUND] = { .fields = { NFT_F_IIFGROUP }, .n_fields = 1, .verdict_map = true },
};

void classes_init(struct classes *all)
{
	all->lowest = 1;
	for (int t = 0; t < 2; t++) {
		all->maps[t][INBOUND] = set_want(all->rs, t, "to", &map_types[INBOUND], NULL);
		all->maps[t][OUTBOUND] = set_want(all->rs, t, "from", &map_types[OUTBOUND], NULL);
	}
}

static void class_free(struct class *c)
{
	ptrs_done(&c->members);
	free(c);
}

void classes_done(struct classes *all)
{
	MAP_FOREACH(class_map, &all->map, e)
		class_free(e->value);
	class_map_done(&all->map);
	group_map_done(&all->groups);
	MAP_FOREACH(link_map, &all->links, e)
		free(e->value);
	link_map_done(&all->links);
	link_name_map_done(&all->link_names);
	carrier_map_done(&all->carriers);
	pair_map_done(&all->pairs);
	arena_done(&all->pair_texts);
	ptrs_done(&all->unnumbered);
	ptrs_done(&all->uncommitted);
}

/* --- members --- */

struct class *class_join(
	struct classes *all, const Felix__WorkloadEndpoint *msg, struct endpoint *e)
{
	const struct class_key key = { { stack_get(all->stacks, INBOUND, msg),
		stack_get(all->stacks, OUTBOUND, msg) } };
	struct class **found = class_map_get(&all->map, key), *c;

	if (found) {
		stack_put((struct stack *)key.stack[INBOUND]);
		stack_put((struct stack *)key.stack[OUTBOUND]);
		c = *found;
	} else {
		c = mem_new(struct class);
		c->stack[INBOUND] = (struct stack *)key.stack[INBOUND];
		c->stack[OUTBOUND] = (struct stack *)key.stack[OUTBOUND];
		*class_map_put(&all->map, key, NULL) = c;
		ptrs_add(&all->unnumbered, c);
	}
	ptrs_add(&c->members, e);
	return c;
}

static void release_group(struct classes *all, struct class *c)
{
	if (!c->group)
		return;
	for (unsigned t = 0; t < all->n_tables; t++)
		for (int d = 0; d < DIRECTION_N; d++)
			set_unpoint(all->rs, all->maps[t][d], c->group);
	group_map_remove(&all->groups, c->group);
	if (c->group < all->lowest)
		all->lowest = c->group;
}

void class_leave(struct classes *all, struct class *c, struct endpoint *e)
{
	ptrs_remove(&c->members, e);
	if (c->members.n)
		return;
	release_group(all, c);
	class_map_remove(
		&all->map, (struct class_key){ { c->stack[INBOUND], c->stack[OUTBOUND] } });
	stack_put(c->stack[INBOUND]);
	stack_put(c->stack[OUTBOUND]);
	ptrs_remove(&all->unnumbered, c);
	ptrs_remove(&all->uncommitted, c);
	class_free(c);
}

/* --- links --- */

static void carry(struct classes *all, uint32_t group, bool more)
{
	uint32_t *n;

	if (!group)
		return;
	n = carrier_map_put(&all->carriers, group, NULL);
	*n += more ? 1 : -1u;
	if (*n)
		return;
	carrier_map_remove(&all->carriers, group);
	if (group < all->lowest)
		all->lowest = group;
}

static uint32_t carriers(const struct classes *all, uint32_t group)
{
	const uint32_t *n = carrier_map_get(&all->carriers, group);

	return n ? *n : 0;
}

static void unname(struct classes *all, struct link *l)
{
	struct link **named = link_name_map_get(&all->link_names, l->name);

	if (named && *named == l)
		link_name_map_remove(&all->link_names, l->name);
}

void links_gone(struct classes *all, uint32_t ifindex)
{
	struct link **found = link_map_get(&all->links, ifindex), *l;

	if (!found)
		return;
	l = *found;
	carry(all, l->group, false);
	unname(all, l);
	link_map_remove(&all->links, ifindex);
	free(l);
}

/* A record of another link of that name may have lent its text to the map as the key. */
static void name_link(struct classes *all, struct link *l)
{
	link_name_map_remove(&all->link_names, l->name);
	*link_name_map_put(&all->link_names, l->name, NULL) = l;
}

void links_seen(struct classes *all, uint32_t ifindex, const char *name, uint32_t group)
{
	struct link **found = link_map_get(&all->links, ifindex), *l = found ? *found : NULL;

	if (!l) {
		l = mem_new(struct link);
		l->index = ifindex;
		*link_map_put(&all->links, ifindex, NULL) = l;
	} else {
		carry(all, l->group, false);
		unname(all, l);
	}
	strlcpy(l->name, name, sizeof(l->name));
	l->group = group;
	carry(all, group, true);
	name_link(all, l);
}

static uint32_t group_of_link(const struct classes *all, const char *name)
{
	struct link **l = link_name_map_get(&all->link_names, name);

	return l ? (*l)->group : 0;
}

/* --- numbers --- */

static char *pair_text(struct arena *a, const char *from, const char *to)
{
	return arena_printf(a, "%s\n%s", from, to);
}

void classes_read(struct classes *all)
{
	const struct targets *from = &all->maps[TABLE_IP][OUTBOUND]->targets;
	const struct targets *to = &all->maps[TABLE_IP][INBOUND]->targets;

	pair_map_done(&all->pairs);
	arena_reset(&all->pair_texts);
	MAP_FOREACH(targets_states, &from->states, e) {
		const struct target *other = targets_actual(to, e->key);

		if (e->value.is_actual && other)
			*pair_map_put(&all->pairs,
				pair_text(&all->pair_texts, e->value.actual.chain->text,
					other->chain->text),
				NULL) = e->key;
	}
}

static uint32_t adopt(struct classes *all, const struct class *c)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const uint32_t *group = pair_map_get(&all->pairs,
		pair_text(&a, c->stack[OUTBOUND]->chain->name, c->stack[INBOUND]->chain->name));

	return group && !group_map_get(&all->groups, *group) ? *group : 0;
}

static uint32_t take_over(struct classes *all, const struct class *c)
{
	const struct endpoint *first = c->members.v[0];
	uint32_t group = group_of_link(all, first->name), n = 0;

	if (!group || group_map_get(&all->groups, group))
		return 0;
	for (uint32_t i = 0; i < c->members.n; i++)
		n += group_of_link(all, ((const struct endpoint *)c->members.v[i])->name) == group;
	return n == carriers(all, group) ? group : 0;
}

static bool in_kernel(const struct classes *all, uint32_t group)
{
	for (int t = 0; t < 2; t++)
		for (int d = 0; d < DIRECTION_N; d++)
			if (targets_actual(&all->maps[t][d]->targets, group))
				return true;
	return false;
}

static uint32_t fresh(struct classes *all)
{
	uint32_t group = all->lowest;

	while (group_map_get(&all->groups, group) || carriers(all, group) || in_kernel(all, group))
		group++;
	all->lowest = group + 1;
	return group;
}

static void number(struct classes *all, struct class *c)
{
	c->group = adopt(all, c);
	if (!c->group)
		c->group = take_over(all, c);
	if (!c->group)
		c->group = fresh(all);
	*group_map_put(&all->groups, c->group, NULL) = c;
	for (unsigned t = 0; t < all->n_tables; t++)
		for (int d = 0; d < DIRECTION_N; d++)
			set_point(all->rs, all->maps[t][d], c->group, c->stack[d]->chain->name);
	ptrs_add(&all->uncommitted, c);
}

void classes_number(struct classes *all)
{
	for (uint32_t i = 0; i < all->unnumbered.n; i++)
		number(all, all->unnumbered.v[i]);
	all->unnumbered.n = 0;
	for (uint32_t i = 0; i < all->uncommitted.n; i++)
		((struct class *)all->uncommitted.v[i])->written = true;
}

void classes_committed(struct classes *all, void (*fn)(void *ctx, struct endpoint *e), void *ctx)
{
	struct ptrs rest = { 0 }, done = all->uncommitted;

	all->uncommitted = rest;
	for (uint32_t i = 0; i < done.n; i++) {
		struct class *c = done.v[i];

		c->committed = c->written;
		if (!c->written)
			ptrs_add(&all->uncommitted, c);
	}
	for (uint32_t i = 0; i < done.n; i++) {
		struct class *c = done.v[i];

		for (uint32_t m = 0; c->committed && m < c->members.n; m++)
			fn(ctx, c->members.v[m]);
	}
	ptrs_done(&done);
}
