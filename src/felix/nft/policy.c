/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include <string.h>

#include "base/str.h"
#include "proto/print.h"

/* A rule that logs and has alternatives: a chain of its own. */
struct log_chain {
	struct policy *policy;
	enum direction direction;
	size_t rule;
	struct chain *chain; /* NULL while the policy is not used */
};

static struct rule_owner owner_of(const struct policy *p, enum direction d)
{
	return (struct rule_owner){ .direction = d,
		.title = p->title,
		.text = p->text,
		.tier = p->tier,
		.kind = p->kind,
		.name = p->name,
		.namespace_ = p->namespace_ };
}

/* --- the packed message --- */

static void *arena_allocate(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void arena_ignore(void *arena, void *p)
{
}

struct rule_list {
	Felix__Rule **v;
	size_t n;
};

static struct rule_list unpack_rules(const struct policy *p, enum direction d, struct arena *a)
{
	ProtobufCAllocator allocator = { arena_allocate, arena_ignore, a };
	const Felix__Policy *policy;
	const Felix__Profile *profile;

	if (!p->known)
		return (struct rule_list){ 0 };
	if (p->profile) {
		profile = felix__profile__unpack(&allocator, p->packed_len, p->packed);
		return d == INBOUND ? (struct rule_list){ profile->inbound_rules,
			profile->n_inbound_rules }
				    : (struct rule_list){ profile->outbound_rules,
					      profile->n_outbound_rules };
	}
	policy = felix__policy__unpack(&allocator, p->packed_len, p->packed);
	return d == INBOUND
		       ? (struct rule_list){ policy->inbound_rules, policy->n_inbound_rules }
		       : (struct rule_list){ policy->outbound_rules, policy->n_outbound_rules };
}

/* --- chains --- */

static void render_rules(const struct policy *p, enum direction d, struct rules *out)
{
	const struct rule_owner o = owner_of(p, d);
	struct rule_list list;

	if (!p->known || p->side[d].fault) {
		rules_add(out, p->all->rs->deny)->comment =
			p->known ? "denied: it cannot be enforced" : "denied: it is not known";
		return;
	}
	list = unpack_rules(p, d, out->arena);
	for (size_t i = 0; i < list.n; i++)
		rule_render(&p->all->rules, &o, list.v[i], i, out);
	if (!list.n)
		rule_render_none(&o, out);
}

static void render_inbound(void *owner, struct rules *out)
{
	render_rules(owner, INBOUND, out);
}

static void render_outbound(void *owner, struct rules *out)
{
	render_rules(owner, OUTBOUND, out);
}

static void render_log(void *owner, struct rules *out)
{
	const struct log_chain *l = owner;
	const struct rule_owner o = owner_of(l->policy, l->direction);
	struct rule_list list = unpack_rules(l->policy, l->direction, out->arena);

	if (l->rule < list.n)
		rule_render_log(&l->policy->all->rules, &o, list.v[l->rule], out);
}

static bool is_inlined(const struct policy *p, enum direction d)
{
	return p->known && !p->profile && !p->side[d].fault && p->side[d].passes;
}

static struct chain *want_own_chain(struct policy *p, enum direction d)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const char *name =
		p->profile ? name_profile_chain(&a, d, p->name) : name_policy_chain(&a, d, p->text);
	struct chain *c = chain_want(p->all->rs, name, RANK_POLICY, p->all->tables, NULL,
		d == INBOUND ? render_inbound : render_outbound, p);

	chain_describe(
		c, p->subject, strstr(name, p->profile ? p->name : p->text) ? NULL : p->title);
	return c;
}

static void want_log_chain(struct log_chain *l)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	struct policy *p = l->policy;

	l->chain = chain_want(p->all->rs, name_log_chain(&a, l->direction, p->text, l->rule),
		RANK_LOG, p->all->tables, NULL, render_log, l);
	chain_describe(l->chain, p->subject, NULL);
}

static void touch(struct ruleset *rs, struct chain *c)
{
	object_forgive(rs, &c->object);
	chain_touch(rs, c);
}

/* Makes or drops the chains as the use asks for, and has everything rendered again. */
static void settle_side(struct policy *p, enum direction d)
{
	struct policy_side *s = &p->side[d];
	struct ruleset *rs = p->all->rs;
	const bool wanted = s->users.n && !is_inlined(p, d);

	if (wanted && !s->chain) {
		s->chain = want_own_chain(p, d);
	} else if (!wanted && s->chain) {
		chain_unwant(rs, s->chain);
		s->chain = NULL;
	}
	for (uint32_t i = 0; i < s->logs.n; i++) {
		struct log_chain *l = s->logs.v[i];

		if (s->users.n && !l->chain) {
			want_log_chain(l);
		} else if (!s->users.n && l->chain) {
			chain_unwant(rs, l->chain);
			l->chain = NULL;
		}
	}
}

static void touch_side(struct policy *p, enum direction d, bool users_too)
{
	struct policy_side *s = &p->side[d];
	struct ruleset *rs = p->all->rs;

	if (s->chain)
		touch(rs, s->chain);
	for (uint32_t i = 0; i < s->logs.n; i++)
		if (((struct log_chain *)s->logs.v[i])->chain)
			touch(rs, ((struct log_chain *)s->logs.v[i])->chain);
	for (uint32_t i = 0; users_too && i < s->users.n; i++)
		touch(rs, s->users.v[i]);
}

void policy_touch(struct policy *p)
{
	for (int d = 0; d < DIRECTION_N; d++)
		touch_side(p, d, is_inlined(p, d));
}

/* --- records --- */

static struct policy *record(struct policies *all, const char *key)
{
	struct policy **found = policy_map_get(&all->map, key), *p;

	if (found)
		return *found;
	p = mem_new(struct policy);
	p->key = mem_strdup(key);
	p->all = all;
	p->tier = mem_strdup("");
	*policy_map_put(&all->map, p->key, NULL) = p;
	return p;
}

struct policy *policies_find(struct policies *all, const Felix__PolicyID *id)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const bool namespaced = !str_empty(id->namespace_);
	const char *slash = namespaced ? "/" : "";
	struct policy *p = record(
		all, arena_printf(&a, "%s(%s%s%s)", id->kind, id->namespace_, slash, id->name));

	if (p->name)
		return p;
	p->subject = mem_strdup(p->key);
	p->title = mem_printf("%s %s%s%s", id->kind, id->namespace_, slash, id->name);
	p->text = mem_strdup(policy_text(&a, id));
	p->kind = mem_strdup(kind_short(id->kind));
	p->name = mem_strdup(id->name);
	p->namespace_ = mem_strdup(id->namespace_);
	return p;
}

struct policy *policies_find_profile(struct policies *all, const char *name)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	struct policy *p = record(all, arena_printf(&a, "Profile(%s)", name));

	if (p->name)
		return p;
	p->profile = true;
	p->subject = mem_strdup(p->key);
	p->title = mem_printf("Profile %s", name);
	p->text = mem_printf("pro/%s", name);
	p->kind = mem_strdup("pro");
	p->name = mem_strdup(name);
	p->namespace_ = mem_strdup("");
	return p;
}

static void drop_logs(struct policy *p)
{
	for (int d = 0; d < DIRECTION_N; d++) {
		for (uint32_t i = 0; i < p->side[d].logs.n; i++) {
			struct log_chain *l = p->side[d].logs.v[i];

			chain_unwant(p->all->rs, l->chain);
			free(l);
		}
		ptrs_done(&p->side[d].logs);
	}
}

static void drop_sets(struct policy *p)
{
	for (uint32_t i = 0; i < p->sets.n; i++) {
		ipsets_unuse(p->all->ipsets, p->sets.v[i], p);
		free(p->sets.v[i]);
	}
	ptrs_done(&p->sets);
}

static void policy_free(struct policy *p)
{
	for (int d = 0; d < DIRECTION_N; d++) {
		for (uint32_t i = 0; i < p->side[d].logs.n; i++)
			free(p->side[d].logs.v[i]);
		ptrs_done(&p->side[d].logs);
		ptrs_done(&p->side[d].users);
	}
	for (uint32_t i = 0; i < p->sets.n; i++)
		free(p->sets.v[i]);
	ptrs_done(&p->sets);
	free(p->title);
	free(p->subject);
	free(p->text);
	free(p->kind);
	free(p->name);
	free(p->namespace_);
	free(p->tier);
	free(p->packed);
	free(p->key);
	free(p);
}

static void forget_if_idle(struct policy *p)
{
	struct policies *all = p->all;

	if (p->known || p->side[INBOUND].users.n || p->side[OUTBOUND].users.n)
		return;
	policy_map_remove(&all->map, p->key);
	policy_free(p);
}

void nft_policies_done(struct policies *all)
{
	MAP_FOREACH(policy_map, &all->map, e)
		policy_free(e->value);
	policy_map_done(&all->map);
}

/* --- messages --- */

static void use_set(void *ctx, const char *id)
{
	struct policy *p = ctx;

	ptrs_add(&p->sets, mem_strdup(id));
	ipsets_use(p->all->ipsets, id, p);
}

static void add_log(struct policy *p, enum direction d, size_t rule)
{
	struct log_chain *l = mem_new(struct log_chain);

	*l = (struct log_chain){ .policy = p, .direction = d, .rule = rule };
	ptrs_add(&p->side[d].logs, l);
}

static void take_rules(struct policy *p, enum direction d, Felix__Rule **v, size_t n)
{
	struct policy_side *s = &p->side[d];

	s->n_rules = n;
	s->passes = false;
	s->fault = NULL;
	for (size_t i = 0; i < n; i++) {
		const char *fault = rule_fault(v[i]);

		if (fault && !s->fault)
			s->fault = fault;
		s->passes = s->passes || rule_passes(v[i]);
		rule_each_set(v[i], use_set, p);
		if (!fault && rule_logs_apart(v[i]))
			add_log(p, d, i);
	}
}

static void report(struct policy *p)
{
	struct ruleset *rs = p->all->rs;
	_cleanup_free_ char *reason = NULL;

	for (int d = 0; d < DIRECTION_N && !reason; d++)
		if (p->known && p->side[d].fault)
			reason =
				mem_printf("%s is denied: %s", direction_word(d), p->side[d].fault);
	rs->problem(rs->ctx, p->subject, reason);
}

static void take_message(struct policy *p, const ProtobufCMessage *msg)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	proto_pack(msg, &b);
	free(p->packed);
	p->packed_len = b.len;
	p->packed = (uint8_t *)buf_take(&b);
	p->known = true;
}

struct content {
	Felix__Rule **rules[DIRECTION_N];
	size_t n[DIRECTION_N];
};

static void update(struct policy *p, const ProtobufCMessage *msg, const struct content *c)
{
	bool was_inlined[DIRECTION_N] = { is_inlined(p, INBOUND), is_inlined(p, OUTBOUND) };
	const bool had_fault = p->side[INBOUND].fault || p->side[OUTBOUND].fault;

	take_message(p, msg);
	drop_logs(p);
	drop_sets(p);
	for (int d = 0; d < DIRECTION_N; d++) {
		take_rules(p, d, c->rules[d], c->n[d]);
		settle_side(p, d);
		touch_side(p, d, was_inlined[d] || is_inlined(p, d));
	}
	if (had_fault || p->side[INBOUND].fault || p->side[OUTBOUND].fault)
		report(p);
}

static void forget(struct policy *p)
{
	bool was_inlined[DIRECTION_N] = { is_inlined(p, INBOUND), is_inlined(p, OUTBOUND) };
	const bool had_fault = p->side[INBOUND].fault || p->side[OUTBOUND].fault;

	p->known = false;
	drop_logs(p);
	drop_sets(p);
	for (int d = 0; d < DIRECTION_N; d++) {
		p->side[d].fault = NULL;
		settle_side(p, d);
		touch_side(p, d, was_inlined[d]);
	}
	if (had_fault)
		report(p);
	forget_if_idle(p);
}

void policies_update(struct policies *all, const Felix__ActivePolicyUpdate *msg)
{
	struct policy *p = policies_find(all, msg->id);
	const struct content c = {
		{ msg->policy->inbound_rules, msg->policy->outbound_rules },
		{ msg->policy->n_inbound_rules, msg->policy->n_outbound_rules },
	};

	free(p->tier);
	p->tier = mem_strdup(msg->policy->tier);
	update(p, &msg->policy->base, &c);
}

void policies_update_profile(struct policies *all, const Felix__ActiveProfileUpdate *msg)
{
	const struct content c = {
		{ msg->profile->inbound_rules, msg->profile->outbound_rules },
		{ msg->profile->n_inbound_rules, msg->profile->n_outbound_rules },
	};

	update(policies_find_profile(all, msg->id->name), &msg->profile->base, &c);
}

void nft_policies_remove(struct policies *all, const Felix__ActivePolicyRemove *msg)
{
	forget(policies_find(all, msg->id));
}

void policies_remove_profile(struct policies *all, const Felix__ActiveProfileRemove *msg)
{
	forget(policies_find_profile(all, msg->id->name));
}

/* --- users --- */

void policy_use(struct policy *p, enum direction d, struct chain *user)
{
	ptrs_add(&p->side[d].users, user);
	settle_side(p, d);
}

void policy_unuse(struct policy *p, enum direction d, struct chain *user)
{
	ptrs_remove(&p->side[d].users, user);
	settle_side(p, d);
	forget_if_idle(p);
}

void policy_call(const struct policy *p, enum direction d, struct rules *out)
{
	if (is_inlined(p, d))
		render_rules(p, d, out);
	else
		rules_add(out, NFT_TO_JUMP)->target =
			arena_strdup(out->arena, p->side[d].chain->name);
}
