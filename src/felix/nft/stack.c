/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stack.h"

#include "base/str.h"

#define PROTOCOL_IPIP 4

/* --- tiers --- */

static void render_tier(void *owner, struct rules *out)
{
	const struct tier *t = owner;

	for (uint32_t i = 0; i < t->policies.n; i++)
		policy_call(t->policies.v[i], t->direction, out);
	if (!t->default_pass)
		rules_add(out, t->all->rs->deny)->comment = "default action: Deny";
}

struct policy_ids {
	Felix__PolicyID **v;
	size_t n;
};

static struct policy_ids ids_of(const Felix__TierInfo *info, enum direction d)
{
	return d == INBOUND
		       ? (struct policy_ids){ info->ingress_policies, info->n_ingress_policies }
		       : (struct policy_ids){ info->egress_policies, info->n_egress_policies };
}

static bool passes(const Felix__TierInfo *info)
{
	return str_eq_nocase(info->default_action, "pass");
}

/* What identifies the tier's part of a direction; false when nothing in it is to be enforced. */
static bool put_tier_key(struct buf *key, const Felix__TierInfo *info, enum direction d)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const struct policy_ids ids = ids_of(info, d);
	const size_t before = key->len;
	bool any = false;

	buf_printf(key, "%s %s %s", direction_word(d), info->name, passes(info) ? "pass" : "deny");
	for (size_t i = 0; i < ids.n; i++) {
		if (kind_is_staged(ids.v[i]->kind))
			continue;
		buf_printf(key, "\n%s", policy_text(&a, ids.v[i]));
		any = true;
	}
	if (!any)
		key->len = before;
	return any;
}

static void tier_want_chain(struct tier *t)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	struct stacks *all = t->all;

	t->chain = chain_want(all->rs, name_tier_chain(&a, t->direction, t->name, t->key),
		RANK_TIER, all->tables, NULL, render_tier, t);
	chain_describe(t->chain, arena_printf(&a, "Tier(%s)", t->name), NULL);
}

static struct tier *tier_new(
	struct stacks *all, enum direction d, const Felix__TierInfo *info, struct buf *key)
{
	const struct policy_ids ids = ids_of(info, d);
	struct tier *t = mem_new(struct tier);

	*t = (struct tier){ .key = buf_take(key),
		.name = mem_strdup(info->name),
		.direction = d,
		.default_pass = passes(info),
		.refs = 1,
		.all = all };
	*tier_map_put(&all->tiers, t->key, NULL) = t;
	tier_want_chain(t);
	for (size_t i = 0; i < ids.n; i++) {
		if (kind_is_staged(ids.v[i]->kind))
			continue;
		ptrs_add(&t->policies, policies_find(all->policies, ids.v[i]));
		policy_use(t->policies.v[t->policies.n - 1], d, t->chain);
	}
	return t;
}

static struct tier *tier_get(struct stacks *all, enum direction d, const Felix__TierInfo *info)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct tier **found;

	if (!put_tier_key(&key, info, d))
		return NULL;
	found = tier_map_get(&all->tiers, key.data);
	if (!found)
		return tier_new(all, d, info, &key);
	(*found)->refs++;
	return *found;
}

static void tier_free(struct tier *t)
{
	ptrs_done(&t->policies);
	free(t->name);
	free(t->key);
	free(t);
}

static void tier_put(struct tier *t)
{
	if (--t->refs)
		return;
	for (uint32_t i = 0; i < t->policies.n; i++)
		policy_unuse(t->policies.v[i], t->direction, t->chain);
	chain_unwant(t->all->rs, t->chain);
	tier_map_remove(&t->all->tiers, t->key);
	tier_free(t);
}

/* --- stacks --- */

static struct nft_rule *add_deny(struct stacks *all, struct rules *out, const char *comment)
{
	struct nft_rule *r = rules_add(out, all->rs->deny);

	r->comment = comment;
	return r;
}

static void render_encapsulation(struct stacks *all, struct rules *out)
{
	const struct nft_port_range port = { all->config->vxlan_port, all->config->vxlan_port };
	struct arena *a = out->arena;
	struct nft_rule *r;

	if (!all->config->allow_vxlan) {
		r = add_deny(all, out, "VXLAN from a workload");
		nft_rule_add(a, r, nft_match_u8(a, NFT_F_L4PROTO, IPPROTO_UDP, false));
		nft_rule_add(a, r, nft_match_ports(a, NFT_F_DPORT, &port, 1, false));
	}
	if (!all->config->allow_ipip) {
		r = add_deny(all, out, "IPIP from a workload");
		nft_rule_add(a, r, nft_match_u8(a, NFT_F_L4PROTO, PROTOCOL_IPIP, false));
	}
}

static void render_stack(void *owner, struct rules *out)
{
	const struct stack *s = owner;
	struct arena *a = out->arena;

	if (s->all->config->drop_invalid)
		nft_rule_add(a, add_deny(s->all, out, NULL), nft_match_ct_state(a, NFT_CT_INVALID));
	if (s->direction == OUTBOUND)
		render_encapsulation(s->all, out);
	for (uint32_t i = 0; i < s->tiers.n; i++) {
		const struct tier *t = s->tiers.v[i];

		rules_add(out, NFT_TO_JUMP)->target = arena_strdup(a, t->chain->name);
	}
	for (uint32_t i = 0; i < s->profiles.n; i++)
		policy_call(s->profiles.v[i], s->direction, out);
	add_deny(s->all, out, "no profile allows it");
}

static void put_stack_key(struct buf *key, enum direction d, const Felix__WorkloadEndpoint *e)
{
	buf_puts(key, direction_word(d));
	for (size_t i = 0; i < e->n_tiers; i++) {
		const size_t before = key->len;

		buf_puts(key, "\n\n");
		if (!put_tier_key(key, e->tiers[i], d))
			key->len = before;
	}
	for (size_t i = 0; i < e->n_profile_ids; i++)
		buf_printf(key, "\n\nprofile %s", e->profile_ids[i]);
	buf_puts(key, ""); /* ends it where it was cut */
}

static void stack_want_chain(struct stack *s)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;

	s->chain = chain_want(s->all->rs, name_stack_chain(&a, s->direction, s->key), RANK_STACK,
		s->all->tables, NULL, render_stack, s);
}

static void stack_fill(struct stack *s, const Felix__WorkloadEndpoint *e)
{
	for (size_t i = 0; i < e->n_tiers; i++) {
		struct tier *t = tier_get(s->all, s->direction, e->tiers[i]);

		if (t)
			ptrs_add(&s->tiers, t);
	}
	for (size_t i = 0; i < e->n_profile_ids; i++) {
		struct policy *p = policies_find_profile(s->all->policies, e->profile_ids[i]);

		ptrs_add(&s->profiles, p);
		policy_use(p, s->direction, s->chain);
	}
}

struct stack *stack_get(struct stacks *all, enum direction d, const Felix__WorkloadEndpoint *e)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct stack **found, *s;

	put_stack_key(&key, d, e);
	found = stack_map_get(&all->stacks, key.data);
	if (found) {
		(*found)->refs++;
		return *found;
	}
	s = mem_new(struct stack);
	*s = (struct stack){ .key = buf_take(&key), .direction = d, .refs = 1, .all = all };
	*stack_map_put(&all->stacks, s->key, NULL) = s;
	stack_want_chain(s);
	stack_fill(s, e);
	return s;
}

static void stack_free(struct stack *s)
{
	ptrs_done(&s->tiers);
	ptrs_done(&s->profiles);
	free(s->key);
	free(s);
}

void stack_put(struct stack *s)
{
	if (--s->refs)
		return;
	for (uint32_t i = 0; i < s->tiers.n; i++)
		tier_put(s->tiers.v[i]);
	for (uint32_t i = 0; i < s->profiles.n; i++)
		policy_unuse(s->profiles.v[i], s->direction, s->chain);
	chain_unwant(s->all->rs, s->chain);
	stack_map_remove(&s->all->stacks, s->key);
	stack_free(s);
}

void stacks_done(struct stacks *all)
{
	MAP_FOREACH(stack_map, &all->stacks, e)
		stack_free(e->value);
	stack_map_done(&all->stacks);
	MAP_FOREACH(tier_map, &all->tiers, e)
		tier_free(e->value);
	tier_map_done(&all->tiers);
}
