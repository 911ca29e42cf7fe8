/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/mem.h"

#define TRY_MS 2000
#define TRIES  2

struct socket_watch {
	int fd;
	struct fd_watch *watch;
};

struct dns {
	struct loop *loop;
	struct inbox *inbox; /* its one timer */
	ares_channel channel;
	struct socket_watch *watches;
	size_t n_watches, watches_cap;
};

void dns_asked(struct dns *d)
{
	struct timeval tv, *left = ares_timeout(d->channel, NULL, &tv);

	if (left)
		loop_timer_set(d->inbox, 1,
			loop_now(d->loop) + (uint64_t)left->tv_sec * NSEC_PER_SEC +
				(uint64_t)left->tv_usec * 1000);
}

static void on_socket(void *ctx, int fd, uint32_t events)
{
	struct dns *d = ctx;
	ares_socket_t in = events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd : ARES_SOCKET_BAD;
	ares_socket_t out = events & EPOLLOUT ? fd : ARES_SOCKET_BAD;

	ares_process_fd(d->channel, in, out);
	dns_asked(d);
}

static struct socket_watch *watch_find(struct dns *d, int fd)
{
	for (size_t i = 0; i < d->n_watches; i++)
		if (d->watches[i].fd == fd)
			return &d->watches[i];
	return NULL;
}

static void on_socket_state(void *ctx, ares_socket_t fd, int in, int out)
{
	struct dns *d = ctx;
	struct socket_watch *w = watch_find(d, fd);
	uint32_t events = (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u);

	if (w && events) {
		fd_watch_set(w->watch, events);
	} else if (w) {
		fd_watch_free(w->watch);
		*w = d->watches[--d->n_watches];
	} else if (events) {
		mem_grow(&d->watches, &d->watches_cap, d->n_watches + 1, sizeof(*w));
		d->watches[d->n_watches++] =
			(struct socket_watch){ fd, loop_fd_add(d->loop, fd, events, on_socket, d) };
	}
}

ares_channel dns_open(struct dns *d, struct err *err)
{
	struct ares_options opt = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = d,
	};
	int status = ares_init_options(
		&d->channel, &opt, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);

	if (status != ARES_SUCCESS) {
		err_set(err, -EHOSTUNREACH, "name resolution: %s", ares_strerror(status));
		d->channel = NULL;
	}
	return d->channel;
}

void dns_close(struct dns *d)
{
	loop_timer_cancel(d->inbox, 1);
	if (d->channel)
		ares_destroy(d->channel);
	d->channel = NULL;
}

static void on_timer(void *ctx, const struct event *ev)
{
	struct dns *d = ctx;

	if (!d->channel)
		return;
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	dns_asked(d);
}

struct dns *dns_new(struct loop *loop)
{
	struct dns *d = mem_new(struct dns);

	d->loop = loop;
	d->inbox = loop_inbox(loop, "dns", on_timer, d);
	return d;
}

struct dns *dns_free(struct dns *d)
{
	if (!d)
		return NULL;
	dns_close(d);
	inbox_free(d->inbox);
	free(d->watches);
	free(d);
	return NULL;
}
