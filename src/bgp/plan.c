/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha.h"
#include "bgp/view.h"

#define DEFAULT_AS       64512
#define DEFAULT_PRIORITY 1024

static void warn(struct plan *p, char *text)
{
	strv_add(&p->warnings, text);
	free(text);
}

/* They become part of a daemon's configuration, so what the API would not take counts for nothing:
 * writers that check nothing can put any text into the datastore. */
static void take_ignored_interfaces(struct plan *p, const struct strv *patterns)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-*";

	for (size_t i = 0; i < patterns->n; i++) {
		const char *text = patterns->v[i];

		if (*text && !text[strspn(text, allowed)] && !str_eq(text, "*"))
			strv_add(&p->ignored_interfaces, text);
		else
			warn(p, mem_printf("BGPConfiguration default: ignoredInterfaces: '%s' is "
					   "left out, it is no pattern of interfaces",
					text));
	}
}

static const char *node_cidr(const struct view_node *n, int family)
{
	return family == 4 ? n->v4 : n->v6;
}

static bool node_addr(const struct view_node *n, int family, struct addr *ret)
{
	const char *text = node_cidr(n, family);
	struct cidr c;

	if (!text || cidr_parse(text, &c))
		return false;
	*ret = c.addr;
	return true;
}

/* First four bytes of the name's SHA-256, moved out of multicast and reserved space. */
static struct addr hashed_router_id(const char *hostname)
{
	struct addr id = { .family = 4 };
	uint8_t hash[SHA256_LEN];

	sha256(hostname, strlen(hostname), hash);
	memcpy(id.bytes, hash, 4);
	if (id.bytes[0] > 223)
		id.bytes[0] -= 32;
	return id;
}

static int choose_router_id(
	struct plan *p, const struct view *v, const char *setting, struct err *err)
{
	if (str_eq(setting, "hash")) {
		p->router_id = hashed_router_id(view_hostname(v));
		return 0;
	}
	if (!str_empty(setting)) {
		if (addr_parse(setting, &p->router_id) || p->router_id.family != 4)
			return err_set(err, -EINVAL,
				"CALICO_ROUTER_ID=%s is neither an IPv4 address nor \"hash\"",
				setting);
		return 0;
	}
	if (!p->own[0].family)
		return err_set(err, -EINVAL,
			"node %s has no IPv4 address to take as router id: set CALICO_ROUTER_ID",
			view_hostname(v));
	p->router_id = p->own[0];
	return 0;
}

static uint32_t global_as(const struct view *v)
{
	uint32_t as = view_global(v)->as;

	return as ? as : DEFAULT_AS;
}

static uint16_t listen_port(const struct view *v, const char *node)
{
	const struct view_config *own = view_node_config(v, node);

	return own && own->listen_port ? own->listen_port : view_global(v)->listen_port;
}

static enum plan_debug debug_level(const struct view *v)
{
	const struct view_config *own = view_node_config(v, view_hostname(v));
	const char *level =
		own && own->log_severity ? own->log_severity : view_global(v)->log_severity;

	if (str_empty(level) || str_eq_nocase(level, "Info"))
		return PLAN_DEBUG_INFO;
	return str_eq_nocase(level, "Debug") || str_eq_nocase(level, "Trace") ? PLAN_DEBUG_ALL
									      : PLAN_DEBUG_NONE;
}

/* Protocol names are read by people, probes and upstream's tools: dots and colons as '_'. */
static void name_peer(struct plan_peer *peer, const char *prefix, const char *addr)
{
	snprintf(peer->name, sizeof(peer->name), "%s_%s", prefix, addr);
	for (char *c = peer->name; *c; c++)
		if (*c == '.' || *c == ':')
			*c = '_';
}

static bool add_peer(struct plan *p, const struct plan_peer *peer)
{
	for (size_t i = 0; i < p->peers_n; i++)
		if (str_eq(p->peers[i].name, peer->name))
			return false;
	p->peers = mem_realloc(p->peers, (p->peers_n + 1) * sizeof(*p->peers));
	p->peers[p->peers_n++] = *peer;
	return true;
}

/* The comparison that says who waits is one of texts: both ends, upstream's too, must agree. */
static void add_mesh_peer(
	struct plan *p, const struct view *v, const struct view_node *node, int family)
{
	struct plan_peer peer = { .family = family };
	char theirs[ADDR_TEXT_MAX], ours[ADDR_TEXT_MAX];

	if (!node_addr(node, family, &peer.addr) || !p->own[family == 6].family)
		return;
	addr_format(&peer.addr, theirs);
	addr_format(&p->own[family == 6], ours);
	if (str_eq(theirs, ours)) {
		warn(p, mem_printf("node %s has this node's own address %s: no session with it",
				node->name, theirs));
		return;
	}
	peer.as = node->has_as ? node->as : global_as(v);
	peer.port = listen_port(v, node->name);
	peer.passive = strcmp(theirs, ours) > 0;
	name_peer(&peer, "Mesh", theirs);
	if (!add_peer(p, &peer))
		warn(p, mem_printf("address %s of node %s is also another node's: one session only",
				theirs, node->name));
}

static void add_mesh(struct plan *p, const struct view *v)
{
	const struct view_node *const *nodes;
	size_t n = view_nodes(v, &nodes);

	if (view_global(v)->mesh_off || view_own_node(v)->cluster_id)
		return;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(nodes[i]->name, view_hostname(v)) || nodes[i]->cluster_id)
			continue;
		add_mesh_peer(p, v, nodes[i], 4);
		add_mesh_peer(p, v, nodes[i], 6);
	}
}

static int compare_peers(const void *a, const void *b)
{
	const struct plan_peer *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Which pools' routes does the BGP side put into the kernel? VXLAN and IPIP are the data plane's.
 */
static enum plan_kernel kernel_action(const struct view *v, enum view_encap encap)
{
	const char *owner = view_global(v)->program_cluster_routes;
	bool ours = !str_eq(owner, "Disabled") && !str_eq(owner, "EnabledIPIPOnly");

	return encap == VIEW_NO_ENCAP && ours ? PLAN_INSTALL : PLAN_REJECT;
}

static int compare_pools(const void *a, const void *b)
{
	const struct plan_pool *x = a, *y = b;

	return cidr_cmp(&x->cidr, &y->cidr);
}

static void add_pools(struct plan *p, const struct view *v)
{
	const struct view_pool *const *pools;
	size_t n = view_pools(v, &pools);

	p->pools = mem_new_n(struct plan_pool, n ? n : 1);
	for (size_t i = 0; i < n; i++)
		p->pools[p->pools_n++] = (struct plan_pool){
			.cidr = pools[i]->cidr,
			.export = !pools[i]->no_export,
			.kernel = kernel_action(v, pools[i]->encap),
		};
	if (p->pools_n)
		qsort(p->pools, p->pools_n, sizeof(*p->pools), compare_pools);
	if (str_starts(view_global(v)->program_cluster_routes, "Enabled") &&
		!str_eq(view_global(v)->program_cluster_routes, "EnabledNoEncapOnly"))
		warn(p, mem_printf(
				"programClusterRoutes %s: IPIP routes are left to the data plane",
				view_global(v)->program_cluster_routes));
}

static int compare_blocks(const void *a, const void *b)
{
	const struct plan_block *x = a, *y = b;

	return cidr_cmp(&x->cidr, &y->cidr);
}

static void add_blocks(struct plan *p, const struct view *v)
{
	const struct view_block *const *blocks;
	size_t n = view_blocks(v, &blocks);

	p->blocks = mem_new_n(struct plan_block, n ? n : 1);
	for (size_t i = 0; i < n; i++)
		p->blocks[p->blocks_n++] = (struct plan_block){
			.cidr = blocks[i]->cidr,
			.blackhole = !cidr_is_host(&blocks[i]->cidr),
			.aggregates = !blocks[i]->releasing,
		};
	if (p->blocks_n)
		qsort(p->blocks, p->blocks_n, sizeof(*p->blocks), compare_blocks);
}

/* "1m30s" in seconds, rounded down; 0 when it is no duration. */
static uint32_t duration_s(const char *text)
{
	double total = 0;

	while (!str_empty(text)) {
		char *unit;
		double value = strtod(text, &unit);

		if (unit == text)
			return 0;
		if (str_starts(unit, "ms"))
			total += value / 1000, unit += 2;
		else if (*unit == 'h')
			total += value * 3600, unit++;
		else if (*unit == 'm')
			total += value * 60, unit++;
		else if (*unit == 's')
			total += value, unit++;
		else
			return 0;
		text = unit;
	}
	return (uint32_t)total;
}

static void fill_general(struct plan *p, const struct view *v)
{
	const struct view_config *global = view_global(v);
	const struct view_node *own = view_own_node(v);

	p->as = own->has_as ? own->as : global_as(v);
	p->listen_port = listen_port(v, view_hostname(v));
	p->bind_node_ip = global->bind_node_ip;
	p->debug = debug_level(v);
	p->priority[0] = global->v4_priority ? global->v4_priority : DEFAULT_PRIORITY;
	p->priority[1] = global->v6_priority ? global->v6_priority : DEFAULT_PRIORITY;
	p->mesh_restart_s = duration_s(global->mesh_restart_time);
	take_ignored_interfaces(p, &global->ignored_interfaces);
}

int plan_make(const struct view *v, const char *router_id, struct plan *ret, struct err *err)
{
	const struct view_node *own = view_own_node(v);
	struct plan p = { 0 };
	int r;

	if (!own)
		return err_set(err, PLAN_E_NOT_YET, "there is no Node %s yet", view_hostname(v));
	node_addr(own, 4, &p.own[0]);
	node_addr(own, 6, &p.own[1]);
	r = choose_router_id(&p, v, router_id, err);
	if (r)
		return r;
	fill_general(&p, v);
	add_mesh(&p, v);
	if (p.peers_n)
		qsort(p.peers, p.peers_n, sizeof(*p.peers), compare_peers);
	add_pools(&p, v);
	add_blocks(&p, v);
	*ret = p;
	return 0;
}

void plan_done(struct plan *p)
{
	free(p->peers);
	free(p->pools);
	free(p->blocks);
	strv_done(&p->ignored_interfaces);
	strv_done(&p->warnings);
	*p = (struct plan){ 0 };
}
