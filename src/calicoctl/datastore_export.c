/* SPDX-License-Identifier: GPL-2.0-or-later */
/* datastore migrate export. Source: calicoctl.md 10.2. */
#include "datastore_export.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "json_text.h"
#include "listing.h"
#include "model/node.h"
#include "output.h"
#include "report.h"

#define PART           "===\n"
#define KUBERNETES     "k8s"
#define OF_NODE        "node."
#define KUBERNETES_OWN "knp.default."

struct export {
	struct session *s;
	struct node_names nodes;
};

const char *node_names_map(const struct node_names *names, const char *node)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->v[i].from, node))
			return names->v[i].to;
	return node;
}

static void node_names_add(struct node_names *names, const char *from, const char *to)
{
	mem_grow(&names->v, &names->cap, names->n + 1, sizeof(*names->v));
	names->v[names->n++] = (struct node_name_pair){ arena_strdup(&names->arena, from),
		arena_strdup(&names->arena, to) };
}

/* ---- what becomes of an object: 0, or the exit status */

static int change_node(struct export *e, struct resource *res)
{
	const struct orch_ref_list *refs = &resource_node(res)->orch_refs;
	for (size_t i = 0; i < refs->n; i++) {
		if (!str_eq(refs->v[i].orchestrator, KUBERNETES))
			continue;
		node_names_add(&e->nodes, res->meta.name, refs->v[i].node_name);
		res->meta.name = refs->v[i].node_name;
		return 0;
	}
	return report_error("unable to process metadata for export for Node resource: node %s "
			    "missing a 'k8s' orchestrator reference. Unable to export data unless "
			    "every node has a 'k8s' orchestrator reference",
		res->meta.name);
}

/* "node.NAME" belongs to a node. */
static int change_config(struct export *e, struct resource *res)
{
	const char *name = res->meta.name;
	if (str_starts(name, OF_NODE))
		res->meta.name = arena_printf(&res->arena, OF_NODE "%s",
			node_names_map(&e->nodes, name + sizeof(OF_NODE) - 1));
	return 0;
}

/* Old versions took the actions in any case, Kubernetes takes them capitalised only. */
static int change_felix_config(struct export *e, struct resource *res)
{
	static const char *const members[] = { "defaultEndpointToHostAction",
		"iptablesFilterAllowAction", "iptablesMangleAllowAction",
		"iptablesFilterDenyAction" };
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char **text = resource_text(res, members[i]);
		if (str_empty(*text))
			continue;
		char *copy = arena_strdup(&res->arena, *text);
		for (char *p = copy; *p; p++)
			*p = (char)(p == copy ? toupper((unsigned char)*p)
					      : tolower((unsigned char)*p));
		*text = copy;
	}
	return change_config(e, res);
}

/* ---- the kinds, in the order in which they can be created again */

static const struct exported {
	enum kind kind;
	bool default_only; /* as upstream: of the namespace default only */
	int (*change)(struct export *e, struct resource *res);
} exported[] = {
	{ KIND_IP_POOL, false, NULL },
	{ KIND_BGP_PEER, false, NULL },
	{ KIND_TIER, false, NULL },
	{ KIND_GLOBAL_NETWORK_POLICY, false, NULL },
	{ KIND_STAGED_GLOBAL_NETWORK_POLICY, false, NULL },
	{ KIND_GLOBAL_NETWORK_SET, false, NULL },
	{ KIND_HOST_ENDPOINT, false, NULL },
	{ KIND_KUBE_CONTROLLERS_CONFIGURATION, false, NULL },
	{ KIND_NETWORK_POLICY, false, NULL },
	{ KIND_STAGED_NETWORK_POLICY, true, NULL },
	{ KIND_STAGED_KUBERNETES_NETWORK_POLICY, true, NULL },
	{ KIND_NETWORK_SET, false, NULL },
	{ KIND_NODE, false, change_node },
	{ KIND_BGP_CONFIGURATION, false, change_config },
	{ KIND_FELIX_CONFIGURATION, false, change_felix_config },
	{ KIND_IP_RESERVATION, false, NULL },
	{ KIND_BGP_FILTER, false, NULL },
};

static void strip(struct resource *res)
{
	struct object_meta *m = &res->meta;
	m->uid = m->resource_version = m->creation_timestamp = NULL;
}

static bool is_left_out(const struct resource *res)
{
	return res->kind == KIND_NETWORK_POLICY && str_starts(res->meta.name, KUBERNETES_OWN);
}

static int change_all(struct export *e, const struct exported *x, const struct resource_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		int r = x->change ? x->change(e, list->v[i]) : 0;
		if (r)
			return r;
		strip(list->v[i]);
	}
	return 0;
}

static int print_list(const struct exported *x, struct resource_list *list)
{
	struct output out = { .form = OUTPUT_YAML };
	struct result result;
	struct err err = { 0 };
	if (result_begin(&result, &out, x->kind, true, &err) < 0)
		return report_error("%s", err.msg);
	for (size_t i = 0; i < list->n; i++)
		if (!is_left_out(list->v[i]))
			result_add(&result, &out, list->v[i]);
	result.revision = TAKE_PTR(list->revision);
	int r = output_print(&out, &result, 1, &err);
	puts("---");
	result_done(&result);
	return r < 0 ? report_error("%s", err.msg) : 0;
}

static int export_kind(struct export *e, const struct exported *x)
{
	struct client *c = e->s->client;
	struct resource_list list;
	if (client_list(c, x->kind, x->default_only ? "default" : NULL, NULL, &list) != CLIENT_OK)
		return report_error("unable to fetch %s resources for export: %s",
			kind_name(x->kind), client_error(c));
	listing_sort(x->kind, &list);
	int r = change_all(e, x, &list);
	if (r == 0)
		r = print_list(x, &list);
	resource_list_done(&list);
	return r;
}

static int export_resources(struct export *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(exported); i++)
		r = export_kind(e, &exported[i]);
	return r;
}

static void print_cluster(const struct resource *info)
{
	_cleanup_buf_ struct buf json = BUF_INIT, text = BUF_INIT;
	resource_encode_full(info, &json);
	json_text_indent((struct json_text){ buf_str(&json), json.len }, 0, &text);
	printf(PART "%s\n" PART, buf_str(&text));
}

static int check_locked(struct session *s, struct resource **info)
{
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, info) !=
		CLIENT_OK)
		return report_error("error while checking if datastore was locked: error "
				    "retrieving ClusterInformation: %s",
			client_error(s->client));
	const struct opt_bool *ready = &resource_cluster_information(*info)->datastore_ready;
	if (ready->set && !ready->value)
		return 0;
	return report_error("datastore is not locked. Run the `calicoctl datastore migrate lock` "
			    "command in order to begin migration");
}

int run_datastore_export(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	_cleanup_(resource_freep) struct resource *info = NULL;
	struct export e = { .s = &s };
	int r = session_begin(&s, &inv->opt);
	if (r == 0)
		r = check_locked(&s, &info);
	if (r == 0)
		r = export_resources(&e);
	if (r == 0) {
		print_cluster(info);
		r = export_ipam(&s, &e.nodes);
	}
	free(e.nodes.v);
	arena_done(&e.nodes.arena);
	return r;
}
