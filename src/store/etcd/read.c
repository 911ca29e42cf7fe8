/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "client.h"

/* Keys of a page. etcd counts the rest of the range for each page, so that many small ones cost the
 * square of the range: the more is left, the larger the next page. Source: limits.md 4. */
#define PAGE_MIN   5000
#define PAGE_MAX   20000
#define PAGE_SHARE 8                  /* a page is at most this part of what is left ... */
#define PAGE_BYTES (16 * 1024 * 1024) /* ... and about so large, by what the keys so far took */

/* Keys go up in pieces of about this size. */
#define PIECE_SIZE (48 * 1024)

/* A page is held back until the next one is asked for: the server works on that one while we work
 * on this one, and no third one is asked for meanwhile. Of values larger than expected only so much
 * is held. */
#define HELD_MAX (2 * PAGE_BYTES)

/* What goes up before others are heard again. */
#define SLICE_BYTES (1024 * 1024)

struct piece {
	STAILQ_ENTRY(piece) link;
	struct buf reply;
};
STAILQ_HEAD(pieces, piece);

struct read {
	struct rpc rpc;
	bool single;       /* a get */
	uint64_t watch;    /* without an id: the one that is verified */
	bool own_deadline; /* made by us, anew for each page */
	struct buf from, end;
	uint64_t revision; /* 0 until the first page says */
	uint64_t answered; /* the store's revision when it answered a get */
	struct wire_stream wire;
	struct buf reply;
	size_t limit;               /* keys of a page */
	size_t n, bytes;            /* that came in this page */
	size_t count;               /* keys from the page's first on */
	struct pieces held, due;    /* of this page; of the one before, which goes up */
	size_t held_bytes;
	bool waits; /* this page has come, the one before is still due */
	bool ended; /* the last piece is due */
	bool more, over_limit, restored;
};

static struct read *read_of(struct rpc *r)
{
	return (struct read *)r;
}

static void drop_pieces(struct pieces *list)
{
	struct piece *p;

	while ((p = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, link);
		buf_done(&p->reply);
		free(p);
	}
}

static void read_free(struct rpc *rpc)
{
	struct read *r = read_of(rpc);

	rpc_done(rpc);
	drop_pieces(&r->held);
	drop_pieces(&r->due);
	buf_done(&r->from);
	buf_done(&r->end);
	buf_done(&r->reply);
	wire_stream_done(&r->wire);
	free(r);
}

static void hold(struct read *r, enum store_status status, bool more)
{
	struct piece *p = mem_new(struct piece);

	reply_end(&r->reply, status, more, r->single ? r->answered : r->revision, NULL);
	r->held_bytes += r->reply.len;
	p->reply = r->reply;
	r->reply = BUF_INIT;
	STAILQ_INSERT_TAIL(&r->held, p, link);
	reply_begin(&r->reply);
}

static void post_due(struct read *r, size_t most)
{
	struct piece *p;

	for (size_t bytes = 0; bytes < most && (p = STAILQ_FIRST(&r->due));) {
		bytes += p->reply.len;
		STAILQ_REMOVE_HEAD(&r->due, link);
		pending_post(r->rpc.e->pending, r->rpc.id, &p->reply);
		free(p);
	}
}

static void make_due(struct read *r)
{
	STAILQ_CONCAT(&r->due, &r->held);
	r->held_bytes = 0;
}

static void read_failed(struct rpc *rpc, enum store_status status, const char *text)
{
	struct read *r = read_of(rpc);

	if (rpc->id) {
		post_due(r, SIZE_MAX);
		reply_begin(&r->reply);
		reply_end(&r->reply, status, false, r->single ? r->answered : r->revision, text);
		pending_post(rpc->e->pending, rpc->id, &r->reply);
	} else {
		watch_not_verified(rpc->e, r->watch, status, text);
	}
	read_free(rpc);
}

static void read_prepare(struct rpc *rpc)
{
	struct read *r = read_of(rpc);
	struct range_request req = {
		.key = text_of(&r->from),
		.end = text_of(&r->end),
		.limit = r->single ? 1 : r->limit,
		.revision = r->revision,
		.count_only = !rpc->id,
	};

	wire_stream_reset(&r->wire);
	r->more = false;
	r->n = r->bytes = 0;
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
	r->bytes += f->len;
	r->over_limit |= !kv.value;
	if (kv.value)
		reply_add(&r->reply, &kv);
	if (r->reply.len >= PIECE_SIZE && !r->single)
		hold(r, STORE_OK, true);
	if (r->held_bytes >= HELD_MAX) {
		make_due(r);
		post_due(r, SIZE_MAX);
	}
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
	case RANGE_COUNT:
		r->count = f->value;
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

static size_t next_limit(const struct read *r)
{
	size_t limit = (r->count - r->n) / PAGE_SHARE, fits = r->n * PAGE_BYTES / (r->bytes + 1);

	if (limit > PAGE_MAX)
		limit = PAGE_MAX;
	if (limit > fits)
		limit = fits;
	return limit > PAGE_MIN ? limit : PAGE_MIN;
}

static void next_page(struct read *r)
{
	struct rpc *rpc = &r->rpc;

	rpc->tries = 0;
	if (r->own_deadline)
		rpc->deadline_ns = loop_now(rpc->e->loop) + RPC_TIMEOUT_NS;
	if (r->n && r->count > r->n)
		r->limit = next_limit(r);
	rpc_send(rpc);
}

static void slice(struct read *r);

/* What was held is due, and the next page is on its way before the first of it goes up. */
static void page_done(struct read *r)
{
	r->waits = false;
	r->ended = r->single || !r->more;
	if (r->ended)
		hold(r, r->single && !r->n ? STORE_E_NOT_FOUND : STORE_OK, false);
	make_due(r);
	if (r->ended) {
		slice(r);
	} else {
		rpc_turn(&r->rpc);
		next_page(r);
	}
}

/* Frees the read once all has gone up. */
static void slice(struct read *r)
{
	post_due(r, SLICE_BYTES);
	if (!STAILQ_EMPTY(&r->due))
		rpc_turn(&r->rpc);
	else if (r->ended)
		read_free(&r->rpc);
	else if (r->waits)
		page_done(r);
}

static void read_answered(struct rpc *rpc)
{
	struct read *r = read_of(rpc);

	if (!rpc->id) {
		watch_verified(rpc->e, r->watch, r->answered);
		read_free(rpc);
	} else if (r->restored) {
		read_failed(rpc, STORE_E_COMPACTED, "the datastore went back in time");
	} else if (r->single && r->over_limit) {
		read_failed(rpc, STORE_E_OTHER, "the value is over the limit");
	} else {
		r->waits = true;
		if (STAILQ_EMPTY(&r->due))
			page_done(r);
	}
}

static void read_turn(struct rpc *rpc)
{
	slice(read_of(rpc));
}

static const struct rpc_ops read_ops = { read_prepare, read_piece, read_answered, read_failed,
	read_free, read_turn };

static struct read *read_new(struct etcd *e, uint64_t id)
{
	struct read *r = mem_new(struct read);

	rpc_init(&r->rpc, e, &read_ops, id);
	r->limit = PAGE_MIN;
	STAILQ_INIT(&r->held);
	STAILQ_INIT(&r->due);
	return r;
}

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
	struct read *r = read_new(e, id);

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

/* Only its header counts. */
void etcd_verify(struct etcd *e, uint64_t watch_id, struct text key, struct text end)
{
	struct read *r = read_new(e, 0);

	r->single = true;
	r->watch = watch_id;
	buf_put(&r->from, key.s, key.len);
	buf_put(&r->end, end.s, end.len);
	launch(r, 0);
}
