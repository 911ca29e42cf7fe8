/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is wanted and what is there to the messages of a transaction. */
#include "base/mem.h"
#include "base/str.h"
#include "ruleset_priv.h"

#define ELEMENTS_AT_ONCE 512

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

/* --- chains --- */

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

static void write_chains(struct ruleset *rs, struct nft_batch *b)
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

/* --- sets --- */

static size_t put_element(const struct set *s, const uint8_t *key, struct nft_element *e)
{
	const size_t size = nft_set_key_size(&s->type, table_places[s->table].family);
	uint8_t last[NFT_KEY_MAX];

	if (!s->type.interval) {
		*e = (struct nft_element){ 0 };
		memcpy(e->key, key, size);
		return 1;
	}
	memcpy(last, key, size);
	for (size_t bit = key[size]; bit < size * 8; bit++)
		last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return nft_range_elements(key, last, size, e);
}

static void write_changes(
	struct set *s, struct nft_batch *b, struct nft_element *e, enum nft_change change)
{
	const struct nft_place *p = &table_places[s->table];
	const uint8_t *key;
	size_t pos = 0, n = 0;
	bool add;

	while ((key = keyset_next(&s->elements, &pos, &add))) {
		if (add != (change == NFT_ADD))
			continue;
		n += put_element(s, key, e + n);
		if (n + 2 <= ELEMENTS_AT_ONCE)
			continue;
		nft_batch_elements(b, &s->object, p, s->name, &s->type, change, e, n);
		n = 0;
	}
	if (n)
		nft_batch_elements(b, &s->object, p, s->name, &s->type, change, e, n);
}

/* Deletions first: of an interval set, what is added may lie in what goes. */
static void write_elements(struct set *s, struct nft_batch *b, struct nft_element *scratch)
{
	write_changes(s, b, scratch, NFT_DELETE);
	write_changes(s, b, scratch, NFT_ADD);
	keyset_written(&s->elements);
}

static void write_target(struct set *s, struct nft_batch *b, enum nft_change change, uint32_t group,
	const char *chain)
{
	struct nft_element e = { .target = chain };

	memcpy(e.key, &group, sizeof(group)); /* in host order, as the kernel compares it */
	nft_batch_elements(
		b, &s->object, &table_places[s->table], s->name, &s->type, change, &e, 1);
}

static void write_targets(struct ruleset *rs, struct set *s, struct nft_batch *b)
{
	DELTA_FOREACH_UPDATE(targets, &s->targets, c) {
		const char *chain = c->desired->chain->text;

		if (c->actual)
			write_target(s, b, NFT_DELETE, c->key, c->actual->chain->text);
		write_target(s, b, NFT_ADD, c->key, chain);
		set_target_is(rs, s, c->key, chain);
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

static void write_all_elements(struct ruleset *rs, struct nft_batch *b)
{
	struct nft_element *scratch = mem_new_n(struct nft_element, ELEMENTS_AT_ONCE);
	struct set *s;

	TAILQ_FOREACH(s, &rs->dirty_sets, dirty_link)
		if (!s->object.refused && !s->type.verdict_map)
			write_elements(s, b, scratch);
	free(scratch);
}

/* Verdict elements come after the chains that they name. */
static void write_all_targets(struct ruleset *rs, struct nft_batch *b)
{
	struct set *s;

	TAILQ_FOREACH(s, &rs->dirty_sets, dirty_link)
		write_targets(rs, s, b);
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
	write_all_elements(rs, b);
	write_chains(rs, b);
	write_all_targets(rs, b);
	settle_sets(rs);
}

/* --- deletions --- */

static void delete_targets(struct ruleset *rs, struct nft_batch *b)
{
	for (uint32_t i = 0; i < rs->maps.n; i++) {
		struct set *s = rs->maps.v[i];

		DELTA_FOREACH_DELETE(targets, &s->targets, c) {
			write_target(s, b, NFT_DELETE, c->key, c->actual->chain->text);
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
