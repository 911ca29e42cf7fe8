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

void routes_mark(struct routes *r, struct route_destination *dst, bool again)
{
	dst->again = dst->again || again;
	if (dst->dirty)
		return;
	dst->dirty = true;
	ptrs_add(&r->dirty, dst);
}

void routes_mark_under(struct routes *r, const struct cidr *cidr, bool again)
{
	struct route_destination *dst;
	struct lpm_walk walk = LPM_WALK_INIT;

	while ((dst = route_trie_next_under(&r->trie, cidr, &walk)))
		routes_mark(r, dst, again);
}

void routes_mark_all(struct routes *r, uint8_t family)
{
	const struct cidr *all = &everything[family == 6];
	struct route_destination *dst = route_trie_get(&r->trie, all);

	if (dst)
		routes_mark(r, dst, false);
	routes_mark_under(r, all, false);
}

/* --- destinations --- */

struct route_destination *routes_destination(struct routes *r, const struct cidr *cidr)
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
	routes_mark(r, dst, false);
	if (use == ROUTE_BLOCK)
		routes_mark_under(r, &dst->cidr, false);
}

void routes_add_ref(
	struct routes *r, enum route_use use, struct route_node *n, const struct cidr *cidr)
{
	struct route_destination *dst;
	struct route_ref **at, *new;

	if (is_unspecified(cidr))
		return;
	dst = routes_destination(r, cidr);
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

/* --- out --- */

void routes_want(struct routes *r, bool wanted)
{
	if (wanted == r->wanted)
		return;
	r->wanted = wanted;
	routes_mark_all(r, 4);
	routes_mark_all(r, 6);
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
	routes_free_workloads(r);
	routes_free_blocks(r);
	route_node_map_done(&r->nodes);
	ptrs_done(&r->dirty);
}
