/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes away with a Node, and with a Tier nothing. Source: datamodel.md 2.1, 2.7. */
#include "addresses.h"
#include "base/str.h"
#include "impl.h"
#include "model/bgp.h"
#include "model/endpoint.h"
#include "model/policy.h"

/* Which node an object belongs to. */
typedef const char *(*node_of_fn)(const struct resource *res);

static const char *wep_node(const struct resource *res)
{
	return resource_workload_endpoint(res)->node;
}

static const char *peer_node(const struct resource *res)
{
	return resource_bgp_peer(res)->node;
}

static const char *hep_node(const struct resource *res)
{
	return resource_host_endpoint(res)->node;
}

static enum client_status delete_one(
	struct client *c, enum kind kind, const char *ns, const char *name)
{
	enum client_status status = client_delete(c, kind, ns, name, NULL);
	return status == CLIENT_E_NOT_FOUND ? CLIENT_OK : status;
}

static enum client_status delete_of_node(
	struct client *c, enum kind kind, node_of_fn node_of, const char *node)
{
	struct resource_list list;
	enum client_status status = client_list(c, kind, NULL, NULL, &list);
	if (status != CLIENT_OK)
		return status;
	for (size_t i = 0; status == CLIENT_OK && i < list.n; i++)
		if (str_eq(node_of(list.v[i]), node))
			status = delete_one(c, kind, list.v[i]->meta.ns, list.v[i]->meta.name);
	resource_list_done(&list);
	return status;
}

enum client_status node_before_delete(struct client *c, const char *name, const char **revision)
{
	_cleanup_buf_ struct buf own = BUF_INIT;
	buf_printf(&own, "node.%s", name);
	enum client_status status = node_release_addresses(c, name);
	if (status == CLIENT_OK)
		status = delete_of_node(c, KIND_WORKLOAD_ENDPOINT, wep_node, name);
	if (status == CLIENT_OK)
		status = node_release_blocks(c, name);
	if (status == CLIENT_OK)
		status = delete_of_node(c, KIND_BGP_PEER, peer_node, name);
	if (status == CLIENT_OK)
		status = delete_one(c, KIND_FELIX_CONFIGURATION, NULL, buf_str(&own));
	if (status == CLIENT_OK)
		status = delete_one(c, KIND_BGP_CONFIGURATION, NULL, buf_str(&own));
	if (status == CLIENT_OK)
		status = delete_of_node(c, KIND_HOST_ENDPOINT, hep_node, name);
	return status;
}

static enum client_status check_empty(struct client *c, enum kind kind, const char *tier)
{
	struct resource_list list;
	enum client_status status = client_list(c, kind, NULL, NULL, &list);
	if (status != CLIENT_OK)
		return status;
	for (size_t i = 0; status == CLIENT_OK && i < list.n; i++)
		if (str_eq(resource_policy(list.v[i])->tier, tier))
			status = client_fail(c, CLIENT_E_UNSUPPORTED,
				"operation delete is not supported on %s: Cannot delete a "
				"non-empty tier",
				tier);
	resource_list_done(&list);
	return status;
}

enum client_status tier_before_delete(struct client *c, const char *name, const char **revision)
{
	static const char *const fixed[] = { "default", "kube-admin", "kube-baseline" };
	static const enum kind kinds[] = { KIND_NETWORK_POLICY, KIND_GLOBAL_NETWORK_POLICY,
		KIND_STAGED_NETWORK_POLICY, KIND_STAGED_GLOBAL_NETWORK_POLICY };
	enum client_status status = CLIENT_OK;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (str_eq(name, fixed[i]))
			return client_fail(c, CLIENT_E_UNSUPPORTED,
				"operation Delete is not supported on %s: Cannot delete %s tier",
				name, name);
	for (size_t i = 0; status == CLIENT_OK && i < ARRAY_SIZE(kinds); i++)
		status = check_empty(c, kinds[i], name);
	return status;
}
