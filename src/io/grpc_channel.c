/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/grpc_channel.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "grpc_conn.h"

#define CONNECT_ALONE_NS (10 * NSEC_PER_SEC) /* with one place to go to */
#define CONNECT_NS       (2 * NSEC_PER_SEC)  /* with others waiting for their turn */
#define PAUSE_MIN_NS     (200 * NSEC_PER_MSEC)
#define PAUSE_MAX_NS     (5 * NSEC_PER_SEC)
#define TRIES            5 /* of a call that servers refuse unseen */
#define SILENCE_NS       (4 * NSEC_PER_SEC) /* without a word while a call waits */

enum { TIMER_CONNECT, TIMER_PAUSE, TIMER_TICK };
enum { DO_FLUSH, DO_ROTATE }; /* ids of our own events */

struct channel_call {
	TAILQ_ENTRY(channel_call) link; /* while it waits for a connection */
	struct grpc_channel *ch;
	uint64_t id;
	char *path;
	struct buf frames; /* one-shot calls keep them, so that they can be sent again */
	bool end;
	unsigned tries;
	uint64_t deadline_ns;
	uint64_t began_ns; /* on its present connection */
	const struct grpc_call_ops *ops;
	void *ctx;
	struct grpc_call *on; /* NULL while waiting */
};

MAP_DEFINE(call_map, uint64_t, struct channel_call *, hash_u64, hash_u64_equal);

struct grpc_channel {
	struct loop *loop;
	struct inbox *inbox, *deadlines;
	struct resolver *resolver;
	struct discovery *discovery;
	struct endpoint *endpoints;
	size_t n_endpoints;
	struct tls_context *tls;
	struct rng rng;
	char *token;
	const struct grpc_header *headers;
	size_t n_headers;

	struct call_map calls;
	TAILQ_HEAD(, channel_call) waiting;
	uint64_t last_id;

	TAILQ_HEAD(, grpc_conn) conns; /* all: connecting, current, draining */
	struct grpc_conn *current, *connecting;
	bool busy;              /* resolving, connecting or pausing */
	size_t at;              /* the endpoint being tried or used */
	size_t failed;          /* endpoints in this round */
	unsigned rounds;        /* without success */
	struct resolved *addrs; /* of the endpoint */
	size_t n_addrs, addr_at;

	bool flush_posted, rotate_posted, tick_armed;
	uint64_t connections;
	struct err last_error;
};

static void connect_begin(struct grpc_channel *ch);
static void try_address(struct grpc_channel *ch);

/* --- calls --- */

static void call_free(struct channel_call *c)
{
	struct grpc_channel *ch = c->ch;

	if (!c->on)
		TAILQ_REMOVE(&ch->waiting, c, link);
	loop_timer_cancel(ch->deadlines, c->id);
	call_map_remove(&ch->calls, c->id);
	free(c->path);
	buf_done(&c->frames);
	free(c);
}

static struct channel_call *call_find(struct grpc_channel *ch, uint64_t id)
{
	struct channel_call **c = call_map_get(&ch->calls, id);

	return c ? *c : NULL;
}

static void call_finish(struct channel_call *c, const struct grpc_status *status)
{
	const struct grpc_call_ops *ops = c->ops;
	void *ctx = c->ctx;

	call_free(c);
	ops->done(ctx, status);
}

static void schedule_flush(struct grpc_channel *ch)
{
	if (ch->flush_posted)
		return;
	ch->flush_posted = true;
	loop_post(ch->inbox, EVENT_USER, DO_FLUSH, NULL, 0);
}

static int on_message(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct channel_call *c = ctx;

	return c->ops->message(c->ctx, data, len, end);
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	struct channel_call *c = ctx;

	if (!status->untouched || !c->end || ++c->tries == TRIES) {
		call_finish(c, status);
		return;
	}
	c->on = NULL; /* as good as never sent */
	TAILQ_INSERT_TAIL(&c->ch->waiting, c, link);
}

static uint64_t time_left(const struct channel_call *c)
{
	uint64_t now = loop_now(c->ch->loop);

	if (c->deadline_ns == UINT64_MAX)
		return 0;
	return c->deadline_ns > now ? c->deadline_ns - now : 1;
}

static void arm_tick(struct grpc_channel *ch)
{
	uint64_t first = UINT64_MAX;
	struct grpc_conn *conn;

	TAILQ_FOREACH(conn, &ch->conns, link) {
		uint64_t at = grpc_session_next_tick(conn->session);

		first = at < first ? at : first;
	}
	ch->tick_armed = first != UINT64_MAX;
	if (ch->tick_armed)
		loop_timer_set(ch->inbox, TIMER_TICK, first);
}

static size_t headers_of(const struct grpc_channel *ch, struct grpc_header *ret)
{
	size_t n = 0;

	for (; n < ch->n_headers; n++)
		ret[n] = ch->headers[n];
	if (ch->token)
		ret[n++] = (struct grpc_header){ "token", ch->token };
	return n;
}

static bool call_begin(struct channel_call *c)
{
	static const struct grpc_call_ops ops = { on_message, on_done };
	struct grpc_channel *ch = c->ch;
	struct grpc_header headers[CHANNEL_HEADERS_MAX + 1];
	size_t n = headers_of(ch, headers);
	struct grpc_call *on = grpc_call_start(
		ch->current->session, c->path, headers, n, time_left(c), &ops, c);

	if (!on)
		return false;
	TAILQ_REMOVE(&ch->waiting, c, link);
	c->on = on;
	c->began_ns = loop_now(ch->loop);
	grpc_call_send_frames(on, c->frames.data, c->frames.len);
	if (c->end)
		grpc_call_end(on);
	else
		buf_done(&c->frames);
	schedule_flush(ch);
	if (!ch->tick_armed)
		arm_tick(ch);
	return true;
}

static void serve_waiting(struct grpc_channel *ch)
{
	struct channel_call *c, *next;

	if (!ch->current && !TAILQ_EMPTY(&ch->waiting))
		connect_begin(ch);
	TAILQ_FOREACH_SAFE(c, &ch->waiting, link, next)
		if (!ch->current || !call_begin(c))
			return;
}

uint64_t channel_call(struct grpc_channel *ch, const char *path, const void *message, size_t len,
	bool end, uint64_t deadline_ns, const struct grpc_call_ops *ops, void *ctx)
{
	struct channel_call *c = mem_new(struct channel_call);

	c->ch = ch;
	c->id = ++ch->last_id;
	c->path = mem_strdup(path);
	c->end = end;
	c->deadline_ns = deadline_ns;
	c->ops = ops;
	c->ctx = ctx;
	grpc_frame_put(&c->frames, message, len);
	*call_map_put(&ch->calls, c->id, NULL) = c;
	TAILQ_INSERT_TAIL(&ch->waiting, c, link);
	if (deadline_ns != UINT64_MAX)
		loop_timer_set(ch->deadlines, c->id, deadline_ns);
	serve_waiting(ch);
	return c->id;
}

void channel_send(struct grpc_channel *ch, uint64_t id, const void *message, size_t len)
{
	struct channel_call *c = call_find(ch, id);

	if (!c)
		return;
	if (c->on) {
		grpc_call_send(c->on, message, len);
		schedule_flush(ch);
	} else {
		grpc_frame_put(&c->frames, message, len);
	}
}

static void call_cancel(struct channel_call *c)
{
	if (!c->on)
		return;
	grpc_call_cancel(c->on);
	schedule_flush(c->ch);
}

void channel_cancel(struct grpc_channel *ch, uint64_t id)
{
	struct channel_call *c = call_find(ch, id);

	if (!c)
		return;
	call_cancel(c);
	call_free(c);
}

/* Whether the server has not even shown that it lives while the call was with it. */
static bool was_silent(const struct channel_call *c, uint64_t now_ns)
{
	const struct grpc_channel *ch = c->ch;
	uint64_t heard = ch->current ? grpc_session_heard(ch->current->session) : now_ns;

	return c->on && now_ns >= c->began_ns + SILENCE_NS && now_ns >= heard + SILENCE_NS;
}

static void on_deadline(void *ctx, const struct event *ev)
{
	struct channel_call *c = call_find(ctx, ev->id);
	struct grpc_status status = { .code = GRPC_DEADLINE_EXCEEDED,
		.message = "context deadline exceeded" };

	if (!c)
		return;
	status.untouched = !c->on;
	if (was_silent(c, ev->now_ns))
		channel_rotate(ctx, "the server does not answer");
	call_cancel(c);
	call_finish(c, &status);
}

/* --- where the servers are --- */

static void endpoints_clear(struct grpc_channel *ch)
{
	while (ch->n_endpoints)
		endpoint_done(&ch->endpoints[--ch->n_endpoints]);
	free(ch->endpoints);
}

static void copy_endpoints(struct grpc_channel *ch, const struct endpoint *endpoints, size_t n)
{
	endpoints_clear(ch);
	ch->endpoints = mem_new_n(struct endpoint, n);
	ch->n_endpoints = n;
	for (size_t i = 0; i < n; i++) {
		ch->endpoints[i] = endpoints[i];
		ch->endpoints[i].host = mem_strdup(endpoints[i].host);
		ch->endpoints[i].authority = mem_strdup(endpoints[i].authority);
	}
}

/* --- connections --- */

static void conn_drop(struct grpc_channel *ch, struct grpc_conn *conn)
{
	if (ch->current == conn)
		ch->current = NULL;
	if (ch->connecting == conn)
		ch->connecting = NULL;
	TAILQ_REMOVE(&ch->conns, conn, link);
	grpc_conn_free(conn);
}

/* From 80 to 120 hundredths of a pause that doubles, so that a crowd does not come back at once. */
static uint64_t next_pause(struct grpc_channel *ch)
{
	unsigned shift = ch->rounds < 6 ? ch->rounds : 6;
	uint64_t pause = PAUSE_MIN_NS << shift;

	if (pause > PAUSE_MAX_NS)
		pause = PAUSE_MAX_NS;
	return pause / 100 * (80 + rng_below(&ch->rng, 41));
}

static void try_endpoint(struct grpc_channel *ch);

static void pause_after_round(struct grpc_channel *ch)
{
	ch->failed = 0;
	loop_timer_cancel(ch->inbox, TIMER_CONNECT);
	loop_timer_set(ch->inbox, TIMER_PAUSE, loop_now(ch->loop) + next_pause(ch));
	ch->rounds++;
}

static void endpoint_failed(struct grpc_channel *ch)
{
	ch->at = (ch->at + 1) % ch->n_endpoints;
	if (++ch->failed < ch->n_endpoints)
		try_endpoint(ch);
	else
		pause_after_round(ch);
}

static void remember_error(struct grpc_channel *ch, const char *why)
{
	if (!ch->n_endpoints)
		err_set(&ch->last_error, -EHOSTUNREACH, "%s", why);
	else
		err_set(&ch->last_error, -EHOSTUNREACH, "%s: %s", ch->endpoints[ch->at].authority, why);
}

/* A connection that was of use is looked for again from the top of the list; one that never gave
 * an answer counts as one more failed endpoint. */
static void reconnect(struct grpc_channel *ch, bool was_useful)
{
	if (was_useful) {
		ch->at = 0;
		ch->rounds = 0;
		serve_waiting(ch);
	} else if (!ch->busy) {
		ch->busy = true;
		endpoint_failed(ch);
	}
}

static void on_conn_failed(void *ctx, struct grpc_conn *conn, const char *why)
{
	struct grpc_channel *ch = ctx;
	bool was_current = conn == ch->current, was_connecting = conn == ch->connecting;
	bool was_useful = grpc_session_answers(conn->session) > 0;

	remember_error(ch, why);
	if (was_current)
		ch->current = NULL; /* before the calls hear of it and start new ones */
	if (was_current)
		ch->busy = true;
	grpc_session_fail(conn->session, why);
	conn_drop(ch, conn);
	if (was_current) {
		ch->busy = false;
		reconnect(ch, was_useful);
	} else if (was_connecting) {
		try_address(ch);
	}
}

static void established(struct grpc_channel *ch, struct grpc_conn *conn)
{
	ch->connecting = NULL;
	ch->current = conn;
	ch->busy = false;
	ch->failed = 0;
	ch->connections++;
	loop_timer_cancel(ch->inbox, TIMER_CONNECT);
	serve_waiting(ch);
}

static void on_conn_changed(void *ctx, struct grpc_conn *conn)
{
	struct grpc_channel *ch = ctx;

	if (conn == ch->connecting && grpc_session_established(conn->session))
		established(ch, conn);
	if (!grpc_session_draining(conn->session)) {
		serve_waiting(ch);
		return;
	}
	if (conn == ch->current) {
		ch->current = NULL;
		reconnect(ch, grpc_session_answers(conn->session) > 0);
	}
	if (!grpc_session_calls(conn->session) && conn != ch->connecting)
		conn_drop(ch, conn);
}

static void try_address(struct grpc_channel *ch)
{
	static const struct grpc_conn_ops ops = { on_conn_changed, on_conn_failed };
	const struct endpoint *e = &ch->endpoints[ch->at];
	bool alone = ch->n_endpoints * ch->n_addrs == 1;

	while (ch->addr_at < ch->n_addrs) {
		struct err why;
		struct grpc_conn *conn = grpc_conn_new(
			ch->loop, e, &ch->addrs[ch->addr_at++], ch->tls, &ops, ch, &why);

		if (conn) {
			ch->connecting = conn;
			TAILQ_INSERT_TAIL(&ch->conns, conn, link);
			loop_timer_set(ch->inbox, TIMER_CONNECT,
				loop_now(ch->loop) + (alone ? CONNECT_ALONE_NS : CONNECT_NS));
			return;
		}
		remember_error(ch, why.msg);
	}
	endpoint_failed(ch);
}

static void on_resolved(void *ctx, const struct resolved *addrs, size_t n, const struct err *why)
{
	struct grpc_channel *ch = ctx;

	if (!n)
		remember_error(ch, why->msg);
	free(ch->addrs);
	ch->addrs = mem_new_n(struct resolved, n);
	if (n)
		memcpy(ch->addrs, addrs, n * sizeof(*addrs));
	ch->n_addrs = n;
	ch->addr_at = 0;
	try_address(ch);
}

static void try_endpoint(struct grpc_channel *ch)
{
	const struct endpoint *e = &ch->endpoints[ch->at];

	resolver_ask(ch->resolver, e->host, e->port, on_resolved, ch);
}

static void on_discovered(
	void *ctx, const struct endpoint *endpoints, size_t n, const struct err *why)
{
	struct grpc_channel *ch = ctx;

	if (n) {
		copy_endpoints(ch, endpoints, n);
		ch->at = 0;
	} else if (!ch->n_endpoints) {
		remember_error(ch, why->msg);
		pause_after_round(ch);
		return;
	}
	try_endpoint(ch);
}

static void connect_begin(struct grpc_channel *ch)
{
	if (ch->busy)
		return;
	ch->busy = true;
	ch->failed = 0;
	if (ch->n_endpoints)
		try_endpoint(ch);
	else
		discovery_ask(ch->discovery, on_discovered, ch);
}

static void connect_timeout(struct grpc_channel *ch)
{
	struct grpc_conn *conn = ch->connecting;

	if (conn)
		on_conn_failed(ch, conn, "no answer in time");
}

static void tick(struct grpc_channel *ch, uint64_t now_ns)
{
	struct grpc_conn *conn, *next;

	TAILQ_FOREACH_SAFE(conn, &ch->conns, link, next) {
		if (grpc_session_tick(conn->session, now_ns) < 0)
			on_conn_failed(ch, conn, "keepalive: the server does not answer");
		else
			grpc_conn_flush(conn);
	}
	arm_tick(ch);
}

static void flush_all(struct grpc_channel *ch)
{
	struct grpc_conn *conn, *next;

	ch->flush_posted = false;
	TAILQ_FOREACH_SAFE(conn, &ch->conns, link, next) {
		if (conn != ch->connecting)
			grpc_conn_flush(conn);
		on_conn_changed(ch, conn);
	}
}

static void on_timer(struct grpc_channel *ch, const struct event *ev)
{
	switch (ev->id) {
	case TIMER_CONNECT:
		connect_timeout(ch);
		break;
	case TIMER_PAUSE:
		if (TAILQ_EMPTY(&ch->waiting))
			ch->busy = false; /* nobody asks any more */
		else if (ch->discovery)
			discovery_ask(ch->discovery, on_discovered, ch);
		else
			try_endpoint(ch);
		break;
	case TIMER_TICK:
		tick(ch, ev->now_ns);
		break;
	}
}

/* Not back to the top of the list: that may be where it comes from. */
static void rotate(struct grpc_channel *ch, const char *why)
{
	struct grpc_conn *conn = ch->current;

	ch->rotate_posted = false;
	if (!conn)
		return;
	remember_error(ch, why);
	ch->current = NULL;
	ch->busy = true;
	grpc_session_fail(conn->session, why);
	conn_drop(ch, conn);
	endpoint_failed(ch);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct grpc_channel *ch = ctx;

	if (ev->type == EVENT_TIMER)
		on_timer(ch, ev);
	else if (ev->id == DO_FLUSH)
		flush_all(ch);
	else
		rotate(ch, ev->data);
}

void channel_rotate(struct grpc_channel *ch, const char *why)
{
	if (ch->rotate_posted)
		return;
	ch->rotate_posted = true;
	loop_post(ch->inbox, EVENT_USER, DO_ROTATE, why, strlen(why) + 1);
}

/* --- the channel --- */

void channel_set_token(struct grpc_channel *ch, const char *token)
{
	free(ch->token);
	ch->token = token ? mem_strdup(token) : NULL;
}

uint64_t channel_connections(const struct grpc_channel *ch)
{
	return ch->connections;
}

bool channel_connected(const struct grpc_channel *ch)
{
	return ch->current != NULL;
}

const char *channel_last_error(const struct grpc_channel *ch)
{
	return ch->last_error.msg;
}

struct grpc_channel *grpc_channel_new(struct loop *loop, const struct grpc_channel_config *config)
{
	struct grpc_channel *ch = mem_new(struct grpc_channel);

	ch->loop = loop;
	ch->inbox = loop_inbox(loop, "grpc", on_event, ch);
	ch->deadlines = loop_inbox(loop, "grpc-deadlines", on_deadline, ch);
	ch->resolver = resolver_new(loop);
	ch->tls = config->tls;
	ch->rng.state = config->seed;
	ch->headers = config->headers;
	ch->n_headers = config->n_headers;
	TAILQ_INIT(&ch->waiting);
	TAILQ_INIT(&ch->conns);
	copy_endpoints(ch, config->endpoints, config->n_endpoints);
	if (config->discovery)
		ch->discovery = discovery_new(loop, config->discovery);
	return ch;
}

struct grpc_channel *grpc_channel_free(struct grpc_channel *ch)
{
	struct grpc_conn *conn;

	if (!ch)
		return NULL;
	while ((conn = TAILQ_FIRST(&ch->conns)))
		conn_drop(ch, conn);
	MAP_FOREACH(call_map, &ch->calls, e) {
		struct channel_call *c = e->value;

		free(c->path);
		buf_done(&c->frames);
		free(c);
	}
	call_map_done(&ch->calls);
	endpoints_clear(ch);
	discovery_free(ch->discovery);
	resolver_free(ch->resolver);
	inbox_free(ch->inbox);
	inbox_free(ch->deadlines);
	free(ch->addrs);
	free(ch->token);
	free(ch);
	return NULL;
}
