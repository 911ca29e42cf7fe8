/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset.h"

#include <assert.h>

#include "base/mem.h"
#include "base/str.h"
#include "ruleset_priv.h"

const struct nft_place table_places[TABLE_N] = {
	[TABLE_IP] = { NFPROTO_IPV4, "calico" },
	[TABLE_IP6] = { NFPROTO_IPV6, "calico" },
	[TABLE_ARP] = { NFPROTO_ARP, "calico-arp" },
};

int table_of(int family, const char *name)
{
	for (int t = 0; t < TABLE_N; t++)
		if (table_places[t].family == family && str_eq(table_places[t].table, name))
			return t;
	return -1;
}

void rules_append(struct rules *r, struct nft_rule *rule)
{
	if (r->n == r->cap) {
		struct nft_rule **grown;

		r->cap = r->cap ? r->cap * 2 : 16;
		grown = arena_new_n(r->arena, struct nft_rule *, r->cap);
		if (r->n)
			memcpy(grown, r->v, r->n * sizeof(*grown));
		r->v = grown;
	}
	r->v[r->n++] = rule;
}

struct nft_rule *rules_add(struct rules *r, enum nft_verdict verdict)
{
	struct nft_rule *rule = nft_rule_new(r->arena);

	rule->verdict = verdict;
	rules_append(r, rule);
	return rule;
}

void ruleset_init(struct ruleset *rs)
{
	*rs = (struct ruleset){ .deny = NFT_TO_DROP };
	TAILQ_INIT(&rs->dirty_chains);
	TAILQ_INIT(&rs->dead_chains);
	TAILQ_INIT(&rs->dirty_sets);
	TAILQ_INIT(&rs->dead_sets);
}

static const char *object_subject(const struct object *o)
{
	switch (o->kind) {
	case OBJECT_TABLE:
		break;
	case OBJECT_CHAIN: {
		const struct chain *c = (const struct chain *)o;

		return c->subject ? c->subject : c->name;
	}
	case OBJECT_SET: {
		const struct set *s = (const struct set *)o;

		return s->subject ? s->subject : s->name;
	}
	}
	return "table calico";
}

void object_refuse(struct ruleset *rs, struct object *o, const char *reason)
{
	o->refused = true;
	rs->refused++;
	rs->problem(rs->ctx, object_subject(o), reason);
}

void object_forgive(struct ruleset *rs, struct object *o)
{
	if (!o->refused)
		return;
	o->refused = false;
	rs->problem(rs->ctx, object_subject(o), NULL);
}

void ruleset_forgive(struct ruleset *rs)
{
	MAP_FOREACH(chain_map, &rs->chains, e)
		if (e->value->object.refused) {
			object_forgive(rs, &e->value->object);
			if (e->value->render)
				chain_touch(rs, e->value);
		}
	for (int t = 0; t < TABLE_N; t++)
		MAP_FOREACH(set_map, &rs->sets[t], e)
			if (e->value->object.refused) {
				object_forgive(rs, &e->value->object);
				set_settle(rs, e->value);
			}
}

/* --- chains --- */

static void chain_free(struct chain *c)
{
	for (int t = 0; t < TABLE_N; t++)
		free(c->in[t].rules);
	free(c->name);
	free(c->subject);
	free((char *)c->comment);
	free(c);
}

struct chain *chain_record(struct ruleset *rs, const char *name)
{
	struct chain **found = chain_map_get(&rs->chains, name), *c;

	if (found)
		return *found;
	c = mem_new(struct chain);
	c->object.kind = OBJECT_CHAIN;
	c->name = mem_strdup(name);
	*chain_map_put(&rs->chains, c->name, NULL) = c;
	return c;
}

bool chain_present(const struct chain *c)
{
	for (int t = 0; t < TABLE_N; t++)
		if (c->in[t].present)
			return true;
	return false;
}

bool chain_lacks_handles(const struct chain *c, enum table t)
{
	return (c->tables & 1u << t) && c->in[t].untold;
}

void chain_has_no_rules(struct chain *c, enum table t)
{
	c->in[t].n = c->in[t].untold = 0;
}

/* Puts the chain into the lists that it belongs to; frees it when it belongs nowhere. */
void chain_settle(struct ruleset *rs, struct chain *c)
{
	const bool dead = !c->render && chain_present(c);

	if (!c->render && c->dirty) {
		TAILQ_REMOVE(&rs->dirty_chains, c, dirty_link);
		c->dirty = false;
	}
	if (dead && !c->dead)
		TAILQ_INSERT_TAIL(&rs->dead_chains, c, dead_link);
	else if (!dead && c->dead)
		TAILQ_REMOVE(&rs->dead_chains, c, dead_link);
	c->dead = dead;
	if (c->render || dead)
		return;
	chain_map_remove(&rs->chains, c->name);
	chain_free(c);
}

static bool hooked_as(const struct chain_state *s, const struct nft_hook *hook)
{
	if (!s->base || !hook)
		return !s->base && !hook;
	return str_eq(s->hook.type, hook->type) && s->hook.num == hook->num &&
	       s->hook.priority == hook->priority;
}

void chain_check_hook(struct ruleset *rs, const struct chain *c)
{
	for (int t = 0; t < TABLE_N; t++)
		if (c->render && (c->tables & 1u << t) && c->in[t].present &&
			!hooked_as(&c->in[t], c->hook))
			rs->tables[t].rebuild = true;
}

struct chain *chain_want(struct ruleset *rs, const char *name, enum rank rank, unsigned tables,
	const struct nft_hook *hook, render_fn render, void *owner)
{
	struct chain *c = chain_record(rs, name);

	assert(!c->render);
	c->rank = rank;
	c->tables = tables;
	c->hook = hook;
	c->render = render;
	c->owner = owner;
	object_forgive(rs, &c->object);
	chain_check_hook(rs, c);
	chain_settle(rs, c);
	chain_touch(rs, c);
	return c;
}

void chain_describe(struct chain *c, const char *subject, const char *comment)
{
	free(c->subject);
	free((char *)c->comment);
	c->subject = subject ? mem_strdup(subject) : NULL;
	c->comment = comment ? mem_strdup(comment) : NULL;
}

void chain_touch(struct ruleset *rs, struct chain *c)
{
	if (c->dirty)
		return;
	TAILQ_INSERT_TAIL(&rs->dirty_chains, c, dirty_link);
	c->dirty = true;
}

void chain_unwant(struct ruleset *rs, struct chain *c)
{
	if (!c)
		return;
	object_forgive(rs, &c->object);
	c->render = NULL;
	c->owner = NULL;
	chain_settle(rs, c);
}

/* --- sets --- */

static void set_free(struct ruleset *rs, struct set *s)
{
	keyset_done(&s->elements);
	MAP_FOREACH(targets_states, &s->targets.states, e) {
		if (e->value.is_desired)
			atom_put(&rs->names, e->value.desired.chain);
		if (e->value.is_actual)
			atom_put(&rs->names, e->value.actual.chain);
	}
	targets_done(&s->targets);
	free(s->name);
	free(s->subject);
	free(s);
}

struct set *set_record(struct ruleset *rs, enum table t, const char *name)
{
	struct set **found = set_map_get(&rs->sets[t], name), *s;

	if (found)
		return *found;
	s = mem_new(struct set);
	s->object.kind = OBJECT_SET;
	s->table = t;
	s->name = mem_strdup(name);
	*set_map_put(&rs->sets[t], s->name, NULL) = s;
	return s;
}

bool set_pending(const struct set *s)
{
	return keyset_has_changes(&s->elements) || targets_count_updates(&s->targets);
}

void set_settle(struct ruleset *rs, struct set *s)
{
	const bool dirty = s->wanted && !s->object.refused && (!s->present || set_pending(s));
	const bool dead = !s->wanted && s->present;

	if (dirty && !s->dirty)
		TAILQ_INSERT_TAIL(&rs->dirty_sets, s, dirty_link);
	else if (!dirty && s->dirty)
		TAILQ_REMOVE(&rs->dirty_sets, s, dirty_link);
	s->dirty = dirty;
	if (dead && !s->dead)
		TAILQ_INSERT_TAIL(&rs->dead_sets, s, dead_link);
	else if (!dead && s->dead)
		TAILQ_REMOVE(&rs->dead_sets, s, dead_link);
	s->dead = dead;
	if (s->wanted || s->present)
		return;
	set_map_remove(&rs->sets[s->table], s->name);
	set_free(rs, s);
}

static bool same_type(const struct nft_set_type *a, const struct nft_set_type *b, enum table t)
{
	const int family = table_places[t].family;

	return nft_set_key_type(a, family) == nft_set_key_type(b, family) &&
	       nft_set_flags(a) == nft_set_flags(b);
}

void set_take_type(struct set *s, const struct nft_set_type *type)
{
	const size_t size = nft_set_key_size(type, table_places[s->table].family) + type->interval;

	s->type = *type;
	if (s->elements.size == size || !size)
		return;
	keyset_done(&s->elements);
	keyset_init(&s->elements, (uint8_t)size);
}

/* A set that is still there under this name with another type can only go with its table. */
struct set *set_want(struct ruleset *rs, enum table t, const char *name,
	const struct nft_set_type *type, const char *subject)
{
	struct set *s = set_record(rs, t, name);

	assert(!s->wanted);
	if (s->present && !same_type(&s->type, type, t))
		rs->tables[t].rebuild = true;
	set_take_type(s, type);
	s->wanted = true;
	if (type->verdict_map)
		ptrs_add(&rs->maps, s);
	s->subject = subject ? mem_strdup(subject) : NULL;
	object_forgive(rs, &s->object);
	set_settle(rs, s);
	return s;
}

void set_unwant(struct ruleset *rs, struct set *s)
{
	if (!s)
		return;
	object_forgive(rs, &s->object);
	s->wanted = false;
	ptrs_remove(&rs->maps, s);
	free(s->subject);
	s->subject = NULL;
	keyset_unwant_all(&s->elements);
	set_settle(rs, s);
}

void set_add(struct ruleset *rs, struct set *s, const struct set_key *key)
{
	keyset_want(&s->elements, key->bytes);
	set_settle(rs, s);
}

void set_remove(struct ruleset *rs, struct set *s, const struct set_key *key)
{
	keyset_unwant(&s->elements, key->bytes);
	set_settle(rs, s);
}

void set_clear(struct ruleset *rs, struct set *s)
{
	keyset_unwant_all(&s->elements);
	set_settle(rs, s);
}

/* Atoms are counted once for each side of the delta that holds them. */
void set_point(struct ruleset *rs, struct set *s, uint32_t group, const char *chain)
{
	const struct target *old = targets_desired(&s->targets, group);
	struct atom *drop = old ? old->chain : NULL;

	targets_set_desired(&s->targets, group, (struct target){ atom_get(&rs->names, chain) });
	atom_put(&rs->names, drop);
	set_settle(rs, s);
}

void set_unpoint(struct ruleset *rs, struct set *s, uint32_t group)
{
	const struct target *old = targets_desired(&s->targets, group);
	struct atom *drop = old ? old->chain : NULL;

	targets_unset_desired(&s->targets, group);
	atom_put(&rs->names, drop);
	set_settle(rs, s);
}

void set_target_is(struct ruleset *rs, struct set *s, uint32_t group, const char *chain)
{
	const struct target *old = targets_actual(&s->targets, group);
	struct atom *drop = old ? old->chain : NULL;

	if (chain)
		targets_set_actual(
			&s->targets, group, (struct target){ atom_get(&rs->names, chain) });
	else
		targets_unset_actual(&s->targets, group);
	atom_put(&rs->names, drop);
}

void ruleset_done(struct ruleset *rs)
{
	MAP_FOREACH(chain_map, &rs->chains, e)
		chain_free(e->value);
	chain_map_done(&rs->chains);
	for (int t = 0; t < TABLE_N; t++) {
		MAP_FOREACH(set_map, &rs->sets[t], e)
			set_free(rs, e->value);
		set_map_done(&rs->sets[t]);
	}
	ptrs_done(&rs->maps);
	atoms_done(&rs->names);
	free(rs->read_keys);
}
