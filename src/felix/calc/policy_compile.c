/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_compile.h"

#include <errno.h>
#include <math.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "effective.h"
#include "message.h"
#include "selector/selector.h"

static bool list_has(const struct text_list *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], text))
			return true;
	return false;
}

/* Without types, or with none that we know, it is both. */
static struct policy_traits policy_traits(const struct policy_spec *spec)
{
	bool ingress = list_has(&spec->types, "Ingress"), egress = list_has(&spec->types, "Egress");

	return (struct policy_traits){
		.order = spec->order.set ? spec->order.value : INFINITY,
		.ingress = ingress || !egress,
		.egress = egress || !ingress,
		.untracked = spec->do_not_track,
		.pre_dnat = spec->pre_dnat,
		.apply_on_forward = spec->apply_on_forward,
		.needed_everywhere = list_has(&spec->performance_hints, "AssumeNeededOnEveryNode"),
	};
}

bool policy_traits_equal(const struct policy_traits *a, const struct policy_traits *b)
{
	return a->order == b->order && a->ingress == b->ingress && a->egress == b->egress &&
	       a->untracked == b->untracked && a->pre_dnat == b->pre_dnat &&
	       a->apply_on_forward == b->apply_on_forward &&
	       a->needed_everywhere == b->needed_everywhere;
}

/* What is wrong with the policy apart from its rules and its own selector. */
static int check_policy(const struct policy_spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->types.n; i++)
		if (!str_eq(spec->types.v[i], "Ingress") && !str_eq(spec->types.v[i], "Egress"))
			return err_set(err, -EINVAL, "type '%s' is unknown", spec->types.v[i]);
	if (spec->do_not_track && spec->pre_dnat)
		return err_set(err, -EINVAL, "doNotTrack and preDNAT exclude each other");
	if ((spec->do_not_track || spec->pre_dnat) && !spec->apply_on_forward)
		return err_set(err, -EINVAL, "doNotTrack and preDNAT need applyOnForward");
	if (spec->pre_dnat && (spec->egress.n || list_has(&spec->types, "Egress")))
		return err_set(err, -EINVAL, "preDNAT has no egress");
	return 0;
}

static bool has_http(const struct rule_list *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (rules->v[i].http)
			return true;
	return false;
}

/* What is carried out as far as it goes: not a reason to deny. */
static void note_limits(const struct policy_spec *spec, struct err *err)
{
	if (err->code)
		return;
	if (spec->do_not_track || spec->pre_dnat)
		err_set(err, -EOPNOTSUPP, "%s does nothing on workload endpoints",
			spec->do_not_track ? "doNotTrack" : "preDNAT");
	else if (has_http(&spec->ingress) || has_http(&spec->egress))
		err_set(err, -EOPNOTSUPP, "http matches are left to an application-layer proxy");
}

static int check_selector(const char *text, struct err *err)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	if (selector_parse(text ? text : "", &s, err))
		return err_wrap(err, -EINVAL, "selector");
	return 0;
}

/* -EINVAL: a part of it does not parse; the selector is then that without the part, which the
 * policy's namespace and the other parts bound. Without any bound it is nobody's. */
static int compile_selector(const struct policy_spec *spec, const char *ns,
	struct policy_compiled *ret, struct err *err)
{
	struct policy_spec readable = *spec;
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_(selector_freep) struct selector *s = NULL;
	int r = check_selector(spec->selector, err);

	if (r)
		readable.selector = NULL;
	if (effective_policy_selector(&readable, ns, &text, r ? NULL : err))
		r = r ? r : -EINVAL;
	if (r && !readable.selector && spec->selector && !text.len)
		return r;
	if (selector_parse(buf_str(&text), &s, r ? NULL : err))
		return r ? r : err_wrap(err, -EINVAL, "selector");
	ret->selector = arena_strdup(&ret->arena, selector_text(s));
	return r;
}

/* A staged policy is carried and never enforced. */
static const char *denies(enum kind kind)
{
	bool staged =
		kind == KIND_STAGED_NETWORK_POLICY || kind == KIND_STAGED_GLOBAL_NETWORK_POLICY;

	return staged ? "it would deny" : "it denies";
}

static void compile_direction(struct rule_context *ctx, const struct key *key, bool egress,
	const struct rule_list *rules, bool deny, Felix__Rule ***ret, size_t *ret_n,
	struct err *err)
{
	_cleanup_free_ char *seed =
		mem_printf("pol-%s-default/%s", egress ? "out" : "in", key->name);
	struct err here = { 0 };

	if (deny) {
		rules_deny(ctx->arena, seed, ret, ret_n);
		return;
	}
	rules_convert(ctx, rules, seed, ret, ret_n, &here);
	if (here.code && !err->code)
		err_set(err, here.code, "it denies %s: %s", egress ? "egress" : "ingress",
			here.msg);
}

static Felix__Policy *compile_rules(const struct key *key, const struct policy_spec *spec,
	bool deny, struct policy_compiled *ret)
{
	struct rule_context ctx = { .arena = &ret->arena, .ns = key->ns };
	Felix__Policy *p = arena_message(&ret->arena, Felix__Policy, felix__policy__init);

	compile_direction(&ctx, key, false, &spec->ingress, deny && ret->traits.ingress,
		&p->inbound_rules, &p->n_inbound_rules, &ret->problem);
	compile_direction(&ctx, key, true, &spec->egress, deny && ret->traits.egress,
		&p->outbound_rules, &p->n_outbound_rules, &ret->problem);
	ret->specs = ctx.specs;
	return p;
}

static void compile_message(const struct key *key, const struct policy_spec *spec, bool deny,
	struct policy_compiled *ret)
{
	struct arena *a = &ret->arena;
	Felix__Policy *p = compile_rules(key, spec, deny, ret);

	p->namespace_ = message_text(a, key->ns);
	p->tier = message_text(a, ret->tier);
	p->untracked = ret->traits.untracked;
	p->pre_dnat = ret->traits.pre_dnat;
	p->original_selector = message_text(a, ret->selector);
	p->n_perf_hints = spec->performance_hints.n;
	p->perf_hints = message_texts(a, &spec->performance_hints);
	ret->update =
		arena_message(a, Felix__ActivePolicyUpdate, felix__active_policy_update__init);
	ret->update->policy = p;
	ret->update->id = arena_message(a, Felix__PolicyID, felix__policy_id__init);
	ret->update->id->name = message_text(a, key->name);
	ret->update->id->namespace_ = message_text(a, key->ns);
	ret->update->id->kind = message_text(a, kind_name(key->kind));
}

void policy_compile(const struct key *key, const struct resource *res, const char *invalid,
	struct policy_compiled *ret)
{
	const struct policy_spec *spec = resource_policy(res);
	struct err why = { 0 };
	bool deny;

	*ret = (struct policy_compiled){ .traits = policy_traits(spec) };
	ret->tier = str_empty(spec->tier) ? "default" : spec->tier;
	deny = compile_selector(spec, key->ns, ret, &why) || check_policy(spec, &why);
	if (invalid) {
		err_set(&why, -EINVAL, "%s", invalid);
		deny = true;
	}
	if (resource_lost(res, "spec.order"))
		ret->traits.order = -INFINITY; /* nothing else of its tier may decide before */
	if (deny) {			       /* so that it counts on workloads */
		ret->traits.untracked = ret->traits.pre_dnat = false;
		err_set(&ret->problem, -EINVAL, "%s: %s",
			ret->selector ? denies(key->kind) : "it applies to nothing", why.msg);
	}
	compile_message(key, spec, deny, ret);
	note_limits(spec, &ret->problem);
}

void policy_compiled_done(struct policy_compiled *c)
{
	free(c->specs.v);
	arena_done(&c->arena);
}
