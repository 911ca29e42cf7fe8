/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grpc_conn.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "io/tls.h"

#define KEEPALIVE_NS    (30 * NSEC_PER_SEC)
#define PING_TIMEOUT_NS (10 * NSEC_PER_SEC)

void grpc_conn_flush(struct grpc_conn *c)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	grpc_session_output(c->session, &out);
	if (out.len)
		stream_send(c->stream, out.data, out.len);
}

static void fail(struct grpc_conn *c, const char *why)
{
	if (c->failed)
		return;
	c->failed = true;
	c->ops->failed(c->ctx, c, why);
}

static void on_ready(void *ctx)
{
	grpc_conn_flush(ctx);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct grpc_conn *c = ctx;
	int r = grpc_session_feed(c->session, data, len, loop_now(c->loop));

	if (r == 0)
		grpc_conn_flush(c);
	if (r == 0 && !grpc_session_over(c->session))
		c->ops->changed(c->ctx, c);
	else if (grpc_session_draining(c->session))
		fail(c, "the server said goodbye");
	else
		fail(c, "the server does not speak HTTP/2");
}

static void on_closed(void *ctx, const struct err *why)
{
	fail(ctx, why->code ? why->msg : "the server closed the connection");
}

struct grpc_conn *grpc_conn_new(struct loop *loop, const struct endpoint *e,
	const struct resolved *addr, struct tls_context *tls, const struct grpc_conn_ops *ops,
	void *ctx, struct err *err)
{
	static const struct stream_ops stream_ops = { on_ready, on_data, on_closed };
	struct grpc_session_config config = {
		.scheme = e->tls ? "https" : "http",
		.authority = e->authority,
		.user_agent = "calico/" CALICO_VERSION,
		.keepalive_ns = KEEPALIVE_NS,
		.ping_timeout_ns = PING_TIMEOUT_NS,
	};
	struct grpc_conn *c = mem_new(struct grpc_conn);

	c->loop = loop;
	c->ops = ops;
	c->ctx = ctx;
	c->stream = stream_connect(loop, (const struct sockaddr *)&addr->addr, addr->len,
		e->tls ? tls_new(tls, e->host, "h2") : NULL, &stream_ops, c, err);
	if (!c->stream) {
		free(c);
		return NULL;
	}
	c->session = grpc_session_new(&config, loop_now(loop));
	return c;
}

struct grpc_conn *grpc_conn_free(struct grpc_conn *c)
{
	if (!c)
		return NULL;
	stream_free(c->stream);
	grpc_session_free(c->session);
	free(c);
	return NULL;
}
