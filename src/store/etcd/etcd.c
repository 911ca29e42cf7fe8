/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/etcd.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "client.h"
#include "io/tls.h"

#define SILENCE_NS (300 * NSEC_PER_SEC)

static struct etcd *etcd_of(const struct store *s)
{
	return (struct etcd *)s;
}

void post_invalid_revision(struct etcd *e, uint64_t id, const char *revision)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_printf(&text, "error with field ResourceVersion = '%s'", revision);
	pending_post_status(e->pending, id, STORE_E_INVALID, buf_str(&text));
}

bool etcd_check_header(struct etcd *e, const struct answer_header *h, uint64_t floor)
{
	bool other_cluster = h->cluster_id && e->cluster_id && h->cluster_id != e->cluster_id;

	if (h->cluster_id)
		e->cluster_id = h->cluster_id;
	if (other_cluster || h->revision < floor) {
		e->newest = h->revision;
		watcher_end_all(e, STORE_E_COMPACTED, "the datastore went back in time");
		return false;
	}
	if (h->revision > e->newest)
		e->newest = h->revision;
	return true;
}

static struct rpc *find_rpc(struct etcd *e, uint64_t serial)
{
	struct rpc *r;

	TAILQ_FOREACH(r, &e->rpcs, link)
		if (r->serial == serial)
			return r;
	return NULL;
}

static void on_timer(void *ctx, const struct event *ev)
{
	struct etcd *e = ctx;
	struct rpc *r = find_rpc(e, ev->id & ~RPC_TURN);

	if (ev->id == TIMER_WATCH_PAUSE)
		watcher_pause_over(e);
	else if (ev->id == TIMER_WATCH_SILENCE)
		watcher_silence_over(e);
	else if (r && ev->id & RPC_TURN)
		r->ops->turn(r);
	else if (r)
		rpc_send(r);
}

static uint64_t etcd_get(struct store *s, const struct key *key, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return read_start(etcd_of(s), key, NULL, revision, deadline_ns, done, ctx);
}

static uint64_t etcd_list(struct store *s, const struct key_range *range, const char *revision,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return read_start(etcd_of(s), NULL, range, revision, deadline_ns, done, ctx);
}

static uint64_t etcd_write(struct store *s, enum store_op op, const struct store_write *w,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return write_start(etcd_of(s), op, w, deadline_ns, done, ctx);
}

static uint64_t etcd_run(struct store *s, const struct store_step *steps, size_t n,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	return run_start(etcd_of(s), steps, n, deadline_ns, done, ctx);
}

static uint64_t etcd_watch(struct store *s, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx)
{
	return watch_start(etcd_of(s), range, revision, done, ctx);
}

static void etcd_cancel(struct store *s, uint64_t id)
{
	struct etcd *e = etcd_of(s);
	struct rpc *r;

	pending_drop(e->pending, id);
	if (watch_cancel(e, id))
		return;
	TAILQ_FOREACH(r, &e->rpcs, link)
		if (r->id == id) {
			r->ops->free(r);
			return;
		}
}

static void etcd_free(struct store *s)
{
	struct etcd *e = etcd_of(s);
	struct rpc *r;

	while ((r = TAILQ_FIRST(&e->rpcs)))
		r->ops->free(r);
	watcher_done(e);
	grpc_channel_free(e->channel);
	tls_context_free(e->tls);
	pending_free(e->pending);
	inbox_free(e->inbox);
	buf_done(&e->auth_answer);
	free(e->username);
	free(e->password);
	free(e);
}

static const char *etcd_trouble(const struct store *s)
{
	const struct etcd *e = etcd_of(s);
	const struct rpc *r;

	if (!channel_connected(e->channel))
		return channel_last_error(e->channel);
	TAILQ_FOREACH(r, &e->rpcs, link)
		if (r->refusal.len)
			return buf_str(&r->refusal);
	return "";
}

struct etcd_counters etcd_counters(const struct store *s)
{
	struct etcd_counters c = etcd_of(s)->counters;

	c.connections = channel_connections(etcd_of(s)->channel);
	return c;
}

/* So that a crowd that started together does not ask together. */
static uint64_t jittered(struct etcd *e, uint64_t ns)
{
	return ns / 100 * (80 + rng_below(&e->rng, 41));
}

struct store *etcd_store_new(struct loop *loop, const struct etcd_config *config)
{
	static const struct store_ops ops = {
		.name = "etcdv3",
		.free = etcd_free,
		.get = etcd_get,
		.write = etcd_write,
		.run = etcd_run,
		.list = etcd_list,
		.watch = etcd_watch,
		.cancel = etcd_cancel,
		.trouble = etcd_trouble,
	};
	/* A member that has no leader answers at once, and ends watches, in place of waiting. */
	static const struct grpc_header headers[] = { { "hasleader", "true" } };
	struct discovery_config discovery = { .service = "etcd-client",
		.domain = config->domain,
		.tls_only = config->tls_only,
		.seed = config->seed };
	struct grpc_channel_config channel = {
		.discovery = config->domain ? &discovery : NULL,
		.headers = headers,
		.n_headers = ARRAY_SIZE(headers),
		.endpoints = config->endpoints,
		.n_endpoints = config->n_endpoints,
		.tls = config->tls,
		.seed = config->seed,
	};
	struct etcd *e = mem_new(struct etcd);

	e->base.ops = &ops;
	e->loop = loop;
	e->inbox = loop_inbox(loop, "etcd", on_timer, e);
	e->channel = grpc_channel_new(loop, &channel);
	e->tls = config->tls;
	e->pending = pending_new(loop, "store");
	e->rng.state = config->seed;
	TAILQ_INIT(&e->rpcs);
	TAILQ_INIT(&e->watcher.watches);
	e->watcher.silence_ns = jittered(e, config->silence_ns ? config->silence_ns : SILENCE_NS);
	if (config->username && config->password) {
		e->username = mem_strdup(config->username);
		e->password = mem_strdup(config->password);
	}
	return &e->base;
}
