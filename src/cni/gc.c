/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GC: what this node has of this network and no listed attachment uses goes away.
 *
 * Nothing that is younger than the call is touched: of endpoints by their creation time, of links by
 * looking twice with a pause between, because an ADD has its link before its endpoint. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "calico.h"
#include "delegate.h"
#include "endpoint.h"
#include "kernel/link.h"
#include "ready.h"
#include "wiring.h"

#define LINK_PREFIX  "cali"
#define LINK_PAUSE_S 2

struct gc {
	struct cni_call *call;
	struct identity id; /* only the node is of interest */
	uint64_t start_s;
	struct link_info *links; /* of the host, at the start */
	size_t n_links;
	struct arena arena;
	struct cni_error *err; /* the first failure */
	int code;
};

static void keep_error(struct gc *g, const struct cni_error *why)
{
	log_warning("GC: %s", why->msg);
	if (g->code)
		return;
	*g->err = *why;
	g->code = why->code;
}

static bool is_listed(const struct gc *g, const char *container_id)
{
	const struct attachment_list *l = &g->call->conf.valid_attachments;

	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].container_id, container_id))
			return true;
	return false;
}

/* ---- endpoints */

static bool is_of_network(const struct gc *g, const struct resource *res)
{
	const struct text_list *l = &resource_workload_endpoint(res)->profiles;

	if (str_eq(g->call->conf.policy.type, "k8s"))
		return str_eq(resource_workload_endpoint(res)->orchestrator, "k8s");
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], g->call->conf.name))
			return true;
	return false;
}

static bool is_older(const struct gc *g, const struct resource *res)
{
	uint64_t ns;

	return res->meta.creation_timestamp &&
	       clock_parse_rfc3339(res->meta.creation_timestamp, &ns) == 0 &&
	       ns / NSEC_PER_SEC < g->start_s;
}

static bool is_left_over(const struct gc *g, const struct resource *res)
{
	const struct workload_endpoint_spec *s = resource_workload_endpoint(res);

	return str_eq(s->node, g->id.node) &&
	       (str_eq(s->orchestrator, "cni") || str_eq(s->orchestrator, "k8s")) &&
	       !str_empty(s->container_id) && !is_listed(g, s->container_id) &&
	       is_of_network(g, res) && is_older(g, res);
}

static int list_endpoints(struct gc *g, struct resource_list *ret, struct cni_error *err)
{
	struct client *client = g->call->session.client;

	if (client_list(client, KIND_WORKLOAD_ENDPOINT, NULL, NULL, ret) == CLIENT_OK)
		return 0;
	return cni_fail(
		err, CNI_TRY_LATER, "error listing WorkloadEndpoints: %s", client_error(client));
}

static void delete_endpoints(struct gc *g, const struct resource_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct cni_error why = { 0 };

		if (!is_left_over(g, l->v[i]))
			continue;
		log_info("GC: deleting WorkloadEndpoint %s/%s", l->v[i]->meta.ns,
			l->v[i]->meta.name);
		if (endpoint_delete(&g->call->session, l->v[i], &why))
			keep_error(g, &why);
	}
}

/* ---- links */

static bool is_claimed(const struct gc *g, const struct link_info *link,
	const struct resource_list *endpoints)
{
	const struct attachment_list *l = &g->call->conf.valid_attachments;
	char name[IFNAMSIZ];

	for (size_t i = 0; i < endpoints->n; i++) {
		const struct workload_endpoint_spec *s =
			resource_workload_endpoint(endpoints->v[i]);

		if (str_eq(s->node, g->id.node) && str_eq(s->interface_name, link->name))
			return true;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!l->v[i].container_id)
			continue;
		identity_container_ifname(l->v[i].container_id, name);
		if (str_eq(name, link->name))
			return true;
	}
	return false;
}

/* Keeps those without a claim, in place. */
static void drop_claimed(struct gc *g, const struct resource_list *endpoints)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_links; i++)
		if (!is_claimed(g, &g->links[i], endpoints))
			g->links[n++] = g->links[i];
	g->n_links = n;
}

static void delete_links(struct gc *g)
{
	for (size_t i = 0; i < g->n_links; i++) {
		struct cni_error why = { 0 };

		/* By index: a new link of that name is somebody else's. */
		if (if_nametoindex(g->links[i].name) != g->links[i].index)
			continue;
		log_info("GC: deleting the link %s", g->links[i].name);
		if (wiring_remove_host(g->call->session.loop, g->links[i].name, &why))
			keep_error(g, &why);
	}
}

static int collect_links(struct gc *g, struct cni_error *err)
{
	struct resource_list endpoints = { 0 };
	int r = list_endpoints(g, &endpoints, err);

	if (!r)
		drop_claimed(g, &endpoints);
	resource_list_done(&endpoints);
	if (r || !g->n_links)
		return r;
	(void)sleep(LINK_PAUSE_S);
	r = list_endpoints(g, &endpoints, err);
	if (!r) {
		drop_claimed(g, &endpoints);
		delete_links(g);
	}
	resource_list_done(&endpoints);
	return r;
}

/* ---- */

static int prepare(struct gc *g, struct cni_error *err)
{
	struct cni_call *call = g->call;
	int r;

	if ((r = netconf_check(&call->conf, err)) ||
		(r = session_check_node_file(&call->conf, err)))
		return r;
	if (!call->conf.has_valid_attachments)
		return cni_fail(err, CNI_BAD_CONFIG,
			"cni.dev/valid-attachments is missing: nothing says what is in use");
	identity_read(call, &g->id);
	if ((r = session_open(&call->conf, &call->session, err)))
		return r;
	return ready_ask(&call->session, err);
}

int calico_gc(struct cni_call *call, struct cni_error *err)
{
	struct gc g = { .call = call, .start_s = clock_wall_ns() / NSEC_PER_SEC, .err = err };
	struct resource_list endpoints = { 0 };
	struct cni_error why = { 0 };
	int r = prepare(&g, err);

	if (!r)
		r = wiring_list_host(
			call->session.loop, LINK_PREFIX, &g.arena, &g.links, &g.n_links, err);
	if (!r)
		r = list_endpoints(&g, &endpoints, err);
	if (!r) {
		delete_endpoints(&g, &endpoints);
		if (delegate_run(call, CNI_GC, &why))
			keep_error(&g, &why);
		if (collect_links(&g, &why))
			keep_error(&g, &why);
	}
	resource_list_done(&endpoints);
	identity_done(&g.id);
	arena_done(&g.arena);
	return r ? r : g.code;
}
