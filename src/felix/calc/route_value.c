/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a destination. Source: felix.md 5.3. */
#include "routes.h"

static struct route_ref *first_ref(
	const struct route_destination *dst, enum route_use from, enum route_use to)
{
	for (struct route_ref *ref = dst->refs; ref && ref->use <= to; ref = ref->next)
		if (ref->use >= from)
			return ref;
	return NULL;
}

static struct route_ref *owner_of(const struct route_destination *dst)
{
	return first_ref(dst, ROUTE_BLOCK, ROUTE_BLOCK);
}

static struct route_ref *user_of(const struct route_destination *dst)
{
	return first_ref(dst, ROUTE_WORKLOAD, ROUTE_VXLAN);
}

/* Which node has it? The closest of what names one. */
static struct route_ref *decider(const struct routes *r, const struct route_destination *dst)
{
	struct route_ref *ref = user_of(dst);

	if (!ref)
		ref = first_ref(dst, ROUTE_HOST, ROUTE_HOST);
	for (; !ref && dst; dst = route_trie_covering(&r->trie, &dst->cidr, NULL))
		ref = owner_of(dst);
	return ref;
}

static uint8_t workload_bit(const struct route_node *n)
{
	return n->is_own ? FELIX__ROUTE_TYPE__LOCAL_WORKLOAD : FELIX__ROUTE_TYPE__REMOTE_WORKLOAD;
}

static void put_tunnels(const struct route_ref *user, struct route_value *v)
{
	const struct route_node *n = user->node;

	v->types |=
		n->is_own ? FELIX__ROUTE_TYPE__LOCAL_TUNNEL : FELIX__ROUTE_TYPE__REMOTE_TUNNEL;
	for (; user; user = user->next) { /* several tunnels may share an address */
		v->ipip = v->ipip || (user->use == ROUTE_IPIP && user->node == n);
		v->vxlan = v->vxlan || (user->use == ROUTE_VXLAN && user->node == n);
		v->wireguard = v->wireguard || (user->use == ROUTE_WIREGUARD && user->node == n);
	}
}

static void put_user(const struct route_ref *user, struct route_value *v)
{
	if (user->use != ROUTE_WORKLOAD) {
		put_tunnels(user, v);
		return;
	}
	v->types |= workload_bit(user->node);
	v->local_workload = user->node->is_own;
}

/* A node's address is not routed as a workload's, though a block has it (felix.md T56); that of a
 * tunnel only if the block is nothing but it. */
static bool block_counts(
	const struct route_destination *dst, const struct route_destination *around)
{
	const struct route_ref *user = user_of(dst);

	if (first_ref(dst, ROUTE_HOST, ROUTE_HOST))
		return false;
	return !user || user->use == ROUTE_WORKLOAD || around == dst;
}

static void put_around(const struct routes *r, const struct route_destination *dst,
	const struct route_ref *by, struct route_value *v, bool *cross_subnet)
{
	const struct route_destination *at = dst;

	for (; at; at = route_trie_covering(&r->trie, &at->cidr, NULL)) {
		const struct route_ref *owner = owner_of(at);
		if (v->pool_type == FELIX__IPPOOL_TYPE__NONE)
			v->pool_type = at->pool.type;
		v->nat_outgoing = v->nat_outgoing || at->pool.nat_outgoing;
		*cross_subnet = *cross_subnet || at->pool.cross_subnet;
		if (!owner)
			continue;
		if (block_counts(dst, at))
			v->types |= workload_bit(owner->node);
		v->borrowed = v->borrowed || (by->use != ROUTE_HOST && owner->node != by->node);
	}
}

static bool in_own_subnet(const struct routes *r, const struct addr *a)
{
	struct cidr subnet;

	if (!r->own || !a->family)
		return false;
	subnet = cidr_mask(&r->own->info.address[a->family == 6]);
	return subnet.addr.family && cidr_has(&subnet, a);
}

struct route_value routes_evaluate(const struct routes *r, const struct route_destination *dst)
{
	const struct route_ref *by = decider(r, dst), *user = user_of(dst);
	const struct route_ref *host = first_ref(dst, ROUTE_HOST, ROUTE_HOST);
	int family = dst->cidr.addr.family == 6;
	struct route_value v = { 0 };
	bool cross_subnet = false;

	if (by) {
		v.node = by->node->name;
		v.node_ip = by->node->info.address[family].addr;
	}
	put_around(r, dst, by, &v, &cross_subnet);
	if (host)
		v.types |= host->node->is_own ? FELIX__ROUTE_TYPE__LOCAL_HOST
					      : FELIX__ROUTE_TYPE__REMOTE_HOST;
	if (user)
		put_user(user, &v);
	v.same_subnet = cross_subnet && in_own_subnet(r, &v.node_ip);
	return v;
}

bool route_value_equal(const struct route_value *a, const struct route_value *b)
{
	return a->node == b->node && addr_eq(&a->node_ip, &b->node_ip) && a->types == b->types &&
	       a->pool_type == b->pool_type && a->same_subnet == b->same_subnet &&
	       a->nat_outgoing == b->nat_outgoing && a->local_workload == b->local_workload &&
	       a->borrowed == b->borrowed && a->ipip == b->ipip && a->vxlan == b->vxlan &&
	       a->wireguard == b->wireguard;
}

void route_value_emit(const struct route_value *v, const struct cidr *dst, struct emitter *e)
{
	Felix__RouteUpdate u = FELIX__ROUTE_UPDATE__INIT;
	Felix__TunnelType tunnel = FELIX__TUNNEL_TYPE__INIT;
	char cidr[CIDR_TEXT_MAX], ip[ADDR_TEXT_MAX];

	u.dst = (char *)cidr_format(dst, cidr);
	u.ip_pool_type = v->pool_type;
	u.types = v->types;
	if (v->node)
		u.dst_node_name = v->node->text;
	if (v->node_ip.family)
		u.dst_node_ip = (char *)addr_format(&v->node_ip, ip);
	u.same_subnet = v->same_subnet;
	u.nat_outgoing = v->nat_outgoing;
	u.local_workload = v->local_workload;
	u.borrowed = v->borrowed;
	tunnel.ipip = v->ipip;
	tunnel.vxlan = v->vxlan;
	tunnel.wireguard = v->wireguard;
	if (v->ipip || v->vxlan || v->wireguard)
		u.tunnel_type = &tunnel;
	emit_payload(e, ROUTE_UPDATE, route_update, &u);
}
