/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "routes.h"

#include "base/str.h"

static const struct cidr everything[2] = { { .addr.family = 4 }, { .addr.family = 6 } };

static bool ref_is_before(
	const struct route_ref *ref, enum route_use use, const struct route_node *n)
{
	if (ref->use != use)
		return ref->use < use;
	return str_cmp(ref->node->name->text, n->name->text) < 0;
}

/* Where it is, or belongs. */
static struct route_ref **find_ref(
	struct route_destination *dst, enum route_use use, const struct route_node *n)
{
	struct route_ref **at = &dst->refs;

	while (*at && ref_is_before(*at, use, n))
		at = &(*at)->next;
	return at;
}

/* --- marks --- */

static void mark(struct routes *r, struct route_destination *dst, bool again)
{
	dst->again = dst->again || again;
	if (dst->dirty)
		return;
	dst->dirty = true;
	ptrs_add(&r->dirty, dst);
}

static void mark_under(struct routes *r, const struct cidr *cidr, bool again)
{
	struct route_destination *dst;
	struct lpm_walk walk = LPM_WALK_INIT;

	while ((dst = route_trie_next_under(&r->trie, cidr, &walk)))
		mark(r, dst, again);
}

static void mark_all(struct routes *r, uint8_t family)
{
	const struct cidr *all = &everything[family == 6];
	struct route_destination *dst = route_trie_get(&r->trie, all);

	if (dst)
		mark(r, dst, false);
	mark_under(r, all, false);
}

void routes_mark_again(struct routes *r, const struct cidr *cidr)
{
	struct route_destination *dst = route_trie_get(&r->trie, cidr);

	if (dst)
		mark(r, dst, true);
}

/* --- destinations --- */

static struct route_destination *destination(struct routes *r, const struct cidr *cidr)
{
	struct route_destination *dst = route_trie_get(&r->trie, cidr);

	if (dst)
		return dst;
	dst = mem_new(struct route_destination);
	dst->cidr = cidr_mask(cidr);
	route_trie_put(&r->trie, cidr, dst);
	return dst;
}

static bool is_unspecified(const struct cidr *c)
{
	return addr_eq(&c->addr, &everything[c->addr.family == 6].addr) && cidr_is_host(c);
}

/* Who has a block decides of what lies in it too. */
static void mark_changed(struct routes *r, struct route_destination *dst, enum route_use use)
{
	mark(r, dst, false);
	if (use == ROUTE_BLOCK)
		mark_under(r, &dst->cidr, false);
}

void routes_add_ref(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr)
{
	struct route_destination *dst;
	struct route_ref **at, *new;

	if (is_unspecified(cidr))
		return;
	dst = destination(r, cidr);
	at = find_ref(dst, use, n);
	if (*at && (*at)->use == use && (*at)->node == n) {
		(*at)->count++;
		return;
	}
	new = mem_new(struct route_ref);
	*new = (struct route_ref){ .use = use, .count = 1, .node = n, .dst = dst, .next = *at };
	*at = new;
	LIST_INSERT_HEAD(&n->refs, new, of_node);
	mark_changed(r, dst, use);
}

void routes_drop_ref(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr)
{
	struct route_destination *dst = route_trie_get(&r->trie, cidr);
	struct route_ref **at, *old;

	if (!dst)
		return; /* the unspecified address */
	at = find_ref(dst, use, n);
	old = *at;
	if (--old->count)
		return;
	*at = old->next;
	LIST_REMOVE(old, of_node);
	free(old);
	mark_changed(r, dst, use);
}

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
		mark(r, ref->dst, true);
		mark_under(r, &ref->dst->cidr, false);
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
			mark_all(r, i ? 6 : 4); /* who is in our subnet? */
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
	dst = destination(r, cidr);
	if (same_pool(&dst->pool, pool))
		return;
	dst->pool = *pool;
	mark(r, dst, true);
	mark_under(r, &dst->cidr, true);
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
		routes_mark_again(r, &w->nets[i]);
	}
	leave(r, old);
}

void routes_remove_workload(struct routes *r, const struct key *key)
{
	leave(r, take_workload(r, key));
}

/* --- out --- */

void routes_want(struct routes *r, bool wanted)
{
	if (wanted == r->wanted)
		return;
	r->wanted = wanted;
	mark_all(r, 4);
	mark_all(r, 6);
}

static bool is_empty(const struct route_destination *dst)
{
	return !dst->pool.exists && !dst->refs;
}

static void forget(struct routes *r, struct route_destination *dst)
{
	if (dst->told.node)
		atom_put(r->atoms, dst->told.node);
	dst->told = (struct route_value){ 0 };
	dst->is_told = false;
}

static void settle_gone(struct routes *r, struct route_destination *dst, struct emitter *e)
{
	Felix__RouteRemove remove = FELIX__ROUTE_REMOVE__INIT;
	char text[CIDR_TEXT_MAX];

	dst->dirty = dst->again = false;
	if (dst->is_told) {
		remove.dst = (char *)cidr_format(&dst->cidr, text);
		emit_payload(e, ROUTE_REMOVE, route_remove, &remove);
	}
	forget(r, dst);
	if (!is_empty(dst))
		return;
	route_trie_remove(&r->trie, &dst->cidr);
	free(dst);
}

static void settle(struct routes *r, struct route_destination *dst, struct emitter *e)
{
	struct route_value v = routes_evaluate(r, dst);
	bool same = dst->is_told && route_value_equal(&v, &dst->told);

	r->evaluated++;
	if (!same || dst->again)
		route_value_emit(&v, &dst->cidr, e);
	dst->dirty = dst->again = false;
	if (v.node)
		atom_ref(v.node);
	forget(r, dst);
	dst->told = v;
	dst->is_told = true;
}

void routes_emit(struct routes *r, struct emitter *e)
{
	for (uint32_t i = 0; i < r->dirty.n; i++) {
		struct route_destination *dst = r->dirty.v[i];
		if (r->wanted && !is_empty(dst))
			continue;
		settle_gone(r, dst, e);
		r->dirty.v[i] = NULL;
	}
	for (uint32_t i = 0; i < r->dirty.n; i++)
		if (r->dirty.v[i])
			settle(r, r->dirty.v[i], e);
	ptrs_done(&r->dirty);
}

/* --- life --- */

void routes_init(struct routes *r, struct atoms *atoms, const char *hostname, bool from_workloads)
{
	*r = (struct routes){
		.atoms = atoms, .hostname = hostname, .from_workloads = from_workloads
	};
}

static void destination_free(struct route_destination *dst)
{
	for (struct route_ref *ref = dst->refs, *next; ref; ref = next) {
		next = ref->next;
		free(ref);
	}
	free(dst);
}

static void free_destinations(struct routes *r, const struct cidr *all)
{
	struct lpm_walk walk = LPM_WALK_INIT;
	struct route_destination *dst = route_trie_get(&r->trie, all);

	if (dst)
		destination_free(dst);
	while ((dst = route_trie_next_under(&r->trie, all, &walk)))
		destination_free(dst);
}

void routes_done(struct routes *r)
{
	free_destinations(r, &everything[0]);
	free_destinations(r, &everything[1]);
	route_trie_done(&r->trie);
	MAP_FOREACH(route_node_map, &r->nodes, e)
		free(e->value);
	MAP_FOREACH(route_workload_map, &r->workloads, e)
		workload_free(e->value);
	routes_free_blocks(r);
	route_node_map_done(&r->nodes);
	route_workload_map_done(&r->workloads);
	ptrs_done(&r->dirty);
}
