/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reply_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include <bsd/sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/loop.h"

#define REQUEST_MAX      8192
#define CONNECTIONS_MAX  32
#define REQUEST_LIMIT_NS (10 * NSEC_PER_SEC)
#define BIND_RETRY_NS    NSEC_PER_SEC

enum { TIMER_BIND = 0 }; /* the others are ids of connections */

struct connection {
	LIST_ENTRY(connection) link;
	struct reply_server *server;
	struct fd_watch *watch;
	int fd;
	uint64_t id;
	size_t received;
	bool answered;
	struct buf out;
	_Alignas(16) char state[];
};

struct reply_server {
	struct loop *loop;
	struct inbox *inbox;
	struct fd_watch *watch;
	int fd;
	struct sockaddr_storage address;
	socklen_t address_len;
	const struct reply_protocol *protocol;
	void *ctx;
	LIST_HEAD(, connection) connections;
	size_t connections_n;
	uint64_t next_id;
	bool bind_failed;
};

static void connection_free(struct connection *c)
{
	LIST_REMOVE(c, link);
	c->server->connections_n--;
	loop_timer_cancel(c->server->inbox, c->id);
	c->server->protocol->done(c->state);
	fd_watch_free(c->watch);
	close(c->fd);
	buf_done(&c->out);
	free(c);
}

static void write_some(struct connection *c)
{
	ssize_t n = send(c->fd, buf_str(&c->out), c->out.len, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_consume(&c->out, (size_t)n);
	if (n < 0 || !c->out.len)
		connection_free(c);
}

static void read_some(struct connection *c)
{
	const struct reply_server *s = c->server;
	char data[2048];
	ssize_t n = recv(c->fd, data, sizeof(data), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->received += n > 0 ? (size_t)n : 0;
	if (n <= 0 || c->received > REQUEST_MAX) {
		connection_free(c);
		return;
	}
	c->answered = s->protocol->take(s->ctx, c->state, data, (size_t)n, &c->out);
	if (c->answered)
		fd_watch_set(c->watch, EPOLLOUT);
}

static void on_connection(void *ctx, int fd, uint32_t events)
{
	struct connection *c = ctx;

	if (c->answered)
		write_some(c);
	else
		read_some(c);
}

static void on_listener(void *ctx, int fd, uint32_t events)
{
	struct reply_server *s = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *c = NULL;

	if (peer < 0)
		return;
	if (s->connections_n < CONNECTIONS_MAX)
		c = mem_zalloc(sizeof(*c) + s->protocol->state_size);
	if (!c || !(c->watch = loop_fd_add(s->loop, peer, EPOLLIN, on_connection, c))) {
		close(peer);
		free(c);
		return;
	}
	c->server = s;
	c->fd = peer;
	c->id = ++s->next_id;
	LIST_INSERT_HEAD(&s->connections, c, link);
	s->connections_n++;
	loop_timer_set(s->inbox, c->id, loop_now(s->loop) + REQUEST_LIMIT_NS);
}

/* A path left behind by a process that was killed would keep ours from binding. */
static void remove_stale_path(const struct reply_server *s)
{
	if (s->address.ss_family == AF_UNIX)
		unlink(((const struct sockaddr_un *)&s->address)->sun_path);
}

static int open_listener(struct reply_server *s)
{
	int one = 1;
	int fd = socket(s->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	remove_stale_path(s);
	if (bind(fd, (struct sockaddr *)&s->address, s->address_len) || listen(fd, 64)) {
		int r = -errno;

		close(fd);
		return r;
	}
	s->fd = fd;
	s->watch = loop_fd_add(s->loop, fd, EPOLLIN, on_listener, s);
	return 0;
}

static void try_listen(struct reply_server *s)
{
	int r = open_listener(s);

	if (!r)
		return;
	if (!s->bind_failed)
		log_warning("Cannot listen, will keep trying: %s", strerror(-r));
	s->bind_failed = true;
	loop_timer_set(s->inbox, TIMER_BIND, loop_now(s->loop) + BIND_RETRY_NS);
}

static void on_event(void *ctx, const struct event *ev)
{
	struct reply_server *s = ctx;
	struct connection *c, *next;

	if (ev->type != EVENT_TIMER)
		return;
	if (ev->id == TIMER_BIND) {
		try_listen(s);
		return;
	}
	for (c = LIST_FIRST(&s->connections); c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->id == ev->id)
			connection_free(c);
	}
}

struct reply_server *reply_server_new(struct loop *loop, const struct sockaddr *address,
	socklen_t address_len, const struct reply_protocol *protocol, void *ctx)
{
	struct reply_server *s = mem_new(struct reply_server);

	s->loop = loop;
	s->fd = -1;
	memcpy(&s->address, address, address_len);
	s->address_len = address_len;
	s->protocol = protocol;
	s->ctx = ctx;
	LIST_INIT(&s->connections);
	s->inbox = loop_inbox(loop, "reply-server", on_event, s);
	try_listen(s);
	return s;
}

struct reply_server *reply_server_free(struct reply_server *s)
{
	if (!s)
		return NULL;
	while (!LIST_EMPTY(&s->connections))
		connection_free(LIST_FIRST(&s->connections));
	fd_watch_free(s->watch);
	if (s->fd >= 0) {
		close(s->fd);
		remove_stale_path(s);
	}
	inbox_free(s->inbox);
	free(s);
	return NULL;
}

int reply_server_fd(const struct reply_server *s)
{
	return s->fd;
}
