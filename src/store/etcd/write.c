/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "client.h"

struct write {
	struct rpc rpc;
	enum store_op op;
	struct buf path, value;
	uint64_t revision;
	uint32_t ttl_s;
	bool leasing; /* first a lease, then the write with it */
	uint64_t lease;
	struct buf answer;
};

static struct write *write_of(struct rpc *r)
{
	return (struct write *)r;
}

static void write_free(struct rpc *rpc)
{
	struct write *w = write_of(rpc);

	rpc_done(rpc);
	buf_done(&w->path);
	buf_done(&w->value);
	buf_done(&w->answer);
	free(w);
}

static void write_failed(struct rpc *rpc, enum store_status status, const char *text)
{
	pending_post_status(rpc->e->pending, rpc->id, status, text);
	write_free(rpc);
}

static void write_prepare(struct rpc *rpc)
{
	struct write *w = write_of(rpc);
	struct put_request put = {
		.key = text_of(&w->path),
		.value = text_of(&w->value),
		.lease = w->lease,
		.revision = w->revision,
	};

	buf_clear(&w->answer);
	rpc->repeatable = w->leasing; /* a lease that nobody uses just ends */
	if (w->leasing) {
		rpc->method = METHOD_LEASE_GRANT;
		request_lease(&rpc->request, w->ttl_s);
	} else {
		rpc->method = request_write(&rpc->request, w->op, &put);
	}
}

static int write_piece(struct rpc *rpc, const uint8_t *data, size_t len, bool end)
{
	buf_put(&write_of(rpc)->answer, data, len);
	return 0;
}

/* What a compare that failed means, by what is there. */
static enum store_status refusal(const struct write *w, bool there)
{
	if (!there)
		return STORE_E_NOT_FOUND;
	return w->op == STORE_CREATE ? STORE_E_EXISTS : STORE_E_CONFLICT;
}

static void post_outcome(struct write *w, const struct write_answer *a)
{
	enum store_status status = a->succeeded ? STORE_OK : refusal(w, a->has_kv);
	struct raw_kv written = {
		.path = buf_str(&w->path),
		.path_len = w->path.len,
		.value = buf_str(&w->value),
		.value_len = w->value.len,
		.mod_rev = a->header.revision,
	};
	struct buf reply = BUF_INIT;

	if (w->op == STORE_DELETE && a->succeeded && !a->has_kv)
		status = STORE_E_NOT_FOUND;
	reply_begin(&reply);
	if (status == STORE_OK && w->op != STORE_DELETE)
		reply_add(&reply, &written);
	else if (a->has_kv)
		reply_add(&reply, &a->kv);
	reply_end(&reply, status, false, a->header.revision, NULL);
	pending_post(w->rpc.e->pending, w->rpc.id, &reply);
}

static void write_answered(struct rpc *rpc)
{
	struct write *w = write_of(rpc);
	_cleanup_(write_answer_done) struct write_answer a = { 0 };

	if (w->leasing && answer_lease(&w->answer, &w->lease) == 0) {
		w->leasing = false;
		rpc_send(rpc);
	} else if (w->leasing || answer_write(&w->answer, w->op, &a) < 0) {
		write_failed(rpc, STORE_E_OTHER, "the answer is not what was asked for");
	} else {
		etcd_check_header(rpc->e, &a.header, rpc->floor);
		post_outcome(w, &a);
		write_free(rpc);
	}
}

static const struct rpc_ops write_ops = { write_prepare, write_piece, write_answered, write_failed,
	write_free };

uint64_t write_start(struct etcd *e, enum store_op op, const struct store_write *in,
	uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	uint64_t id = pending_add(e->pending, NULL, done, ctx);
	struct write *w = mem_new(struct write);
	bool compares = op == STORE_UPDATE || (op == STORE_DELETE && in->revision);

	rpc_init(&w->rpc, e, &write_ops, id);
	w->op = op;
	w->ttl_s = in->ttl_s;
	w->leasing = in->ttl_s && op != STORE_DELETE;
	buf_put(&w->value, in->value, in->len);
	if (compares && revision_parse(in->revision, &w->revision) < 0) {
		post_invalid_revision(e, id, in->revision ? in->revision : "");
		write_free(&w->rpc);
	} else if (key_format(in->key, &w->path) < 0) {
		write_failed(&w->rpc, STORE_E_INVALID, "incomplete key");
	} else {
		w->rpc.deadline_ns = deadline_ns ? deadline_ns : loop_now(e->loop) + RPC_TIMEOUT_NS;
		rpc_send(&w->rpc);
	}
	return id;
}
