/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/str.h"
#include "call.h"

#define PREFIX        "cali"
#define NAMESPACE_KEY "projectcalico.org/namespace"

/* prefix, then the first digits of the hash: 11, or what room there is. */
static void hashed_name(const char *prefix, const char *text, char ret[IFNAMSIZ])
{
	uint8_t hash[20];
	char hex[2 * sizeof(hash) + 1];

	sha1(text, strlen(text), hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	snprintf(ret, IFNAMSIZ, "%s%.11s", prefix, hex);
}

void identity_container_ifname(const char *container_id, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, PREFIX "%.11s", container_id);
}

void identity_other_ifname(const struct identity *id, char ret[IFNAMSIZ])
{
	_cleanup_free_ char *text = mem_printf("%s.%s", id->container_id, id->ifname);

	hashed_name(PREFIX, text, ret);
}

/* The first entry of Felix's list of prefixes. */
static const char *pod_prefix(const struct cni_call *call, struct arena *arena)
{
	const char *list = env_get(call->env.vars, "FELIX_INTERFACEPREFIX");

	if (str_empty(list))
		return PREFIX;
	return arena_strndup(arena, list, strcspn(list, ","));
}

static const char *container_namespace(const struct netconf *conf)
{
	for (size_t i = conf->labels.n; i-- > 0;)
		if (str_eq(conf->labels.v[i].key, NAMESPACE_KEY) && *conf->labels.v[i].value)
			return conf->labels.v[i].value;
	return "default";
}

void identity_read(const struct cni_call *call, struct identity *ret)
{
	const struct cni_env *env = &call->env;
	_cleanup_free_ char *node = session_node_name(&call->conf);

	*ret = (struct identity){
		.kubernetes = !str_empty(env->pod_name) && !str_empty(env->pod_namespace),
		.container_id = env->container_id,
		.ifname = env->ifname,
		.pod = env->pod_name,
	};
	ret->node = arena_strdup(&ret->arena, node);
	if (!ret->kubernetes) {
		ret->ns = container_namespace(&call->conf);
		identity_container_ifname(env->container_id, ret->host_ifname);
		return;
	}
	ret->ns = env->pod_namespace;
	hashed_name(pod_prefix(call, &ret->arena),
		arena_printf(&ret->arena, "%s.%s", ret->ns, ret->pod), ret->host_ifname);
}

void identity_done(struct identity *id)
{
	arena_done(&id->arena);
}

struct workload_endpoint_spec identity_spec(const struct identity *id, bool with_ifname)
{
	return (struct workload_endpoint_spec){
		.node = id->node,
		.orchestrator = id->kubernetes ? "k8s" : "cni",
		.pod = id->kubernetes ? id->pod : NULL,
		.container_id = id->container_id,
		.endpoint = with_ifname ? id->ifname : NULL,
	};
}
