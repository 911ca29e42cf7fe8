/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay.h"

#include <arpa/inet.h>
#include <bsd/sys/queue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/stream.h"

#define FRAME_HEAD 9

struct pair {
	TAILQ_ENTRY(pair) link;
	struct relay *relay;
	struct stream *client, *server;
	uint8_t head[FRAME_HEAD]; /* of the HTTP/2 frame that the server is sending */
	size_t have, left;        /* of the head; of its payload */
	bool lose;
};

struct relay {
	struct loop *loop;
	int fd;
	struct fd_watch *watch;
	uint16_t port, to_port;
	bool cut, stall;
	bool limited;
	size_t limit;
	size_t connections;
	uint64_t bytes_down;
	uint32_t lose; /* stream */
	size_t lost;
	TAILQ_HEAD(, pair) pairs;
};

static void pair_free(struct pair *p)
{
	TAILQ_REMOVE(&p->relay->pairs, p, link);
	stream_free(p->client);
	stream_free(p->server);
	free(p);
}

static void close_all(struct relay *r)
{
	struct pair *p;

	while ((p = TAILQ_FIRST(&r->pairs)))
		pair_free(p);
}

static void on_client_data(void *ctx, const uint8_t *data, size_t len)
{
	struct pair *p = ctx;

	if (!p->relay->stall)
		stream_send(p->server, data, len);
}

/* A head that is complete: whether the frame is one to be lost. */
static void frame_begins(struct pair *p)
{
	const uint8_t *h = p->head;
	uint32_t stream = (uint32_t)h[5] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];
	struct relay *r = p->relay;

	p->left = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
	p->lose = r->lose && h[3] == 0 && stream == r->lose;
	r->lost += p->lose;
	if (!p->lose)
		stream_send(p->client, h, FRAME_HEAD);
}

static void pass_frames(struct pair *p, const uint8_t *data, size_t len)
{
	while (len) {
		bool in_head = p->have < FRAME_HEAD;
		size_t want = in_head ? FRAME_HEAD - p->have : p->left, n = want < len ? want : len;

		if (in_head) {
			memcpy(p->head + p->have, data, n);
			p->have += n;
			if (p->have == FRAME_HEAD)
				frame_begins(p);
		} else {
			p->left -= n;
			if (!p->lose)
				stream_send(p->client, data, n);
		}
		if (p->have == FRAME_HEAD && !p->left)
			p->have = 0;
		data += n;
		len -= n;
	}
}

static void on_server_data(void *ctx, const uint8_t *data, size_t len)
{
	struct pair *p = ctx;
	struct relay *r = p->relay;
	bool last = r->limited && len >= r->limit;

	if (r->stall)
		return;
	if (last)
		len = r->limit;
	r->limit -= r->limited ? len : 0;
	r->bytes_down += len;
	pass_frames(p, data, len);
	if (last) {
		r->limited = false;
		close_all(r);
	}
}

static void on_closed(void *ctx, const struct err *why)
{
	pair_free(ctx);
}

static void on_ready(void *ctx)
{
}

static void on_accept(void *ctx, int fd, uint32_t events)
{
	static const struct stream_ops client_ops = { on_ready, on_client_data, on_closed };
	static const struct stream_ops server_ops = { on_ready, on_server_data, on_closed };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct relay *r = ctx;
	struct pair *p;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (client < 0)
		return;
	if (r->cut) {
		close(client);
		return;
	}
	to.sin_port = htons(r->to_port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p = mem_new(struct pair);
	p->relay = r;
	p->client = stream_adopt(r->loop, client, &client_ops, p);
	p->server = stream_connect(
		r->loop, (struct sockaddr *)&to, sizeof(to), NULL, &server_ops, p, NULL);
	TAILQ_INSERT_TAIL(&r->pairs, p, link);
	r->connections++;
	if (!p->server)
		pair_free(p);
}

struct relay *relay_new(struct loop *loop, uint16_t to_port)
{
	struct relay *r = mem_new(struct relay);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	r->loop = loop;
	r->to_port = to_port;
	TAILQ_INIT(&r->pairs);
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(r->fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(r->fd, 16) < 0 ||
		getsockname(r->fd, (struct sockaddr *)&at, &len) < 0)
		abort();
	r->port = ntohs(at.sin_port);
	r->watch = loop_fd_add(loop, r->fd, EPOLLIN, on_accept, r);
	return r;
}

struct relay *relay_free(struct relay *r)
{
	close_all(r);
	fd_watch_free(r->watch);
	close(r->fd);
	free(r);
	return NULL;
}

uint16_t relay_port(const struct relay *r)
{
	return r->port;
}

void relay_cut(struct relay *r, bool cut)
{
	r->cut = cut;
	if (cut)
		close_all(r);
}

void relay_stall(struct relay *r, bool stall)
{
	r->stall = stall;
}

void relay_cut_after(struct relay *r, size_t bytes)
{
	r->limited = true;
	r->limit = bytes;
}

void relay_lose(struct relay *r, uint32_t stream)
{
	r->lose = stream;
}

size_t relay_lost(const struct relay *r)
{
	return r->lost;
}

size_t relay_connections(const struct relay *r)
{
	return r->connections;
}

uint64_t relay_bytes_down(const struct relay *r)
{
	return r->bytes_down;
}
