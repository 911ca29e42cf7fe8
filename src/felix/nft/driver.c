/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "base/log.h"
#include "class.h"
#include "endpoint.h"
#include "entry.h"
#include "nft/nft.h"
#include "reader.h"

#define TRIES_BEFORE_REBUILD 3 /* the whole tables are made anew in one transaction */
#define TRIES_MAX            6
#define RESENDS_MAX          20
#define BUFFER_KEPT          (1 << 20)

/* What a glance was for, when it finds that the tables are still ours. */
enum after { AFTER_NOTHING, AFTER_FINISH, AFTER_SEND };

struct nft {
	struct driver driver; /* first */
	struct nft_config config;
	struct netlink *nl;
	struct reader reader;
	struct nft_batch batch;

	struct ruleset rs;
	struct ipsets ipsets;
	struct policies policies;
	struct stacks stacks;
	struct classes classes;
	struct endpoints endpoints;
	struct entries entries;

	bool in_sync, read; /* calc's and our own snapshot are complete */
	uint32_t generation;

	bool applying; /* `phase`, until it is reported done */
	bool busy;     /* a request is under way */
	enum phase phase;
	enum after after;
	unsigned tries, resends;
	bool changed, full; /* a refresh: by somebody else; read everything then */
	char *refusal;      /* what the kernel said of a table, or of the whole batch */

	struct nft_driver_counters counters;
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

/* --- one phase --- */

static bool pending(const struct driver *d, enum phase phase)
{
	const struct nft *n = nft_of(d);

	if (!n->in_sync)
		return false;
	if (phase == PHASE_TABLES)
		return !n->read || ruleset_has_changes(&n->rs) || n->classes.unnumbered.n;
	return phase == PHASE_DELETIONS && ruleset_has_deletions(&n->rs);
}

static void tell_member(void *ctx, struct endpoint *e)
{
	struct nft *n = ctx;

	endpoints_tell(&n->endpoints, e->name);
}

static void finish(struct nft *n)
{
	const struct driver_host *host = n->driver.host;

	n->applying = n->busy = false;
	if (n->refusal) {
		tell_problem(n, "table calico", NULL);
		free(n->refusal);
		n->refusal = NULL;
	}
	if (n->phase == PHASE_TABLES)
		classes_committed(&n->classes, tell_member, n);
	host->done(host->ctx, &n->driver, n->phase);
}

static void read_back(struct nft *n)
{
	n->busy = true;
	n->counters.read_backs++;
	reader_start(&n->reader);
}

static void glance(struct nft *n, bool learn, enum after after)
{
	n->busy = true;
	n->after = after;
	reader_glance(&n->reader, learn, n->generation);
}

/* What was put into the last batch counts as written, so everything is to be read first next time.
 */
static void give_up(struct nft *n)
{
	n->read = false;
	tell_problem(n, "table calico", n->refusal ? n->refusal : "cannot be written");
	n->applying = n->busy = false;
	n->driver.host->failed(n->driver.host->ctx, &n->driver, n->phase);
}

/* Everything is read again before the next try, so that what is refused then is refused for what
 * it says and not because the kernel has something else than we think. */
static void try_again(struct nft *n)
{
	if (++n->tries < TRIES_MAX)
		read_back(n);
	else
		give_up(n);
}

/* Whatever the message says, it would be refused. */
static bool is_general(int error)
{
	return error == -EPERM || error == -ENOMEM || error == -ENOBUFS || error == -EINTR ||
	       error == -EAGAIN || error == -ERESTART;
}

/* Kernels before 6.9 know no persistent tables: then ours have no owner. */
static void take_table_refusal(struct nft *n, int error)
{
	if (error == -EOPNOTSUPP || error == -EINVAL)
		n->rs.table_flags = 0;
}

static void take_refusal(struct nft *n, const struct netlink_answer *a)
{
	struct object *o = nft_batch_object(&n->batch, a->index);
	char *text = mem_printf("%s%s%s", *a->text ? a->text : strerror(-a->error),
		*a->text ? ": " : "", *a->text ? strerror(-a->error) : "");

	if (o && o->kind != OBJECT_TABLE && n->tries > 0 && n->phase == PHASE_TABLES &&
		!is_general(a->error)) {
		object_refuse(&n->rs, o, text);
		free(text);
	} else {
		free(n->refusal);
		n->refusal = text;
	}
	if (o && o->kind == OBJECT_TABLE)
		take_table_refusal(n, a->error);
}

/* After a large batch, as at start: what it took is not needed again for long. */
static void release_buffer(struct nft *n)
{
	if (n->batch.msgs.cap <= BUFFER_KEPT)
		return;
	nft_batch_release(&n->batch);
	malloc_trim(0);
}

static bool handles_known(const struct nft *n)
{
	for (int t = 0; t < TABLE_N; t++)
		if (!n->rs.tables[t].handle)
			return false;
	return true;
}

/* -ERESTART: somebody changed something, as a rule in a table of his own. If ours are still the
 * same, the batch is still right. */
static void transaction_answered(void *ctx, const struct netlink_answer *a)
{
	struct nft *n = ctx;

	if (a->what == NETLINK_REFUSED) {
		take_refusal(n, a);
		return;
	}
	if (a->what != NETLINK_DONE)
		return;
	if (a->error == -ERESTART && n->resends++ < RESENDS_MAX) {
		glance(n, false, AFTER_SEND);
		return;
	}
	release_buffer(n);
	if (a->error) {
		try_again(n);
		return;
	}
	n->generation = n->generation + 1 ? n->generation + 1 : 1;
	if (handles_known(n))
		finish(n);
	else
		glance(n, true, AFTER_FINISH);
}

/* Nothing to write. The question gives the answer that the phase has to wait for anyway. */
static void nothing_answered(void *ctx, const struct netlink_answer *a)
{
	struct nft *n = ctx;
	uint32_t generation = 0;

	if (a->what == NETLINK_DATA && nft_read_generation(a->msg, &generation) == 0)
		n->changed = generation != n->generation;
	if (a->what != NETLINK_DONE)
		return;
	if (n->changed)
		glance(n, false, AFTER_FINISH);
	else
		finish(n);
}

static void count(struct nft *n)
{
	n->counters.transactions++;
	n->counters.messages = n->batch.counters.messages;
	n->counters.rules = n->batch.counters.rules;
	n->counters.elements = n->batch.counters.elements;
	n->counters.bytes += n->batch.msgs.len;
}

static void send_batch(struct nft *n)
{
	count(n);
	nft_batch_set_generation(&n->batch, n->generation);
	netlink_transaction(n->nl, &n->batch.msgs, transaction_answered, n);
}

static void write_phase(struct nft *n)
{
	if (n->phase == PHASE_TABLES)
		classes_number(&n->classes);
	nft_batch_begin(&n->batch, n->generation);
	if (n->phase == PHASE_TABLES)
		ruleset_write_changes(&n->rs, &n->batch);
	else
		ruleset_write_deletions(&n->rs, &n->batch);
	n->busy = true;
	if (nft_batch_empty(&n->batch)) {
		n->changed = false;
		ask_generation(n->nl, nothing_answered, n);
		return;
	}
	nft_batch_end(&n->batch);
	send_batch(n);
}

static void step(struct nft *n)
{
	if (n->busy || !n->applying)
		return;
	if (!n->read)
		read_back(n);
	else
		write_phase(n);
}

static void was_glanced_at(struct nft *n)
{
	switch (n->after) {
	case AFTER_NOTHING:
		n->busy = false;
		step(n);
		break;
	case AFTER_FINISH:
		finish(n);
		break;
	case AFTER_SEND:
		send_batch(n);
		break;
	}
}

static void could_not_read(struct nft *n, int error)
{
	n->read = false;
	free(n->refusal);
	n->refusal = mem_printf("cannot be read back: %s", strerror(-error));
	n->busy = false;
	if (n->applying)
		try_again(n);
}

static void was_read(void *ctx, int error, bool whole, uint32_t generation)
{
	struct nft *n = ctx;

	if (error) {
		could_not_read(n, error);
		return;
	}
	n->generation = generation;
	if (!whole) {
		was_glanced_at(n);
		return;
	}
	n->read = true;
	n->busy = false;
	classes_read(&n->classes);
	for (int t = 0; t < TABLE_N && n->tries >= TRIES_BEFORE_REBUILD; t++)
		n->rs.tables[t].rebuild = true;
	if (n->applying)
		step(n);
	else if (n->in_sync)
		n->driver.host->wake(n->driver.host->ctx);
}

static void apply(struct driver *d, enum phase phase)
{
	struct nft *n = nft_of(d);

	n->applying = true;
	n->phase = phase;
	n->tries = n->resends = 0;
	step(n);
}

/* --- refresh --- */

static void refresh_answered(void *ctx, const struct netlink_answer *a)
{
	struct nft *n = ctx;
	uint32_t generation;

	if (a->what == NETLINK_DATA && nft_read_generation(a->msg, &generation) == 0)
		n->changed = generation != n->generation;
	if (a->what != NETLINK_DONE)
		return;
	n->busy = false;
	if (n->changed && n->full)
		read_back(n);
	else if (n->changed)
		glance(n, false, AFTER_NOTHING);
	else
		step(n);
}

void nft_driver_refresh(struct driver *d, bool full)
{
	struct nft *n = nft_of(d);

	if (n->busy || !n->read)
		return;
	ruleset_forgive(&n->rs);
	if (n->in_sync && ruleset_has_changes(&n->rs))
		n->driver.host->wake(n->driver.host->ctx);
	n->busy = true;
	n->changed = false;
	n->full = full;
	ask_generation(n->nl, refresh_answered, n);
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
	n->nl = nl;
	copy_config(&n->config, config);
	init_model(n);
	n->reader = (struct reader){ .rs = &n->rs, .nl = nl, .done = was_read, .ctx = n };
	read_back(n);
	return &n->driver;
}

struct driver *nft_driver_free(struct driver *d)
{
	struct nft *n = nft_of(d);

	if (!n)
		return NULL;
	reader_done(&n->reader);
	nft_batch_done(&n->batch);
	nft_endpoints_done(&n->endpoints);
	classes_done(&n->classes);
	stacks_done(&n->stacks);
	nft_policies_done(&n->policies);
	ipsets_done(&n->ipsets);
	ruleset_done(&n->rs);
	strv_done(&n->config.interface_prefixes);
	free((char *)n->config.log_prefix);
	free((char *)n->config.metadata_addr);
	free(n->refusal);
	free(n);
	return NULL;
}

struct nft_driver_counters nft_driver_counters(const struct driver *d)
{
	const struct nft *n = nft_of(d);
	struct nft_driver_counters c = n->counters;

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
