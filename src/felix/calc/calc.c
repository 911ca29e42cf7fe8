/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph's frame: input goes to the parts by kind, a flush asks them in the order of felix.md
 * 1.6. Each part holds the state it answers from and marks what changed; see its header. */
#include "calc/calc.h"

#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "cluster.h"
#include "cluster_routes.h"
#include "endpoints.h"

struct calc {
	char *hostname;
	struct calc_config config; /* hostname: the one above */
	struct emitter out;
	struct atoms atoms;
	struct parents parents;
	struct sets sets;
	struct items items;
	struct tiers tiers;
	struct policies policies;
	struct profiles profiles;
	struct endpoints endpoints;
	struct pools pools;
	struct routes routes;
	struct passthru passthru;
	struct reports reports;
	bool in_sync, told_in_sync;
};

struct calc *calc_new(
	const struct calc_config *config, calc_output_fn output, calc_problem_fn problem, void *ctx)
{
	struct calc *c = mem_new(struct calc);

	c->hostname = mem_strdup(config->hostname);
	c->config = *config;
	c->config.hostname = c->hostname;
	c->out = (struct emitter){ .fn = output, .ctx = ctx };
	c->reports = (struct reports){ .fn = problem, .ctx = ctx };
	c->parents.atoms = &c->atoms;
	sets_init(&c->sets, &c->atoms, &c->parents, config->suppress_covered_members);
	c->items = (struct items){ .atoms = &c->atoms, .matcher = &c->sets.matcher };
	policies_init(&c->policies, &c->atoms, &c->parents, &c->sets, &c->reports, endpoints_touch,
		&c->endpoints);
	c->profiles = (struct profiles){
		.sets = &c->sets,
		.parents = &c->parents,
		.passthru = &c->passthru,
		.reports = &c->reports,
	};
	c->endpoints = (struct endpoints){
		.matcher = &c->policies.matcher,
		.profiles = &c->profiles,
		.tiers = &c->tiers,
	};
	routes_init(&c->routes, &c->atoms, c->hostname, config->routes_from_workloads);
	pools_init(&c->pools, &c->passthru, &c->routes, config->no_encap_routes);
	return c;
}

struct calc *calc_free(struct calc *c)
{
	if (!c)
		return NULL;
	endpoints_done(&c->endpoints);
	profiles_done(&c->profiles);
	policies_done(&c->policies);
	tiers_done(&c->tiers);
	items_done(&c->items);
	sets_done(&c->sets);
	pools_done(&c->pools);
	routes_done(&c->routes);
	passthru_done(&c->passthru);
	reports_done(&c->reports);
	parents_done(&c->parents);
	atoms_done(&c->atoms);
	free(c->hostname);
	free(c);
	return NULL;
}

/* Objects with addresses. `invalid`: what the reader found wrong, NULL for nothing. What can be read
 * of their addresses stays in the sets, because a set without them is a hole in a rule that denies
 * or negates it; what it does not know of itself, its labels, takes it out of all sets. */

static bool is_member(const struct resource *res)
{
	return res && !resource_lost_labels(res);
}

static void set_item(struct calc *c, const struct key *key, const struct resource *res,
	const struct item_input *item)
{
	if (is_member(res))
		items_set(&c->items, key, item);
	else
		items_remove(&c->items, key);
}

/* What comes of what the reader found; without that, *err as it is. */
static void report_part(struct calc *c, const struct key *key, const char *outcome,
	const char *invalid, const struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (invalid)
		buf_printf(&text, "%s: %s", outcome, invalid);
	else if (err->code)
		buf_puts(&text, err->msg);
	reports_set(&c->reports, key, text.len ? buf_str(&text) : NULL);
}

static const char *outcome_in_sets(const struct resource *res)
{
	return is_member(res) ? "the rest of it is used" : "it is in no set";
}

static void remove_workload(struct calc *c, const struct key *key, const char *invalid)
{
	items_remove(&c->items, key);
	endpoints_remove(&c->endpoints, key);
	routes_remove_workload(&c->routes, key);
	reports_set(&c->reports, key, invalid);
}

static void route_workload(
	struct calc *c, const struct key *key, const struct workload *w, bool usable)
{
	if (usable)
		routes_set_workload(&c->routes, key, w->name.node, w->item.nets, w->item.n_nets);
	else
		routes_remove_workload(&c->routes, key);
}

static void update_workload(
	struct calc *c, const struct key *key, const struct resource *res, const char *invalid)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct workload w;
	bool local;

	if (!res) {
		remove_workload(c, key, invalid);
		return;
	}
	workload_convert(key, res, c->config.spoofing_any, &arena, &w);
	if (!resource_workload_endpoint(res)->ip_networks.n) { /* not there yet */
		remove_workload(c, key, invalid ? invalid : w.fault.code ? w.fault.msg : NULL);
		return;
	}
	local = str_eq(w.name.node, c->hostname);
	set_item(c, key, res, &w.item);
	if (local || c->config.routes_from_workloads)
		route_workload(c, key, &w, !invalid && !w.fault.code);
	if (local && !invalid && !w.fault.code)
		endpoints_set(&c->endpoints, key, &w.item, workload_message(key, res, &w, &arena));
	else if (local)
		endpoints_remove(&c->endpoints, key);
	report_part(c, key, local ? "its traffic is denied" : outcome_in_sets(res), invalid,
		local && !w.fault.code ? &w.limits : &w.fault);
}

static void update_host_endpoint(
	struct calc *c, const struct key *key, const struct resource *res, const char *invalid)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct item_input item = { 0 };
	struct err err = { 0 };

	if (res)
		host_endpoint_convert(res, &arena, &item, &err);
	if (res && !err.code && str_eq(resource_host_endpoint(res)->node, c->hostname))
		err_set(&err, -EOPNOTSUPP, "host endpoints are left alone: not applied yet");
	set_item(c, key, res, &item);
	report_part(c, key, outcome_in_sets(res), invalid, &err);
}

static void update_network_set(
	struct calc *c, const struct key *key, const struct resource *res, const char *invalid)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct item_input item = { 0 };
	struct err err = { 0 };

	if (res)
		network_set_convert(key, res, &arena, &item, &err);
	set_item(c, key, res, &item);
	report_part(c, key, outcome_in_sets(res), invalid, &err);
}

/* Objects with rules. */

static void update_policy(
	struct calc *c, const struct key *key, const struct resource *res, const char *invalid)
{
	if (res && !str_eq(resource_policy(res)->staged_action, "Delete")) {
		policies_set(&c->policies, key, res, invalid);
		return;
	}
	policies_remove(&c->policies, key);
	reports_set(&c->reports, key, NULL);
}

static void update_profile(
	struct calc *c, const struct key *key, const struct resource *res, const char *invalid)
{
	if (res) {
		profiles_set(&c->profiles, key->name, res, invalid);
		return;
	}
	profiles_remove(&c->profiles, key->name);
	reports_set(&c->reports, key, invalid);
}

static void update_tier(struct calc *c, const struct key *key, const struct resource *res)
{
	const char *action = res ? resource_tier(res)->default_action : NULL;
	bool known = str_empty(action) || str_eq(action, "Deny") || str_eq(action, "Pass");

	if (res ? tiers_set(&c->tiers, key->name, resource_tier(res))
		: tiers_remove(&c->tiers, key->name))
		endpoints_touch_tier(&c->endpoints, key->name);
	reports_set(&c->reports, key, known ? NULL : "defaultAction is unknown and taken as Deny");
}

static void update_bgp_configuration(
	struct calc *c, const struct key *key, const struct resource *res)
{
	if (str_eq(key->name, "default"))
		passthru_bgp_config(&c->passthru, res ? resource_bgp_configuration(res) : NULL);
	reports_set(&c->reports, key, NULL);
}

void calc_update(struct calc *c, const struct key *key, const struct resource *res)
{
	if (key->type != KEY_RESOURCE)
		return;
	switch (key->kind) {
	case KIND_WORKLOAD_ENDPOINT:
		update_workload(c, key, res, NULL);
		break;
	case KIND_HOST_ENDPOINT:
		update_host_endpoint(c, key, res, NULL);
		break;
	case KIND_NETWORK_SET:
	case KIND_GLOBAL_NETWORK_SET:
		update_network_set(c, key, res, NULL);
		break;
	case KIND_NETWORK_POLICY:
	case KIND_GLOBAL_NETWORK_POLICY:
	case KIND_STAGED_NETWORK_POLICY:
	case KIND_STAGED_GLOBAL_NETWORK_POLICY:
		update_policy(c, key, res, NULL);
		break;
	case KIND_PROFILE:
		update_profile(c, key, res, NULL);
		break;
	case KIND_TIER:
		update_tier(c, key, res);
		break;
	case KIND_NODE:
		passthru_node(&c->passthru, key->name, res);
		routes_node_update(&c->routes, key->name, res);
		reports_set(&c->reports, key, NULL);
		break;
	case KIND_IP_POOL:
		pools_set(&c->pools, key->name, res ? resource_ip_pool(res) : NULL);
		reports_set(&c->reports, key, NULL);
		break;
	case KIND_BGP_CONFIGURATION:
		update_bgp_configuration(c, key, res);
		break;
	case KIND_NONE:
	case KIND_BGP_FILTER:
	case KIND_BGP_PEER:
	case KIND_BLOCK_AFFINITY:
	case KIND_CALICO_NODE_STATUS:
	case KIND_CLUSTER_INFORMATION:
	case KIND_FELIX_CONFIGURATION:
	case KIND_IPAM_CONFIGURATION:
	case KIND_IP_RESERVATION:
	case KIND_KUBE_CONTROLLERS_CONFIGURATION:
	case KIND_LIVE_MIGRATION:
	case KIND_STAGED_KUBERNETES_NETWORK_POLICY:
	case KIND_N:
		reports_set(&c->reports, key, NULL); /* calc_invalid() may have told of it */
		break;
	}
}

void calc_update_block(struct calc *c, const struct key *key, const struct block *b)
{
	struct err err = { 0 };

	if (b)
		routes_block_update(&c->routes, &key->cidr, b, &err);
	else
		routes_remove_block(&c->routes, &key->cidr);
	reports_set(&c->reports, key, err.code ? err.msg : NULL);
}

static void invalid_policy(
	struct calc *c, const struct key *key, const struct resource *res, const char *reason)
{
	_cleanup_(resource_freep) struct resource *unreadable =
		res ? NULL : resource_unreadable(key->kind);

	update_policy(c, key, res ? res : unreadable, reason);
}

static void invalid_resource(
	struct calc *c, const struct key *key, const struct resource *res, const char *reason)
{
	switch (key->kind) {
	case KIND_WORKLOAD_ENDPOINT:
		update_workload(c, key, res, reason);
		break;
	case KIND_HOST_ENDPOINT:
		update_host_endpoint(c, key, res, reason);
		break;
	case KIND_NETWORK_SET:
	case KIND_GLOBAL_NETWORK_SET:
		update_network_set(c, key, res, reason);
		break;
	case KIND_NETWORK_POLICY:
	case KIND_GLOBAL_NETWORK_POLICY:
	case KIND_STAGED_NETWORK_POLICY:
	case KIND_STAGED_GLOBAL_NETWORK_POLICY:
		invalid_policy(c, key, res, reason);
		break;
	case KIND_PROFILE:
		update_profile(c, key, res, reason);
		break;
	case KIND_TIER: /* its order counts; an action that cannot be read is Deny */
		calc_update(c, key, res);
		reports_set(&c->reports, key, reason);
		break;
	default:
		calc_update(c, key, NULL);
		reports_set(&c->reports, key, reason);
		break;
	}
}

void calc_invalid(
	struct calc *c, const struct key *key, const struct resource *res, const char *reason)
{
	if (key->type == KEY_RESOURCE) {
		invalid_resource(c, key, res, reason);
	} else if (key->type == KEY_BLOCK) {
		calc_update_block(c, key, NULL);
		reports_set(&c->reports, key, reason);
	}
}

void calc_in_sync(struct calc *c)
{
	c->in_sync = true;
}

static bool routes_are_wanted(const struct calc *c)
{
	const struct pools *p = &c->pools;

	return c->config.wireguard || p->vxlan || p->vxlan6 ||
	       (c->config.ipip_routes && p->ipip) || (c->config.no_encap_routes && p->no_encap);
}

void calc_flush(struct calc *c)
{
	Felix__InSync in_sync = FELIX__IN_SYNC__INIT;

	if (!c->in_sync)
		return;
	policies_settle(&c->policies);
	profiles_settle(&c->profiles);
	sets_settle(&c->sets);
	sets_emit_updates(&c->sets, &c->out);
	policies_emit_updates(&c->policies, &c->out);
	profiles_emit_updates(&c->profiles, &c->out);
	endpoints_emit_updates(&c->endpoints, &c->out);
	endpoints_emit_removes(&c->endpoints, &c->out);
	profiles_emit_removes(&c->profiles, &c->out);
	policies_emit_removes(&c->policies, &c->out);
	sets_emit_removes(&c->sets, &c->out);
	passthru_emit(&c->passthru, PASSED_SERVICE_ACCOUNT, PASSED_NAMESPACE, &c->out);
	routes_want(&c->routes, routes_are_wanted(c));
	routes_emit(&c->routes, &c->out);
	passthru_emit(&c->passthru, PASSED_HOST_METADATA, PASSED_BGP_CONFIG, &c->out);
	if (!c->told_in_sync)
		emit_payload(&c->out, IN_SYNC, in_sync, &in_sync);
	c->told_in_sync = true;
}

struct calc_counters calc_counters(const struct calc *c)
{
	const struct matcher *sets = &c->sets.matcher, *policies = &c->policies.matcher;

	return (struct calc_counters){
		.selectors_visited = sets->selectors_visited + policies->selectors_visited,
		.endpoints_visited = sets->items_visited + policies->items_visited,
		.members_emitted = c->out.members,
		.messages_emitted = c->out.messages,
		.routes_evaluated = c->routes.evaluated,
	};
}

void calc_sizes(const struct calc *c, calc_size_fn fn, void *ctx)
{
	matcher_sizes(&c->sets.matcher, "sets", fn, ctx);
	matcher_sizes(&c->policies.matcher, "policies", fn, ctx);
	fn(ctx, "atoms", atoms_count(&c->atoms));
	fn(ctx, "parents", parent_map_count(&c->parents.map));
	fn(ctx, "items", item_map_count(&c->items.map));
	fn(ctx, "sets", set_map_count(&c->sets.map));
	fn(ctx, "sets.live", c->sets.n_live);
	fn(ctx, "sets.members", sets_count_members(&c->sets));
	fn(ctx, "sets.dirty", c->sets.dirty.n + c->sets.changed.n + c->sets.gone.n);
	fn(ctx, "tiers", tier_map_count(&c->tiers.map));
	fn(ctx, "policies", policy_map_count(&c->policies.map));
	fn(ctx, "policies.selectors", policy_selector_map_count(&c->policies.selectors));
	fn(ctx, "policies.dirty", c->policies.dirty.n);
	fn(ctx, "profiles", profile_map_count(&c->profiles.map));
	fn(ctx, "profiles.dirty", c->profiles.dirty.n);
	fn(ctx, "endpoints", endpoint_map_count(&c->endpoints.map));
	fn(ctx, "endpoints.dirty", c->endpoints.dirty.n);
	fn(ctx, "pools", pool_map_count(&c->pools.map) + pool_cidr_map_count(&c->pools.by_cidr));
	fn(ctx, "routes", route_trie_count(&c->routes.trie) + c->routes.dirty.n);
	fn(ctx, "routes.nodes", route_node_map_count(&c->routes.nodes));
	fn(ctx, "routes.blocks", route_block_map_count(&c->routes.blocks));
	fn(ctx, "routes.workloads", route_workload_map_count(&c->routes.workloads));
	fn(ctx, "reports", report_map_count(&c->reports.map));
	fn(ctx, "passthru", passthru_count(&c->passthru));
}
