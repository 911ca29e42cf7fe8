/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policies.h"

#include "base/buf.h"
#include "base/str.h"

uint64_t policy_id_hash(struct policy_id id)
{
	return hash_str(id.name) ^ hash_u64(hash_str(id.ns ? id.ns : "") + (uint64_t)id.kind);
}

bool policy_id_equal(struct policy_id a, struct policy_id b)
{
	return a.kind == b.kind && str_eq(a.ns, b.ns) && str_eq(a.name, b.name);
}

static void mark(struct policies *p, struct policy *policy)
{
	carrier_mark(&policy->carrier, &p->dirty, policy);
}

static void on_match(void *ctx, struct match_selector *ms, struct match_item *item, bool matches)
{
	struct policies *p = ctx;
	struct policy_selector *s = (struct policy_selector *)ms;
	bool was = s->n_items > 0;

	s->n_items += matches ? 1 : -1u;
	p->touch(p->ctx, item);
	for (uint32_t i = 0; was != (s->n_items > 0) && i < s->policies.n; i++)
		mark(p, s->policies.v[i]);
}

void policies_init(struct policies *p, struct atoms *atoms, struct parents *parents,
	struct sets *sets, struct reports *reports,
	void (*touch)(void *ctx, struct match_item *item), void *ctx)
{
	*p = (struct policies){
		.atoms = atoms,
		.sets = sets,
		.reports = reports,
		.touch = touch,
		.ctx = ctx,
	};
	matcher_init(&p->matcher, atoms, parents, on_match, p);
}

static void touch_items(struct policies *p, struct policy_selector *s)
{
	if (s && s->n_items)
		matcher_each_item(&p->matcher, &s->match, p->touch, p->ctx);
}

static struct policy_selector *selector_get(struct policies *p, const char *text)
{
	struct policy_selector **found = policy_selector_map_get(&p->selectors, text), *s;

	if (found)
		return *found;
	s = mem_new(struct policy_selector);
	s->text = mem_strdup(text);
	*policy_selector_map_put(&p->selectors, s->text, NULL) = s;
	if (selector_parse(text, &s->selector, NULL) == 0) /* canonical text parses */
		matcher_add(&p->matcher, &s->match, s->selector);
	return s;
}

static void selector_free_entry(struct policy_selector *s)
{
	match_selector_done(&s->match);
	selector_free(s->selector);
	ptrs_done(&s->policies);
	free(s->text);
	free(s);
}

static void selector_drop(struct policies *p, struct policy_selector *s)
{
	if (s->policies.n)
		return;
	policy_selector_map_remove(&p->selectors, s->text);
	matcher_remove(&p->matcher, &s->match);
	selector_free_entry(s);
}

/* The new entry is taken before the old one is left, so that an unchanged one stays. */
static void select_by(struct policies *p, struct policy *policy, const char *text)
{
	struct policy_selector *old = policy->selector;
	struct policy_selector *new = text ? selector_get(p, text) : NULL;

	if (new == old)
		return;
	touch_items(p, old);
	touch_items(p, new);
	policy->selector = new;
	if (new)
		ptrs_add(&new->policies, policy);
	if (old) {
		ptrs_remove(&old->policies, policy);
		selector_drop(p, old);
	}
	mark(p, policy);
}

static struct policy_id key_id(const struct key *key)
{
	return (struct policy_id){ key->kind, key->ns, key->name };
}

static struct policy *policy_get(struct policies *p, const struct key *key)
{
	struct policy **found = policy_map_get(&p->map, key_id(key)), *policy;

	if (found)
		return *found;
	policy = mem_new(struct policy);
	policy->kind = key->kind;
	policy->ns = key->ns ? atom_get(p->atoms, key->ns) : NULL;
	policy->name = mem_strdup(key->name);
	policy->rank =
		mem_printf("%s/%s/%s", key->name, key->ns ? key->ns : "", kind_name(key->kind));
	*policy_map_put(&p->map,
		(struct policy_id){ key->kind, policy->ns ? policy->ns->text : NULL, policy->name },
		NULL) = policy;
	return policy;
}

static void set_problem(struct policy *policy, const struct err *problem)
{
	free(policy->problem);
	policy->problem = problem && problem->code ? mem_strdup(problem->msg) : NULL;
}

static void set_place(struct policies *p, struct policy *policy, const struct policy_compiled *c)
{
	struct atom *tier = atom_get(p->atoms, c->tier);
	bool moved = tier != policy->tier || !policy_traits_equal(&policy->traits, &c->traits);

	atom_put(p->atoms, policy->tier);
	policy->tier = tier;
	policy->traits = c->traits;
	if (!moved)
		return;
	policy->carrier.changed = true; /* upstream sends the policy again too */
	touch_items(p, policy->selector);
	mark(p, policy);
}

void policies_set(
	struct policies *p, const struct key *key, const struct resource *res, const char *invalid)
{
	struct policy *policy = policy_get(p, key);
	_cleanup_(policy_compiled_done) struct policy_compiled c;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	policy_compile(key, res, invalid, &c);
	policy->exists = true;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_POLICY_UPDATE;
	msg.active_policy_update = c.update;
	carrier_set(&policy->carrier, p->sets, &msg, &c.specs);
	set_problem(policy, &c.problem);
	select_by(p, policy, c.selector);
	set_place(p, policy, &c);
	mark(p, policy);
}

void policies_remove(struct policies *p, const struct key *key)
{
	struct policy **found = policy_map_get(&p->map, key_id(key));

	if (!found)
		return;
	(*found)->exists = false;
	set_problem(*found, NULL);
	select_by(p, *found, NULL);
	mark(p, *found);
}

static bool wanted(const struct policy *policy)
{
	return policy->exists && policy->selector &&
	       (policy->selector->n_items || policy->traits.needed_everywhere);
}

/* A policy that concerns nothing here is nobody's problem here, unless that cannot be said. */
static void report_policy(struct policies *p, const struct policy *policy)
{
	struct key key =
		key_resource(policy->kind, policy->ns ? policy->ns->text : NULL, policy->name);
	bool concerns = policy->carrier.active || !policy->selector;

	reports_set(p->reports, &key, concerns ? policy->problem : NULL);
}

void policies_settle(struct policies *p)
{
	for (uint32_t i = 0; i < p->dirty.n; i++) {
		struct policy *policy = p->dirty.v[i];
		carrier_settle(&policy->carrier, p->sets, wanted(policy));
		if (policy->exists)
			report_policy(p, policy);
		else
			carrier_clear(&policy->carrier, p->sets);
	}
}

void policies_emit_updates(struct policies *p, struct emitter *e)
{
	for (uint32_t i = 0; i < p->dirty.n; i++)
		carrier_emit_update(&((struct policy *)p->dirty.v[i])->carrier, e);
}

static void emit_remove(const struct policy *policy, struct emitter *e)
{
	Felix__ActivePolicyRemove gone = FELIX__ACTIVE_POLICY_REMOVE__INIT;
	Felix__PolicyID id = FELIX__POLICY_ID__INIT;

	id.name = policy->name;
	id.kind = (char *)kind_name(policy->kind);
	if (policy->ns)
		id.namespace_ = policy->ns->text;
	gone.id = &id;
	emit_payload(e, ACTIVE_POLICY_REMOVE, active_policy_remove, &gone);
}

static void policy_free(struct policies *p, struct policy *policy)
{
	policy_map_remove(&p->map, (struct policy_id){ policy->kind,
					   policy->ns ? policy->ns->text : NULL, policy->name });
	atom_put(p->atoms, policy->tier);
	atom_put(p->atoms, policy->ns);
	free(policy->name);
	free(policy->rank);
	free(policy->problem);
	free(policy);
}

void policies_emit_removes(struct policies *p, struct emitter *e)
{
	for (uint32_t i = 0; i < p->dirty.n; i++) {
		struct policy *policy = p->dirty.v[i];
		if (carrier_to_remove(&policy->carrier))
			emit_remove(policy, e);
		if (!policy->exists)
			policy_free(p, policy);
	}
	ptrs_done(&p->dirty);
}

void policies_done(struct policies *p)
{
	matcher_done(&p->matcher);
	MAP_FOREACH(policy_selector_map, &p->selectors, e)
		selector_free_entry(e->value);
	MAP_FOREACH(policy_map, &p->map, e) {
		carrier_done(&e->value->carrier);
		free(e->value->name);
		free(e->value->rank);
		free(e->value->problem);
		free(e->value);
	}
	policy_selector_map_done(&p->selectors);
	policy_map_done(&p->map);
	ptrs_done(&p->dirty);
}
