/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/resolver.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"

#define TRY_MS 2000
#define TRIES  2

struct socket_watch {
	int fd;
	struct fd_watch *watch;
};

/* The c-ares channel lives for one question: resolv.conf may have changed by the next. */
struct resolver {
	struct loop *loop;
	struct inbox *inbox;
	ares_channel channel;
	struct socket_watch *watches;
	size_t n_watches, watches_cap;
	struct resolved *addrs;
	size_t n, cap;
	struct err why;
	resolved_fn done;
	void *ctx;
	uint64_t question; /* events of earlier ones are stale */
};

static void arm_timer(struct resolver *r)
{
	struct timeval tv, *left = ares_timeout(r->channel, NULL, &tv);

	if (left)
		loop_timer_set(r->inbox, 1,
			loop_now(r->loop) + (uint64_t)left->tv_sec * NSEC_PER_SEC +
				(uint64_t)left->tv_usec * 1000);
}

static void on_socket(void *ctx, int fd, uint32_t events)
{
	struct resolver *r = ctx;
	ares_socket_t in = events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd : ARES_SOCKET_BAD;
	ares_socket_t out = events & EPOLLOUT ? fd : ARES_SOCKET_BAD;

	ares_process_fd(r->channel, in, out);
	arm_timer(r);
}

static struct socket_watch *watch_find(struct resolver *r, int fd)
{
	for (size_t i = 0; i < r->n_watches; i++)
		if (r->watches[i].fd == fd)
			return &r->watches[i];
	return NULL;
}

static void on_socket_state(void *ctx, ares_socket_t fd, int in, int out)
{
	struct resolver *r = ctx;
	struct socket_watch *w = watch_find(r, fd);
	uint32_t events = (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u);

	if (w && events) {
		fd_watch_set(w->watch, events);
	} else if (w) {
		fd_watch_free(w->watch);
		*w = r->watches[--r->n_watches];
	} else if (events) {
		mem_grow(&r->watches, &r->watches_cap, r->n_watches + 1, sizeof(*w));
		r->watches[r->n_watches++] =
			(struct socket_watch){ fd, loop_fd_add(r->loop, fd, events, on_socket, r) };
	}
}

static void add_addr(struct resolver *r, const void *addr, size_t len)
{
	struct resolved *to;

	if (len > sizeof(to->addr))
		return;
	mem_grow(&r->addrs, &r->cap, r->n + 1, sizeof(*to));
	to = &r->addrs[r->n++];
	memset(to, 0, sizeof(*to));
	memcpy(&to->addr, addr, len);
	to->len = (socklen_t)len;
}

static void answered(struct resolver *r)
{
	loop_post(r->inbox, EVENT_USER, r->question, NULL, 0);
}

static void on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *res)
{
	struct resolver *r = ctx;

	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	if (status == ARES_SUCCESS)
		for (struct ares_addrinfo_node *n = res->nodes; n; n = n->ai_next)
			add_addr(r, n->ai_addr, n->ai_addrlen);
	if (!r->n)
		err_set(&r->why, -EHOSTUNREACH, "name resolution: %s", ares_strerror(status));
	if (res)
		ares_freeaddrinfo(res);
	answered(r);
}

static void channel_close(struct resolver *r)
{
	loop_timer_cancel(r->inbox, 1);
	if (r->channel)
		ares_destroy(r->channel);
	r->channel = NULL;
}

static int channel_open(struct resolver *r)
{
	struct ares_options opt = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = r,
	};

	return ares_init_options(
		&r->channel, &opt, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
}

static void ask_server(struct resolver *r, const char *host, uint16_t port)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char service[8];
	int status = channel_open(r);

	if (status != ARES_SUCCESS) {
		err_set(&r->why, -EHOSTUNREACH, "name resolution: %s", ares_strerror(status));
		answered(r);
		return;
	}
	snprintf(service, sizeof(service), "%u", port);
	ares_getaddrinfo(r->channel, host, service, &hints, on_answer, r);
	arm_timer(r);
}

static void add_literal(struct resolver *r, const struct addr *a, uint16_t port)
{
	if (a->family == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

		memcpy(&in.sin_addr, a->bytes, 4);
		add_addr(r, &in, sizeof(in));
	} else {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

		memcpy(&in6.sin6_addr, a->bytes, 16);
		add_addr(r, &in6, sizeof(in6));
	}
}

void resolver_ask(struct resolver *r, const char *host, uint16_t port, resolved_fn done, void *ctx)
{
	struct addr literal;

	resolver_cancel(r);
	r->n = 0;
	r->done = done;
	r->ctx = ctx;
	r->question++;
	if (addr_parse(host, &literal) == 0) {
		add_literal(r, &literal, port);
		answered(r);
	} else {
		ask_server(r, host, port);
	}
}

void resolver_cancel(struct resolver *r)
{
	channel_close(r);
	r->done = NULL;
}

static void on_event(void *ctx, const struct event *ev)
{
	struct resolver *r = ctx;
	resolved_fn done = r->done;

	if (ev->type == EVENT_TIMER && r->channel) {
		ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		arm_timer(r);
	} else if (ev->type == EVENT_USER && ev->id == r->question && done) {
		channel_close(r);
		r->done = NULL;
		done(r->ctx, r->addrs, r->n, &r->why);
	}
}

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *r = mem_new(struct resolver);

	r->loop = loop;
	r->inbox = loop_inbox(loop, "resolver", on_event, r);
	return r;
}

struct resolver *resolver_free(struct resolver *r)
{
	if (!r)
		return NULL;
	channel_close(r);
	inbox_free(r->inbox);
	free(r->watches);
	free(r->addrs);
	free(r);
	return NULL;
}
