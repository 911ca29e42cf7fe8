/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every cluster has before anything else is written. Source: datamodel.md 1.9. */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "impl.h"
#include "model/node.h"
#include "model/policy.h"

#define TRIES 5 /* others may initialize at the same time */

/* A UUID without its dashes. */
static const char *guid_new(struct arena *arena)
{
	char uid[UID_TEXT_MAX], *to = uid;
	uid_make(uid);
	for (const char *from = uid; *from; from++)
		if (*from != '-')
			*to++ = *from;
	return arena_strndup(arena, uid, (size_t)(to - uid));
}

/* Appends what is new in `more` to the comma list. */
static const char *merge_types(struct arena *arena, const char *have, const char *more)
{
	_cleanup_strv_ struct strv list = { 0 }, added = { 0 };
	strv_split(&list, have, ',');
	strv_split(&added, more, ',');
	for (size_t i = 0; i < added.n; i++)
		if (!strv_has(&list, added.v[i]))
			strv_add(&list, added.v[i]);
	_cleanup_free_ char *text = strv_join(&list, ",");
	return arena_strdup(arena, text);
}

/* true when something changed. */
static bool fill(struct resource *res, const char *version, const char *type)
{
	struct cluster_information_spec *s = resource_cluster_information(res), old = *s;
	if (str_empty(s->cluster_guid))
		s->cluster_guid = guid_new(&res->arena);
	if (!str_empty(version) && !str_eq(version, s->calico_version))
		s->calico_version = arena_strdup(&res->arena, version);
	if (!str_empty(type))
		s->cluster_type = merge_types(&res->arena, s->cluster_type, type);
	if (!s->datastore_ready.set)
		s->datastore_ready = (struct opt_bool){ true, true };
	return s->cluster_guid != old.cluster_guid || s->calico_version != old.calico_version ||
	       !str_eq(s->cluster_type, old.cluster_type) || !old.datastore_ready.set;
}

static enum client_status try_cluster_information(
	struct client *c, const char *version, const char *type)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status =
		client_get(c, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res);
	if (status == CLIENT_E_NOT_FOUND) {
		res = resource_new(KIND_CLUSTER_INFORMATION);
		res->meta.name = "default";
		fill(res, version, type);
		return client_create(c, res);
	}
	if (status != CLIENT_OK || !fill(res, version, type))
		return status;
	return client_update(c, res);
}

static enum client_status ensure_tier(
	struct client *c, const char *name, double order, const char *action)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status = client_get(c, KIND_TIER, NULL, name, NULL, &res);
	if (status != CLIENT_E_NOT_FOUND)
		return status;
	res = resource_new(KIND_TIER);
	res->meta.name = name;
	*resource_tier(res) = (struct tier_spec){ { true, order }, action };
	status = client_create(c, res);
	return status == CLIENT_E_EXISTS ? CLIENT_OK : status;
}

enum client_status client_initialize(
	struct client *c, const char *calico_version, const char *cluster_type)
{
	static const struct {
		const char *name;
		double order;
		const char *action;
	} tiers[] = { { "default", 1000000, "Deny" }, { "kube-admin", 1000, "Pass" },
		{ "kube-baseline", 10000000, "Pass" } };
	enum client_status status = CLIENT_E_CONFLICT;
	for (int i = 0; i < TRIES && (status == CLIENT_E_CONFLICT || status == CLIENT_E_EXISTS);
		i++)
		status = try_cluster_information(c, calico_version, cluster_type);
	for (size_t i = 0; status == CLIENT_OK && i < ARRAY_SIZE(tiers); i++)
		status = ensure_tier(c, tiers[i].name, tiers[i].order, tiers[i].action);
	return status;
}
