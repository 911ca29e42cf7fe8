/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, pools and endpoints as routes. */
#include "base/str.h"
#include "routes.h"

/* --- nodes --- */

struct route_node *routes_hold_node(struct routes *r, const char *name)
{
	struct route_node **found = route_node_map_get(&r->nodes, name), *n;

	if (found) {
		(*found)->holders++;
		return *found;
	}
	n = mem_new(struct route_node);
	n->name = atom_get(r->atoms, name);
	n->holders = 1;
	n->is_own = str_eq(name, r->hostname);
	if (n->is_own)
		r->own = n;
	LIST_INIT(&n->refs);
	*route_node_map_put(&r->nodes, n->name->text, NULL) = n;
	return n;
}

void routes_release_node(struct routes *r, struct route_node *n)
{
	if (!n || --n->holders)
		return;
	if (n->is_own)
		r->own = NULL;
	route_node_map_remove(&r->nodes, n->name->text);
	atom_put(r->atoms, n->name);
	free(n);
}

static bool same_info(const struct route_node_info *a, const struct route_node_info *b)
{
	for (int i = 0; i < 2; i++)
		if (!cidr_eq(&a->address[i], &b->address[i]) ||
			!addr_eq(&a->vxlan[i], &b->vxlan[i]) ||
			!addr_eq(&a->wireguard[i], &b->wireguard[i]))
			return false;
	return addr_eq(&a->ipip, &b->ipip);
}

typedef void (*ref_fn)(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr);

static void each_address(
	struct routes *r, struct route_node *n, const struct route_node_info *info, ref_fn fn)
{
	const struct {
		enum route_use use;
		struct addr addr;
	} all[] = {
		{ ROUTE_HOST, info->address[0].addr },
		{ ROUTE_HOST, info->address[1].addr },
		{ ROUTE_IPIP, info->ipip },
		{ ROUTE_VXLAN, info->vxlan[0] },
		{ ROUTE_VXLAN, info->vxlan[1] },
		{ ROUTE_WIREGUARD, info->wireguard[0] },
		{ ROUTE_WIREGUARD, info->wireguard[1] },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct cidr host;
		if (!all[i].addr.family)
			continue;
		host = cidr_host(&all[i].addr);
		fn(r, all[i].use, n, &host);
	}
}

/* Its address is told with all that leads to it, and with what lies in its blocks. */
static void mark_node(struct routes *r, struct route_node *n)
{
	struct route_ref *ref;

	LIST_FOREACH(ref, &n->refs, of_node) {
		routes_mark(r, ref->dst, true);
		routes_mark_under(r, &ref->dst->cidr, false);
	}
}

static void set_info(
	struct routes *r, struct route_node *n, bool exists, const struct route_node_info *info)
{
	struct route_node_info old = n->info;

	if (exists == n->exists && same_info(&old, info))
		return;
	n->exists = exists;
	n->info = *info;
	each_address(r, n, info, routes_add_ref);
	each_address(r, n, &old, routes_drop_ref);
	mark_node(r, n);
	for (int i = 0; i < 2 && n->is_own; i++)
		if (!cidr_eq(&old.address[i], &info->address[i]))
			routes_mark_all(r, i ? 6 : 4); /* who is in our subnet? */
}

void routes_set_node(struct routes *r, const char *name, const struct route_node_info *info)
{
	struct route_node *n = routes_hold_node(r, name);
	bool existed = n->exists;

	set_info(r, n, true, info);
	if (existed)
		routes_release_node(r, n); /* it holds itself already */
}

void routes_remove_node(struct routes *r, const char *name)
{
	struct route_node **found = route_node_map_get(&r->nodes, name), *n;

	if (!found || !(*found)->exists)
		return;
	n = *found;
	set_info(r, n, false, &(struct route_node_info){ 0 });
	routes_release_node(r, n);
}

/* --- pools --- */

static bool same_pool(const struct route_pool *a, const struct route_pool *b)
{
	return a->exists == b->exists && a->type == b->type &&
	       a->nat_outgoing == b->nat_outgoing && a->cross_subnet == b->cross_subnet;
}

void routes_set_pool(struct routes *r, const struct cidr *cidr, const struct route_pool *pool)
{
	struct route_destination *dst = route_trie_get(&r->trie, cidr);

	if (!dst && !pool->exists)
		return;
	dst = routes_destination(r, cidr);
	if (same_pool(&dst->pool, pool))
		return;
	dst->pool = *pool;
	routes_mark(r, dst, true);
	routes_mark_under(r, &dst->cidr, true);
}

/* --- endpoints --- */

struct route_workload {
	char *ns, *name;
	struct route_node *node;
	size_t n;
	struct cidr nets[];
};

static struct route_workload *workload_new(struct routes *r, const struct key *key,
	const char *node, const struct cidr *nets, size_t n)
{
	struct route_workload *w = mem_zalloc(sizeof(*w) + n * sizeof(*nets));

	w->ns = mem_strdup(key->ns);
	w->name = mem_strdup(key->name);
	w->node = routes_hold_node(r, node);
	w->n = n;
	memcpy(w->nets, nets, n * sizeof(*nets));
	return w;
}

static void workload_free(struct route_workload *w)
{
	free(w->ns);
	free(w->name);
	free(w);
}

static struct route_workload *take_workload(struct routes *r, const struct key *key)
{
	struct endpoint_id id = { key->ns, key->name };
	struct route_workload **found = route_workload_map_get(&r->workloads, id), *w;

	if (!found)
		return NULL;
	w = *found;
	route_workload_map_remove(&r->workloads, id);
	return w;
}

static void leave(struct routes *r, struct route_workload *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		routes_drop_ref(r, ROUTE_WORKLOAD, w->node, &w->nets[i]);
	routes_release_node(r, w->node);
	workload_free(w);
}

static void mark_again(struct routes *r, const struct cidr *cidr)
{
	struct route_destination *dst = route_trie_get(&r->trie, cidr);

	if (dst)
		routes_mark(r, dst, true);
}

void routes_set_workload(struct routes *r, const struct key *key, const char *node,
	const struct cidr *nets, size_t n)
{
	struct route_workload *old = take_workload(r, key), *w;

	if (!r->from_workloads && !str_eq(node, r->hostname)) {
		leave(r, old);
		return;
	}
	w = workload_new(r, key, node, nets, n);
	*route_workload_map_put(&r->workloads, (struct endpoint_id){ w->ns, w->name }, NULL) = w;
	for (size_t i = 0; i < n; i++) {
		routes_add_ref(r, ROUTE_WORKLOAD, w->node, &w->nets[i]);
		mark_again(r, &w->nets[i]);
	}
	leave(r, old);
}

void routes_remove_workload(struct routes *r, const struct key *key)
{
	leave(r, take_workload(r, key));
}

void routes_free_workloads(struct routes *r)
{
	MAP_FOREACH(route_workload_map, &r->workloads, e)
		workload_free(e->value);
	route_workload_map_done(&r->workloads);
}
