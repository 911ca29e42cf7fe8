/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/view.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/block.h"
#include "model/node.h"

/* The four kinds live in one list type: named entries, sorted, compared before they change. */
struct sorted {
	void **v;
	size_t n, cap;
};

struct named_config {
	char *name;
	struct view_config config;
};

struct view {
	char *hostname;
	struct sorted nodes, pools, blocks, configs;
	struct view_config none;
};

static char *copy_text(const char *s)
{
	return str_empty(s) ? NULL : mem_strdup(s);
}

static void node_free(struct view_node *n)
{
	if (!n)
		return;
	free(n->name);
	free(n->v4);
	free(n->v6);
	free(n->cluster_id);
	free(n);
}

static void pool_free(struct view_pool *p)
{
	if (!p)
		return;
	free(p->name);
	free(p);
}

static void block_free(struct view_block *b)
{
	if (!b)
		return;
	free(b->name);
	free(b);
}

static void config_free(struct named_config *c)
{
	if (!c)
		return;
	free(c->name);
	free(c->config.log_severity);
	free(c->config.program_cluster_routes);
	free(c->config.mesh_restart_time);
	strv_done(&c->config.ignored_interfaces);
	free(c);
}

/* Every entry begins with its name. */
static const char *entry_name(const void *entry)
{
	return *(char *const *)entry;
}

static size_t sorted_find(const struct sorted *s, const char *name, bool *found)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (str_cmp(entry_name(s->v[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low < s->n && str_eq(entry_name(s->v[low]), name);
	return low;
}

/* Puts `entry` (NULL = none) under `name`; returns what was there before, or NULL. */
static void *sorted_replace(struct sorted *s, const char *name, void *entry)
{
	bool found;
	size_t at = sorted_find(s, name, &found);
	void *old = found ? s->v[at] : NULL;

	if (found && entry) {
		s->v[at] = entry;
	} else if (found) {
		memmove(&s->v[at], &s->v[at + 1], (--s->n - at) * sizeof(*s->v));
	} else if (entry) {
		mem_grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
		memmove(&s->v[at + 1], &s->v[at], (s->n++ - at) * sizeof(*s->v));
		s->v[at] = entry;
	}
	return old;
}

/* An address that is no CIDR is not used: better no session than one to nowhere. */
static char *copy_cidr(const char *text)
{
	char canonical[CIDR_TEXT_MAX];
	struct cidr c;

	if (str_empty(text) || cidr_parse_net(text, &c))
		return NULL;
	return mem_strdup(cidr_format(&c, canonical));
}

static struct view_node *make_node(const char *name, const struct resource *res)
{
	const struct node_bgp *bgp = resource_node(res)->bgp;
	struct view_node *n = mem_new(struct view_node);

	n->name = mem_strdup(name);
	if (!bgp)
		return n;
	n->v4 = copy_cidr(bgp->ipv4_address);
	n->v6 = copy_cidr(bgp->ipv6_address);
	n->has_as = bgp->as_number.set;
	n->as = (uint32_t)bgp->as_number.value;
	n->cluster_id = copy_text(bgp->route_reflector_cluster_id);
	return n;
}

static bool same_node(const struct view_node *a, const struct view_node *b)
{
	return str_eq(a->v4, b->v4) && str_eq(a->v6, b->v6) && a->has_as == b->has_as &&
	       a->as == b->as && str_eq(a->cluster_id, b->cluster_id);
}

static struct view_pool *make_pool(const char *name, const struct resource *res)
{
	const struct ip_pool_spec *spec = resource_ip_pool(res);
	bool ipip = !str_empty(spec->ipip_mode) && !str_eq(spec->ipip_mode, "Never");
	bool vxlan = !str_empty(spec->vxlan_mode) && !str_eq(spec->vxlan_mode, "Never");
	struct view_pool *p = mem_new(struct view_pool);

	if (cidr_parse_net(spec->cidr, &p->cidr)) {
		free(p);
		return NULL;
	}
	p->name = mem_strdup(name);
	p->cidr = cidr_mask(&p->cidr);
	p->no_export = spec->disable_bgp_export;
	p->encap = vxlan ? VIEW_VXLAN : ipip ? VIEW_IPIP : VIEW_NO_ENCAP;
	p->cross_subnet = str_eq(ipip ? spec->ipip_mode : spec->vxlan_mode, "CrossSubnet");
	return p;
}

static bool same_pool(const struct view_pool *a, const struct view_pool *b)
{
	return cidr_eq(&a->cidr, &b->cidr) && a->no_export == b->no_export &&
	       a->encap == b->encap && a->cross_subnet == b->cross_subnet;
}

static uint32_t number_or_zero(const struct opt_int *o)
{
	return o->set && o->value > 0 && o->value <= UINT32_MAX ? (uint32_t)o->value : 0;
}

static struct named_config *make_config(const char *name, const struct resource *res)
{
	const struct bgp_configuration_spec *spec = resource_bgp_configuration(res);
	struct named_config *c = mem_new(struct named_config);

	c->name = mem_strdup(name);
	c->config = (struct view_config){
		.present = true,
		.log_severity = copy_text(spec->log_severity_screen),
		.mesh_off = spec->node_to_node_mesh_enabled.set &&
			    !spec->node_to_node_mesh_enabled.value,
		.as = number_or_zero(&spec->as_number),
		.listen_port = (uint16_t)number_or_zero(&spec->listen_port),
		.bind_node_ip = str_eq(spec->bind_mode, "NodeIP"),
		.program_cluster_routes = copy_text(spec->program_cluster_routes),
		.mesh_restart_time = copy_text(spec->node_mesh_max_restart_time),
		.v4_priority = number_or_zero(&spec->ipv4_normal_route_priority),
		.v6_priority = number_or_zero(&spec->ipv6_normal_route_priority),
	};
	for (size_t i = 0; i < spec->ignored_interfaces.n; i++)
		strv_add(&c->config.ignored_interfaces, spec->ignored_interfaces.v[i]);
	return c;
}

static bool same_strv(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->v[i], b->v[i]);
	return same;
}

static bool same_config(const struct named_config *x, const struct named_config *y)
{
	const struct view_config *a = &x->config, *b = &y->config;

	return str_eq(a->log_severity, b->log_severity) && a->mesh_off == b->mesh_off &&
	       a->as == b->as && a->listen_port == b->listen_port &&
	       a->bind_node_ip == b->bind_node_ip &&
	       str_eq(a->program_cluster_routes, b->program_cluster_routes) &&
	       str_eq(a->mesh_restart_time, b->mesh_restart_time) &&
	       a->v4_priority == b->v4_priority && a->v6_priority == b->v6_priority &&
	       same_strv(&a->ignored_interfaces, &b->ignored_interfaces);
}

static bool update_node(struct view *v, const char *name, const struct resource *res)
{
	struct view_node *now = res ? make_node(name, res) : NULL;
	struct view_node *before = sorted_replace(&v->nodes, name, now);
	bool changed = now && before ? !same_node(now, before) : now || before;

	node_free(before);
	return changed;
}

static bool update_pool(struct view *v, const char *name, const struct resource *res)
{
	struct view_pool *now = res ? make_pool(name, res) : NULL;
	struct view_pool *before = sorted_replace(&v->pools, name, now);
	bool changed = now && before ? !same_pool(now, before) : now || before;

	pool_free(before);
	return changed;
}

static bool update_config(struct view *v, const char *name, const struct resource *res)
{
	struct named_config *now = res ? make_config(name, res) : NULL;
	struct named_config *before = sorted_replace(&v->configs, name, now);
	bool changed = now && before ? !same_config(now, before) : now || before;

	config_free(before);
	return changed;
}

struct view *view_new(const char *hostname)
{
	struct view *v = mem_new(struct view);

	v->hostname = mem_strdup(hostname);
	return v;
}

struct view *view_free(struct view *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->nodes.n; i++)
		node_free(v->nodes.v[i]);
	for (size_t i = 0; i < v->pools.n; i++)
		pool_free(v->pools.v[i]);
	for (size_t i = 0; i < v->blocks.n; i++)
		block_free(v->blocks.v[i]);
	for (size_t i = 0; i < v->configs.n; i++)
		config_free(v->configs.v[i]);
	free(v->nodes.v);
	free(v->pools.v);
	free(v->blocks.v);
	free(v->configs.v);
	free(v->hostname);
	free(v);
	return NULL;
}

bool view_update(struct view *v, const struct key *key, const struct resource *res)
{
	if (key->type != KEY_RESOURCE)
		return false;
	if (key->kind == KIND_NODE)
		return update_node(v, key->name, res);
	if (key->kind == KIND_IP_POOL)
		return update_pool(v, key->name, res);
	if (key->kind == KIND_BGP_CONFIGURATION)
		return update_config(v, key->name, res);
	return false;
}

static struct view_block *make_block(const struct cidr *cidr, const struct affinity *a)
{
	struct view_block *b = mem_new(struct view_block);
	char text[CIDR_TEXT_MAX];

	b->name = mem_strdup(cidr_format(cidr, text));
	b->cidr = *cidr;
	b->releasing = a->state == AFFINITY_PENDING_DELETION;
	return b;
}

bool view_update_affinity(struct view *v, const struct key *key, const struct affinity *a)
{
	struct view_block *now, *before;
	char name[CIDR_TEXT_MAX];
	bool changed;

	if (key->type != KEY_BLOCK_AFFINITY || !str_eq(key->affinity_type, "host") ||
		!str_eq(key->host, v->hostname))
		return false;
	now = a && a->state != AFFINITY_PENDING ? make_block(&key->cidr, a) : NULL;
	before = sorted_replace(&v->blocks, cidr_format(&key->cidr, name), now);
	changed = now && before ? now->releasing != before->releasing : now || before;
	block_free(before);
	return changed;
}

const char *view_hostname(const struct view *v)
{
	return v->hostname;
}

size_t view_nodes(const struct view *v, const struct view_node *const **ret)
{
	*ret = (const struct view_node *const *)v->nodes.v;
	return v->nodes.n;
}

const struct view_node *view_own_node(const struct view *v)
{
	bool found;
	size_t at = sorted_find(&v->nodes, v->hostname, &found);

	return found ? v->nodes.v[at] : NULL;
}

size_t view_pools(const struct view *v, const struct view_pool *const **ret)
{
	*ret = (const struct view_pool *const *)v->pools.v;
	return v->pools.n;
}

size_t view_blocks(const struct view *v, const struct view_block *const **ret)
{
	*ret = (const struct view_block *const *)v->blocks.v;
	return v->blocks.n;
}

static const struct view_config *find_config(const struct view *v, const char *name)
{
	bool found;
	size_t at = sorted_find(&v->configs, name, &found);

	return found ? &((struct named_config *)v->configs.v[at])->config : NULL;
}

const struct view_config *view_global(const struct view *v)
{
	const struct view_config *c = find_config(v, "default");

	return c ? c : &v->none;
}

const struct view_config *view_node_config(const struct view *v, const char *node)
{
	_cleanup_free_ char *name = mem_printf("node.%s", node);

	return find_config(v, name);
}

bool view_read(
	struct view *v, const struct key *key, const char *value, size_t len, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	bool keep = key->kind == KIND_NODE || key->kind == KIND_BGP_CONFIGURATION;

	if (value && resource_decode_lenient(key->kind, value, len, &res, err) && !keep)
		res = resource_free(res);
	return view_update(v, key, res);
}
