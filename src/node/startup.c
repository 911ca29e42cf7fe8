/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/startup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/client.h"
#include "model/node.h"
#include "base/env.h"
#include "base/nodename.h"
#include "node/pools.h"
#include "node/resource.h"

static int client_failed(const struct startup *s, const char *what, struct err *err)
{
	return err_set(err, -EIO, "%s: %s", what, client_error(s->client));
}

static int get_node(const struct startup *s, const char *name, struct resource **ret, bool *exists,
	struct err *err)
{
	enum client_status status = client_get(s->client, KIND_NODE, NULL, name, NULL, ret);

	*exists = status == CLIENT_OK;
	if (status == CLIENT_E_NOT_FOUND) {
		*ret = resource_new(KIND_NODE);
		(*ret)->meta.name = arena_strdup(&(*ret)->arena, name);
		return 0;
	}
	return status == CLIENT_OK ? 0 : client_failed(s, "cannot read this host's Node", err);
}

static int write_node(const struct startup *s, struct resource *node, bool exists, struct err *err)
{
	enum client_status status =
		exists ? client_update(s->client, node) : client_create(s->client, node);

	return status == CLIENT_OK ? 0 : client_failed(s, "cannot write this host's Node", err);
}

/* The address of a family that was only detected is given up when it turns out to be taken. */
static void give_up_address(const struct startup *s, struct resource *node, bool exists, int family)
{
	struct err ignored = { 0 };

	if (!exists || !str_eq(env_get(s->env, family == 4 ? "IP" : "IP6"), "autodetect"))
		return;
	node_clear_address(node, family);
	if (write_node(s, node, true, &ignored))
		log_warning("Could not clear the duplicate address: %s", ignored.msg);
}

static int check_conflicts(
	const struct startup *s, struct resource *node, bool exists, struct err *err)
{
	struct resource_list nodes = { 0 };
	int r = 0;

	if (str_eq(env_get(s->env, "DISABLE_NODE_IP_CHECK"), "true"))
		return 0;
	if (client_list(s->client, KIND_NODE, NULL, NULL, &nodes) != CLIENT_OK)
		return client_failed(s, "cannot list Nodes", err);
	for (size_t i = 0; i < nodes.n && !r; i++) {
		int family = node_conflict(node, nodes.v[i]);

		if (!family)
			continue;
		r = err_set(err, -EADDRINUSE,
			"Calico node '%s' is already using the IPv%d address %s",
			nodes.v[i]->meta.name, family,
			family == 4 ? resource_node(node)->bgp->ipv4_address
				    : resource_node(node)->bgp->ipv6_address);
		give_up_address(s, node, exists, family);
	}
	resource_list_done(&nodes);
	return r;
}

static int configure_node(const struct startup *s, const char *name, struct err *err)
{
	_cleanup_(resource_freep) struct resource *node = NULL;
	bool exists, changed;
	int r;

	if ((r = get_node(s, name, &node, &exists, err)) ||
		(r = node_fill(node, s->env, s->interfaces, &changed, err)))
		return r;
	if (!changed && exists)
		return 0;
	r = check_conflicts(s, node, exists, err);
	return r ? r : write_node(s, node, exists, err);
}

static int list_pools(const struct startup *s, bool has[2], struct err *err)
{
	struct resource_list pools = { 0 };

	if (client_list(s->client, KIND_IP_POOL, NULL, NULL, &pools) != CLIENT_OK)
		return client_failed(s, "cannot list IP pools", err);
	for (size_t i = 0; i < pools.n; i++) {
		struct cidr c;

		if (cidr_parse_net(resource_ip_pool(pools.v[i])->cidr, &c) == 0)
			has[c.addr.family == 6] = true;
	}
	resource_list_done(&pools);
	return 0;
}

static int create_pool(const struct startup *s, int family, struct err *err)
{
	_cleanup_(resource_freep) struct resource *pool = NULL;
	int r = pool_default(s->env, family, s->interfaces, &pool, err);

	if (r)
		return r == POOL_E_OFF ? 0 : r;
	switch (client_create(s->client, pool)) {
	case CLIENT_OK:
		log_info("Created default IPv%d pool %s", family, resource_ip_pool(pool)->cidr);
		return 0;
	case CLIENT_E_EXISTS:
		return 0;
	case CLIENT_E_NOT_FOUND:
	case CLIENT_E_CONFLICT:
	case CLIENT_E_INVALID:
	case CLIENT_E_UNSUPPORTED:
	case CLIENT_E_OTHER:
		break;
	}
	return client_failed(s, "cannot create the default pool", err);
}

static int configure_pools(const struct startup *s, struct err *err)
{
	bool has[2] = { false, false };
	int r;

	if (str_eq_nocase(env_get(s->env, "NO_DEFAULT_POOLS"), "true")) {
		if (env_set(s->env, "CALICO_IPV4POOL_CIDR") ||
			env_set(s->env, "CALICO_IPV6POOL_CIDR"))
			return err_set(err, -EINVAL,
				"NO_DEFAULT_POOLS is set together with CALICO_IPV4POOL_CIDR or "
				"CALICO_IPV6POOL_CIDR: unset one of them");
		return 0;
	}
	r = list_pools(s, has, err);
	if (!r && !has[0])
		r = create_pool(s, 4, err);
	if (!r && !has[1])
		r = create_pool(s, 6, err);
	return r;
}

/* A cluster-wide object that must exist; one that does gets the members that it lacks. */
struct default_resource {
	enum kind kind;
	const char *name;
	const char *spec;           /* JSON of the object's spec when it is created */
	const char *const *members; /* name, value pairs that are filled in when absent */
};

static int default_failed(
	const struct startup *s, const struct default_resource *d, struct err *err)
{
	_cleanup_free_ char *what = mem_printf("%s %s", kind_name(d->kind), d->name);

	return client_failed(s, what, err);
}

static int create_default(
	const struct startup *s, const struct default_resource *d, struct err *err)
{
	_cleanup_free_ char *json =
		mem_printf("{\"kind\":\"%s\",\"apiVersion\":\"projectcalico.org/"
			   "v3\",\"metadata\":{\"name\":\"%s\"},\"spec\":%s}",
			kind_name(d->kind), d->name, d->spec);
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status;
	int r = resource_decode(d->kind, json, strlen(json), &res, err);

	if (r)
		return r;
	status = client_create(s->client, res);
	if (status == CLIENT_OK || status == CLIENT_E_EXISTS || status == CLIENT_E_CONFLICT)
		return 0;
	return default_failed(s, d, err);
}

static bool fill_members(struct resource *res, const char *const *members)
{
	bool changed = false;

	for (; members && *members; members += 2)
		changed |= resource_fill_text(res, members[0], members[1]);
	return changed;
}

static int ensure_default(
	const struct startup *s, const struct default_resource *d, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	enum client_status status = client_get(s->client, d->kind, NULL, d->name, NULL, &res);

	if (status == CLIENT_E_NOT_FOUND)
		return create_default(s, d, err);
	if (status != CLIENT_OK)
		return default_failed(s, d, err);
	if (!fill_members(res, d->members))
		return 0;
	status = client_update(s->client, res);
	return status == CLIENT_OK || status == CLIENT_E_CONFLICT ? 0 : default_failed(s, d, err);
}

static const char *const global_members[] = {
	"reportingInterval", "0s", "logSeverityScreen", "Info", NULL,
};
static const char *const host_members[] = { "defaultEndpointToHostAction", "Return", NULL };

static int configure_defaults(const struct startup *s, const char *name, struct err *err)
{
	_cleanup_free_ char *host = mem_printf("node.%s", name);
	const struct default_resource defaults[] = {
		{ KIND_FELIX_CONFIGURATION, "default",
			"{\"reportingInterval\":\"0s\",\"logSeverityScreen\":\"Info\"}",
			global_members },
		{ KIND_FELIX_CONFIGURATION, host, "{\"defaultEndpointToHostAction\":\"Return\"}",
			host_members },
		{ KIND_BGP_CONFIGURATION, "default", "{}", NULL },
		{ KIND_IPAM_CONFIGURATION, "default",
			"{\"strictAffinity\":false,\"autoAllocateBlocks\":true,"
			"\"kubeVirtVMAddressPersistence\":\"Enabled\"}",
			NULL },
	};
	const char *type = env_get(s->env, "CLUSTER_TYPE");

	if (client_initialize(s->client, s->calico_version, type ? type : "") != CLIENT_OK)
		return client_failed(s, "cannot initialise the cluster", err);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		int r = ensure_default(s, &defaults[i], err);

		if (r)
			return r;
	}
	return 0;
}

static void make_directories(const struct startup *s)
{
	(void)mkdir("/var/lib/calico", 0755); /* whoever needs one of them will say so */
	if (!str_eq(env_get(s->env, "CALICO_NETWORKING_BACKEND"), "none"))
		(void)mkdir("/var/run/calico", 0755);
	if (!str_eq(env_get(s->env, "CALICO_DISABLE_FILE_LOGGING"), "true"))
		(void)mkdir("/var/log/calico", 0755);
}

int startup_run(const struct startup *s, struct err *err)
{
	_cleanup_free_ char *name = node_name(s->env, err);
	int r;

	if (!name)
		return -EINVAL;
	log_info("Starting node %s with version %s", name, s->calico_version);
	make_directories(s);
	if ((r = configure_node(s, name, err)) || (r = configure_pools(s, err)) ||
		(r = configure_defaults(s, name, err)))
		return r;
	return node_name_write(s->nodename_file, name, err);
}
