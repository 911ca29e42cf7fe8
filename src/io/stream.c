/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "io/tls.h"

#define READ_SIZE     (32 * 1024)
#define READS_AT_ONCE 8

struct stream {
	struct fd_watch *watch;
	int fd;
	struct tls *tls;
	const struct stream_ops *ops;
	void *ctx;
	struct buf out;
	bool connecting, finishing, wants_out;
	bool dead;               /* `closed` was called */
	bool in_callback, freed; /* freed in a callback: the memory goes when that is over */
};

static void want_events(struct stream *s)
{
	bool out = s->connecting || s->out.len;

	if (out == s->wants_out)
		return;
	s->wants_out = out;
	fd_watch_set(s->watch, EPOLLIN | (out ? EPOLLOUT : 0));
}

static void close_with(struct stream *s, const struct err *why)
{
	if (s->dead)
		return;
	s->dead = true;
	s->watch = fd_watch_free(s->watch);
	s->ops->closed(s->ctx, why);
}

static void close_errno(struct stream *s, int error)
{
	struct err why = { 0 };

	if (error)
		err_set(&why, -error, "%s", strerror(error));
	close_with(s, &why);
}

/* 0 or an errno that ends the stream. */
static int flush(struct stream *s)
{
	while (s->out.len && !s->connecting) {
		ssize_t n = send(s->fd, s->out.data, s->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : errno;
		buf_consume(&s->out, (size_t)n);
	}
	return 0;
}

static bool alive(const struct stream *s)
{
	return !s->freed && !s->dead;
}

/* Hands on what came; the stream may be freed afterwards. */
static void got_bytes(struct stream *s, const void *data, size_t len)
{
	_cleanup_buf_ struct buf plain = BUF_INIT;
	bool was_ready;
	struct err why;
	int r;

	if (!s->tls) {
		s->ops->data(s->ctx, data, len);
		return;
	}
	was_ready = tls_ready(s->tls);
	r = tls_feed(s->tls, data, len, &plain, &s->out, &why);
	if (!was_ready && r == 0 && tls_ready(s->tls))
		s->ops->ready(s->ctx);
	if (alive(s) && plain.len)
		s->ops->data(s->ctx, (const uint8_t *)plain.data, plain.len);
	if (r < 0 && alive(s)) {
		flush(s); /* the alert that tells the peer why */
		if (r == -ECONNRESET)
			why.code = 0;
		close_with(s, &why);
	}
}

static void read_some(struct stream *s)
{
	uint8_t data[READ_SIZE];

	for (int i = 0; i < READS_AT_ONCE && alive(s); i++) {
		ssize_t n = recv(s->fd, data, sizeof(data), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_errno(s, n < 0 ? errno : 0);
			return;
		}
		got_bytes(s, data, (size_t)n);
		if ((size_t)n < sizeof(data))
			return; /* most likely that was all */
	}
}

static void connected(struct stream *s)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		close_errno(s, error);
		return;
	}
	s->connecting = false;
	if (s->tls)
		got_bytes(s, NULL, 0);
	else
		s->ops->ready(s->ctx);
}

static void write_some(struct stream *s)
{
	int error = flush(s);

	if (error || (s->finishing && !s->out.len))
		close_errno(s, error);
	else
		want_events(s);
}

static void on_fd(void *ctx, int fd, uint32_t events)
{
	struct stream *s = ctx;

	s->in_callback = true;
	if (s->connecting && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
		connected(s);
	if (alive(s) && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
		read_some(s);
	if (alive(s))
		write_some(s);
	s->in_callback = false;
	if (s->freed)
		free(s);
}

static struct stream *stream_new(struct loop *loop, int fd, const struct stream_ops *ops, void *ctx)
{
	struct stream *s = mem_new(struct stream);

	s->fd = fd;
	s->ops = ops;
	s->ctx = ctx;
	s->watch = loop_fd_add(loop, fd, EPOLLIN, on_fd, s);
	return s->watch ? s : stream_free(s);
}

struct stream *stream_adopt(struct loop *loop, int fd, const struct stream_ops *ops, void *ctx)
{
	return stream_new(loop, fd, ops, ctx);
}

static int open_socket(const struct sockaddr *addr, socklen_t addr_len)
{
	_cleanup_close_ int fd =
		socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -errno;
	if (addr->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, addr, addr_len) < 0 && errno != EINPROGRESS)
		return -errno;
	return TAKE_FD(fd);
}

struct stream *stream_connect(struct loop *loop, const struct sockaddr *addr, socklen_t addr_len,
	struct tls *tls, const struct stream_ops *ops, void *ctx, struct err *err)
{
	int fd = open_socket(addr, addr_len);
	struct stream *s = fd < 0 ? NULL : stream_new(loop, fd, ops, ctx);

	if (!s) {
		err_set(err, fd < 0 ? fd : -errno, "%s", strerror(fd < 0 ? -fd : errno));
		tls_free(tls);
		return NULL;
	}
	s->tls = tls;
	s->connecting = true;
	want_events(s);
	return s;
}

struct stream *stream_free(struct stream *s)
{
	if (!s)
		return NULL;
	fd_watch_free(s->watch);
	close(s->fd);
	tls_free(s->tls);
	buf_done(&s->out);
	s->freed = true;
	if (!s->in_callback)
		free(s);
	return NULL;
}

/* A failure shows up as an event on the descriptor: callers are never called back from a send. */
void stream_send(struct stream *s, const void *data, size_t len)
{
	struct err ignored;

	if (s->dead)
		return;
	if (s->tls)
		tls_send(s->tls, data, len, &s->out, &ignored);
	else
		buf_put(&s->out, data, len);
	flush(s);
	want_events(s);
}

size_t stream_unsent(const struct stream *s)
{
	return s->out.len;
}

void stream_finish(struct stream *s)
{
	s->finishing = true;
	if (!s->dead) {
		s->wants_out = true;
		fd_watch_set(s->watch, EPOLLIN | EPOLLOUT);
	}
}
