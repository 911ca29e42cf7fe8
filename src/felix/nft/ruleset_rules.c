/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of chains: which are wrong, and the messages that make them right. */
#include "base/mem.h"
#include "base/str.h"
#include "ruleset_priv.h"

static const char *target_fault(
	const struct ruleset *rs, const struct chain *c, const struct nft_rule *rule, enum table t)
{
	struct chain **target;

	if (rule->verdict != NFT_TO_JUMP && rule->verdict != NFT_TO_GOTO)
		return NULL;
	target = chain_map_get(&rs->chains, rule->target);
	if (!target || !(*target)->render || !((*target)->tables & 1u << t))
		return "a rule jumps to a chain that does not exist";
	return (*target)->rank > c->rank ? NULL : "a rule jumps to a chain of the same level";
}

static const char *rule_fault(
	const struct ruleset *rs, const struct chain *c, const struct nft_rule *rule, enum table t)
{
	if (nft_rule_expressions(rule) > NFT_EXPRESSIONS_MAX)
		return "a rule has more parts than the kernel allows";
	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct nft_match *m = rule->matches[i];
		struct set **set = m->kind == NFT_IN_SET ? set_map_get(&rs->sets[t], m->set) : NULL;

		if (m->kind == NFT_IN_SET && (!set || !(*set)->wanted))
			return "a rule looks into a set that does not exist";
		if (set && (*set)->type.n_fields != m->n_fields)
			return "a rule looks into a set of another type";
		if (set && (*set)->object.refused)
			return "a rule looks into a set that could not be changed";
	}
	return target_fault(rs, c, rule, t);
}

static void check(struct ruleset *rs, struct chain *c, const struct rules *r)
{
	for (size_t i = 0; i < r->n && !c->object.refused; i++) {
		const char *fault = rule_fault(rs, c, r->v[i], r->table);

		if (fault)
			object_refuse(rs, &c->object, fault);
	}
}

static void render(struct ruleset *rs, struct chain *c, struct rules *r)
{
	rs->rendered++;
	if (!c->object.refused) {
		c->render(c->owner, r);
		check(rs, c, r);
	}
	if (!c->object.refused)
		return;
	r->n = 0;
	rules_add(r, rs->deny)->comment = "denied: these rules could not be written";
}

static bool same_rules(const struct chain_state *s, const struct standing *now, size_t n)
{
	if (s->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->rules[i].hash != now[i].hash)
			return false;
	return true;
}

/* What stays has its handle in `now`. */
static void delete_rules(
	struct chain *c, struct nft_batch *b, enum table t, const struct standing *now, size_t n)
{
	const struct chain_state *s = &c->in[t];
	size_t next = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!standing_stays(&s->rules[i], now, n, &next))
			nft_batch_delete_rule(
				b, &c->object, &table_places[t], c->name, s->rules[i].handle);
}

static void insert_rules(
	struct chain *c, struct nft_batch *b, const struct rules *r, const struct standing *now)
{
	struct nft_spot spot = { .chain = c->name, .tell = c->in[r->table].n };

	for (size_t i = 0; i < r->n; i++) {
		if (now[i].handle)
			continue;
		spot.before = standing_next(now, r->n, i);
		nft_batch_rule_at(
			b, &c->object, &table_places[r->table], &spot, r->v[i], now[i].hash);
	}
}

static void write_rules(
	struct chain *c, struct nft_batch *b, const struct rules *r, struct standing *now)
{
	struct chain_state *s = &c->in[r->table];
	const size_t stay = s->untold ? 0 : standing_keep(s->rules, s->n, now, r->n);

	if (stay)
		delete_rules(c, b, r->table, now, r->n);
	else if (s->n)
		nft_batch_flush_chain(b, &c->object, &table_places[r->table], c->name);
	insert_rules(c, b, r, now);
	mem_grow(&s->rules, &s->cap, r->n, sizeof(*s->rules));
	if (r->n)
		memcpy(s->rules, now, r->n * sizeof(*now));
	s->n = r->n;
	s->untold = r->n - stay;
}

static void write_chain(
	struct ruleset *rs, struct chain *c, enum table t, struct nft_batch *b, struct arena *a)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct rules r = { .arena = a, .table = t };
	struct standing *now;

	render(rs, c, &r);
	now = arena_new_n(a, struct standing, r.n + 1);
	for (size_t i = 0; i < r.n; i++)
		now[i] = (struct standing){ .hash = nft_rule_hash(
						    r.v[i], table_places[t].family, &text) };
	if (!same_rules(&c->in[t], now, r.n))
		write_rules(c, b, &r, now);
	arena_reset(a);
}

void chains_write(struct ruleset *rs, struct nft_batch *b)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	struct chain *c;

	while ((c = TAILQ_FIRST(&rs->dirty_chains))) {
		TAILQ_REMOVE(&rs->dirty_chains, c, dirty_link);
		c->dirty = false;
		for (int t = 0; t < TABLE_N; t++)
			if (c->tables & 1u << t)
				write_chain(rs, c, t, b, &a);
	}
}
