/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks that writers of a kind must pass besides validation. Source: datamodel.md 2.0. */
#include "base/cleanup.h"
#include "base/str.h"
#include "impl.h"
#include "model/bgp.h"
#include "model/policy.h"

/* ---- policies */

static enum client_status policy_before(struct client *c, struct resource *res, bool create)
{
	if (!create)
		return CLIENT_OK;
	const char *tier = resource_policy(res)->tier;
	_cleanup_(resource_freep) struct resource *found = NULL;
	return client_get(c, KIND_TIER, NULL, str_empty(tier) ? "default" : tier, NULL, &found);
}

/* ---- BGPPeer */

static enum client_status bgp_peer_before(struct client *c, struct resource *res, bool create)
{
	const struct text_list *filters = &resource_bgp_peer(res)->filters;
	_cleanup_buf_ struct buf missing = BUF_INIT;
	for (size_t i = 0; i < filters->n; i++) {
		_cleanup_(resource_freep) struct resource *found = NULL;
		enum client_status status =
			client_get(c, KIND_BGP_FILTER, NULL, filters->v[i], NULL, &found);
		if (status == CLIENT_E_NOT_FOUND)
			buf_printf(&missing, "%s%s", missing.len ? " " : "", filters->v[i]);
		else if (status != CLIENT_OK)
			return status;
	}
	buf_clear(&c->error);
	if (missing.len == 0)
		return CLIENT_OK;
	return client_fail(c, CLIENT_E_INVALID,
		"error with field BGPPeer.Spec.Filters = '[%s]' (BGPFilter(s) not found)",
		buf_str(&missing));
}

/* ---- kinds of which there is one object */

static enum client_status only_default(
	struct client *c, const struct resource *res, const char *what)
{
	if (str_eq(res->meta.name, "default"))
		return CLIENT_OK;
	return client_fail(c, CLIENT_E_OTHER,
		"Cannot create %s resource with a name other than \"default\"", what);
}

static enum client_status cluster_information_after(
	struct client *c, struct resource *res, bool create)
{
	return create ? only_default(c, res, "a Cluster Information") : CLIENT_OK;
}

static enum client_status kube_controllers_after(
	struct client *c, struct resource *res, bool create)
{
	return create ? only_default(c, res, "a Kube Controllers Configuration") : CLIENT_OK;
}

static enum client_status ipam_configuration_after(
	struct client *c, struct resource *res, bool create)
{
	return only_default(c, res, "an IPAMConfiguration");
}

/* ---- Node: the first one may be all that sets up a cluster of plain hosts */

static enum client_status node_after(struct client *c, struct resource *res, bool create)
{
	return create ? client_initialize(c, "", "") : CLIENT_OK;
}

static const struct kind_rules rules[KIND_N] = {
	[KIND_NETWORK_POLICY] = { .before = policy_before },
	[KIND_GLOBAL_NETWORK_POLICY] = { .before = policy_before },
	[KIND_STAGED_NETWORK_POLICY] = { .before = policy_before },
	[KIND_STAGED_GLOBAL_NETWORK_POLICY] = { .before = policy_before },
	[KIND_BGP_PEER] = { .before = bgp_peer_before },
	[KIND_CLUSTER_INFORMATION] = { .after = cluster_information_after },
	[KIND_KUBE_CONTROLLERS_CONFIGURATION] = { .after = kube_controllers_after },
	[KIND_IPAM_CONFIGURATION] = { .after = ipam_configuration_after },
	[KIND_IP_POOL] = { .check = pool_check,
		.check_needs_old = true,
		.after = pool_check_blocks,
		.before_delete = pool_before_delete },
	[KIND_NODE] = { .after = node_after, .before_delete = node_before_delete },
	[KIND_TIER] = { .before_delete = tier_before_delete },
};

const struct kind_rules *kind_rules(enum kind kind)
{
	return &rules[kind];
}
