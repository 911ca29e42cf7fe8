/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "client.h"

/* Smaller pages make etcd count the rest of the range for each of them. Source: limits.md 4. */
#define PAGE_SIZE 5000

/* Pieces of about this size go up while a page arrives, so that none is ever there as a whole. */
#define PIECE_SIZE (48 * 1024)

struct read {
	struct rpc rpc;
	bool single;       /* a get */
	bool own_deadline; /* made by us, anew for each page */
	struct buf from, end;
	uint64_t revision; /* 0 until the first page says */
	uint64_t answered; /* the store's revision when it answered a get */
	struct wire_stream wire;
	struct buf reply;
	size_t n; /* keys of a get */
	bool more, over_limit, restored;
};

static struct read *read_of(struct rpc *r)
{
	return (struct read *)r;
}

static void read_free(struct rpc *rpc)
{
	struct read *r = read_of(rpc);

	rpc_done(rpc);
	buf_done(&r->from);
	buf_done(&r->end);
	buf_done(&r->reply);
	wire_stream_done(&r->wire);
	free(r);
}

static void post(struct read *r, enum store_status status, bool more, const char *text)
{
	reply_end(&r->reply, status, more, r->single ? r->answered : r->revision, text);
	pending_post(r->rpc.e->pending, r->rpc.id, &r->reply);
	reply_begin(&r->reply);
}

static void read_failed(struct rpc *rpc, enum store_status status, const char *text)
{
	struct read *r = read_of(rpc);

	if (rpc->id) {
		reply_begin(&r->reply);
		post(r, status, false, text);
	}
	read_free(rpc);
}

static void read_prepare(struct rpc *rpc)
{
	struct read *r = read_of(rpc);
	struct range_request req = {
		.key = text_of(&r->from),
		.end = text_of(&r->end),
		.limit = r->single ? 1 : PAGE_SIZE,
		.revision = r->revision,
		.count_only = !rpc->id,
	};

	wire_stream_reset(&r->wire);
	r->more = false;
	rpc->method = METHOD_RANGE;
	rpc->repeatable = true;
	request_range(&rpc->request, &req);
}

static int take_header(struct read *r, const struct wire_field *f)
{
	struct answer_header h;

	if (answer_header(f, &h) < 0)
		return -EBADMSG;
	if (!etcd_check_header(r->rpc.e, &h, r->rpc.floor))
		r->restored = r->revision != 0; /* it is not our snapshot that goes on here */
	r->answered = h.revision;
	if (!r->revision)
		r->revision = h.revision;
	return 0;
}

static int take_kv(struct read *r, const struct wire_field *f)
{
	struct raw_kv kv;

	if (answer_kv(f, &kv) < 0)
		return -EBADMSG;
	if (!r->single) {
		buf_clear(&r->from);
		buf_put(&r->from, kv.path, kv.path_len);
		buf_putc(&r->from, '\0'); /* the next key there can be */
	}
	r->n++;
	r->over_limit |= !kv.value;
	if (kv.value)
		reply_add(&r->reply, &kv);
	if (r->reply.len >= PIECE_SIZE && !r->single)
		post(r, STORE_OK, true, NULL);
	return 0;
}

static int on_field(void *ctx, const struct wire_field *f)
{
	struct read *r = ctx;

	switch (f->number) {
	case RANGE_HEADER:
		return take_header(r, f);
	case RANGE_KVS:
		return take_kv(r, f);
	case RANGE_MORE:
		r->more = f->value;
		return 0;
	default:
		return 0;
	}
}

static int read_piece(struct rpc *rpc, const uint8_t *data, size_t len, bool end)
{
	struct read *r = read_of(rpc);

	return wire_stream_feed(&r->wire, data, len, end, on_field, r);
}

static void read_answered(struct rpc *rpc)
{
	struct read *r = read_of(rpc);

	if (!rpc->id) {
		read_free(rpc);
	} else if (r->restored) {
		read_failed(rpc, STORE_E_COMPACTED, "the datastore went back in time");
	} else if (r->single && r->over_limit) {
		read_failed(rpc, STORE_E_OTHER, "the value is over the limit");
	} else if (!r->single && r->more) {
		rpc->tries = 0;
		if (r->own_deadline)
			rpc->deadline_ns = loop_now(rpc->e->loop) + RPC_TIMEOUT_NS;
		rpc_send(rpc);
	} else {
		post(r, r->single && !r->n ? STORE_E_NOT_FOUND : STORE_OK, false, NULL);
		read_free(rpc);
	}
}

static const struct rpc_ops read_ops = { read_prepare, read_piece, read_answered, read_failed,
	read_free };

static void launch(struct read *r, uint64_t deadline_ns)
{
	r->own_deadline = !deadline_ns;
	r->rpc.deadline_ns = deadline_ns ? deadline_ns : loop_now(r->rpc.e->loop) + RPC_TIMEOUT_NS;
	reply_begin(&r->reply);
	rpc_send(&r->rpc);
}

/* The texts of the request. */
static int bounds(struct read *r, const struct key *key, const struct key_range *range)
{
	if (key)
		return key_format(key, &r->from);
	if (key_range_format(range, &r->from) < 0)
		return -EINVAL;
	prefix_end(text_of(&r->from), &r->end);
	return 0;
}

uint64_t read_start(struct etcd *e, const struct key *key, const struct key_range *range,
	const char *revision, uint64_t deadline_ns, store_done_fn done, void *ctx)
{
	uint64_t id = pending_add(e->pending, range, done, ctx);
	struct read *r = mem_new(struct read);

	rpc_init(&r->rpc, e, &read_ops, id);
	r->single = key != NULL;
	if (revision && revision_parse(revision, &r->revision) < 0) {
		post_invalid_revision(e, id, revision);
		read_free(&r->rpc);
	} else if (bounds(r, key, range) < 0) {
		reply_begin(&r->reply);
		read_failed(&r->rpc, STORE_E_INVALID, "incomplete key");
	} else {
		launch(r, deadline_ns);
	}
	return id;
}

/* A linearizable read of nothing: only its header counts. */
void etcd_verify(struct etcd *e)
{
	struct read *r = mem_new(struct read);

	rpc_init(&r->rpc, e, &read_ops, 0);
	r->single = true;
	buf_puts(&r->from, "/");
	launch(r, 0);
}
