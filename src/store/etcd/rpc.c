/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "client.h"

#define REPEAT_NS (100 * NSEC_PER_MSEC)
#define PATIENCE  10 /* repeats of what a member cannot do, until another one is tried */

void rpc_init(struct rpc *r, struct etcd *e, const struct rpc_ops *ops, uint64_t id)
{
	r->e = e;
	r->ops = ops;
	r->id = id;
	r->serial = ++e->last_serial;
	TAILQ_INSERT_TAIL(&e->rpcs, r, link);
}

void rpc_done(struct rpc *r)
{
	struct etcd *e = r->e;

	channel_cancel(e->channel, r->call);
	loop_timer_cancel(e->inbox, r->serial);
	loop_timer_cancel(e->inbox, r->serial | RPC_TURN);
	TAILQ_REMOVE(&e->rpcs, r, link);
	buf_done(&r->request);
	buf_done(&r->refusal);
}

void rpc_turn(struct rpc *r)
{
	loop_timer_set(r->e->inbox, r->serial | RPC_TURN, loop_now(r->e->loop));
}

enum store_status status_of(unsigned code, const char *text)
{
	switch (code) {
	case GRPC_OK:
		return STORE_OK;
	case GRPC_OUT_OF_RANGE:
		return strstr(text, "compacted") ? STORE_E_COMPACTED : STORE_E_OTHER;
	case GRPC_UNAVAILABLE:
	case GRPC_DEADLINE_EXCEEDED:
		return STORE_E_UNAVAILABLE;
	case GRPC_PERMISSION_DENIED:
	case GRPC_UNAUTHENTICATED:
		return STORE_E_UNAUTHORIZED;
	default:
		return auth_is_error(code, text) ? STORE_E_UNAUTHORIZED : STORE_E_OTHER;
	}
}

/* A deadline alone says little: what stood in the way belongs to it. */
static void fail(struct rpc *r, unsigned code, const char *text)
{
	const char *cause = r->refusal.len ? buf_str(&r->refusal)
					  : channel_last_error(r->e->channel);
	_cleanup_buf_ struct buf full = BUF_INIT;

	buf_puts(&full, text);
	if (code == GRPC_DEADLINE_EXCEEDED && *cause)
		buf_printf(&full, " (%s)", cause);
	r->ops->failed(r, status_of(code, text), buf_str(&full));
}

/* A server with too much on its hands, or without a leader, refuses before it proposes anything. */
static bool is_refusal(const struct grpc_status *status)
{
	return strstr(status->message, "etcdserver: too many requests") ||
	       strstr(status->message, "etcdserver: no leader");
}

/* A member that has lost the others still answers: that it cannot. An election passes, so that is
 * borne for a while; a request that timed out has waited already. */
static void doubt_server(struct rpc *r, const struct grpc_status *status)
{
	if (status->code != GRPC_UNAVAILABLE || !status->answered)
		return;
	if (r->tries < PATIENCE && !strstr(status->message, "request timed out"))
		return;
	channel_rotate(r->e->channel, status->message);
	r->tries = 1;
}

static bool may_repeat(const struct rpc *r, const struct grpc_status *status)
{
	if (is_refusal(status))
		return true;
	return status->code == GRPC_UNAVAILABLE && (r->repeatable || status->untouched);
}

/* The first repeat goes at once: most often the connection broke and another server is there. */
static void repeat(struct rpc *r)
{
	uint64_t delay = r->tries++ ? REPEAT_NS : 0;
	uint64_t at = loop_now(r->e->loop) + delay;

	loop_timer_set(r->e->inbox, r->serial, at < r->deadline_ns ? at : r->deadline_ns);
}

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct rpc *r = ctx;

	return r->ops->piece(r, data, len, end);
}

/* etcd's proxy passes on what a member said, but not its code; a member without a leader says so too
 * of the deadline that we gave it, when it comes before ours. */
static unsigned code_of(const struct grpc_status *status)
{
	static const struct {
		const char *text;
		unsigned code;
	} said[] = {
		{ "required revision has been compacted", GRPC_OUT_OF_RANGE },
		{ "etcdserver: permission denied", GRPC_PERMISSION_DENIED },
		{ "etcdserver: no leader", GRPC_UNAVAILABLE },
		{ "etcdserver: leader changed", GRPC_UNAVAILABLE },
		{ "etcdserver: request timed out", GRPC_UNAVAILABLE },
		{ "etcdserver: server stopped", GRPC_UNAVAILABLE },
		{ "context deadline exceeded", GRPC_DEADLINE_EXCEEDED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(said) && status->code == GRPC_UNKNOWN; i++)
		if (strstr(status->message, said[i].text))
			return said[i].code;
	return status->code;
}

static void on_done(void *ctx, const struct grpc_status *said)
{
	struct grpc_status known = *said, *status = &known;
	struct rpc *r = ctx;

	known.code = code_of(said);
	r->call = 0;
	doubt_server(r, status);
	if (status->code == GRPC_OK) {
		r->ops->answered(r);
	} else if (auth_is_error(status->code, status->message) && r->e->username && !r->renewed) {
		r->renewed = true;
		auth_renew(r->e, r->token);
		rpc_send(r);
	} else if (may_repeat(r, status)) {
		buf_clear(&r->refusal);
		if (status->answered)
			buf_puts(&r->refusal, status->message);
		repeat(r);
	} else {
		fail(r, status->code, status->message);
	}
}

void rpc_send(struct rpc *r)
{
	static const struct grpc_call_ops ops = { on_piece, on_done };
	struct etcd *e = r->e;

	if (loop_now(e->loop) >= r->deadline_ns) {
		fail(r, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
		return;
	}
	r->parked = !auth_ready(e);
	if (r->parked)
		return;
	buf_clear(&r->request);
	r->ops->prepare(r);
	r->floor = e->newest;
	r->token = e->tokens;
	e->counters.requests++;
	r->call = channel_call(e->channel, r->method, buf_str(&r->request), r->request.len, true,
		r->deadline_ns, &ops, r);
}

/* --- authentication --- */

/* etcd has no code of its own for most of these. */
bool auth_is_error(unsigned code, const char *text)
{
	static const char *const texts[] = { "invalid auth token", "user name is empty",
		"revision of auth store is old", "auth store is old" };

	if (code == GRPC_UNAUTHENTICATED)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strstr(text, texts[i]))
			return true;
	return false;
}

static int on_auth_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct etcd *e = ctx;

	buf_put(&e->auth_answer, data, len);
	return 0;
}

static void unpark(struct etcd *e)
{
	struct rpc *r, *next;

	TAILQ_FOREACH_SAFE(r, &e->rpcs, link, next)
		if (r->parked)
			rpc_send(r);
	watcher_resume(e);
}

static void refuse_parked(struct etcd *e, const char *text)
{
	struct rpc *r, *next;

	TAILQ_FOREACH_SAFE(r, &e->rpcs, link, next)
		if (r->parked)
			r->ops->failed(r, STORE_E_UNAUTHORIZED, text);
	watcher_end_all(e, STORE_E_UNAUTHORIZED, text);
}

static void on_auth_done(void *ctx, const struct grpc_status *status)
{
	struct etcd *e = ctx;
	_cleanup_free_ char *token = NULL;

	e->auth_call = 0;
	if (strstr(status->message, "authentication is not enabled") ||
		(status->code == GRPC_OK && answer_token(&e->auth_answer, &token) == 0)) {
		channel_set_token(e->channel, token); /* once it is enabled none will not do */
		e->has_token = true;
		e->tokens++;
		unpark(e);
	} else if (status->code == GRPC_UNAVAILABLE || status->code == GRPC_DEADLINE_EXCEEDED) {
		unpark(e); /* those whose time is not up ask for a token again */
	} else {
		refuse_parked(e, status->message);
	}
}

bool auth_ready(struct etcd *e)
{
	static const struct grpc_call_ops ops = { on_auth_piece, on_auth_done };
	_cleanup_buf_ struct buf request = BUF_INIT;

	if (!e->username || e->has_token)
		return true;
	if (e->auth_call)
		return false;
	buf_clear(&e->auth_answer);
	request_authenticate(&request, e->username, e->password);
	e->auth_call = channel_call(e->channel, METHOD_AUTHENTICATE, request.data, request.len,
		true, loop_now(e->loop) + RPC_TIMEOUT_NS, &ops, e);
	return false;
}

void auth_renew(struct etcd *e, unsigned token)
{
	if (token != e->tokens) /* somebody else was first */
		return;
	e->has_token = false;
	channel_set_token(e->channel, NULL);
}
