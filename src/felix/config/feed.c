/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/feed.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "model/node.h"
#include "selector/selector.h"

MAP_DEFINE(resource_map, const char *, struct resource *, hash_str, str_eq);

struct config_feed {
	struct config *config;
	char *hostname, *host_object; /* "node.<host>" */
	struct resource *cluster, *node;
	struct resource_map felix; /* keyed by their own metadata.name, which is that of the key */
	bool applied;
};

struct config_feed *config_feed_new(struct config *config, const char *hostname)
{
	struct config_feed *f = mem_new(struct config_feed);

	f->config = config;
	f->hostname = mem_strdup(hostname);
	f->host_object = mem_printf("node.%s", hostname);
	return f;
}

struct config_feed *config_feed_free(struct config_feed *f)
{
	if (!f)
		return NULL;
	MAP_FOREACH(resource_map, &f->felix, e)
		resource_free(e->value);
	resource_map_done(&f->felix);
	resource_free(f->cluster);
	resource_free(f->node);
	free(f->hostname);
	free(f->host_object);
	free(f);
	return NULL;
}

static void replace(struct resource **slot, const struct resource *res)
{
	resource_free(*slot);
	*slot = res ? resource_copy(res) : NULL;
}

static void replace_felix(struct config_feed *f, const char *name, const struct resource *res)
{
	struct resource **found = resource_map_get(&f->felix, name);
	struct resource *old = found ? *found : NULL;

	resource_map_remove(&f->felix, name);
	resource_free(old);
	if (res) {
		struct resource *copy = resource_copy(res);

		copy->meta.name = arena_strdup(&copy->arena, name); /* the key is what counts */
		*resource_map_put(&f->felix, copy->meta.name, NULL) = copy;
	}
}

struct target {
	struct config *config;
	enum config_source source;
};

static void set_param(void *ctx, const char *name, const char *value)
{
	struct target *t = ctx;

	config_set(t->config, t->source, name, value);
}

static void set_text(struct target *t, const char *name, const char *value)
{
	if (!str_empty(value))
		set_param(t, name, value);
}

static void set_felix(struct config_feed *f, const char *name, enum config_source source)
{
	struct resource *const *res = resource_map_get(&f->felix, name);
	struct target t = { f->config, source };

	if (res)
		felix_configuration_params(*res, set_param, &t);
}

static void set_cluster(struct config_feed *f)
{
	struct target t = { f->config, CONFIG_GLOBAL };

	if (!f->cluster)
		return;
	const struct cluster_information_spec *spec = resource_cluster_information(f->cluster);

	set_text(&t, "ClusterGUID", spec->cluster_guid);
	set_text(&t, "ClusterType", spec->cluster_type);
	set_text(&t, "CalicoVersion", spec->calico_version);
	set_text(&t, "Variant", spec->variant);
}

static void set_node(struct config_feed *f)
{
	struct target t = { f->config, CONFIG_HOST };

	if (!f->node)
		return;
	const struct node_spec *spec = resource_node(f->node);

	if (spec->bgp)
		set_text(&t, "IpInIpTunnelAddr", spec->bgp->ipv4_ipip_tunnel_addr);
	set_text(&t, "IPv4VXLANTunnelAddr", spec->ipv4_vxlan_tunnel_addr);
	set_text(&t, "VXLANTunnelMACAddr", spec->vxlan_tunnel_mac_addr);
	set_text(&t, "IPv6VXLANTunnelAddr", spec->ipv6_vxlan_tunnel_addr);
	set_text(&t, "VXLANTunnelMACAddrV6", spec->vxlan_tunnel_mac_addr_v6);
}

static const char *node_label(const void *ctx, const char *key)
{
	return text_map_get(ctx, key);
}

static bool selects_node(const struct config_feed *f, const struct resource *res)
{
	const char *text = felix_configuration_node_selector(res);
	_cleanup_(selector_freep) struct selector *selector = NULL;
	const char *name = res->meta.name;

	if (str_eq(name, "default") || str_starts(name, "node.") || str_empty(text) || !f->node)
		return false;
	if (selector_parse(text, &selector, NULL))
		return false;
	return selector_match(selector, node_label, &f->node->meta.labels);
}

/* RFC 3339 in UTC with whole seconds: texts compare as times do. */
static bool older(const struct resource *a, const struct resource *b)
{
	int c = str_cmp(a->meta.creation_timestamp, b->meta.creation_timestamp);

	return c ? c < 0 : str_cmp(a->meta.name, b->meta.name) < 0;
}

static void set_selected(struct config_feed *f)
{
	const struct resource *best = NULL;

	MAP_FOREACH(resource_map, &f->felix, e) {
		if (selects_node(f, e->value) && (!best || older(e->value, best)))
			best = e->value;
	}
	if (!best)
		return;
	log_debug("Selector-scoped FelixConfiguration matches local node name=\"%s\"",
		best->meta.name);
	set_felix(f, best->meta.name, CONFIG_SELECTOR);
}

void config_feed_apply(struct config_feed *f)
{
	f->applied = true;
	config_clear_source(f->config, CONFIG_GLOBAL);
	config_clear_source(f->config, CONFIG_SELECTOR);
	config_clear_source(f->config, CONFIG_HOST);
	set_cluster(f);
	set_felix(f, "default", CONFIG_GLOBAL);
	set_selected(f);
	set_node(f);
	set_felix(f, f->host_object, CONFIG_HOST);
}

bool config_feed_update(struct config_feed *f, const struct key *key, const struct resource *res)
{
	if (key->type != KEY_RESOURCE)
		return false;
	if (key->kind == KIND_CLUSTER_INFORMATION && str_eq(key->name, "default"))
		replace(&f->cluster, res);
	else if (key->kind == KIND_NODE && str_eq(key->name, f->hostname))
		replace(&f->node, res);
	else if (key->kind == KIND_FELIX_CONFIGURATION)
		replace_felix(f, key->name, res);
	else
		return false;
	if (f->applied)
		config_feed_apply(f);
	return f->applied;
}

bool config_feed_ready(const struct config_feed *f)
{
	const struct cluster_information_spec *spec;

	if (!f->cluster)
		return false;
	spec = resource_cluster_information(f->cluster);
	return spec->datastore_ready.set && spec->datastore_ready.value;
}
