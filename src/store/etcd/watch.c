/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "client.h"

#define PAUSE_MIN_NS (200 * NSEC_PER_MSEC)
#define PAUSE_MAX_NS (5 * NSEC_PER_SEC)
#define NOT_THERE    (-1)
#define PATIENCE     3 /* streams that a member refuses, until another one is tried */

struct watch {
	TAILQ_ENTRY(watch) link;
	uint64_t id;
	struct buf key, end;
	uint64_t next;     /* revision it goes on at; 0 = from now */
	int64_t server_id; /* NOT_THERE until the server confirms it */
	uint64_t heard_ns; /* when it, or a check of it, last said anything */
	bool checking;     /* a check is on its way */
	bool renewed;      /* a new token was fetched for it: the next refusal is the last */
};

static void close_stream(struct etcd *e);

static struct watch *find_id(struct watcher *w, uint64_t id)
{
	struct watch *x;

	TAILQ_FOREACH(x, &w->watches, link)
		if (x->id == id)
			return x;
	return NULL;
}

static struct watch *find_server_id(struct watcher *w, int64_t server_id)
{
	struct watch *x;

	TAILQ_FOREACH(x, &w->watches, link)
		if (x->server_id == server_id)
			return x;
	return NULL;
}

static void watch_free(struct watcher *w, struct watch *x)
{
	TAILQ_REMOVE(&w->watches, x, link);
	buf_done(&x->key);
	buf_done(&x->end);
	free(x);
}

static void watch_end(struct etcd *e, struct watch *x, enum store_status status, const char *text)
{
	pending_post_status(e->pending, x->id, status, text);
	watch_free(&e->watcher, x);
}

/* --- responses --- */

static void response_reset(struct response *r)
{
	struct buf reason = r->reason, reply = r->reply;

	*r = (struct response){ .reason = reason, .reply = reply };
	buf_clear(&r->reason);
	reply_begin(&r->reply);
}

static int take_event(struct response *r, const struct wire_field *f)
{
	struct raw_kv kv;

	if (answer_event(f, &kv) < 0)
		return -EBADMSG;
	reply_add(&r->reply, &kv);
	r->last_revision = kv.mod_rev;
	return 0;
}

static int on_field(void *ctx, const struct wire_field *f)
{
	struct response *r = ctx;

	switch (f->number) {
	case WATCH_HEADER:
		return answer_header(f, &r->header);
	case WATCH_ID:
		r->watch_id = (int64_t)f->value;
		break;
	case WATCH_CREATED:
		r->created = f->value;
		break;
	case WATCH_CANCELED:
		r->canceled = f->value;
		break;
	case WATCH_COMPACT_REVISION:
		r->compact_revision = f->value;
		break;
	case WATCH_CANCEL_REASON:
		buf_put(&r->reason, f->data, f->len);
		break;
	case WATCH_FRAGMENT:
		r->fragment = f->value;
		break;
	case WATCH_EVENTS:
		return take_event(r, f);
	}
	return 0;
}

static void send_cancel(struct etcd *e, int64_t server_id)
{
	_cleanup_buf_ struct buf request = BUF_INIT;

	request_watch_cancel(&request, (uint64_t)server_id);
	channel_send(e->channel, e->watcher.call, request.data, request.len);
}

static void check(struct etcd *e, struct watch *x)
{
	if (x->checking)
		return;
	x->checking = true;
	e->counters.watches_checked++;
	etcd_verify(e, x->id, text_of(&x->key), text_of(&x->end));
}

/* A member that does not know the revision we start at may lag, or have been restored. */
static void check_start(struct etcd *e, struct watch *x, uint64_t revision)
{
	if (revision && revision + 1 < x->next)
		check(e, x);
}

static void on_created(struct etcd *e, const struct response *r)
{
	struct watcher *w = &e->watcher;
	struct watch *x = w->creating;

	w->creating = NULL;
	if (w->creating_gone && !r->canceled)
		send_cancel(e, r->watch_id);
	w->creating_gone = false;
	if (!x)
		return;
	x->server_id = r->watch_id;
	x->renewed &= r->canceled;
	if (!x->next && r->header.revision)
		x->next = r->header.revision + 1;
	check_start(e, x, r->header.revision);
}

static enum store_status cancel_status(const struct response *r)
{
	const char *reason = buf_str(&r->reason);

	if (r->compact_revision || strstr(reason, "compacted"))
		return STORE_E_COMPACTED;
	if (auth_is_error(GRPC_OK, reason) || strstr(reason, "permission denied"))
		return STORE_E_UNAUTHORIZED;
	return STORE_E_OTHER;
}

/* A stream keeps the token that it was opened with, and of one that is gone etcd only says that
 * nothing is permitted. */
static void try_another_token(struct etcd *e, struct watch *x)
{
	x->renewed = true;
	auth_renew(e, e->watcher.token);
	close_stream(e);
}

static void on_canceled(struct etcd *e, struct watch *x, const struct response *r)
{
	enum store_status status = cancel_status(r);

	if (status == STORE_E_UNAUTHORIZED && e->username && !x->renewed)
		try_another_token(e, x);
	else
		watch_end(e, x, status, buf_str(&r->reason));
}

static void on_events(struct etcd *e, struct watch *x, struct response *r)
{
	if (!reply_count(&r->reply)) {
		e->counters.watch_progress++;
		if (r->header.revision >= x->next && !r->fragment)
			x->next = r->header.revision + 1; /* progress: nothing was missed */
		return;
	}
	e->counters.watch_fragments += r->fragment;
	/* Of a response in fragments only the end proves that all of a revision was seen. */
	if (!r->fragment)
		x->next = r->last_revision + 1;
	reply_end(&r->reply, STORE_OK, true, r->last_revision, NULL);
	pending_post(e->pending, x->id, &r->reply);
}

static void on_response(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	struct response *r = &w->r;
	struct watch *x;

	w->heard = true;
	w->failures = 0;
	if (!etcd_check_header(e, &r->header, 0))
		return;
	if (r->created) {
		x = w->creating;
		on_created(e, r);
	} else { /* -1 is of nobody, or of all */
		x = r->watch_id < 0 ? NULL : find_server_id(w, r->watch_id);
	}
	if (x)
		x->heard_ns = loop_now(e->loop);
	if (x && r->canceled)
		on_canceled(e, x, r);
	else if (x && !r->created)
		on_events(e, x, r);
	watcher_resume(e);
}

/* --- the stream --- */

static void stream_reset(struct watcher *w)
{
	struct watch *x;

	w->call = 0;
	w->creating = NULL;
	w->creating_gone = false;
	wire_stream_reset(&w->wire);
	response_reset(&w->r);
	TAILQ_FOREACH(x, &w->watches, link)
		x->server_id = NOT_THERE;
}

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct etcd *e = ctx;
	struct watcher *w = &e->watcher;
	int r = wire_stream_feed(&w->wire, data, len, end, on_field, &w->r);

	if (r < 0)
		return r;
	if (end) {
		on_response(e);
		response_reset(&w->r);
		wire_stream_reset(&w->wire);
	}
	return 0;
}

static void pause_before_next(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	unsigned shift = w->failures < 6 ? w->failures : 6;
	uint64_t pause = PAUSE_MIN_NS << shift;

	if (pause > PAUSE_MAX_NS)
		pause = PAUSE_MAX_NS;
	pause = pause / 100 * (80 + rng_below(&e->rng, 41));
	w->failures++;
	w->pausing = true;
	loop_timer_set(e->inbox, 0, loop_now(e->loop) + pause);
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	struct etcd *e = ctx;
	struct watcher *w = &e->watcher;

	stream_reset(w);
	if (auth_is_error(status->code, status->message))
		auth_renew(e, w->token);
	if (status->code == GRPC_UNAVAILABLE && status->answered && w->failures >= PATIENCE)
		channel_rotate(e->channel, status->message); /* it has lost the other members */
	if (w->heard)
		watcher_resume(e);
	else
		pause_before_next(e);
}

void watcher_pause_over(struct etcd *e)
{
	e->watcher.pausing = false;
	watcher_resume(e);
}

static void open_stream(struct etcd *e, const struct buf *first)
{
	static const struct grpc_call_ops ops = { on_piece, on_done };
	struct watcher *w = &e->watcher;

	w->heard = false;
	w->token = e->tokens;
	e->counters.watch_streams++;
	response_reset(&w->r);
	w->call = channel_call(
		e->channel, METHOD_WATCH, first->data, first->len, false, UINT64_MAX, &ops, e);
}

void watcher_resume(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	struct watch *x = find_server_id(w, NOT_THERE);
	_cleanup_buf_ struct buf request = BUF_INIT;

	if (!x || w->creating || w->creating_gone || w->pausing || !auth_ready(e))
		return;
	w->creating = x;
	request_watch(&request, text_of(&x->key), text_of(&x->end), x->next);
	if (w->call)
		channel_send(e->channel, w->call, request.data, request.len);
	else
		open_stream(e, &request);
}

static void close_stream(struct etcd *e)
{
	channel_cancel(e->channel, e->watcher.call);
	stream_reset(&e->watcher);
}

/* --- silence --- */

static void arm_silence(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	uint64_t first = UINT64_MAX;
	struct watch *x;

	TAILQ_FOREACH(x, &w->watches, link)
		first = x->heard_ns < first ? x->heard_ns : first;
	w->silence_armed = first != UINT64_MAX;
	if (w->silence_armed)
		loop_timer_set(e->inbox, TIMER_WATCH_SILENCE, first + w->silence_ns);
}

/* Of one that the server has not even confirmed a read tells nothing. */
void watcher_silence_over(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	uint64_t now = loop_now(e->loop);
	bool stuck = false;
	struct watch *x;

	TAILQ_FOREACH(x, &w->watches, link) {
		if (now < x->heard_ns + w->silence_ns)
			continue;
		x->heard_ns = now;
		stuck |= x->server_id == NOT_THERE;
		if (x->server_id != NOT_THERE)
			check(e, x);
	}
	if (stuck && w->call) {
		close_stream(e);
		channel_rotate(e->channel, "the server does not confirm a watch");
		watcher_resume(e);
	}
	arm_silence(e);
}

/* The store has moved on: perhaps elsewhere, perhaps the server forgot to tell us. A new watch from
 * where this one stands tells what there is. */
void watch_verified(struct etcd *e, uint64_t id, uint64_t revision)
{
	struct watch *x = find_id(&e->watcher, id);

	if (!x)
		return;
	x->checking = false;
	x->heard_ns = loop_now(e->loop);
	if (revision + 1 < x->next) { /* etcd would keep it, and say nothing for as long */
		pending_post_status(e->pending, id, STORE_E_COMPACTED, "the datastore went back in time");
		watch_cancel(e, id);
		return;
	}
	if (x->server_id == NOT_THERE || revision < x->next)
		return;
	e->counters.watches_remade++;
	send_cancel(e, x->server_id);
	x->server_id = NOT_THERE;
	watcher_resume(e);
}

/* etcd asks for rights only when a watch begins: one that lost them would just go on. */
void watch_not_verified(struct etcd *e, uint64_t id, enum store_status status, const char *text)
{
	struct watch *x = find_id(&e->watcher, id);

	if (!x)
		return;
	x->checking = false;
	if (status != STORE_E_UNAUTHORIZED)
		return;
	pending_post_status(e->pending, x->id, status, text);
	watch_cancel(e, id);
}

void watcher_end_all(struct etcd *e, enum store_status status, const char *text)
{
	struct watcher *w = &e->watcher;
	struct watch *x;

	if (TAILQ_EMPTY(&w->watches))
		return;
	while ((x = TAILQ_FIRST(&w->watches)))
		watch_end(e, x, status, text);
	close_stream(e);
}

void watcher_done(struct etcd *e)
{
	struct watcher *w = &e->watcher;
	struct watch *x;

	while ((x = TAILQ_FIRST(&w->watches)))
		watch_free(w, x);
	wire_stream_done(&w->wire);
	buf_done(&w->r.reason);
	buf_done(&w->r.reply);
}

/* --- the calls --- */

uint64_t watch_start(struct etcd *e, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx)
{
	uint64_t id = pending_add(e->pending, range, done, ctx), from = 0;
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct watch *x;

	if (revision && revision_parse(revision, &from) < 0) {
		post_invalid_revision(e, id, revision);
		return id;
	}
	if (key_range_format(range, &key) < 0) {
		pending_post_status(e->pending, id, STORE_E_INVALID, "incomplete range");
		return id;
	}
	x = mem_new(struct watch);
	x->id = id;
	x->next = revision ? from + 1 : 0;
	x->server_id = NOT_THERE;
	x->heard_ns = loop_now(e->loop);
	prefix_end(text_of(&key), &x->end);
	buf_puts(&x->key, buf_str(&key));
	TAILQ_INSERT_TAIL(&e->watcher.watches, x, link);
	if (!e->watcher.silence_armed)
		arm_silence(e);
	watcher_resume(e);
	return id;
}

bool watch_cancel(struct etcd *e, uint64_t id)
{
	struct watcher *w = &e->watcher;
	struct watch *x = find_id(w, id);

	if (!x)
		return false;
	if (w->creating == x) {
		w->creating = NULL;
		w->creating_gone = true;
	} else if (x->server_id != NOT_THERE) {
		send_cancel(e, x->server_id);
	}
	watch_free(w, x);
	if (TAILQ_EMPTY(&w->watches))
		close_stream(e);
	else
		watcher_resume(e);
	return true;
}
