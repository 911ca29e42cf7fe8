/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster.h"

#include "base/addr.h"
#include "base/str.h"
#include "message.h"

/* Nodes. */

struct cidr node_address(const struct node_spec *spec, uint8_t family)
{
	static const char *const types[] = { "InternalIP", "ExternalIP" };
	const char *bgp = !spec->bgp    ? NULL
			  : family == 4 ? spec->bgp->ipv4_address
					: spec->bgp->ipv6_address;
	struct cidr c;

	if (!str_empty(bgp))
		return cidr_parse(bgp, &c) ? (struct cidr){ 0 } : c;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
		for (size_t i = 0; i < spec->addresses.n; i++) {
			const struct node_address *at = &spec->addresses.v[i];
			if (str_eq(at->type, types[t]) && !str_empty(at->address) &&
				cidr_parse_net(at->address, &c) == 0 && c.addr.family == family)
				return c;
		}
	return (struct cidr){ 0 };
}

static char *address_text(const struct node_spec *spec, uint8_t family, struct arena *a)
{
	struct cidr c = node_address(spec, family);
	char buf[CIDR_TEXT_MAX];

	return c.addr.family ? arena_strdup(a, cidr_format(&c, buf)) : message_text(a, NULL);
}

static Felix__HostMetadataUpdate *host_metadata(
	const char *name, const struct resource *res, struct arena *a)
{
	const struct node_spec *spec = resource_node(res);
	Felix__HostMetadataUpdate *host =
		arena_message(a, Felix__HostMetadataUpdate, felix__host_metadata_update__init);

	host->hostname = message_text(a, name);
	host->ipv4_addr = address_text(spec, 4, a);
	host->ipv6_addr = address_text(spec, 6, a);
	if (spec->bgp && spec->bgp->as_number.set)
		host->asnumber = arena_printf(a, "%lld", (long long)spec->bgp->as_number.value);
	message_map(a, host->n_labels, host->labels, Felix__HostMetadataUpdate__LabelsEntry,
		felix__host_metadata_update__labels_entry__init, &res->meta.labels);
	return host;
}

bool node_says_nothing(const struct node_spec *spec)
{
	return spec->bgp && str_empty(spec->bgp->ipv4_address) &&
	       str_empty(spec->bgp->ipv6_address) && !spec->addresses.n;
}

void passthru_node(struct passthru *p, const char *name, const struct resource *res)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	if (!res || node_says_nothing(resource_node(res))) {
		passthru_remove(p, PASSED_HOST_METADATA, name);
		return;
	}
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_HOST_METADATA_UPDATE;
	msg.host_metadata_update = host_metadata(name, res, &arena);
	passthru_set(p, PASSED_HOST_METADATA, name, &msg, false);
}

/* Pools. */

struct pool {
	char *name, *cidr; /* canonical */
	struct packed update;
	struct route_pool route;
	bool ipip, vxlan, vxlan6, no_encap;
};

static bool mode_is_on(const char *mode)
{
	return !str_empty(mode) && !str_eq(mode, "Never");
}

static const char *mode_text(const char *mode)
{
	return str_eq(mode, "Always")        ? "always"
	       : str_eq(mode, "CrossSubnet") ? "cross-subnet"
					     : "";
}

static void tell_encapsulation(struct pools *p)
{
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__Encapsulation e = FELIX__ENCAPSULATION__INIT;

	e.ipip_enabled = p->ipip > 0;
	e.vxlan_enabled = p->vxlan > 0;
	e.vxlan_enabled_v6 = p->vxlan6 > 0;
	e.no_encap_enabled = p->tells_no_encap && p->no_encap > 0;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_ENCAPSULATION;
	msg.encapsulation = &e;
	passthru_set(p->passthru, PASSED_ENCAPSULATION, "", &msg, true);
}

void pools_init(
	struct pools *p, struct passthru *passthru, struct routes *routes, bool tells_no_encap)
{
	*p = (struct pools){
		.passthru = passthru, .routes = routes, .tells_no_encap = tells_no_encap
	};
	tell_encapsulation(p);
}

static void count(struct pools *p, const struct pool *pool, uint32_t change)
{
	p->ipip += pool->ipip ? change : 0;
	p->vxlan += pool->vxlan ? change : 0;
	p->vxlan6 += pool->vxlan6 ? change : 0;
	p->no_encap += pool->no_encap ? change : 0;
}

static Felix__IPAMPoolUpdate *pool_message(
	const char *cidr, const struct ip_pool_spec *spec, struct arena *a)
{
	Felix__IPAMPoolUpdate *update =
		arena_message(a, Felix__IPAMPoolUpdate, felix__ipampool_update__init);

	update->id = arena_strdup(a, cidr);
	*strchr(update->id, '/') = '-';
	update->pool = arena_message(a, Felix__IPAMPool, felix__ipampool__init);
	update->pool->cidr = arena_strdup(a, cidr);
	update->pool->masquerade = spec->nat_outgoing;
	update->pool->ipip_mode = message_text(a, mode_text(spec->ipip_mode));
	update->pool->vxlan_mode = message_text(a, mode_text(spec->vxlan_mode));
	update->pool->n_allowed_uses = spec->allowed_uses.n;
	update->pool->allowed_uses = message_texts(a, &spec->allowed_uses);
	return update;
}

/* One for load balancers only has no encapsulation to speak of. */
static struct route_pool pool_route(const struct ip_pool_spec *spec)
{
	const struct text_list *uses = &spec->allowed_uses;
	bool ipip = mode_is_on(spec->ipip_mode), vxlan = mode_is_on(spec->vxlan_mode);
	bool services = uses->n == 1 && str_eq(uses->v[0], "LoadBalancer");

	return (struct route_pool){
		.exists = true,
		.nat_outgoing = spec->nat_outgoing,
		.cross_subnet = str_eq(spec->ipip_mode, "CrossSubnet") ||
				str_eq(spec->vxlan_mode, "CrossSubnet"),
		.type = services ? FELIX__IPPOOL_TYPE__NONE
			: vxlan	 ? FELIX__IPPOOL_TYPE__VXLAN
			: ipip	 ? FELIX__IPPOOL_TYPE__IPIP
				 : FELIX__IPPOOL_TYPE__NO_ENCAP,
	};
}

static struct pool *pool_new(const char *name, const struct ip_pool_spec *spec)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	char buf[CIDR_TEXT_MAX];
	struct pool *pool;
	struct cidr c;

	if (str_empty(spec->cidr) || cidr_parse_net(spec->cidr, &c))
		return NULL;
	c = cidr_mask(&c);
	pool = mem_new(struct pool);
	pool->name = mem_strdup(name);
	pool->cidr = mem_strdup(cidr_format(&c, buf));
	pool->ipip = mode_is_on(spec->ipip_mode);
	pool->vxlan = mode_is_on(spec->vxlan_mode) && c.addr.family == 4;
	pool->vxlan6 = mode_is_on(spec->vxlan_mode) && c.addr.family == 6;
	pool->no_encap = !mode_is_on(spec->ipip_mode) && !mode_is_on(spec->vxlan_mode);
	pool->route = pool_route(spec);
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_IPAM_POOL_UPDATE;
	msg.ipam_pool_update = pool_message(pool->cidr, spec, &arena);
	packed_set(&pool->update, &msg);
	return pool;
}

static void pool_free(struct pool *pool)
{
	packed_done(&pool->update);
	free(pool->name);
	free(pool->cidr);
	free(pool);
}

static void tell_first(struct pools *p, const char *cidr, const struct ptrs *same)
{
	static const struct route_pool none;
	const struct pool *first = NULL;
	Felix__ToDataplane *msg;
	struct cidr c;

	for (uint32_t i = 0; i < same->n; i++) {
		const struct pool *pool = same->v[i];
		if (!first || str_cmp(pool->name, first->name) < 0)
			first = pool;
	}
	if (cidr_parse(cidr, &c) == 0)
		routes_set_pool(p->routes, &c, first ? &first->route : &none);
	if (!first) {
		passthru_remove(p->passthru, PASSED_IPAM_POOL, cidr);
		return;
	}
	msg = packed_open(&first->update);
	passthru_set(p->passthru, PASSED_IPAM_POOL, cidr, msg, false);
	felix__to_dataplane__free_unpacked(msg, NULL);
}

static void pool_join(struct pools *p, struct pool *pool)
{
	struct ptrs *same = pool_cidr_map_get(&p->by_cidr, pool->cidr);

	if (!same)
		same = pool_cidr_map_put(&p->by_cidr, mem_strdup(pool->cidr), NULL);
	ptrs_add(same, pool);
	count(p, pool, 1);
	*pool_map_put(&p->map, pool->name, NULL) = pool;
	tell_first(p, pool->cidr, same);
}

static void pool_leave(struct pools *p, struct pool *pool)
{
	struct ptrs *same = pool_cidr_map_get(&p->by_cidr, pool->cidr);
	const char *cidr = container_of(same, struct pool_cidr_map_entry, value)->key;

	ptrs_remove(same, pool);
	count(p, pool, -1u);
	pool_map_remove(&p->map, pool->name);
	tell_first(p, cidr, same);
	if (!same->n) {
		ptrs_done(same);
		pool_cidr_map_remove(&p->by_cidr, cidr);
		free((char *)cidr);
	}
	pool_free(pool);
}

void pools_set(struct pools *p, const char *name, const struct ip_pool_spec *spec)
{
	struct pool **found = pool_map_get(&p->map, name);
	struct pool *new = spec ? pool_new(name, spec) : NULL;

	if (found)
		pool_leave(p, *found);
	if (new)
		pool_join(p, new);
	if (found || new)
		tell_encapsulation(p);
}

void pools_remove(struct pools *p, const char *name)
{
	pools_set(p, name, NULL);
}

void pools_done(struct pools *p)
{
	MAP_FOREACH(pool_map, &p->map, e)
		pool_free(e->value);
	MAP_FOREACH(pool_cidr_map, &p->by_cidr, e) {
		free((char *)e->key);
		ptrs_done(&e->value);
	}
	pool_map_done(&p->map);
	pool_cidr_map_done(&p->by_cidr);
}

/* BGP. */

static void put_cidrs(const struct cidr_item_list *in, struct arena *a, size_t *n, char ***v)
{
	*n = in->n;
	*v = arena_new_n(a, char *, in->n + 1);
	for (size_t i = 0; i < in->n; i++)
		(*v)[i] = message_text(a, in->v[i].cidr);
}

void passthru_bgp_config(struct passthru *p, const struct bgp_configuration_spec *spec)
{
	static const struct bgp_configuration_spec nothing;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	Felix__GlobalBGPConfigUpdate bgp = FELIX__GLOBAL_BGPCONFIG_UPDATE__INIT;

	if (!spec)
		spec = &nothing;
	put_cidrs(&spec->service_cluster_ips, &arena, &bgp.n_service_cluster_cidrs,
		&bgp.service_cluster_cidrs);
	put_cidrs(&spec->service_external_ips, &arena, &bgp.n_service_external_cidrs,
		&bgp.service_external_cidrs);
	put_cidrs(&spec->service_load_balancer_ips, &arena, &bgp.n_service_loadbalancer_cidrs,
		&bgp.service_loadbalancer_cidrs);
	bgp.local_workload_peering_ip_v4 = message_text(&arena, spec->local_workload_peering_ipv4);
	bgp.local_workload_peering_ip_v6 = message_text(&arena, spec->local_workload_peering_ipv6);
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_GLOBAL_BGP_CONFIG_UPDATE;
	msg.global_bgp_config_update = &bgp;
	passthru_set(p, PASSED_BGP_CONFIG, "", &msg, true);
}
