/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiles.h"

#include <errno.h>

#include "base/str.h"
#include "effective.h"
#include "message.h"

#define DEFAULT_ALLOW "projectcalico-default-allow"

static void mark(struct profiles *p, struct profile *profile)
{
	carrier_mark(&profile->carrier, &p->dirty, profile);
}

/* Rules. */

/* rules NULL: there is no such profile, or none that can be read. */
static void convert_direction(struct rule_context *ctx, const char *name, bool egress,
	const struct rule_list *rules, bool exists, Felix__Rule ***ret, size_t *ret_n,
	struct err *err)
{
	_cleanup_free_ char *seed = mem_printf("prof-%s-%s", egress ? "out" : "in", name);
	struct err here = { 0 };

	if (rules)
		rules_convert(ctx, rules, seed, ret, ret_n, &here);
	else if (!exists && str_eq(name, DEFAULT_ALLOW))
		rules_allow(ctx->arena, seed, ret, ret_n);
	else
		rules_deny(ctx->arena, seed, ret, ret_n);
	if (here.code && !err->code)
		err_set(err, here.code, "it denies %s: %s", egress ? "egress" : "ingress",
			here.msg);
}

/* spec NULL: what stands in for a profile that does not exist, or cannot be read. */
static void set_rules(struct profiles *p, struct profile *profile, const struct profile_spec *spec,
	const char *invalid)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct rule_context ctx = { .arena = &arena };
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__ActiveProfileUpdate update = FELIX__ACTIVE_PROFILE_UPDATE__INIT;
	Felix__ProfileID id = FELIX__PROFILE_ID__INIT;
	Felix__Profile rules = FELIX__PROFILE__INIT;
	struct err problem = { 0 };

	convert_direction(&ctx, profile->name, false, spec ? &spec->ingress : NULL,
		profile->exists, &rules.inbound_rules, &rules.n_inbound_rules, &problem);
	convert_direction(&ctx, profile->name, true, spec ? &spec->egress : NULL,
		profile->exists, &rules.outbound_rules, &rules.n_outbound_rules, &problem);
	if (invalid)
		err_set(&problem, -EINVAL, "it denies: %s", invalid);
	id.name = profile->name;
	update.id = &id;
	update.profile = &rules;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_PROFILE_UPDATE;
	msg.active_profile_update = &update;
	carrier_set(&profile->carrier, p->sets, &msg, &ctx.specs);
	free(ctx.specs.v);
	free(profile->problem);
	profile->problem = problem.code ? mem_strdup(problem.msg) : NULL;
	mark(p, profile);
}

static struct profile *profile_find(struct profiles *p, const char *name)
{
	struct profile **found = profile_map_get(&p->map, name);

	return found ? *found : NULL;
}

static struct profile *profile_get(struct profiles *p, const char *name)
{
	struct profile *profile = profile_find(p, name);

	if (profile)
		return profile;
	profile = mem_new(struct profile);
	profile->name = mem_strdup(name);
	*profile_map_put(&p->map, profile->name, NULL) = profile;
	return profile;
}

/* Namespaces and service accounts, which are profiles by name. */

/* The labels that begin with the prefix, without it; their texts stay the profile's. */
static struct text_map strip_labels(
	struct arena *a, const struct text_map *labels, const char *prefix)
{
	struct text_map ret = { .v = arena_new_n(a, struct text_pair, labels->n + 1) };

	for (size_t i = 0; i < labels->n; i++)
		if (str_starts(labels->v[i].key, prefix))
			ret.v[ret.n++] = (struct text_pair){ labels->v[i].key + strlen(prefix),
				labels->v[i].value };
	return ret;
}

static void pass_namespace(struct profiles *p, const char *name, const struct text_map *labels)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	struct text_map map;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__NamespaceUpdate update = FELIX__NAMESPACE_UPDATE__INIT;
	Felix__NamespaceID id = FELIX__NAMESPACE_ID__INIT;

	if (!labels) {
		passthru_remove(p->passthru, PASSED_NAMESPACE, name);
		return;
	}
	map = strip_labels(&a, labels, PREFIX_NAMESPACE);
	message_map(&a, update.n_labels, update.labels, Felix__NamespaceUpdate__LabelsEntry,
		felix__namespace_update__labels_entry__init, &map);
	id.name = (char *)name;
	update.id = &id;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_NAMESPACE_UPDATE;
	msg.namespace_update = &update;
	passthru_set(p->passthru, PASSED_NAMESPACE, name, &msg, false);
}

/* `name` is "namespace.account". */
static void pass_account(struct profiles *p, const char *name, const struct text_map *labels)
{
	_cleanup_arena_ struct arena a = ARENA_INIT;
	const char *dot = strchr(name, '.');
	struct text_map map;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__ServiceAccountUpdate update = FELIX__SERVICE_ACCOUNT_UPDATE__INIT;
	Felix__ServiceAccountID id = FELIX__SERVICE_ACCOUNT_ID__INIT;

	if (!dot)
		return;
	if (!labels) {
		passthru_remove(p->passthru, PASSED_SERVICE_ACCOUNT, name);
		return;
	}
	map = strip_labels(&a, labels, PREFIX_SERVICE_ACCOUNT);
	message_map(&a, update.n_labels, update.labels, Felix__ServiceAccountUpdate__LabelsEntry,
		felix__service_account_update__labels_entry__init, &map);
	id.namespace_ = arena_strndup(&a, name, (size_t)(dot - name));
	id.name = (char *)dot + 1;
	update.id = &id;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_SERVICE_ACCOUNT_UPDATE;
	msg.service_account_update = &update;
	passthru_set(p->passthru, PASSED_SERVICE_ACCOUNT, name, &msg, false);
}

static void pass(struct profiles *p, const char *name, const struct text_map *labels)
{
	if (str_starts(name, "kns."))
		pass_namespace(p, name + 4, labels);
	else if (str_starts(name, "ksa."))
		pass_account(p, name + 4, labels);
}

void profiles_set(
	struct profiles *p, const char *name, const struct resource *res, const char *invalid)
{
	const struct profile_spec *spec = resource_profile(res);
	struct profile *profile = profile_get(p, name);

	profile->exists = true;
	set_rules(p, profile, invalid ? NULL : spec, invalid);
	parents_set(p->parents, name, &spec->labels_to_apply);
	pass(p, name, &spec->labels_to_apply);
}

void profiles_remove(struct profiles *p, const char *name)
{
	struct profile *profile = profile_find(p, name);

	if (!profile || !profile->exists)
		return;
	profile->exists = false;
	set_rules(p, profile, NULL, NULL);
	parents_clear(p->parents, name);
	pass(p, name, NULL);
}

struct profile *profile_use(struct profiles *p, const char *name)
{
	struct profile *profile = profile_get(p, name);

	if (!profile->carrier.update.data)
		set_rules(p, profile, NULL, NULL);
	profile->users++;
	mark(p, profile);
	return profile;
}

void profile_unuse(struct profiles *p, struct profile *profile)
{
	profile->users--;
	mark(p, profile);
}

void profiles_settle(struct profiles *p)
{
	for (uint32_t i = 0; i < p->dirty.n; i++) {
		struct profile *profile = p->dirty.v[i];
		struct key key = key_resource(KIND_PROFILE, NULL, profile->name);
		carrier_settle(&profile->carrier, p->sets, profile->users > 0);
		if (profile->exists)
			reports_set(p->reports, &key, profile->users ? profile->problem : NULL);
		if (!profile->exists && !profile->users)
			carrier_clear(&profile->carrier, p->sets);
	}
}

void profiles_emit_updates(struct profiles *p, struct emitter *e)
{
	for (uint32_t i = 0; i < p->dirty.n; i++)
		carrier_emit_update(&((struct profile *)p->dirty.v[i])->carrier, e);
}

static void emit_remove(const struct profile *profile, struct emitter *e)
{
	Felix__ActiveProfileRemove gone = FELIX__ACTIVE_PROFILE_REMOVE__INIT;
	Felix__ProfileID id = FELIX__PROFILE_ID__INIT;

	id.name = profile->name;
	gone.id = &id;
	emit_payload(e, ACTIVE_PROFILE_REMOVE, active_profile_remove, &gone);
}

static void profile_free(struct profile *profile)
{
	carrier_done(&profile->carrier);
	free(profile->name);
	free(profile->problem);
	free(profile);
}

void profiles_emit_removes(struct profiles *p, struct emitter *e)
{
	for (uint32_t i = 0; i < p->dirty.n; i++) {
		struct profile *profile = p->dirty.v[i];
		if (carrier_to_remove(&profile->carrier))
			emit_remove(profile, e);
		if (profile->exists || profile->users)
			continue;
		profile_map_remove(&p->map, profile->name);
		profile_free(profile);
	}
	ptrs_done(&p->dirty);
}

void profiles_done(struct profiles *p)
{
	MAP_FOREACH(profile_map, &p->map, e)
		profile_free(e->value);
	profile_map_done(&p->map);
	ptrs_done(&p->dirty);
}
