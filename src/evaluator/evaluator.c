/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evaluator/evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/endpoint.h"
#include "object.h"
#include "rule.h"
#include "scope.h"
#include "selector/selector.h"

/* One question and what is known of the answer so far. */
struct evaluation {
	const struct world *w;
	const struct resource *endpoint;
	enum direction direction;
	enum stage stage;
	const struct packet *p;
	unsigned logged;
};

/* What a list of rules says. */
enum outcome { OUTCOME_NONE, OUTCOME_PASS, OUTCOME_DECIDED };

static enum outcome decide(const struct evaluation *e, struct verdict *ret, struct verdict v)
{
	*ret = v;
	ret->logged = e->logged;
	return OUTCOME_DECIDED;
}

/* Which policies */

static bool lists_direction(const struct policy_spec *spec, enum direction d)
{
	bool unknown = false, listed = false;

	for (size_t i = 0; i < spec->types.n; i++) {
		bool ingress = str_eq_nocase(spec->types.v[i], "Ingress");
		bool egress = str_eq_nocase(spec->types.v[i], "Egress");

		unknown |= !ingress && !egress;
		listed |= d == DIRECTION_INGRESS ? ingress : egress;
	}
	return listed || unknown || spec->types.n == 0;
}

static bool lists_unknown_type(const struct policy_spec *spec)
{
	for (size_t i = 0; i < spec->types.n; i++)
		if (!str_eq_nocase(spec->types.v[i], "Ingress") &&
			!str_eq_nocase(spec->types.v[i], "Egress"))
			return true;
	return false;
}

static bool is_in_stage(const struct resource *policy, enum stage stage, enum direction d)
{
	const struct policy_spec *spec = resource_policy(policy);
	bool global = policy->kind == KIND_GLOBAL_NETWORK_POLICY, lost = policy->lost.n > 0;
	bool untracked = global && spec->do_not_track && !lost;
	bool pre_dnat = global && spec->pre_dnat && !untracked && !lost;

	switch (stage) {
	case STAGE_UNTRACKED:
		return untracked;
	case STAGE_PRE_DNAT:
		return pre_dnat && d == DIRECTION_INGRESS;
	case STAGE_NORMAL:
		return !untracked && !pre_dnat;
	case STAGE_FORWARD:
		return !untracked && !pre_dnat && global && spec->apply_on_forward;
	}
	return false;
}

static bool selects(const struct world *w, const char *scope, const struct resource *endpoint)
{
	_cleanup_(selector_freep) struct selector *s = NULL;
	struct labelled labelled = { w, endpoint };

	return scope && selector_parse(scope, &s, NULL) == 0 &&
	       selector_match(s, object_label, &labelled);
}

bool evaluate_applies(const struct world *w, const struct resource *policy,
	const struct resource *endpoint, enum direction direction, enum stage stage)
{
	_cleanup_free_ char *scope = NULL;

	if (policy->kind != KIND_NETWORK_POLICY && policy->kind != KIND_GLOBAL_NETWORK_POLICY)
		return false;
	if (endpoint->kind == KIND_WORKLOAD_ENDPOINT && stage != STAGE_NORMAL)
		return false;
	scope = scope_of_broken_policy(policy);
	return lists_direction(resource_policy(policy), direction) &&
	       is_in_stage(policy, stage, direction) && selects(w, scope, endpoint);
}

/* In which order */

struct candidate {
	const struct resource *policy;
	const char *tier_name;
	const struct tier_spec *tier; /* NULL: there is no such tier */
	char *tie;                    /* "name/namespace/kind" */
};

static int compare_orders(struct opt_float a, struct opt_float b)
{
	if (!a.set || !b.set)
		return (int)b.set - (int)a.set;
	return (a.value > b.value) - (a.value < b.value);
}

static int compare_candidates(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;
	int c = (int)!a->tier - (int)!b->tier;

	if (!c && a->tier)
		c = compare_orders(a->tier->order, b->tier->order);
	if (!c)
		c = str_cmp(a->tier_name, b->tier_name);
	if (!c) /* one whose order cannot be read comes first, and denies */
		c = (int)resource_lost(b->policy, "spec.order") -
		    (int)resource_lost(a->policy, "spec.order");
	if (!c)
		c = compare_orders(
			resource_policy(a->policy)->order, resource_policy(b->policy)->order);
	return c ? c : str_cmp(a->tie, b->tie);
}

static struct candidate candidate_of(const struct world *w, const struct resource *policy)
{
	const char *tier = resource_policy(policy)->tier;
	struct candidate c = { .policy = policy, .tier_name = str_empty(tier) ? "default" : tier };
	const struct resource *res = world_find(w, KIND_TIER, c.tier_name);

	c.tier = res ? resource_tier(res) : NULL;
	c.tie = mem_printf("%s/%s/%s", policy->meta.name, policy->meta.ns ? policy->meta.ns : "",
		kind_name(policy->kind));
	return c;
}

struct candidates {
	struct candidate *v;
	size_t n, cap;
};

static void candidates_done(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].tie);
	free(c->v);
}

static void collect(const struct evaluation *e, struct candidates *ret)
{
	for (size_t i = 0; i < e->w->n; i++) {
		const struct resource *policy = e->w->resources[i];

		if (!evaluate_applies(e->w, policy, e->endpoint, e->direction, e->stage))
			continue;
		mem_grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
		ret->v[ret->n++] = candidate_of(e->w, policy);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_candidates);
}

void evaluate_policies(const struct world *w, const struct resource *endpoint,
	enum direction direction, enum stage stage, policy_fn fn, void *ctx)
{
	struct evaluation e = {
		.w = w, .endpoint = endpoint, .direction = direction, .stage = stage
	};
	_cleanup_(candidates_done) struct candidates policies = { 0 };

	collect(&e, &policies);
	for (size_t i = 0; i < policies.n; i++)
		fn(ctx, policies.v[i].tier_name, policies.v[i].policy);
}

/* What they say */

static enum outcome run_rules(struct evaluation *e, const struct rule_list *rules, const char *ns,
	struct verdict about, struct verdict *ret)
{
	for (size_t i = 0; i < rules->n; i++) {
		enum rule_action action = rule_action(&rules->v[i]);

		if (!rule_matches(e->w, &rules->v[i], ns, e->p))
			continue;
		if (action == RULE_LOG) {
			e->logged++;
			continue;
		}
		if (action == RULE_PASS)
			return OUTCOME_PASS;
		about.action = action == RULE_ALLOW ? VERDICT_ALLOW : VERDICT_DENY;
		about.reason = REASON_RULE;
		about.rule = i;
		return decide(e, ret, about);
	}
	return OUTCOME_NONE;
}

static const struct rule_list *rules_of_policy(const struct resource *policy, enum direction d)
{
	const struct policy_spec *spec = resource_policy(policy);

	return d == DIRECTION_INGRESS ? &spec->ingress : &spec->egress;
}

static bool any_broken(const struct rule_list *rules, const char *ns)
{
	for (size_t i = 0; i < rules->n; i++)
		if (rule_is_broken(&rules->v[i], ns))
			return true;
	return false;
}

static bool policy_is_broken(const struct resource *policy, enum direction d)
{
	const struct policy_spec *spec = resource_policy(policy);
	_cleanup_free_ char *scope = scope_of_policy(policy);
	bool stages = policy->kind == KIND_GLOBAL_NETWORK_POLICY &&
		      (spec->do_not_track || spec->pre_dnat) &&
		      (!spec->apply_on_forward || (spec->do_not_track && spec->pre_dnat));

	return policy->lost.n || !scope || stages || lists_unknown_type(spec) ||
	       any_broken(rules_of_policy(policy, d), policy->meta.ns);
}

static enum outcome run_policy(struct evaluation *e, const struct candidate *c, struct verdict *ret)
{
	struct verdict about = { .tier = c->tier_name, .owner = c->policy };

	if (policy_is_broken(c->policy, e->direction)) {
		about.action = VERDICT_DENY;
		about.reason = REASON_BROKEN_POLICY;
		return decide(e, ret, about);
	}
	return run_rules(
		e, rules_of_policy(c->policy, e->direction), c->policy->meta.ns, about, ret);
}

static bool ends_in_deny(const struct evaluation *e, const struct candidate *c)
{
	if (e->stage == STAGE_UNTRACKED || e->stage == STAGE_PRE_DNAT)
		return false;
	return !c->tier || !str_eq(c->tier->default_action, "Pass");
}

/* The candidates c[0] to c[n - 1] of one tier. */
static enum outcome run_tier(
	struct evaluation *e, const struct candidate *c, size_t n, struct verdict *ret)
{
	for (size_t i = 0; i < n; i++) {
		enum outcome o = run_policy(e, &c[i], ret);

		if (o != OUTCOME_NONE)
			return o;
	}
	if (!ends_in_deny(e, c))
		return OUTCOME_PASS;
	return decide(e, ret,
		(struct verdict){ .action = VERDICT_DENY,
			.reason = REASON_TIER_DEFAULT,
			.tier = c->tier_name });
}

static enum outcome run_tiers(
	struct evaluation *e, const struct candidates *all, struct verdict *ret)
{
	for (size_t i = 0, n; i < all->n; i += n) {
		n = 1;
		while (i + n < all->n && str_eq(all->v[i].tier_name, all->v[i + n].tier_name))
			n++;
		if (run_tier(e, &all->v[i], n, ret) == OUTCOME_DECIDED)
			return OUTCOME_DECIDED;
	}
	return OUTCOME_NONE;
}

static enum outcome run_profile(struct evaluation *e, const char *name, struct verdict *ret)
{
	const struct resource *profile = world_find(e->w, KIND_PROFILE, name);
	struct verdict about = { .profile = name, .owner = profile };
	const struct profile_spec *spec;

	if (profile && profile->lost.n) {
		about.action = VERDICT_DENY;
		about.reason = REASON_BROKEN_PROFILE;
		return decide(e, ret, about);
	}
	if (!profile) {
		bool allow = str_eq(name, "projectcalico-default-allow");

		about.action = allow ? VERDICT_ALLOW : VERDICT_DENY;
		about.reason = allow ? REASON_DEFAULT_PROFILE : REASON_MISSING_PROFILE;
		return decide(e, ret, about);
	}
	spec = resource_profile(profile);
	return run_rules(e, e->direction == DIRECTION_INGRESS ? &spec->ingress : &spec->egress,
		NULL, about, ret);
}

static void run_profiles(struct evaluation *e, struct verdict *ret)
{
	const struct text_list *profiles = object_profiles(e->endpoint);

	for (size_t i = 0; i < profiles->n; i++)
		if (run_profile(e, profiles->v[i], ret) == OUTCOME_DECIDED)
			return;
	decide(e, ret, (struct verdict){ .action = VERDICT_DENY, .reason = REASON_NO_PROFILE });
}

/* What is asked before policy */

static bool failsafe_has(
	const struct failsafe_list *l, uint8_t protocol, uint16_t port, const struct addr *other)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].protocol == protocol && l->v[i].port == port &&
			(!l->v[i].net.addr.family || cidr_has(&l->v[i].net, other)))
			return true;
	return false;
}

static bool is_failsafe(const struct evaluation *e)
{
	bool ingress = e->direction == DIRECTION_INGRESS;
	const struct failsafe_list *there = ingress ? &e->w->failsafe_in : &e->w->failsafe_out;
	const struct failsafe_list *back = ingress ? &e->w->failsafe_out : &e->w->failsafe_in;
	const struct packet *p = e->p;
	const struct addr *other = ingress ? &p->source : &p->destination;

	if (e->endpoint->kind != KIND_HOST_ENDPOINT || e->stage == STAGE_FORWARD)
		return false;
	if (failsafe_has(there, p->protocol, p->destination_port, other))
		return true;
	/* Without connection tracking an answer is recognised by the port it comes from. */
	return e->stage == STAGE_UNTRACKED &&
	       failsafe_has(back, p->protocol, p->source_port, other);
}

static bool is_denied_tunnel(const struct evaluation *e)
{
	const struct packet *p = e->p;

	if (e->endpoint->kind != KIND_WORKLOAD_ENDPOINT || e->direction != DIRECTION_EGRESS)
		return false;
	return (e->w->denied_ipip && p->protocol == 4) ||
	       (e->w->denied_vxlan_port && p->protocol == 17 &&
		       p->destination_port == e->w->denied_vxlan_port);
}

struct verdict evaluate(const struct world *w, const struct resource *endpoint,
	enum direction direction, enum stage stage, const struct packet *p)
{
	struct evaluation e = { w, endpoint, direction, stage, p, 0 };
	_cleanup_(candidates_done) struct candidates policies = { 0 };
	struct verdict v = { .action = VERDICT_ALLOW, .reason = REASON_FAILSAFE };

	if (endpoint->kind == KIND_WORKLOAD_ENDPOINT && endpoint->lost.n)
		return (struct verdict){ .action = VERDICT_DENY, .reason = REASON_BROKEN_ENDPOINT };
	if (is_failsafe(&e))
		return v;
	if (is_denied_tunnel(&e))
		return (struct verdict){ .action = VERDICT_DENY, .reason = REASON_ENCAPSULATION };
	collect(&e, &policies);
	if (run_tiers(&e, &policies, &v) == OUTCOME_DECIDED)
		return v;
	if (stage == STAGE_NORMAL) {
		run_profiles(&e, &v);
		return v;
	}
	v.action = stage == STAGE_FORWARD && !policies.n ? VERDICT_ALLOW : VERDICT_UNDECIDED;
	v.reason = REASON_NO_POLICY;
	v.logged = e.logged;
	return v;
}

const char *verdict_reason_text(enum verdict_reason reason)
{
	switch (reason) {
	case REASON_RULE:
		return "rule";
	case REASON_BROKEN_POLICY:
		return "policy that cannot be evaluated";
	case REASON_BROKEN_PROFILE:
		return "profile that cannot be read";
	case REASON_BROKEN_ENDPOINT:
		return "endpoint that cannot be read";
	case REASON_TIER_DEFAULT:
		return "default action of the tier";
	case REASON_NO_PROFILE:
		return "no profile decides";
	case REASON_MISSING_PROFILE:
		return "profile does not exist";
	case REASON_DEFAULT_PROFILE:
		return "default profile";
	case REASON_NO_POLICY:
		return "no policy decides";
	case REASON_FAILSAFE:
		return "failsafe port";
	case REASON_ENCAPSULATION:
		return "encapsulated traffic from a workload";
	}
	return "unknown";
}
