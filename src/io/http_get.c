/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/http_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/stream.h"

#define LINE_MAX_BYTES 4096

enum { EVENT_DONE = EVENT_USER };

struct http_get {
	struct loop *loop;
	struct inbox *inbox; /* one timer: the deadline */
	struct resolver *resolver;
	struct stream *stream;
	struct resolved *addrs;
	size_t n, next;
	char *request;
	struct buf reply;
	bool finished;
	int status;
	struct err why;
	http_got_fn fn;
	void *ctx;
};

int http_status_parse(const char *reply)
{
	const char *end = strchr(reply, '\n'), *p;

	if (strncmp(reply, "HTTP/1.", end ? strlen("HTTP/1.") : strnlen(reply, 7)) != 0)
		return -1;
	if (!end)
		return strlen(reply) < LINE_MAX_BYTES ? 0 : -1;
	p = reply + strcspn(reply, " \n");
	if (strspn(p, " ") != 1 || strspn(p + 1, "0123456789") != 3 || p[1] == '0')
		return -1;
	return atoi(p + 1);
}

static void finish(struct http_get *g, int status)
{
	if (g->finished)
		return;
	g->finished = true;
	g->status = status;
	loop_post(g->inbox, EVENT_DONE, 0, NULL, 0);
}

static void try_next(struct http_get *g);

static void on_ready(void *ctx)
{
	struct http_get *g = ctx;

	stream_send(g->stream, g->request, strlen(g->request));
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct http_get *g = ctx;
	int status;

	buf_put(&g->reply, (const char *)data, len);
	status = http_status_parse(buf_str(&g->reply));
	if (status < 0)
		err_set(&g->why, -EBADMSG, "the answer is no HTTP");
	if (status)
		finish(g, status < 0 ? 0 : status);
}

static void on_closed(void *ctx, const struct err *why)
{
	struct http_get *g = ctx;

	g->why = *why;
	if (!why->code)
		err_set(&g->why, -ECONNRESET, "EOF");
	g->stream = stream_free(g->stream);
	if (!g->finished)
		try_next(g);
}

static void try_next(struct http_get *g)
{
	static const struct stream_ops ops = { on_ready, on_data, on_closed };

	buf_clear(&g->reply);
	while (!g->stream && g->next < g->n) {
		const struct resolved *a = &g->addrs[g->next++];

		g->stream = stream_connect(g->loop, (const struct sockaddr *)&a->addr, a->len, NULL,
			&ops, g, &g->why);
	}
	if (!g->stream)
		finish(g, 0);
}

static void on_resolved(void *ctx, const struct resolved *addrs, size_t n, const struct err *why)
{
	struct http_get *g = ctx;

	if (!n)
		g->why = *why;
	g->addrs = mem_new_n(struct resolved, n);
	if (n)
		memcpy(g->addrs, addrs, n * sizeof(*addrs));
	g->n = n;
	try_next(g);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct http_get *g = ctx;

	if (ev->type == EVENT_TIMER) {
		err_set(&g->why, -ETIMEDOUT, "no answer in time");
		finish(g, 0);
	} else if (ev->type == EVENT_DONE) {
		g->fn(g->ctx, g->status, &g->why);
	}
}

struct http_get *http_get_send(struct loop *loop, const char *host, uint16_t port,
	const char *path, uint64_t timeout_ns, http_got_fn fn, void *ctx)
{
	struct http_get *g = mem_new(struct http_get);

	g->loop = loop;
	g->fn = fn;
	g->ctx = ctx;
	g->request = mem_printf("GET %s HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n\r\n", path,
		host, port);
	g->inbox = loop_inbox(loop, "http get", on_event, g);
	g->resolver = resolver_new(loop);
	loop_timer_set(g->inbox, 0, loop_now(loop) + timeout_ns);
	resolver_ask(g->resolver, host, port, on_resolved, g);
	return g;
}

struct http_get *http_get_free(struct http_get *g)
{
	if (!g)
		return NULL;
	resolver_free(g->resolver);
	stream_free(g->stream);
	inbox_free(g->inbox);
	buf_done(&g->reply);
	free(g->addrs);
	free(g->request);
	free(g);
	return NULL;
}
