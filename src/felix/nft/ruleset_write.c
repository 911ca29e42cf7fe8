/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is wanted and what is there to the messages of a transaction. */
#include "ruleset_priv.h"

/* Ours, but without an owner: as after a restart. */
static bool lacks_flags(const struct ruleset *rs, enum table t)
{
	return rs->table_flags & ~rs->tables[t].flags;
}

bool ruleset_has_changes(const struct ruleset *rs)
{
	for (int t = 0; t < TABLE_N; t++)
		if (!rs->tables[t].present || rs->tables[t].rebuild || lacks_flags(rs, t))
			return true;
	return !TAILQ_EMPTY(&rs->dirty_chains) || !TAILQ_EMPTY(&rs->dirty_sets);
}

bool ruleset_has_deletions(const struct ruleset *rs)
{
	for (uint32_t i = 0; i < rs->maps.n; i++)
		if (targets_count_deletes(&((struct set *)rs->maps.v[i])->targets))
			return true;
	return !TAILQ_EMPTY(&rs->dead_chains) || !TAILQ_EMPTY(&rs->dead_sets);
}

bool ruleset_lacks_handles(const struct ruleset *rs)
{
	const struct chain *c;

	TAILQ_FOREACH(c, &rs->dirty_chains, dirty_link)
		for (int t = 0; t < TABLE_N; t++)
			if (chain_lacks_handles(c, t))
				return true;
	return false;
}

/* --- tables --- */

static void forget_targets(struct ruleset *rs, struct set *s)
{
	MAP_FOREACH(targets_states, &s->targets.states, e)
		set_target_is(rs, s, e->key, NULL);
}

static void forget_set(struct ruleset *rs, struct set *s)
{
	s->present = false;
	keyset_read_begin(&s->elements);
	keyset_read_end(&s->elements);
	forget_targets(rs, s);
	set_settle(rs, s);
}

static void forget_chain(struct ruleset *rs, struct chain *c, enum table t)
{
	c->in[t].present = false;
	chain_has_no_rules(c, t);
	if (c->render && (c->tables & 1u << t))
		chain_touch(rs, c);
	chain_settle(rs, c);
}

/* The table is not there any more, or will not be once the batch has begun. */
static void forget_table(struct ruleset *rs, enum table t)
{
	rs->tables[t].present = false;
	rs->tables[t].handle = 0;
	MAP_FOREACH(chain_map, &rs->chains, e)
		forget_chain(rs, e->value, t);
	MAP_FOREACH(set_map, &rs->sets[t], e)
		forget_set(rs, e->value);
}

/* A table can be adopted if it is persistent; that it cannot become later. */
static bool must_go(const struct ruleset *rs, enum table t)
{
	const struct table_state *table = &rs->tables[t];

	return table->present &&
	       (table->rebuild || (rs->table_flags & NFT_TABLE_PERSIST & ~table->flags));
}

static void write_tables(struct ruleset *rs, struct nft_batch *b)
{
	for (int t = 0; t < TABLE_N; t++) {
		struct table_state *table = &rs->tables[t];

		if (must_go(rs, t)) {
			nft_batch_delete_table(b, &table->object, &table_places[t]);
			forget_table(rs, t);
		}
		table->rebuild = false;
		if (table->present && !lacks_flags(rs, t))
			continue;
		nft_batch_table(b, &table->object, &table_places[t], rs->table_flags);
		table->present = true;
		table->flags = rs->table_flags;
	}
}

/* --- chains and sets --- */

static void write_new_chains(struct ruleset *rs, struct nft_batch *b)
{
	struct chain *c;

	TAILQ_FOREACH(c, &rs->dirty_chains, dirty_link)
		for (int t = 0; t < TABLE_N; t++) {
			if (!(c->tables & 1u << t) || c->in[t].present)
				continue;
			nft_batch_chain(
				b, &c->object, &table_places[t], c->name, c->hook, c->comment);
			c->in[t] = (struct chain_state){ .present = true,
				.base = c->hook != NULL,
				.hook = c->hook ? *c->hook : (struct nft_hook){ 0 },
				.rules = c->in[t].rules,
				.cap = c->in[t].cap };
		}
}

static void write_new_sets(struct ruleset *rs, struct nft_batch *b)
{
	struct set *s;

	TAILQ_FOREACH(s, &rs->dirty_sets, dirty_link) {
		if (s->present || s->object.refused)
			continue;
		nft_batch_set(b, &s->object, &table_places[s->table], s->name, &s->type);
		s->present = true;
	}
}

static void settle_sets(struct ruleset *rs)
{
	struct set *s, *next;

	TAILQ_FOREACH_SAFE(s, &rs->dirty_sets, dirty_link, next)
		set_settle(rs, s);
}

void ruleset_write_changes(struct ruleset *rs, struct nft_batch *b)
{
	write_tables(rs, b);
	write_new_chains(rs, b);
	write_new_sets(rs, b);
	sets_write_elements(rs, b);
	chains_write(rs, b);
	sets_write_targets(rs, b);
	settle_sets(rs);
}

/* --- deletions --- */

static void delete_targets(struct ruleset *rs, struct nft_batch *b)
{
	for (uint32_t i = 0; i < rs->maps.n; i++) {
		struct set *s = rs->maps.v[i];

		DELTA_FOREACH_DELETE(targets, &s->targets, c) {
			set_write_target(s, b, NFT_DELETE, c->key, c->actual->chain->text);
			set_target_is(rs, s, c->key, NULL);
		}
	}
}

/* The rules of all of them first, so that no order among them matters. */
static void flush_dead_chains(struct ruleset *rs, struct nft_batch *b)
{
	struct chain *c;

	TAILQ_FOREACH(c, &rs->dead_chains, dead_link)
		for (int t = 0; t < TABLE_N; t++)
			if (c->in[t].present && c->in[t].n)
				nft_batch_flush_chain(b, NULL, &table_places[t], c->name);
}

static void delete_chains(struct ruleset *rs, struct nft_batch *b)
{
	struct chain *c, *next;

	TAILQ_FOREACH_SAFE(c, &rs->dead_chains, dead_link, next) {
		for (int t = 0; t < TABLE_N; t++) {
			if (!c->in[t].present)
				continue;
			nft_batch_delete_chain(b, NULL, &table_places[t], c->name);
			c->in[t].present = false;
			chain_has_no_rules(c, t);
		}
		chain_settle(rs, c);
	}
}

static void delete_sets(struct ruleset *rs, struct nft_batch *b)
{
	struct set *s, *next;

	TAILQ_FOREACH_SAFE(s, &rs->dead_sets, dead_link, next) {
		nft_batch_delete_set(b, NULL, &table_places[s->table], s->name);
		s->present = false;
		set_settle(rs, s);
	}
}

void ruleset_write_deletions(struct ruleset *rs, struct nft_batch *b)
{
	delete_targets(rs, b);
	flush_dead_chains(rs, b);
	delete_sets(rs, b);
	delete_chains(rs, b);
}
