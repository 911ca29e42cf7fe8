/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "dns.h"

struct resolver {
	struct inbox *inbox;
	struct dns *dns;
	struct resolved *addrs;
	size_t n, cap;
	struct err why;
	resolved_fn done;
	void *ctx;
	uint64_t question; /* events of earlier ones are stale */
};

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

static void ask_server(struct resolver *r, const char *host, uint16_t port)
{
	struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	ares_channel channel = dns_open(r->dns, &r->why);
	char service[8];

	if (!channel) {
		answered(r);
		return;
	}
	snprintf(service, sizeof(service), "%u", port);
	ares_getaddrinfo(channel, host, service, &hints, on_answer, r);
	dns_asked(r->dns);
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
	dns_close(r->dns);
	r->done = NULL;
}

static void on_event(void *ctx, const struct event *ev)
{
	struct resolver *r = ctx;
	resolved_fn done = r->done;

	if (ev->id != r->question || !done)
		return;
	dns_close(r->dns);
	r->done = NULL;
	done(r->ctx, r->addrs, r->n, &r->why);
}

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *r = mem_new(struct resolver);

	r->dns = dns_new(loop);
	r->inbox = loop_inbox(loop, "resolver", on_event, r);
	return r;
}

struct resolver *resolver_free(struct resolver *r)
{
	if (!r)
		return NULL;
	dns_free(r->dns);
	inbox_free(r->inbox);
	free(r->addrs);
	free(r);
	return NULL;
}
