/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "class.h"
#include "endpoint.h"
#include "entry.h"
#include "nft/nft.h"
#include "watcher.h"
#include "writer.h"

struct nft {
	struct driver driver; /* first */
	struct nft_config config;
	struct writer writer;
	struct watcher *watcher;

	struct ruleset rs;
	struct ipsets ipsets;
	struct policies policies;
	struct stacks stacks;
	struct classes classes;
	struct endpoints endpoints;
	struct entries entries;

	bool in_sync;
};

static struct nft *nft_of(const struct driver *d)
{
	return (struct nft *)d;
}

static void tell_problem(void *ctx, const char *subject, const char *reason)
{
	const struct driver_host *host = ((struct nft *)ctx)->driver.host;

	host->problem(host->ctx, "nft", subject, reason);
}

/* --- messages --- */

static void message(struct driver *d, const Felix__ToDataplane *msg)
{
	struct nft *n = nft_of(d);

	switch (msg->payload_case) {
	case FELIX__TO_DATAPLANE__PAYLOAD_IN_SYNC:
		n->in_sync = true;
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_IPSET_UPDATE:
		ipsets_update(&n->ipsets, msg->ipset_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_IPSET_DELTA_UPDATE:
		ipsets_delta(&n->ipsets, msg->ipset_delta_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_IPSET_REMOVE:
		ipsets_remove(&n->ipsets, msg->ipset_remove);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_POLICY_UPDATE:
		policies_update(&n->policies, msg->active_policy_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_POLICY_REMOVE:
		nft_policies_remove(&n->policies, msg->active_policy_remove);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_PROFILE_UPDATE:
		policies_update_profile(&n->policies, msg->active_profile_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_ACTIVE_PROFILE_REMOVE:
		policies_remove_profile(&n->policies, msg->active_profile_remove);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE:
		endpoints_update(&n->endpoints, msg->workload_endpoint_update);
		break;
	case FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE:
		nft_endpoints_remove(&n->endpoints, msg->workload_endpoint_remove);
		break;
	default: /* nothing that policy depends on */
		break;
	}
}

/* --- phases --- */

static bool has_changes(const struct nft *n)
{
	return ruleset_has_changes(&n->rs) || n->classes.unnumbered.n;
}

static bool pending(const struct driver *d, enum phase phase)
{
	const struct nft *n = nft_of(d);

	if (!n->in_sync)
		return false;
	if (phase == PHASE_TABLES)
		return !n->writer.ready || has_changes(n);
	return phase == PHASE_DELETIONS && ruleset_has_deletions(&n->rs);
}

static void apply(struct driver *d, enum phase phase)
{
	writer_write(&nft_of(d)->writer, phase == PHASE_TABLES ? WRITE_CHANGES : WRITE_DELETIONS);
}

static enum phase phase_of(enum write_kind kind)
{
	return kind == WRITE_CHANGES ? PHASE_TABLES : PHASE_DELETIONS;
}

static void prepare(void *ctx, enum write_kind kind)
{
	if (kind == WRITE_CHANGES)
		classes_number(&((struct nft *)ctx)->classes);
}

static void was_read(void *ctx)
{
	classes_read(&((struct nft *)ctx)->classes);
}

static void tell_member(void *ctx, struct endpoint *e)
{
	endpoints_tell(&((struct nft *)ctx)->endpoints, e->name);
}

static void done(void *ctx, enum write_kind kind)
{
	struct nft *n = ctx;
	const struct driver_host *host = n->driver.host;

	tell_problem(n, "table calico", NULL);
	if (kind == WRITE_CHANGES)
		classes_committed(&n->classes, tell_member, n);
	host->done(host->ctx, &n->driver, phase_of(kind));
}

static void failed(void *ctx, enum write_kind kind, const char *reason)
{
	struct nft *n = ctx;
	const struct driver_host *host = n->driver.host;

	tell_problem(n, "table calico", reason);
	host->failed(host->ctx, &n->driver, phase_of(kind));
}

static void idle(void *ctx)
{
	struct nft *n = ctx;

	if (n->in_sync && has_changes(n))
		n->driver.host->wake(n->driver.host->ctx);
}

void nft_driver_refresh(struct driver *d, bool full)
{
	writer_refresh(&nft_of(d)->writer, full);
}

static void disturbed(void *ctx)
{
	writer_suspect(&((struct nft *)ctx)->writer);
}

int nft_driver_watch(struct driver *d, struct loop *loop, struct err *err)
{
	struct nft *n = nft_of(d);
	const struct watcher_owner owner = { n, disturbed, tell_problem };

	return watcher_new(loop, n->writer.nl, &owner, &n->watcher, err);
}

/* --- links --- */

enum nft_group_answer nft_group_wanted(
	const struct driver *d, const char *ifname, uint32_t *ret_group)
{
	const struct nft *n = nft_of(d);
	const struct endpoint *e = endpoints_owner(&n->endpoints, ifname);

	if (!n->in_sync)
		return NFT_GROUP_KEEP;
	if (!e || !e->class)
		return NFT_GROUP_DENY;
	if (!e->class->committed)
		return NFT_GROUP_KEEP;
	*ret_group = e->class->group;
	return NFT_GROUP_SET;
}

void nft_group_watch(struct driver *d, nft_group_changed_fn changed, void *ctx)
{
	nft_of(d)->endpoints.changed = changed;
	nft_of(d)->endpoints.changed_ctx = ctx;
}

void nft_link_seen(struct driver *d, uint32_t ifindex, const char *ifname, uint32_t group)
{
	links_seen(&nft_of(d)->classes, ifindex, ifname, group);
}

void nft_link_gone(struct driver *d, uint32_t ifindex)
{
	links_gone(&nft_of(d)->classes, ifindex);
}

/* --- the whole --- */

static void copy_config(struct nft_config *to, const struct nft_config *from)
{
	*to = *from;
	to->interface_prefixes = (struct strv){ 0 };
	for (size_t i = 0; i < from->interface_prefixes.n; i++)
		strv_add(&to->interface_prefixes, from->interface_prefixes.v[i]);
	to->log_prefix = mem_strdup(from->log_prefix ? from->log_prefix : "");
	to->metadata_addr = mem_strdup(from->metadata_addr ? from->metadata_addr : "");
}

static bool has_nets(void *ctx, const char *set_id, enum table t)
{
	return ipsets_has_nets(ctx, set_id, t);
}

static void set_changed(void *ctx, void *user)
{
	policy_touch(user);
}

static const struct driver_ops ops = {
	.name = "nft", .message = message, .pending = pending, .apply = apply
};

static void init_model(struct nft *n)
{
	const unsigned tables = n->config.ipv6 ? IN_BOTH : IN_IP;

	ruleset_init(&n->rs);
	n->rs.deny = n->config.reject ? NFT_TO_REJECT : NFT_TO_DROP;
	n->rs.table_flags = n->config.own_tables ? NFT_TABLE_OWNER | NFT_TABLE_PERSIST : 0;
	n->rs.problem = tell_problem;
	n->rs.ctx = n;
	n->ipsets = (struct ipsets){ .rs = &n->rs, .ipv6 = n->config.ipv6, .changed = set_changed };
	n->policies = (struct policies){ .rs = &n->rs,
		.ipsets = &n->ipsets,
		.tables = tables,
		.rules = { .config = &n->config, .has_nets = has_nets, .ctx = &n->ipsets } };
	n->stacks = (struct stacks){
		.rs = &n->rs, .policies = &n->policies, .config = &n->config, .tables = tables
	};
	n->classes = (struct classes){
		.rs = &n->rs, .stacks = &n->stacks, .n_tables = n->config.ipv6 ? 2 : 1
	};
	n->endpoints =
		(struct endpoints){ .rs = &n->rs, .classes = &n->classes, .ipv6 = n->config.ipv6 };
	n->entries = (struct entries){ .rs = &n->rs, .config = &n->config };
	classes_init(&n->classes);
	endpoints_init(&n->endpoints);
	entries_init(&n->entries);
}

struct driver *nft_driver_new(
	const struct nft_config *config, const struct driver_host *host, struct netlink *nl)
{
	struct nft *n = mem_new(struct nft);

	n->driver = (struct driver){ .ops = &ops, .host = host };
	copy_config(&n->config, config);
	init_model(n);
	n->writer.rs = &n->rs;
	n->writer.nl = nl;
	n->writer.owner = (struct writer_owner){ .ctx = n,
		.prepare = prepare,
		.was_read = was_read,
		.done = done,
		.failed = failed,
		.idle = idle };
	writer_start(&n->writer);
	return &n->driver;
}

struct driver *nft_driver_free(struct driver *d)
{
	struct nft *n = nft_of(d);

	if (!n)
		return NULL;
	watcher_free(n->watcher);
	writer_done(&n->writer);
	nft_endpoints_done(&n->endpoints);
	classes_done(&n->classes);
	stacks_done(&n->stacks);
	nft_policies_done(&n->policies);
	ipsets_done(&n->ipsets);
	ruleset_done(&n->rs);
	strv_done(&n->config.interface_prefixes);
	free((char *)n->config.log_prefix);
	free((char *)n->config.metadata_addr);
	free(n);
	return NULL;
}

struct nft_driver_counters nft_driver_counters(const struct driver *d)
{
	const struct nft *n = nft_of(d);
	struct nft_driver_counters c = n->writer.counters;

	c.rendered = n->rs.rendered;
	c.refused = n->rs.refused;
	return c;
}

/* What stands for one and all: the chains and sets that are always wanted do not count. */
void nft_driver_sizes(const struct driver *d, nft_size_fn fn, void *ctx)
{
	const struct nft *n = nft_of(d);
	size_t chains = 0, sets = 0, elements = 0;

	MAP_FOREACH(chain_map, &n->rs.chains, e)
		chains += !e->value->render || e->value->rank > RANK_STACK ||
			  str_starts(e->key, "cali-fw-") || str_starts(e->key, "cali-tw-");
	for (int t = 0; t < TABLE_N; t++)
		MAP_FOREACH(set_map, &n->rs.sets[t], e) {
			sets += !e->value->wanted || str_starts(e->key, "s-");
			elements += keyset_count(&e->value->elements) +
				    targets_states_count(&e->value->targets.states);
		}
	fn(ctx, "chains", chains);
	fn(ctx, "sets", sets);
	fn(ctx, "elements", elements);
	fn(ctx, "targets", atoms_count(&n->rs.names));
	fn(ctx, "dirty chains", !TAILQ_EMPTY(&n->rs.dirty_chains));
	fn(ctx, "dirty sets", !TAILQ_EMPTY(&n->rs.dirty_sets));
	fn(ctx, "IP sets", ipset_map_count(&n->ipsets.map));
	fn(ctx, "policies", policy_map_count(&n->policies.map));
	fn(ctx, "tiers", tier_map_count(&n->stacks.tiers));
	fn(ctx, "stacks", stack_map_count(&n->stacks.stacks));
	fn(ctx, "classes", class_map_count(&n->classes.map));
	fn(ctx, "groups", group_map_count(&n->classes.groups));
	fn(ctx, "carriers", carrier_map_count(&n->classes.carriers));
	fn(ctx, "links", link_map_count(&n->classes.links));
	fn(ctx, "link names", link_name_map_count(&n->classes.link_names));
	fn(ctx, "unnumbered", n->classes.unnumbered.n);
	fn(ctx, "uncommitted", n->classes.uncommitted.n);
	fn(ctx, "endpoints", endpoint_map_count(&n->endpoints.map));
	fn(ctx, "interfaces", endpoint_map_count(&n->endpoints.names));
}
