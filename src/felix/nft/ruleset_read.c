/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the kernel shows to what is there. */
#include "base/mem.h"
#include "base/str.h"
#include "ruleset_priv.h"

static void unread_chain(struct chain *c)
{
	for (int t = 0; t < TABLE_N; t++) {
		c->in[t].present = false;
		chain_has_no_rules(c, t);
	}
}

/* Elements keep their mark until the end: a set that is not seen again has none. */
static void unread_set(struct ruleset *rs, struct set *s)
{
	s->present = false;
	keyset_read_begin(&s->elements);
	targets_resync_begin(&s->targets);
}

void ruleset_read_begin(struct ruleset *rs)
{
	for (int t = 0; t < TABLE_N; t++) {
		rs->tables[t].present = false;
		rs->tables[t].handle = 0;
		MAP_FOREACH(set_map, &rs->sets[t], e)
			unread_set(rs, e->value);
	}
	MAP_FOREACH(chain_map, &rs->chains, e)
		unread_chain(e->value);
	rs->n_read = 0;
}

void ruleset_saw_table(struct ruleset *rs, const struct nft_table_info *info)
{
	int t = table_of(info->family, info->name);

	if (t < 0)
		return;
	rs->tables[t].present = true;
	rs->tables[t].flags = info->flags;
	rs->tables[t].handle = info->handle;
}

void ruleset_saw_chain(struct ruleset *rs, const struct nft_chain_info *info)
{
	int t = table_of(info->family, info->table);
	struct chain *c;
	struct chain_state *s;

	if (t < 0)
		return;
	c = chain_record(rs, info->name);
	s = &c->in[t];
	s->present = true;
	s->base = info->base;
	s->hook = info->hook;
	s->hook.type = str_eq(info->hook.type, "filter") ? "filter" : "";
	chain_has_no_rules(c, t);
}

void ruleset_saw_rule(struct ruleset *rs, const struct nft_rule_info *info)
{
	int t = table_of(info->family, info->table);
	struct chain_state *s;

	if (t < 0)
		return;
	s = &chain_record(rs, info->chain)->in[t];
	mem_grow(&s->rules, &s->cap, s->n + 1, sizeof(*s->rules));
	s->rules[s->n++] = (struct standing){ info->has_hash ? info->hash : 0, info->handle };
}

/* Rules that are alike are told in the order in which they stand. */
void ruleset_told_rule(struct ruleset *rs, const struct nft_rule_info *info)
{
	int t = table_of(info->family, info->table);
	struct chain **c = t < 0 ? NULL : chain_map_get(&rs->chains, info->chain);
	struct chain_state *s = c ? &(*c)->in[t] : NULL;

	for (size_t i = 0; s && i < s->n; i++) {
		struct standing *rule = &s->rules[i];

		if (rule->handle || rule->hash != info->hash)
			continue;
		rule->handle = info->handle;
		s->untold--;
		return;
	}
}

struct chain *ruleset_read_chain(struct ruleset *rs, enum table *ret_table)
{
	struct chain *c;

	TAILQ_FOREACH(c, &rs->dirty_chains, dirty_link)
		for (int t = 0; t < TABLE_N; t++) {
			if (!chain_lacks_handles(c, t))
				continue;
			chain_has_no_rules(c, t);
			*ret_table = t;
			return c;
		}
	return NULL;
}

/* Only what of a type is ours can be told; any other set has none of our types. */
static bool type_of(const struct nft_set_info *info, struct nft_set_type *ret)
{
	static const struct nft_set_type types[] = {
		{ .fields = { NFT_F_SADDR }, .n_fields = 1 },
		{ .fields = { NFT_F_SADDR }, .n_fields = 1, .interval = true },
		{ .fields = { NFT_F_SADDR, NFT_F_L4PROTO, NFT_F_DPORT }, .n_fields = 3 },
		{ .fields = { NFT_F_IIFNAME, NFT_F_SADDR }, .n_fields = 2 },
		{ .fields = { NFT_F_OIFNAME, NFT_F_ARP_SADDR }, .n_fields = 2 },
		{ .fields = { NFT_F_IIFGROUP }, .n_fields = 1, .verdict_map = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		*ret = types[i];
		if (nft_set_key_type(ret, info->family) == info->key_type &&
			nft_set_flags(ret) == info->flags &&
			nft_set_key_size(ret, info->family) == info->key_size)
			return true;
	}
	*ret = (struct nft_set_type){ 0 };
	return false;
}

void ruleset_saw_set(struct ruleset *rs, const struct nft_set_info *info)
{
	int t = table_of(info->family, info->table);
	struct nft_set_type type;
	struct set *s;

	if (t < 0 || str_starts(info->name, "__")) /* anonymous: part of a rule */
		return;
	type_of(info, &type);
	s = set_record(rs, t, info->name);
	s->present = true;
	s->empty = info->empty;
	if (!s->wanted)
		set_take_type(s, &type);
	else if (nft_set_key_type(&s->type, info->family) != info->key_type ||
		 nft_set_flags(&s->type) != info->flags)
		rs->tables[t].rebuild = true;
}

/* --- elements --- */

struct reading {
	struct ruleset *rs;
	struct set *set;
};

static void saw_end_of_range(struct ruleset *rs, const struct nft_element_info *e)
{
	struct range_end *r;

	mem_grow(&rs->read_keys, &rs->read_cap, rs->n_read + 1, sizeof(*rs->read_keys));
	r = &rs->read_keys[rs->n_read++];
	*r = (struct range_end){ .end = e->end };
	memcpy(r->bytes, e->key, e->key_size);
}

static void saw_element(void *ctx, const struct nft_element_info *e)
{
	const struct reading *r = ctx;
	struct set *s = r->set;
	struct set_key key = { 0 };
	uint32_t group;

	if (e->key_size != nft_set_key_size(&s->type, table_places[s->table].family))
		return;
	if (s->type.interval) {
		saw_end_of_range(r->rs, e);
	} else if (s->type.verdict_map) {
		memcpy(&group, e->key, sizeof(group));
		set_target_is(r->rs, s, group, e->target ? e->target : "");
	} else {
		memcpy(key.bytes, e->key, e->key_size);
		keyset_saw(&s->elements, key.bytes);
	}
}

void ruleset_saw_elements(struct ruleset *rs, struct set *s, const struct nlmsghdr *msg)
{
	nft_read_elements(msg, saw_element, &(struct reading){ rs, s });
}

/* Ascending; an end before the start of the next range at the same place. */
static int range_end_cmp(const void *a, const void *b)
{
	const struct range_end *x = a, *y = b;
	int c = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	return c ? c : (int)y->end - (int)x->end;
}

/* The prefix length of first .. behind-1 (behind NULL: to the end); -1 if it is no prefix. */
static int prefix_of(const uint8_t *first, const uint8_t *behind, size_t size)
{
	struct nft_element ends[2];
	uint8_t last[NFT_KEY_MAX];

	memcpy(last, first, size);
	for (int len = (int)size * 8; len >= 0; len--) {
		const int host_bit = len - 1;
		bool bounded = nft_range_elements(first, last, size, ends) == 2;

		if (bounded ? behind && memcmp(ends[1].key, behind, size) == 0 : !behind)
			return len;
		if (host_bit < 0 || (first[host_bit / 8] & (0x80 >> host_bit % 8)))
			break; /* no shorter prefix begins here */
		last[host_bit / 8] |= (uint8_t)(0x80 >> host_bit % 8);
	}
	return -1;
}

/* A range that is not one of ours can only go with its table. */
static void saw_range(struct ruleset *rs, struct set *s, const struct range_end *start,
	const struct range_end *next)
{
	const size_t size = nft_set_key_size(&s->type, table_places[s->table].family);
	struct set_key key = { 0 };
	int len = prefix_of(start->bytes, next ? next->bytes : NULL, size);

	if (len < 0 || (next && !next->end)) {
		rs->tables[s->table].rebuild = true;
		return;
	}
	memcpy(key.bytes, start->bytes, size);
	key.bytes[size] = (uint8_t)len;
	keyset_saw(&s->elements, key.bytes);
}

void ruleset_saw_elements_end(struct ruleset *rs, struct set *s)
{
	if (rs->n_read)
		qsort(rs->read_keys, rs->n_read, sizeof(*rs->read_keys), range_end_cmp);
	for (size_t i = 0; i < rs->n_read; i++)
		if (!rs->read_keys[i].end)
			saw_range(rs, s, &rs->read_keys[i],
				i + 1 < rs->n_read ? &rs->read_keys[i + 1] : NULL);
	rs->n_read = 0;
}

/* --- the end --- */

static void forget_unseen_targets(struct ruleset *rs, struct set *s)
{
	MAP_FOREACH(targets_states, &s->targets.states, e)
		if (e->value.is_actual && e->value.seen != s->targets.resync)
			set_target_is(rs, s, e->key, NULL);
}

static void end_set(struct ruleset *rs, struct set *s)
{
	keyset_read_end(&s->elements);
	forget_unseen_targets(rs, s);
	set_settle(rs, s);
}

void ruleset_read_end(struct ruleset *rs)
{
	for (int t = 0; t < TABLE_N; t++)
		MAP_FOREACH(set_map, &rs->sets[t], e)
			end_set(rs, e->value);
	MAP_FOREACH(chain_map, &rs->chains, e) {
		struct chain *c = e->value;

		chain_check_hook(rs, c);
		if (c->render)
			chain_touch(rs, c);
		chain_settle(rs, c);
	}
}
