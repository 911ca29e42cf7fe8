/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoint.h"

#include <bsd/string.h>
#include <net/if.h>
#include <string.h>

#include "base/str.h"

static const struct nft_set_type owned_types[TABLE_N] = {
	[TABLE_IP] = { .fields = { NFT_F_IIFNAME, NFT_F_SADDR }, .n_fields = 2 },
	[TABLE_IP6] = { .fields = { NFT_F_IIFNAME, NFT_F_SADDR }, .n_fields = 2 },
	[TABLE_ARP] = { .fields = { NFT_F_OIFNAME, NFT_F_ARP_SADDR }, .n_fields = 2 },
};

/* --- prefixes as rules --- */

static void render_sources_of(const struct endpoint *e, struct rules *out)
{
	const uint8_t family = out->table == TABLE_IP6 ? 6 : 4;
	struct cidr *nets;
	size_t n = 0;
	struct nft_rule *r;

	nets = arena_new_n(out->arena, struct cidr, e->sources.n);
	for (size_t i = 0; i < e->sources.n; i++)
		if (e->sources.v[i].addr.family == family)
			nets[n++] = e->sources.v[i];
	if (!n)
		return;
	r = rules_add(out, NFT_TO_ACCEPT);
	nft_rule_add(out->arena, r, nft_match_ifname(out->arena, NFT_F_IIFNAME, e->name));
	nft_rule_add(out->arena, r, nft_match_nets(out->arena, NFT_F_SADDR, nets, n, false));
	r->comment = arena_strdup(out->arena, e->subject);
}

static int by_id(const void *a, const void *b)
{
	const struct endpoint *const *x = a, *const *y = b;

	return str_cmp((*x)->id, (*y)->id);
}

/* Sorted, since the order of messages is another one after a restart. */
static void render_sources(void *owner, struct rules *out)
{
	const struct endpoints *all = owner;
	struct ptrs who = { 0 };

	MAP_FOREACH(endpoint_map, &all->map, e)
		if (e->value->shown && e->value->sources.n)
			ptrs_add(&who, e->value);
	if (who.n)
		qsort(who.v, who.n, sizeof(*who.v), by_id);
	for (uint32_t i = 0; i < who.n; i++)
		render_sources_of(who.v[i], out);
	ptrs_done(&who);
}

void endpoints_init(struct endpoints *all)
{
	for (int t = 0; t < TABLE_N; t++)
		all->owned[t] = set_want(all->rs, t, "owned", &owned_types[t], NULL);
	all->sources =
		chain_want(all->rs, "cali-sources", RANK_STACK, IN_BOTH, NULL, render_sources, all);
}

/* --- addresses --- */

static void owned_change(
	struct endpoints *all, enum table t, const char *name, const struct addr *a, bool add)
{
	struct set_key key = { 0 };

	strlcpy((char *)key.bytes, name, IFNAMSIZ);
	memcpy(key.bytes + IFNAMSIZ, a->bytes, addr_size(a));
	(add ? set_add : set_remove)(all->rs, all->owned[t], &key);
}

static void show_hosts(struct endpoints *all, const struct endpoint *e, bool shown)
{
	for (size_t i = 0; i < e->hosts.n; i++) {
		const struct addr *a = &e->hosts.v[i].addr;

		if (a->family == 6) {
			if (all->ipv6)
				owned_change(all, TABLE_IP6, e->name, a, shown);
			continue;
		}
		owned_change(all, TABLE_IP, e->name, a, shown);
		owned_change(all, TABLE_ARP, e->name, a, shown);
	}
}

static void list_add(struct cidr_list *l, const struct cidr *c)
{
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = *c;
}

static void take_nets(struct endpoint *e, char **nets, size_t n)
{
	struct cidr c;

	for (size_t i = 0; i < n; i++)
		if (cidr_parse_net(nets[i], &c) == 0)
			list_add(cidr_is_host(&c) ? &e->hosts : &e->sources, &c);
}

static void drop_nets(struct endpoint *e)
{
	free(e->hosts.v);
	free(e->sources.v);
	e->hosts = e->sources = (struct cidr_list){ 0 };
}

/* --- interfaces --- */

void endpoints_tell(struct endpoints *all, const char *ifname)
{
	if (all->changed && *ifname)
		all->changed(all->changed_ctx, ifname);
}

const struct endpoint *endpoints_owner(const struct endpoints *all, const char *ifname)
{
	struct endpoint **found = endpoint_map_get(&all->names, ifname);

	return found ? *found : NULL;
}

static void unname(struct endpoints *all, struct endpoint *e)
{
	if (endpoints_owner(all, e->name) == e)
		endpoint_map_remove(&all->names, e->name);
}

/* A name that no interface can have belongs to none. */
static void take_name(struct endpoints *all, struct endpoint *e, const char *name)
{
	if (str_eq(e->name, name))
		return;
	unname(all, e);
	endpoints_tell(all, e->name);
	strlcpy(e->name, strlen(name) < IFNAMSIZ ? name : "", sizeof(e->name));
	if (!*e->name)
		return;
	endpoint_map_remove(&all->names, e->name); /* with the key of whoever had it */
	*endpoint_map_put(&all->names, e->name, NULL) = e;
}

/* --- being there --- */

/* The new class is joined before the old one is left, so that what they share stays. */
static void show(struct endpoints *all, struct endpoint *e, const Felix__WorkloadEndpoint *msg)
{
	struct class *old = e->class;

	e->class = class_join(all->classes, msg, e);
	if (old)
		class_leave(all->classes, old, e);
	show_hosts(all, e, true);
	e->shown = true;
}

static void hide_addresses(struct endpoints *all, struct endpoint *e)
{
	if (e->shown)
		show_hosts(all, e, false);
	if (e->sources.n)
		chain_touch(all->rs, all->sources);
	e->shown = false;
	drop_nets(e);
}

static void leave_class(struct endpoints *all, struct endpoint *e)
{
	if (e->class)
		class_leave(all->classes, e->class, e);
	e->class = NULL;
}

/* --- messages --- */

static char *endpoint_id(const Felix__WorkloadEndpointID *id)
{
	return mem_printf("%s/%s/%s", id->orchestrator_id, id->workload_id, id->endpoint_id);
}

static struct endpoint *record(struct endpoints *all, const Felix__WorkloadEndpointID *msg)
{
	_cleanup_free_ char *id = endpoint_id(msg);
	struct endpoint **found = endpoint_map_get(&all->map, id), *e;

	if (found)
		return *found;
	e = mem_new(struct endpoint);
	e->id = TAKE_PTR(id);
	e->subject = mem_printf("WorkloadEndpoint(%s)", e->id);
	*endpoint_map_put(&all->map, e->id, NULL) = e;
	return e;
}

static void endpoint_free(struct endpoint *e)
{
	drop_nets(e);
	free(e->subject);
	free(e->id);
	free(e);
}

static void take_sources(struct endpoint *e, const Felix__WorkloadEndpoint *msg)
{
	struct cidr c;

	take_nets(e, msg->ipv4_nets, msg->n_ipv4_nets);
	take_nets(e, msg->ipv6_nets, msg->n_ipv6_nets);
	for (size_t i = 0; i < msg->n_allow_spoofed_source_prefixes; i++)
		if (cidr_parse_net(msg->allow_spoofed_source_prefixes[i], &c) == 0)
			list_add(&e->sources, &c);
}

void endpoints_update(struct endpoints *all, const Felix__WorkloadEndpointUpdate *update)
{
	const Felix__WorkloadEndpoint *msg = update->endpoint;
	struct endpoint *e = record(all, update->id);

	hide_addresses(all, e);
	take_name(all, e, msg->name);
	take_sources(e, msg);
	if (*e->name && str_eq(msg->state, "active"))
		show(all, e, msg);
	else
		leave_class(all, e);
	if (e->sources.n)
		chain_touch(all->rs, all->sources);
	endpoints_tell(all, e->name);
}

void nft_endpoints_remove(struct endpoints *all, const Felix__WorkloadEndpointRemove *msg)
{
	_cleanup_free_ char *id = endpoint_id(msg->id);
	struct endpoint **found = endpoint_map_get(&all->map, id), *e;

	if (!found)
		return;
	e = *found;
	hide_addresses(all, e);
	leave_class(all, e);
	unname(all, e);
	endpoints_tell(all, e->name);
	endpoint_map_remove(&all->map, e->id);
	endpoint_free(e);
}

void nft_endpoints_done(struct endpoints *all)
{
	MAP_FOREACH(endpoint_map, &all->map, e)
		endpoint_free(e->value);
	endpoint_map_done(&all->map);
	endpoint_map_done(&all->names);
}
